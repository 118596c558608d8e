"""GPUs of Apple, which nncore does not use."""

from __future__ import annotations

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """Whether there is such a device: False."""
    return False


def is_built() -> bool:
    """Whether nncore was built for such devices: False."""
    return False
