"""Metrics from counts of classes: accuracy, top-k, precision, recall, F1 and the confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.errors import arguments
from nncore.train.metrics.base import CLASSES, Metric, classes_of, labels_of, scores_of, task_of

if TYPE_CHECKING:
    from nncore._core import Tensor

    Array = np.ndarray[Any, Any]

AVERAGES = ("macro", "micro", "weighted", "binary")


class _Fraction(Metric):
    """Base: the fraction of targets that are right."""

    tasks: tuple[str, ...] = CLASSES

    def reset(self) -> None:
        self._right = self._all = 0

    def update(self, output: Tensor, target: Tensor) -> None:
        hits = self._hits(output, target)
        self._right += int(np.count_nonzero(hits))
        self._all += hits.size

    def compute(self) -> float:
        return self._right / self._all if self._all else float("nan")

    def _hits(self, output: Tensor, target: Tensor) -> Array:
        raise NotImplementedError


class Accuracy(_Fraction):
    """The fraction of targets with the right class; with several labels, of rows with all labels right.

    Source: scikit-learn's `accuracy_score`.

    >>> from nncore.train.metrics import Accuracy
    >>> metric = Accuracy()
    >>> metric.update(nncore.tensor([[0.1, 0.9], [0.8, 0.2]]), nncore.tensor([1, 1]))
    >>> metric.compute()
    0.5
    """

    name = "accuracy"

    def _hits(self, output: Tensor, target: Tensor) -> Array:
        if task_of(self, output, target) == "multiclass":
            found, right = classes_of(self, output, target)
            return np.asarray(found == right)
        scores, labels = labels_of(self, output, target)
        return np.asarray(((scores > self.threshold) == labels).all(1))


class TopK(_Fraction):
    """The fraction of targets whose class is among the k largest scores.

    Of equal scores, that of the later class counts as larger. Errors: ValueError unless k is below the
    number of classes. Source: scikit-learn's `top_k_accuracy_score`.

    >>> from nncore.train.metrics import TopK
    >>> metric = TopK(2)
    >>> metric.update(nncore.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]), nncore.tensor([2, 1]))
    >>> metric.name, metric.compute()
    ('top2', 0.5)
    """

    tasks = ("multiclass",)

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        self.k = arguments.size("TopK", "k", k, 1)
        super().__init__(name or f"top{k}")

    def _hits(self, output: Tensor, target: Tensor) -> Array:
        scores, right = scores_of(self, output, target)
        classes = scores.shape[1]
        if self.k >= classes:
            raise ValueError(f"{self.name}: k is {self.k} but the model has {classes} scores; expected fewer")
        own = scores[np.arange(len(right)), right][:, None]
        later = np.arange(classes) > right[:, None]
        above = (scores > own) | ((scores == own) & later)
        return np.asarray(above.sum(1) < self.k)


class ConfusionMatrix(Metric):
    """Counts (classes, classes), int64: row = true class, column = predicted class.

    Source: scikit-learn's `confusion_matrix`.

    >>> from nncore.train.metrics import ConfusionMatrix
    >>> metric = ConfusionMatrix()
    >>> metric.update(nncore.tensor([[0.1, 0.9], [0.8, 0.2]]), nncore.tensor([1, 1]))
    >>> metric.compute().tolist()
    [[0, 0], [1, 1]]
    """

    name = "confusion_matrix"
    tasks = ("multiclass", "binary")
    larger_is_better = None

    def reset(self) -> None:
        self._counts: Any = 0

    def update(self, output: Tensor, target: Tensor) -> None:
        if task_of(self, output, target) == "multiclass":
            classes = output.shape[1]
            found, right = classes_of(self, output, target)
        else:
            classes = 2
            scores, right = labels_of(self, output, target)
            found, right = (scores > self.threshold).reshape(-1), right.reshape(-1)
        counts = np.bincount(right * classes + found, minlength=classes**2)
        self._counts = self._counts + counts.astype(np.int64).reshape(classes, classes)

    def compute(self) -> Array:
        return np.array(self._counts)


class _PerClass(Metric):
    """Base of metrics from three counts per class: right, predicted and true targets."""

    tasks: tuple[str, ...] = CLASSES

    def __init__(self, average: str | None = "auto", name: str | None = None) -> None:
        if average not in (*AVERAGES, "auto", None):
            raise ValueError(
                f"{type(self).__name__}: average is {average!r}; expected one of "
                f"{', '.join(map(repr, AVERAGES))}, 'auto' or None"
            )
        self.average = average
        super().__init__(name)

    def reset(self) -> None:
        self._counts: Any = 0  # then (3, classes)
        self._task = ""

    def update(self, output: Tensor, target: Tensor) -> None:
        self._task = task = task_of(self, output, target)
        if task == "multiclass":
            classes = output.shape[1]
            found, right = classes_of(self, output, target)
        else:
            scores, right = labels_of(self, output, target)
            found, classes = scores > self.threshold, 2
        if self.average == "binary" and (task == "multilabel" or classes != 2):
            what = "several labels" if task == "multilabel" else f"{classes} classes"
            raise ValueError(f"{self.name}: average='binary' does not apply to {what}; expected 'macro'")
        if task == "multilabel":
            counts = np.stack([(found & right).sum(0), found.sum(0), right.sum(0)])
        else:
            kinds = (right[found == right], found, right)
            counts = np.stack([np.bincount(kind.reshape(-1), minlength=classes) for kind in kinds])
        self._counts = self._counts + counts

    def compute(self) -> Any:
        if not self._task:
            return float("nan")
        right, found, true = self._counts
        average = self.average
        if average == "auto":
            average = "binary" if self._task == "binary" else "macro"
        if average == "micro":
            return float(self._score(right.sum(), found.sum(), true.sum()))
        scores = self._score(right, found, true)
        if average == "binary":
            return float(scores[1])
        if average == "weighted":
            return float(_ratio((scores * true).sum(), true.sum()))
        if average == "macro":
            present = (found + true > 0) | (self._task == "multilabel")
            return float(scores[present].mean())
        return scores

    def _score(self, right: Array, found: Array, true: Array) -> Array:
        raise NotImplementedError


class Precision(_PerClass):
    """Right predictions of a class per prediction of it; 0 for a class that is not predicted.

    average: "macro" (the mean over the classes that occur, or over all labels), "micro" (all counts
    together), "weighted" (by the true counts), "binary" (class 1 of two), "auto" ("binary" for one logit,
    else "macro") or None (an array).
    Source: scikit-learn's `precision_score`.

    >>> from nncore.train.metrics import Precision
    >>> metric = Precision()
    >>> metric.update(nncore.tensor([2.0, 1.0, -3.0]), nncore.tensor([1, 0, 1]))
    >>> metric.compute()
    0.5
    """

    name = "precision"

    def _score(self, right: Array, found: Array, true: Array) -> Array:
        return _ratio(right, found)


class Recall(_PerClass):
    """Right predictions of a class per target of it; 0 for a class without targets.

    average: see `Precision`. Source: scikit-learn's `recall_score`.

    >>> from nncore.train.metrics import Recall
    >>> metric = Recall()
    >>> metric.update(nncore.tensor([2.0, 1.0, -3.0]), nncore.tensor([1, 0, 1]))
    >>> metric.compute()
    0.5
    """

    name = "recall"

    def _score(self, right: Array, found: Array, true: Array) -> Array:
        return _ratio(right, true)


class F1(_PerClass):
    """The harmonic mean of precision and recall: 2 right / (predicted + true); 0 for neither.

    average: see `Precision`. Source: scikit-learn's `f1_score`.

    >>> from nncore.train.metrics import F1
    >>> metric = F1(average=None)
    >>> metric.update(nncore.tensor([2.0, 1.0, -3.0]), nncore.tensor([1, 0, 1]))
    >>> metric.compute().tolist()
    [0.0, 0.5]
    """

    name = "f1"

    def _score(self, right: Array, found: Array, true: Array) -> Array:
        return _ratio(2 * right, found + true)


def _ratio(a: Any, b: Any) -> Array:
    """a / b in float64, 0 where b is 0."""
    return np.asarray(np.divide(a, b, out=np.zeros(np.shape(a)), where=np.asarray(b) > 0))
