"""The history of a training run, and the state that callbacks get."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.errors import arguments
from nncore.train.optional import optional

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nncore._core import Generator
    from nncore.nn import Module
    from nncore.optim import Optimizer

ROWS = 20  # of a printed table


class History(Mapping[str, list[Any]]):
    """A mapping from the names of numbers to lists with one number per epoch, also as attributes.

    `loss`, `accuracy`, `val_loss`, `val_accuracy`, `samples_per_second`, and those of metrics, such as "f1".
    Lists that do not apply, such as the accuracy in regression, are empty attributes and not in the mapping;
    its length is the number of the others. `classes` are the sorted labels of text targets, whose positions
    the model learned, or None. `epochs` is the number of epochs. `print` writes a table.
    Errors: KeyError and AttributeError, which list the names, for a name that the history lacks.

    >>> from nncore.train import History
    >>> history = History()
    >>> for loss in (0.5, 0.25):
    ...     history.append("loss", loss)
    >>> history["loss"], history.epochs, list(history)
    ([0.5, 0.25], 2, ['loss'])
    >>> print(history)
    epoch  loss
        1   0.5
        2  0.25
    """

    __slots__ = ("__dict__", "__weakref__", "classes")  # vars has the lists

    classes: list[Any] | None

    def __init__(self) -> None:
        self.classes = None
        self.loss: list[float] = []
        self.accuracy: list[float] = []
        self.val_loss: list[float] = []
        self.val_accuracy: list[float] = []
        self.samples_per_second: list[float] = []

    def append(self, name: str, value: Any) -> None:
        """Add the number of an epoch to a list, which begins here if it is new.

        Errors: ValueError for the name of another attribute.
        """
        if hasattr(History, name):
            raise ValueError(f"History: {name!r} is the name of an attribute; give the list another name")
        vars(self).setdefault(name, []).append(value)

    def last(self) -> dict[str, Any]:
        """The last number of each list that is not empty.

        >>> from nncore.train import History
        >>> history = History()
        >>> history.loss.append(0.5)
        >>> history.last()
        {'loss': 0.5}
        """
        return {name: values[-1] for name, values in self.items()}

    @property
    def epochs(self) -> int:
        """The number of epochs."""
        return len(self.loss)

    def plot(self, *names: str) -> Any:
        """Draw these lists, or all but the speed, over the epochs; returns a matplotlib figure.

        A list of the training and the one of the validation, "loss" and "val_loss", share their axes.
        Errors: ImportError without matplotlib (the extra nncore[plot]); ValueError for a name that the
        history lacks, and if there is nothing to draw.

            history.plot("loss", "val_loss").savefig("loss.png")
        """
        drawn = names or [name for name in self._columns() if name != "samples_per_second"]
        groups: dict[str, list[str]] = {}
        for name in drawn:
            if arguments.text("History.plot", "a name", name) not in self:
                raise ValueError(f"History.plot: {self._missing(name)}")
            groups.setdefault(name.removeprefix("val_"), []).append(name)
        if not groups:
            raise ValueError("History.plot: the history has no epochs")
        figure, every = optional("History.plot", "matplotlib.pyplot", "plot").subplots(
            1, len(groups), squeeze=False, figsize=(5 * len(groups), 4), layout="constrained"
        )
        for axes, (title, members) in zip(every[0], groups.items(), strict=True):
            for name in members:
                axes.plot(range(1, len(self[name]) + 1), self[name], label=name)
            axes.set(xlabel="epoch", title=title)
            axes.legend()
        return figure

    def to_pandas(self) -> Any:
        """A pandas DataFrame with a row per epoch, counted from 1, and a column per list.

        Errors: ImportError without pandas.
        """
        pandas = optional("History.to_pandas", "pandas", "pandas")
        columns = {name: pandas.Series(values) for name, values in self.items()}
        frame = pandas.DataFrame(columns)
        frame.index = pandas.RangeIndex(1, len(frame) + 1, name="epoch")
        return frame

    def _columns(self) -> list[str]:
        """The names of the lists of numbers, not of arrays such as the confusion matrix."""
        return [name for name, values in self.items() if np.ndim(values[-1]) == 0]

    def __getitem__(self, name: str) -> list[Any]:
        if values := vars(self).get(name):
            return values  # type: ignore[no-any-return]
        raise KeyError(self._missing(name))

    def __iter__(self) -> Iterator[str]:
        return (name for name, values in vars(self).items() if values)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getattr__(self, name: str) -> list[Any]:
        raise AttributeError(self._missing(name), name=name)

    def _missing(self, name: str) -> str:
        return f"the history has no {name!r}; it has {', '.join(map(repr, self)) or 'no epochs'}"

    def __repr__(self) -> str:
        last = [f"{name}={_shown(self[name][-1])}" for name in self._columns()]
        return f"History({self.epochs} epochs; last: {', '.join(last) or 'none'})"

    def __str__(self) -> str:
        names = self._columns()
        rows = [["epoch", *names]]
        for epoch in range(self.epochs):
            if self.epochs <= ROWS or not ROWS // 2 <= epoch < self.epochs - ROWS // 2:
                cells = [_shown(self[name][epoch]) if epoch < len(self[name]) else "" for name in names]
                rows.append([str(epoch + 1), *cells])
            elif epoch == ROWS // 2:
                rows.append(["..."] * len(rows[0]))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        )


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, Real) else str(value)


class TrainingState:
    """The argument of callbacks.

    model, optimizer, generator, scheduler and ema (the averaged model) are those of the training, or None;
    `history` is that of the finished epochs and `numbers` names the lists of it that this training fills.
    `epoch` and `step` are the numbers of finished epochs and steps. `logs` has the newest numbers: after a
    step its "loss" (with `accumulate` that of its last batch), after an epoch the last numbers of the
    history. A callback that sets `stop` to True ends the training.
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        generator: Generator | None,
        history: History,
        numbers: Iterable[str] = ("loss", "samples_per_second"),
        scheduler: Any = None,
        ema: Any = None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.generator = generator
        self.history = history
        self.numbers = tuple(numbers)
        self.scheduler = scheduler
        self.ema = ema
        self.epoch = 0
        self.step = 0
        self.stop = False
        self.logs: dict[str, Any] = {}

    def names(self) -> list[str]:
        """The lists that the history will have: `numbers` and those that callbacks have added."""
        added = vars(self.history).keys() - vars(History()).keys()
        return [*self.numbers, *(name for name in vars(self.history) if name in added - {*self.numbers})]
