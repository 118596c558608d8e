"""Read and write files: a file is replaced atomically, and a damaged file raises CheckpointError."""
