"""The batches of `fit` and `evaluate`: rows of arrays in memory, or a loader that is read anew."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import Tensor
from nncore.data.dataloader import DataLoader
from nncore.data.dataset import IterableDataset, arrays_of
from nncore.train import prepare

if TYPE_CHECKING:
    from nncore._core import Generator
    from nncore.nn import Module

Pair = tuple[Tensor, Tensor]
NAMES = ("x", "y")


class Arrays:
    """x and y in memory, checked and cast for a model; `first` is all of it."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.first = (x, y)
        self.samples = len(x)

    def batches(self, size: int) -> Iterator[Pair]:
        """The rows in order, `size` at a time."""
        x, y = self.first
        return ((x[i : i + size], y[i : i + size]) for i in range(0, len(x), size))


class Loaded:
    """The batches of a loader, checked and cast for a model.

    `first` is the first batch. It is read at once; with `started` the first pass goes on from it, else the
    first pass reads it again. `samples` is the number of samples of an epoch, or None if it is not known.
    """

    def __init__(
        self, where: str, model: Module, loader: Iterable[Any], names: tuple[str, str], started: bool
    ) -> None:
        self._where, self._model, self._loader, self._names = where, model, loader, names
        self._started: Iterator[Pair] | None = self._read()
        self.first = next(self._started)
        if not started:
            self._started = None
        self.samples: int | None = None
        if isinstance(loader, DataLoader) and loader.batch_size is not None and loader.sampler is not None:
            self.samples = min(len(loader.sampler), len(loader) * loader.batch_size)

    def batches(self, size: int = 0) -> Iterator[Pair]:
        """One pass; the size is that of the loader's batches."""
        started, self._started = self._started, None
        return self._read() if started is None else itertools.chain([self.first], started)

    def _read(self) -> Iterator[Pair]:
        batch = None
        for batch in self._loader:
            if not isinstance(batch, (tuple, list)) or len(batch) != 2:
                parts = f" of {len(batch)}" if hasattr(batch, "__len__") else ""
                kind = type(batch).__name__
                raise TypeError(f"{self._where}: a batch is a {kind}{parts}; expected a pair (x, y)")
            x, y = batch
            yield prepare.pair(self._where, self._model, x, y, self._names)
        if batch is None:
            raise ValueError(f"{self._where}: the data set or loader has no batches; expected at least one")


def source_of(
    where: str,
    model: Module,
    x: Any,
    y: Any,
    size: int,
    names: tuple[str, str] = NAMES,
    shuffle: bool = False,
    generator: Generator | None = None,
    started: bool = True,
) -> Arrays | Loaded:
    """The batches of arrays x and y or, if y is None, of a data set of pairs or a loader.

    `size`, `shuffle` and `generator` are those of the loader that reads a data set sample by sample.
    """
    if y is None:
        arrays = arrays_of(x)
        if arrays is None:
            return Loaded(where, model, _loader(where, x, size, shuffle, generator), names, started)
        columns, rows = arrays
        if len(columns) != 2:
            raise ValueError(f"{where}: the data set has {len(columns)} columns; expected two, x and y")
        x, y = columns if rows is None else (column[rows] for column in columns)
    return Arrays(*prepare.pair(where, model, x, y, names))


def has_own_order(x: Any, y: Any) -> bool:
    """Whether x is a loader, which decides the order of the samples."""
    return y is None and not hasattr(x, "__getitem__") and not isinstance(x, IterableDataset)


def _loader(where: str, data: Any, size: int, shuffle: bool, generator: Generator | None) -> Iterable[Any]:
    if isinstance(data, IterableDataset):
        return DataLoader(data, size, generator=generator)
    if isinstance(data, (Tensor, np.ndarray, list, tuple, dict, str)):
        raise TypeError(f"{where}: y is missing; give x and y, or a data set of pairs")
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        if not len(data):
            raise ValueError(f"{where}: the data set has no samples; expected at least one")
        return DataLoader(data, size, shuffle, generator=generator)
    if isinstance(data, Iterator):
        raise TypeError(f"{where}: an iterator can be read once; give a DataLoader or an IterableDataset")
    if not isinstance(data, Iterable):
        raise TypeError(f"{where}: y is missing; give x and y, a data set of pairs or a loader")
    return data
