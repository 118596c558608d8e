"""The history of a training run, and the state that callbacks get."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nncore._core import Generator
    from nncore.nn import Module
    from nncore.optim import Optimizer


class History:
    """Lists with one number per epoch: `loss`, `accuracy`, `val_loss`, `val_accuracy`, `samples_per_second`.

    Lists that do not apply stay empty: accuracy in regression, validation without validation data.
    """

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.accuracy: list[float] = []
        self.val_loss: list[float] = []
        self.val_accuracy: list[float] = []
        self.samples_per_second: list[float] = []

    def last(self) -> dict[str, float]:
        """The last number of each list that is not empty.

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
    """The argument of callbacks: model, optimizer, generator, history and the number of finished epochs.

    `numbers` names the lists of `history` that this training fills.
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
