"""MKL, which nncore does not use."""

from __future__ import annotations

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether nncore uses MKL: False."""
    return False
