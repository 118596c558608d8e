"""Modules under the names that they have in PyTorch."""

from __future__ import annotations

from nncore.utils import data

__all__ = ["data"]
