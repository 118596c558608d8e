"""The processor."""

from __future__ import annotations

from nncore import _core

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """The instruction set in use, in capitals, such as "AVX2"."""
    return _core.isa().upper()
