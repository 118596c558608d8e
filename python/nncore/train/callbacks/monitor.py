"""A number of the history that a callback compares from epoch to epoch."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from nncore.train.metrics import larger_is_better

if TYPE_CHECKING:
    from nncore.train.history import TrainingState


class Monitor:
    """Tells when a list of the history reaches a new best value; `where` names the callback in errors.

    mode: "min", "max", or "auto" for losses and the metrics of nncore. NaN is never an improvement.
    """

    def __init__(self, where: str, name: object, mode: str = "auto", min_delta: float = 0.0) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{where}: monitor is {name!r}; expected the name of a list of History")
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"{where}: mode is {mode!r}; expected 'auto', 'min' or 'max'")
        self.where, self.name, self.mode, self.min_delta = where, name, mode, min_delta
        self.reset()

    def reset(self) -> None:
        """Forget the best value."""
        self._best: float | None = None

    def check(self, state: TrainingState) -> None:
        """Raise ValueError if the training will not have the list, or if the direction is not known."""
        if self.name not in state.names():
            raise self._missing(state)
        if self.mode == "auto" and larger_is_better(self.name) is None:
            raise ValueError(
                f"{self.where}: it is not known whether a larger {self.name!r} is better; give mode='max' or "
                "mode='min'"
            )

    def improves(self, state: TrainingState) -> bool:
        """Whether the last value is better than the best before by more than `min_delta`."""
        values = vars(state.history).get(self.name)
        if not values:
            raise self._missing(state)
        larger = self.mode == "max" or (self.mode == "auto" and larger_is_better(self.name))
        score = float(values[-1] if larger else -values[-1])
        best = self._best
        if best is None or (isnan(best) and not isnan(score)) or score > best + self.min_delta:
            self._best = score
            return True
        return False

    def _missing(self, state: TrainingState) -> ValueError:
        with_validation = [f"val_{name}" for name in state.numbers if name != "samples_per_second"]
        advice = "give fit validation data, or " if self.name in with_validation else ""
        return ValueError(
            f"{self.where}: the history has no {self.name!r}; {advice}monitor one of "
            f"{', '.join(map(repr, state.numbers))}"
        )
