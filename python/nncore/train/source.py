"""The data of `fit` and `evaluate`: rows in memory, or batches that are read anew in each epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore._core import Tensor
from nncore.data.dataloader import DataLoader
from nncore.data.dataset import Dataset, IterableDataset, arrays_of
from nncore.train.choices import described
from nncore.train.columns import inputs_of, is_sparse, is_table
from nncore.train.layout import Layout
from nncore.train.rows import Rows, check_lengths
from nncore.train.stream import Factory, Stream
from nncore.train.targets import target_of

if TYPE_CHECKING:
    from nncore._core import Generator
    from nncore.nn import Module
    from nncore.train.targets import Classes

Source = Rows | Stream
NAMES = ("x", "y")
FORMS = "a DataLoader, an IterableDataset or a function that returns a new iterator"


class Reading(NamedTuple):
    """How data are read: the size and order of the batches, and how often."""

    size: int
    shuffle: bool = False
    generator: Generator | None = None
    drop_last: bool = False
    reconstructs: bool = False  # without y the target is x
    repeats: bool = True  # the data are read more than once
    continues: bool = True  # the first pass may go on from the batch that was read to check it


def source_of(
    where: str,
    model: Module,
    x: Any,
    y: Any,
    reading: Reading,
    names: tuple[str, str] = NAMES,
    classes: Classes | None = None,
) -> Source:
    """Arrays x and y or, if y is None, a data set of pairs, a loader, or x as its own target."""
    if y is None:
        found = arrays_of(x)
        if found is not None:
            columns, chosen = found
            if len(columns) != 1 + (not reading.reconstructs) and len(columns) != 2:
                raise ValueError(
                    f"{where}: the data set has {len(columns)} columns; expected two, {names[0]} and "
                    f"{names[1]}"
                )
            x, y, *_ = (*(column if chosen is None else column[chosen] for column in columns), None)
        elif not (reading.reconstructs and is_rows(x)):
            return Stream(where, model, _loader(where, x, reading), names, reading, classes)
    elif isinstance(x, (DataLoader, Dataset)):
        raise TypeError(
            f"{where}: {names[1]} does not apply to {described(x)}, which has the targets itself; leave "
            f"{names[1]} out"
        )
    return rows_of(where, model, x, y, names, classes)


def rows_of(
    where: str, model: Module, x: Any, y: Any, names: tuple[str, str] = NAMES, classes: Classes | None = None
) -> Rows:
    """Inputs x and targets y in memory; if y is None the target is x."""
    columns, keys = inputs_of(where, model, x, names[0])
    inputs, shown = len(columns), [names[0]]
    if keys is not None:
        shown = [f"{names[0]}[{key!r}]" for key in keys]
    elif inputs > 1:
        shown = [f"{names[0]}[{i}]" for i in range(inputs)]
    if y is None:
        if inputs > 1:
            raise TypeError(f"{where}: y is missing; with {inputs} inputs give y")
        check_lengths(where, columns, shown, None, names[1])
        return Rows(columns, Layout(inputs, keys, 0))
    target, classes = target_of(where, y, names[1], classes)
    check_lengths(where, columns, shown, target, names[1])
    first = columns[0]
    if target.dtype.is_floating_point and isinstance(first, Tensor) and first.dtype.is_floating_point:
        target = target.to(first.dtype)
    return Rows([*columns, target], Layout(inputs, keys, inputs), classes)


def is_rows(x: Any) -> bool:
    """Whether x are arrays, or tuples and dicts of them, and not a data set or a loader."""
    return isinstance(x, (Tensor, np.ndarray, list, tuple, Mapping)) or is_table(x) or is_sparse(x)


def has_own_order(x: Any, y: Any) -> bool:
    """Whether x is a loader, which decides the order of the samples."""
    return y is None and not hasattr(x, "__getitem__") and not isinstance(x, IterableDataset)


def _loader(where: str, data: Any, reading: Reading) -> Iterable[Any]:
    if isinstance(data, IterableDataset):
        return DataLoader(data, reading.size, generator=reading.generator, drop_last=reading.drop_last)
    if is_rows(data) or isinstance(data, str):
        raise TypeError(
            f"{where}: y is missing; give x and y, or a data set of pairs, or for an autoencoder a loss that "
            "compares values, such as loss='mse'"
        )
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        if not len(data):
            raise ValueError(f"{where}: the data set has no samples; expected at least one")
        return DataLoader(
            data, reading.size, reading.shuffle, generator=reading.generator, drop_last=reading.drop_last
        )
    if reading.drop_last:
        raise ValueError(f"{where}: drop_last does not apply to a loader; give it to the DataLoader")
    if isinstance(data, Iterator):
        if reading.repeats or not reading.continues:
            raise TypeError(f"{where}: an iterator can be read once; give {FORMS}")
        return data
    if isinstance(data, Iterable):
        return data
    if callable(data):
        return Factory(where, data)
    raise TypeError(f"{where}: y is missing; give x and y, a data set of pairs or a loader")
