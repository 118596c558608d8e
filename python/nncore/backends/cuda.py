"""CUDA, and the settings of its matrix products, which have no effect."""

from __future__ import annotations

from types import SimpleNamespace

from nncore.cuda import is_available

__all__ = ["is_built", "matmul"]

matmul = SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=True)


def is_built() -> bool:
    """Whether nncore was built with CUDA."""
    return is_available()
