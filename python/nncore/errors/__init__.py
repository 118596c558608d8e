"""The exceptions of nncore; each derives from a built-in exception."""

from __future__ import annotations

__all__ = ["CaptureError", "CheckpointError", "DivergenceError"]


class CaptureError(RuntimeError):
    """A replay cannot repeat a step given to `nncore.compile`; the message names the line.

    >>> issubclass(nncore.CaptureError, RuntimeError)
    True
    """


class CheckpointError(ValueError):
    """A file of weights, training state or data is damaged, of another kind, or newer than this library.

    >>> issubclass(nncore.CheckpointError, ValueError)
    True
    """


class DivergenceError(RuntimeError):
    """The loss or a parameter is no longer finite; the message names the step and the first such layer.

    >>> issubclass(nncore.DivergenceError, RuntimeError)
    True
    """
