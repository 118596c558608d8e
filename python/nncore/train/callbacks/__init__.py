"""Objects that `fit` calls: early stopping, and checkpoints to resume from."""

from __future__ import annotations

from nncore.train.callbacks.base import Callback, Callbacks
from nncore.train.callbacks.early_stopping import Checkpoint, EarlyStopping, resume

__all__ = ["Callback", "Callbacks", "Checkpoint", "EarlyStopping", "resume"]
