"""Metrics from the order of all scores: the area under the ROC curve, and average precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.train.metrics.base import CLASSES, Metric, labels_of, scores_of, task_of

if TYPE_CHECKING:
    from nncore._core import Tensor

    Array = np.ndarray[Any, Any]


class _Ranking(Metric):
    """Base: keeps all scores, and takes the mean over the classes or labels.

    Scores of several classes become probabilities by softmax, so that rows can be compared.
    """

    tasks: tuple[str, ...] = CLASSES

    def reset(self) -> None:
        self._task = ""
        self._scores: list[Array] = []
        self._true: list[Array] = []

    def update(self, output: Tensor, target: Tensor) -> None:
        self._task = task_of(self, output, target)
        parts = scores_of if self._task == "multiclass" else labels_of
        scores, true = parts(self, output, target)
        self._scores.append(scores.copy())  # a replay writes the next batch into the same memory
        self._true.append(true.copy())

    def compute(self) -> float:
        if not self._scores:
            return float("nan")
        scores, true = np.concatenate(self._scores), np.concatenate(self._true)
        if self._task == "multiclass":
            scores = _probabilities(scores.astype(np.float64))
            true = true[:, None] == np.arange(scores.shape[1])
        return float(np.mean([self._score(*column) for column in zip(scores.T, true.T, strict=True)]))

    def _score(self, scores: Array, true: Array) -> float:
        raise NotImplementedError


class ROCAUC(_Ranking):
    """The area under the ROC curve: the probability that a target of a class has a larger score than others.

    Equal scores count as one half. With several classes or labels it is the mean of each against the rest. It
    is NaN if a class has no targets, or only such.
    Source: scikit-learn's `roc_auc_score` (multi_class="ovr").

    >>> from nncore.train.metrics import ROCAUC
    >>> metric = ROCAUC()
    >>> metric.update(nncore.tensor([2.0, 1.0, -3.0, 0.0]), nncore.tensor([1, 0, 0, 1]))
    >>> metric.compute()
    0.75
    """

    name = "roc_auc"

    def _score(self, scores: Array, true: Array) -> float:
        positive = int(true.sum())
        negative = len(true) - positive
        if not positive or not negative:
            return float("nan")
        _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
        ranks = np.cumsum(sizes) - (sizes - 1) / 2  # the mean rank of each group of equal scores
        above = ranks[group][true].sum() - positive * (positive + 1) / 2
        return float(above / (positive * negative))


class AveragePrecision(_Ranking):
    """The sum over the scores, from the largest, of precision times the increase of recall.

    Equal scores are one step. With several classes or labels it is the mean of each against the rest. It is 0
    for a class without targets.
    Source: scikit-learn's `average_precision_score`.

    >>> from nncore.train.metrics import AveragePrecision
    >>> metric = AveragePrecision()
    >>> metric.update(nncore.tensor([3.0, 2.0, 1.0]), nncore.tensor([1, 0, 1]))
    >>> round(metric.compute(), 4)
    0.8333
    """

    name = "average_precision"

    def _score(self, scores: Array, true: Array) -> float:
        if not true.any():
            return 0.0
        _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
        right = np.bincount(group, weights=true)
        return float((np.cumsum(right) / np.cumsum(sizes) * right).sum() / true.sum())


def _probabilities(scores: Array) -> Array:
    """softmax of each row; rows with the same scores in another order have the same sum, to the bit."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / np.sort(powers, 1).sum(1, keepdims=True))
