"""The numbers of an epoch over its batches: mean loss, accuracy and other metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore._core import Tensor
from nncore.train import choices
from nncore.train.choices import described, is_one_of
from nncore.train.metrics import resolve

if TYPE_CHECKING:
    from nncore.train.metrics import Metric
    from nncore.train.objective import Objective


class Measures:
    """Mean loss, accuracy and the metrics that `given` names.

    Without `given` there is the accuracy if the targets have one. `hits` counts the correct targets of a
    batch for the accuracy, or is None; `names` are those of all numbers.
    """

    def __init__(self, where: str, given: Any, objective: Objective) -> None:
        self._where, self.possible = where, objective.possible
        self.hits = objective.hits
        self._others: list[Metric] = []
        if given is not None:
            threshold = 0.5 if is_one_of(objective.loss, choices.OF_PROBABILITIES) else 0.0
            ignored = getattr(objective.loss, "ignore_index", -100)
            named = list(given) if hasattr(given, "__iter__") and not isinstance(given, str) else given
            found = resolve(where, named, objective.task, threshold=threshold, ignored=ignored)
            is_counted = [name == "accuracy" and objective.hits is not None for name in named]
            self._others = [metric for metric, counted in zip(found, is_counted, strict=True) if not counted]
            self.hits = objective.hits if any(is_counted) else None
            if self._others and not isinstance(objective.sample[0], Tensor):
                raise TypeError(
                    f"{where}: metrics compare one Tensor with the target, but the model returned "
                    f"{described(objective.sample[0])}; leave metrics out, or return one Tensor"
                )
            for metric in self._others:
                self._update(metric, *objective.sample)  # raises before training: top5 of three classes
        self.names = ["loss"] + ["accuracy"] * (self.hits is not None)
        self.names += [metric.name for metric in self._others]
        self.reset()

    @property
    def need_outputs(self) -> bool:
        """Whether a metric needs the outputs of all batches."""
        return bool(self._others)

    def returns(self, output: Tensor, target: Tensor) -> tuple[Tensor, ...]:
        """What a step returns with the loss: the hits for the accuracy, and the output for other metrics."""
        found = () if self.hits is None else (self.hits(output, target),)
        return (*found, output) if self._others else found

    def reset(self) -> None:
        """Forget all batches."""
        self.rows = self._right = self._possible = 0
        self._loss = 0.0
        for metric in self._others:
            metric.reset()

    def add(self, loss: float, output: Tensor | None, target: Tensor, right: int | None = None) -> None:
        """Add a batch, with the number of its hits if that is known."""
        self.rows += len(target)
        self._loss += loss * len(target)
        if self.hits is not None:
            self._right += int(self.hits(output, target).item()) if right is None else right
            self._possible += self.possible(target)
        for metric in self._others:
            self._update(metric, output, target)

    def _update(self, metric: Metric, output: Any, target: Tensor) -> None:
        try:
            metric.update(output, target)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self._where}: {error}") from error

    def numbers(self) -> dict[str, float]:
        """The mean loss and the accuracy."""
        found = {"loss": self._loss / self.rows}
        return found | ({} if self.hits is None else {"accuracy": self._right / self._possible})

    def others(self) -> dict[str, Any]:
        """The other metrics."""
        return {metric.name: metric.compute() for metric in self._others}
