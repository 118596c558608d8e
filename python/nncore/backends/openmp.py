"""OpenMP, with which kernels use several threads."""

from __future__ import annotations

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether nncore uses OpenMP: True."""
    return True
