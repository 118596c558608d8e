"""What a training run leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nncore._core import Generator
    from nncore.nn import Module
    from nncore.optim import Optimizer


class History:
    """One number an epoch: `loss`, `accuracy`, `val_loss`, `val_accuracy`, `samples_per_second`.

    Lists of what does not apply (accuracy in regression, validation without data) stay empty.
    """

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.accuracy: list[float] = []
        self.val_loss: list[float] = []
        self.val_accuracy: list[float] = []
        self.samples_per_second: list[float] = []

    def last(self) -> dict[str, float]:
        """The newest number of every list that has one.

        >>> from nncore.train import History
        >>> history = History()
        >>> history.loss.append(0.5)
        >>> history.last()
        {'loss': 0.5}
        """
        return {name: values[-1] for name, values in vars(self).items() if values}

    def __len__(self) -> int:
        return len(self.loss)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={value:.6g}" for name, value in self.last().items())
        return f"History({len(self)} epochs; last: {numbers or 'none'})"


class TrainingState:
    """What `fit` shows to its callbacks after each epoch; `epoch` counts the finished ones.

    `numbers` names the lists of `history` that are filled in this training.
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        generator: Generator | None,
        history: History,
        numbers: Iterable[str] = ("loss", "samples_per_second"),
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.generator = generator
        self.history = history
        self.numbers = tuple(numbers)
        self.epoch = 0
