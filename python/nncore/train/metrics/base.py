"""The base of metrics, and the classes and labels of one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import float32, float64
from nncore.errors import arguments
from nncore.train.metrics.functions import class_numbers

if TYPE_CHECKING:
    from nncore._core import Tensor

    Array = np.ndarray[Any, Any]

CLASSES = ("multiclass", "binary", "multilabel")
TASKS = (*CLASSES, "regression")


class Metric:
    """A number, or an array of numbers, that `fit` and `evaluate` compute over all batches of an epoch.

    A subclass has a `name`, the key in the history, and the methods `reset`, `update` and `compute`. `tasks`
    lists the tasks that it fits: "multiclass" (scores (n, classes, ...)), "binary" (one logit per target),
    "multilabel" (logits (n, labels)) and "regression". `fit` sets `task`, `threshold` (an output above it
    means label 1: 0 for logits, 0.5 for probabilities) and `ignored` (a class number that does not count);
    without `task` it follows from the shapes. `larger_is_better` is the direction for `EarlyStopping`; it is
    None for values that cannot be compared.

    >>> from nncore.train import Metric
    >>> class Largest(Metric):
    ...     name = "largest_error"
    ...     larger_is_better = False
    ...     def reset(self):
    ...         self.value = 0.0
    ...     def update(self, output, target):
    ...         self.value = max(self.value, (output - target).abs().max().item())
    ...     def compute(self):
    ...         return self.value
    >>> metric = Largest()
    >>> metric.update(nncore.tensor([1.0, 2.0]), nncore.tensor([1.0, 5.0]))
    >>> metric.compute()
    3.0
    """

    name = ""
    tasks: tuple[str, ...] = TASKS
    larger_is_better: bool | None = True
    task: str | None = None
    threshold = 0.0
    ignored = -100

    def __init__(self, name: str | None = None) -> None:
        if type(self) is Metric:
            raise TypeError("Metric: make a subclass with reset, update and compute; Metric itself has none")
        if name is not None:
            self.name = arguments.text(type(self).__name__, "name", name)
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        raise NotImplementedError

    def update(self, output: Tensor, target: Tensor) -> None:
        """Add a batch: the output of the model, and the target as the loss gets it."""
        raise NotImplementedError

    def compute(self) -> Any:
        """A float, or an array, over the batches since `reset`."""
        raise NotImplementedError


def task_of(metric: Metric, output: Tensor, target: Tensor) -> str:
    """The task of the metric, or the one that the shapes of a batch suggest."""
    if metric.task is not None:
        return metric.task
    if output.ndim == target.ndim + 1 and output.shape[1] > 1:
        return "multiclass"
    return "binary" if output.ndim == 1 or output.shape[1] == 1 else "multilabel"


def values_of(tensor: Tensor) -> Array:
    """The values as a NumPy array of float32 or float64."""
    plain = tensor.detach()
    return np.asarray((plain if plain.dtype in (float32, float64) else plain.float()).numpy())


def classes_of(metric: Metric, output: Tensor, target: Tensor) -> tuple[Array, Array]:
    """Predicted and true class numbers (m,) of a batch of scores, without ignored targets."""
    found = output.detach().argmax(1).numpy().reshape(-1)
    right, counted = _true_classes(metric, output, target)
    return found[counted], right[counted]


def scores_of(metric: Metric, output: Tensor, target: Tensor) -> tuple[Array, Array]:
    """Scores (m, classes) and true class numbers (m,) of a batch, without ignored targets."""
    scores = np.moveaxis(values_of(output), 1, -1).reshape(-1, output.shape[1])
    right, counted = _true_classes(metric, output, target)
    return scores[counted], right[counted]


def labels_of(metric: Metric, output: Tensor, target: Tensor) -> tuple[Array, Array]:
    """Scores and labels, bool, of a batch: (m, 1) for one logit per target, (n, labels) for multi-label."""
    if output.numel() != target.numel():
        raise ValueError(
            f"{metric.name}: output has shape {output.shape} but target {target.shape}; expected equal sizes"
        )
    shape = (-1, 1) if task_of(metric, output, target) == "binary" else (len(target), -1)
    labels = np.asarray(target.detach().numpy()).reshape(shape)
    if (bad := (labels != 0) & (labels != 1)).any():
        raise ValueError(f"{metric.name}: target has the value {labels[bad][0]}; expected labels 0 and 1")
    return values_of(output).reshape(shape), labels.astype(bool)


def _true_classes(metric: Metric, output: Tensor, target: Tensor) -> tuple[Array, Array]:
    """The true class numbers (m,) and which of them count."""
    classes = output.shape[1] if output.ndim > 1 else 0
    right = np.asarray(class_numbers(target.detach()).numpy()).reshape(-1).astype(np.int64)
    if right.size * classes != output.numel():
        raise ValueError(
            f"{metric.name}: output has shape {output.shape} but target {target.shape}; expected scores "
            "(n, classes) and class numbers (n,)"
        )
    counted = right != metric.ignored
    if (bad := counted & ((right < 0) | (right >= classes))).any():
        raise ValueError(f"{metric.name}: label {right[bad][0]} in target is outside 0..{classes - 1}")
    return right, counted
