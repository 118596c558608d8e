"""Batches that are read anew in each epoch, one at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nncore._core import Tensor
from nncore.data.dataloader import DataLoader
from nncore.train.choices import described
from nncore.train.columns import inputs_of
from nncore.train.layout import Layout
from nncore.train.rows import check_lengths
from nncore.train.targets import target_of

if TYPE_CHECKING:
    from nncore.nn import Module
    from nncore.train.layout import Batch
    from nncore.train.source import Reading
    from nncore.train.targets import Classes


class Stream:
    """The batches of a loader, checked and cast for a model.

    The first batch is read at once. If `reading.continues`, the first pass goes on from it, else the first
    pass reads it again. `samples` is the number of samples of an epoch, or None if it is not known.
    """

    def __init__(
        self,
        where: str,
        model: Module,
        loader: Iterable[Any],
        names: tuple[str, str],
        reading: Reading,
        classes: Classes | None,
    ) -> None:
        self._where, self._model, self._loader, self._names = where, model, loader, names
        self.classes = classes
        self.layout = Layout()
        self._form: Callable[[Tensor], Tensor] | None = None
        self._weigh: Callable[[Tensor], Tensor] | None = None
        started = self._read()
        self._first: Batch | None = next(started)
        self._started: Iterator[Batch] | None = started if reading.continues else None
        self.samples: int | None = None
        self._size = len(self._first[0])
        self._rest = 0  # rows of a smaller last batch, if that is known
        if isinstance(loader, DataLoader) and loader.batch_size is not None and loader.sampler is not None:
            self.samples = min(len(loader.sampler), len(loader) * loader.batch_size)
            self._rest = self.samples % loader.batch_size if self.samples > self._size else 0

    @property
    def target(self) -> Tensor:
        """The targets of the first batch."""
        return self.head(None)[self.layout.target]

    def head(self, rows: int | None) -> Batch:
        """The first rows of the first batch, before the first pass."""
        assert self._first is not None
        return tuple(part[:rows] for part in self._first)

    def last_batch(self, reading: Reading) -> tuple[int, int]:
        """The rows of a batch, and of a smaller last one or 0."""
        return self._size, self._rest

    def complete(self, rows: int | None) -> Batch:
        """The first rows of the first batch as the loss sees them."""
        return self._complete(self.head(rows))

    def batches(self, size: int = 0) -> Iterator[Batch]:
        """One pass; the size is that of the loader's batches."""
        started, first = self._started, self._first
        self._started = self._first = None
        batches = self._read() if started is None else itertools.chain([first], started)
        return map(self._complete, batches)  # type: ignore[arg-type]

    def set_form(self, form: Callable[[Tensor], Tensor]) -> None:
        """Give each target the dtype and shape that `form` returns."""
        self._form = form

    def weigh(self, weigh: Callable[[Tensor], Tensor]) -> None:
        """Add the weights of the rows, which `weigh` computes from the target, to each batch."""
        self._weigh = weigh
        self.layout = self.layout._replace(weighted=True)

    def _complete(self, batch: Batch) -> Batch:
        """The batch as the loss sees it."""
        *inputs, target = batch
        if self._form is not None:
            target = self._form(target)
        weights = [] if self._weigh is None else [self._weigh(target)]
        return (*inputs, target, *weights)

    def _read(self) -> Iterator[Batch]:
        batch = None
        for batch in self._loader:
            if not isinstance(batch, (tuple, list)) or len(batch) != 2:
                parts = f" of {len(batch)}" if hasattr(batch, "__len__") else ""
                kind = type(batch).__name__
                raise TypeError(f"{self._where}: a batch is a {kind}{parts}; expected a pair (x, y)")
            yield self._pair(*batch)
        if batch is None and isinstance(self._loader, Iterator) and hasattr(self, "samples"):
            raise ValueError(
                f"{self._where}: the iterator has ended before the training; give more batches, or a "
                "function that returns a new iterator"
            )
        if batch is None:
            raise ValueError(f"{self._where}: the data set or loader has no batches; expected at least one")

    def _pair(self, x: Any, y: Any) -> Batch:
        """The inputs and the target of a batch."""
        where, names = self._where, self._names
        columns, keys = inputs_of(where, self._model, several(x), names[0])
        target, classes = target_of(where, y, names[1], self.classes)
        if classes is not None and self.classes is None:
            raise TypeError(
                f"{where}: {names[1]} has labels such as {classes.tolist()[0]!r} in a batch; the classes of "
                "a loader are not known: make them numbers, as numpy.unique(labels, return_inverse=True) does"
            )
        check_lengths(where, columns, [names[0]] * len(columns), target, names[1])
        inputs = [column[:] for column in columns]  # sparse rows become dense
        if target.dtype.is_floating_point and inputs[0].dtype.is_floating_point:
            target = target.to(inputs[0].dtype)
        layout = Layout(len(inputs), keys, len(inputs))
        self.layout = layout._replace(weighted=self.layout.weighted)
        return (*inputs, target)


class Factory:
    """Iterators that a function returns: one per epoch."""

    def __init__(self, where: str, make: Callable[[], Any]) -> None:
        self._where, self._make = where, make
        self._last: Any = None

    def __iter__(self) -> Iterator[Any]:
        made = self._make()
        if not isinstance(made, Iterable):
            raise TypeError(
                f"{self._where}: the function returned {described(made)}; expected an iterator of "
                "pairs (x, y)"
            )
        if made is self._last and isinstance(made, Iterator):
            raise TypeError(
                f"{self._where}: the function returned the same iterator again; expected a new one per epoch"
            )
        self._last = made
        return iter(made)


def several(x: Any) -> Any:
    """A list of tensors, which `default_collate` makes of a tuple, as a tuple of inputs."""
    is_list = isinstance(x, list) and x and all(isinstance(part, Tensor) for part in x)
    return tuple(x) if is_list else dict(x) if isinstance(x, Mapping) else x
