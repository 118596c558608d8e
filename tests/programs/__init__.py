"""Training programs in the style of public PyTorch programs; only their imports name nncore.

Each has `run()`, which returns losses. `tools/record_programs.py` replaces nncore by torch in the import
lines and records what PyTorch returns. Weights, orders and noise come from NumPy's seeded generator.
"""
