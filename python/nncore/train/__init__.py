"""Training: `fit`, `evaluate`, `predict`, callbacks, history and metrics."""

from __future__ import annotations

from nncore.train.average import Average
from nncore.train.callbacks import Callback, Checkpoint, CSVLogger, EarlyStopping, TensorBoard, resume
from nncore.train.evaluate import Evaluation, evaluate
from nncore.train.fit import fit
from nncore.train.history import History, TrainingState
from nncore.train.lr_finder import LRFinder
from nncore.train.metrics import Metric, accuracy, confusion_matrix
from nncore.train.predict import predict, predict_proba

__all__ = [
    "Average",
    "CSVLogger",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "Evaluation",
    "History",
    "LRFinder",
    "Metric",
    "TensorBoard",
    "TrainingState",
    "accuracy",
    "confusion_matrix",
    "evaluate",
    "fit",
    "predict",
    "predict_proba",
    "resume",
]
