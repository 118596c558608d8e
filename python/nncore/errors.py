"""The exceptions that nncore adds to Python's own; each is a kind of one that callers already catch."""

from __future__ import annotations

__all__ = ["CheckpointError", "DivergenceError"]


class CheckpointError(ValueError):
    """A file of weights or training state is missing, damaged, foreign or newer than this library.

    >>> issubclass(nncore.CheckpointError, ValueError)
    True
    """


class DivergenceError(RuntimeError):
    """Training left the finite numbers; the message names the step and the first layer that did.

    >>> issubclass(nncore.DivergenceError, RuntimeError)
    True
    """
