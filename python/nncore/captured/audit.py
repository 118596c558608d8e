"""Audits of plans: reports that an eager run differs from its plan."""

from __future__ import annotations

import warnings

from nncore.captured.variant import REMEDY
from nncore.errors import CaptureError

__all__ = ["Reports"]


class Reports:
    """Warns once about each kind of difference; if strict, raises an error each time."""

    def __init__(self, where: str, strict: bool) -> None:
        self._where, self._strict = where, strict
        self._changes: set[str] = set()

    def report(self, change: str, replays: int) -> None:
        """Warn, or raise CaptureError."""
        text = (
            f"compile: the step{self._where} no longer does what its plan does: {change}. Up to {replays} "
            f"replays since the last audit did what the plan does. {REMEDY}"
        )
        if self._strict:
            raise CaptureError(text)
        if change not in self._changes:
            self._changes.add(change)
            warnings.warn(text, RuntimeWarning, stacklevel=5)
