"""Objects that `fit` calls: early stopping, checkpoints to resume from, and logs."""

from __future__ import annotations

from nncore.train.callbacks.base import Callback, Callbacks
from nncore.train.callbacks.checkpoint import Checkpoint, resume
from nncore.train.callbacks.early_stopping import EarlyStopping
from nncore.train.callbacks.logs import CSVLogger, TensorBoard

__all__ = ["Callback", "Callbacks", "Checkpoint", "CSVLogger", "EarlyStopping", "TensorBoard", "resume"]
