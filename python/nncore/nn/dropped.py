"""Dropout for layers that drop between their parts."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor

__all__: list[str] = []


def dropped(x: Tensor, p: float) -> Tensor:
    """Each element with probability p 0, else divided by 1 - p (Srivastava et al. 2014)."""
    return _core.dropout(x, p)
