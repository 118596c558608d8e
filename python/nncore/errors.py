"""The exceptions that nncore adds to Python's own; each is a kind of one that callers already catch."""

from __future__ import annotations

__all__ = ["CaptureError", "CheckpointError", "DivergenceError"]


class CaptureError(RuntimeError):
    """A step given to `nncore.compile` does what a replay could not repeat; the message names the line.

    >>> issubclass(nncore.CaptureError, RuntimeError)
    True
    """


class CheckpointError(ValueError):
    """A file of weights, training state or data is damaged, foreign or newer than this library.

    >>> issubclass(nncore.CheckpointError, ValueError)
    True
    """


class DivergenceError(RuntimeError):
    """Training left the finite numbers; the message names the step and the first layer that did.

    >>> issubclass(nncore.DivergenceError, RuntimeError)
    True
    """
