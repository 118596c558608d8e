"""The metrics that the arguments of `fit` and `evaluate` name."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from nncore._core import Tensor, cat
from nncore.train.history import History
from nncore.train.metrics.base import Metric
from nncore.train.metrics.counts import F1, Accuracy, ConfusionMatrix, Precision, Recall, TopK
from nncore.train.metrics.numbers import MAE, MSE, R2, Perplexity
from nncore.train.metrics.ranking import ROCAUC, AveragePrecision

if TYPE_CHECKING:
    from collections.abc import Callable

PER_CLASS = (Precision, Recall, F1)
KNOWN: dict[str, Callable[[], Metric]] = {
    kind.name: kind
    for kind in (Accuracy, *PER_CLASS, ROCAUC, AveragePrecision, MAE, MSE, R2, Perplexity, ConfusionMatrix)
} | {
    f"{kind.name}_{average}": partial(kind, average, f"{kind.name}_{average}")
    for kind in PER_CLASS
    for average in ("macro", "micro", "weighted")
}
TAKEN = ("epoch", "loss", "samples_per_second")


class Function(Metric):
    """`function(output, target)` of all outputs and targets of an epoch."""

    def __init__(self, function: Callable[[Tensor, Tensor], Any]) -> None:
        self._function = function
        inner = getattr(function, "func", function)  # that of a functools.partial
        super().__init__(getattr(inner, "__name__", type(inner).__name__).strip("<>"))

    def reset(self) -> None:
        self._outputs: list[Tensor] = []
        self._targets: list[Tensor] = []

    def update(self, output: Tensor, target: Tensor) -> None:
        self._outputs.append(output.detach().clone())
        self._targets.append(target.detach().clone())

    def compute(self) -> float:
        value = self._function(cat(self._outputs), cat(self._targets))
        try:
            return float(value.item() if isinstance(value, Tensor) else value)
        except (TypeError, ValueError, RuntimeError):
            kind = type(value).__name__
            raise TypeError(f"the metric {self.name} returned a {kind}; expected one number") from None


def resolve(
    where: str, given: Any, task: str, *, threshold: float = 0.0, ignored: int = -100
) -> list[Metric]:
    """The metrics of a list of names, functions of (output, target) and Metric objects, for a task.

    `threshold` and `ignored` are those of `Metric`.
    Errors: ValueError for unknown names, for metrics that do not fit the task and for equal names; TypeError
    for anything else, such as a class.

    >>> from nncore.train.metrics import resolve
    >>> [metric.name for metric in resolve("fit", ["accuracy", "top5", "f1_macro"], "multiclass")]
    ['accuracy', 'top5', 'f1_macro']
    """
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise TypeError(f"{where}: metrics is {given!r}; expected a list, such as ['accuracy']")
    metrics = [_metric(where, number, value) for number, value in enumerate(given)]
    names = [metric.name for metric in metrics]
    for metric in metrics:
        if task not in metric.tasks:
            fitting = ", ".join(repr(name) for name, make in KNOWN.items() if task in make().tasks)
            raise ValueError(
                f"{where}: the metric {metric.name!r} does not fit {task} targets; expected one of {fitting}"
            )
        taken = metric.name in TAKEN or hasattr(History, metric.name)
        if taken or names.count(metric.name) > 1:
            reason = "has another meaning" if taken else "is the name of two metrics"
            raise ValueError(
                f"{where}: {metric.name!r} {reason} in the history; give the metric another name, such as "
                "F1(name='mine')"
            )
        metric.task, metric.threshold, metric.ignored = task, threshold, ignored
        metric.reset()
    return metrics


def larger_is_better(name: str) -> bool | None:
    """Whether a larger value of this list of a history is better, or None if that is not known."""
    base = name.removeprefix("val_")
    if base in ("loss", "samples_per_second"):
        return base != "loss"
    if re.fullmatch(r"top\d+", base) or base.endswith("accuracy"):
        return True
    return KNOWN[base]().larger_is_better if base in KNOWN else None


def _metric(where: str, number: int, value: Any) -> Metric:
    if isinstance(value, str):
        return _named(where, value)
    if isinstance(value, Metric):
        if not value.name:
            raise ValueError(f"{where}: metrics[{number}] has no name; set the attribute name of its class")
        return value
    if isinstance(value, type):
        what, remedy = f"the class {value.__name__}", f"an object: {value.__name__}()"
    elif callable(value):
        return Function(value)
    else:
        what, remedy = repr(value), "a name, a function of output and target, or a Metric"
    raise TypeError(f"{where}: metrics[{number}] is {what}; expected {remedy}")


def _named(where: str, name: str) -> Metric:
    if match := re.fullmatch(r"top([1-9]\d*)", name):
        return TopK(int(match[1]))
    if name not in KNOWN:
        known = ", ".join(map(repr, [*KNOWN, "top5"]))
        raise ValueError(f"{where}: {name!r} is not a metric; expected one of {known}")
    return KNOWN[name]()
