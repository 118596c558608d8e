"""Metrics over an epoch, by name or as objects, and functions of arrays.

| name | class | tasks |
|---|---|---|
| "accuracy" | `Accuracy` | multiclass, binary, multilabel |
| "top5" and other numbers | `TopK` | multiclass |
| "precision", "recall", "f1" | `Precision`, `Recall`, `F1` | multiclass, binary, multilabel |
| "f1_macro", "f1_micro", "f1_weighted" ... | the same with `average=` | multiclass, binary, multilabel |
| "roc_auc", "average_precision" | `ROCAUC`, `AveragePrecision` | multiclass, binary, multilabel |
| "confusion_matrix" | `ConfusionMatrix` | multiclass, binary |
| "perplexity" | `Perplexity` | multiclass |
| "mae", "mse", "r2" | `MAE`, `MSE`, `R2` | regression |
"""

from __future__ import annotations

from nncore.train.metrics.base import Metric
from nncore.train.metrics.counts import F1, Accuracy, ConfusionMatrix, Precision, Recall, TopK
from nncore.train.metrics.functions import (
    accuracy,
    class_numbers,
    classifies,
    confusion_matrix,
    hits,
    is_one_hot,
    targets_per_row,
)
from nncore.train.metrics.numbers import MAE, MSE, R2, Perplexity
from nncore.train.metrics.ranking import ROCAUC, AveragePrecision
from nncore.train.metrics.resolve import larger_is_better, resolve

__all__ = [
    "Metric",
    "Accuracy",
    "TopK",
    "Precision",
    "Recall",
    "F1",
    "ROCAUC",
    "AveragePrecision",
    "ConfusionMatrix",
    "Perplexity",
    "MAE",
    "MSE",
    "R2",
    "accuracy",
    "confusion_matrix",
    "resolve",
    "larger_is_better",
    "class_numbers",
    "classifies",
    "hits",
    "is_one_hot",
    "targets_per_row",
]
