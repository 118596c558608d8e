"""Training: `fit`, `evaluate`, `predict`, callbacks, history and metrics."""

from __future__ import annotations

from nncore.train.callbacks import Callback, Checkpoint, EarlyStopping, resume
from nncore.train.evaluate import Evaluation, evaluate, predict
from nncore.train.fit import fit
from nncore.train.history import History, TrainingState
from nncore.train.metrics import Metric, accuracy, confusion_matrix

__all__ = [
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "Evaluation",
    "History",
    "Metric",
    "TrainingState",
    "accuracy",
    "confusion_matrix",
    "evaluate",
    "fit",
    "predict",
    "resume",
]
