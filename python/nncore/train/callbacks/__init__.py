"""Objects that `fit` calls: early stopping, and checkpoints to resume from."""

from __future__ import annotations

from nncore.train.callbacks.base import Callback, Callbacks
from nncore.train.callbacks.checkpoint import Checkpoint, resume
from nncore.train.callbacks.early_stopping import EarlyStopping

__all__ = ["Callback", "Callbacks", "Checkpoint", "EarlyStopping", "resume"]
