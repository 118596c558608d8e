"""Find a learning rate: train with rates from small to large, and look where the loss falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.errors import DivergenceError, arguments
from nncore.train.callbacks import Callback
from nncore.train.fit import fit
from nncore.train.modes import copied, same_random
from nncore.train.optional import optional

if TYPE_CHECKING:
    from nncore.nn import Module
    from nncore.train.history import TrainingState

SMOOTHING = 0.9  # of the moving average of the losses
DIVERGED = 4.0  # times the smallest loss


class LRFinder:
    """The losses of steps whose learning rates rise from `start` to `end` by a constant factor.

    `find` takes the arguments of `fit` without epochs and callbacks. It ends after `steps` steps, or when the
    moving average of the losses is four times its smallest value. Afterwards model, optimizer and the global
    generator are as before. `rates` and `losses` have a number per step. `suggestion` is a tenth of the rate
    with the smallest moving average.
    Errors: ValueError unless 0 < start < end and steps > 2, and for a suggestion without losses.
    Source: Smith 2017, "Cyclical learning rates for training neural networks".

    >>> from nncore.train import LRFinder
    >>> model = nn.Linear(1, 1)
    >>> x = nncore.arange(8).float().reshape(8, 1) / 8
    >>> finder = LRFinder(1e-4, 10.0, steps=40)
    >>> finder.find(model, x, 2 * x, optimizer=nncore.optim.SGD(model.parameters(), lr=0.1))
    >>> 1e-3 < finder.suggestion < 10
    True
    """

    def __init__(self, start: float = 1e-7, end: float = 10.0, steps: int = 100) -> None:
        self.start = arguments.number("LRFinder", "start", start, above=0)
        self.end = arguments.number("LRFinder", "end", end, above=self.start)
        self.steps = arguments.size("LRFinder", "steps", steps, 3)
        self.rates: list[float] = []
        self.losses: list[float] = []

    def find(self, model: Module, x: Any, y: Any = None, **options: Any) -> None:
        """Run the steps with the data and options of `fit`, but for epochs, steps, seconds and callbacks.

        Errors: TypeError for these options, and the errors of `fit`.
        """
        if own := {"epochs", "steps", "seconds", "callbacks"} & options.keys():
            raise TypeError(
                f"LRFinder.find: {min(own)} is not an option here; LRFinder(steps=) sets the steps"
            )
        sweep = _Sweep(self)
        options.setdefault("progress", False)
        with same_random():
            try:
                fit(model, x, y, epochs=self.steps, callbacks=[sweep], **options)
            except DivergenceError:
                if not self.losses:
                    raise
            finally:
                sweep.restore()

    @property
    def suggestion(self) -> float:
        """A learning rate to begin with."""
        if not self.losses:
            raise ValueError("LRFinder: the losses are missing; call find first")
        return self.rates[int(self.smooth_losses().argmin())] / 10

    def smooth_losses(self) -> np.ndarray[Any, Any]:
        """The moving average of the losses, without bias to its start."""
        if not self.losses:
            return np.empty(0)
        weights = SMOOTHING ** np.arange(len(self.losses))
        return np.asarray(np.convolve(self.losses, weights)[: len(weights)] / np.cumsum(weights))

    def plot(self) -> Any:
        """Draw the losses over the rates, with the suggestion; returns a matplotlib figure.

        Errors: ImportError without matplotlib (the extra nncore[plot]).
        """
        figure, axes = optional("LRFinder.plot", "matplotlib.pyplot", "plot").subplots(layout="constrained")
        axes.plot(self.rates, self.losses, alpha=0.4, label="loss")
        axes.plot(self.rates, self.smooth_losses(), label="moving average")
        axes.axvline(self.suggestion, color="gray", label=f"suggestion {self.suggestion:.2g}")
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
        axes.legend()
        return figure


class _Sweep(Callback):
    """Sets the rate of each step and keeps its loss."""

    def __init__(self, finder: LRFinder) -> None:
        self._finder = finder
        self._state: TrainingState | None = None

    def on_train_begin(self, state: TrainingState) -> None:
        self._finder.rates, self._finder.losses = [], []
        self._state = state
        self._model = copied(state.model.state_dict())
        optimizer = state.optimizer.state_dict()
        self._values = {index: copied(values) for index, values in optimizer["state"].items()}
        self._groups = optimizer["param_groups"]
        self._set(state, self._finder.start)

    def on_batch_end(self, state: TrainingState) -> bool:
        finder = self._finder
        finder.rates.append(self._rate)
        finder.losses.append(state.logs["loss"])
        done = len(finder.losses)
        smooth = finder.smooth_losses()
        if done == finder.steps or smooth[-1] > DIVERGED * smooth.min():
            return True
        self._set(state, finder.start * (finder.end / finder.start) ** (done / (finder.steps - 1)))
        return False

    def restore(self) -> None:
        """Undo the steps."""
        if self._state is not None:
            self._state.model.load_state_dict(self._model)
            self._state.optimizer.load_state_dict({"state": self._values, "param_groups": self._groups})
            self._state.optimizer.zero_grad()

    def _set(self, state: TrainingState, rate: float) -> None:
        """Give the first group this rate, and the others one in the same ratio as before."""
        self._rate = rate
        for group, before in zip(state.optimizer.param_groups, self._groups, strict=True):
            group["lr"] = rate * before["lr"] / self._groups[0]["lr"]
