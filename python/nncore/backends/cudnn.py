"""cuDNN, which nncore does not use; its settings have no effect."""

from __future__ import annotations

__all__ = ["allow_tf32", "benchmark", "deterministic", "enabled", "is_available", "version"]

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Whether nncore uses cuDNN: False."""
    return False


def version() -> int | None:
    """The version of cuDNN: None."""
    return None
