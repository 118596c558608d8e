"""Functions that layers and losses are made of; PyTorch's `torch.nn.functional`.

The arithmetic lies in the C++ core. Names that the core already gives with PyTorch's signature are handed on unchanged.
"""
