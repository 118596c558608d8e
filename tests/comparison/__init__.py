"""Calls that nncore and PyTorch share, with the results that PyTorch gives."""
