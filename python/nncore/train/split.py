"""Validation rows taken from the training data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import Tensor, from_numpy, randperm
from nncore.errors import arguments
from nncore.train.metrics import is_one_hot
from nncore.train.rows import Rows

if TYPE_CHECKING:
    from nncore._core import Generator
    from nncore.train.source import Reading, Source


def split(
    where: str, source: Source, weights: Tensor | None, fraction: float, reading: Reading
) -> tuple[Rows, Rows, Tensor | None]:
    """The rows to train on, those to validate on, and the weights of the former.

    The rows are drawn at random, in proportion from each class if the targets are classes; without
    `reading.shuffle` they are the last ones.
    """
    fraction = arguments.number(where, "validation_split", fraction, 0.0, 1.0)
    if not isinstance(source, Rows):
        raise ValueError(
            f"{where}: validation_split needs arrays; split a data set with nncore.data.random_split, and "
            "give a part as validation"
        )
    rows, count = source.samples, round(source.samples * fraction)
    if not 0 < count < rows:
        raise ValueError(
            f"{where}: validation_split is {fraction:g}, which gives {count} of {rows} rows to validation; "
            "expected at least one row for each part"
        )
    chosen = np.zeros(rows, bool)
    chosen[
        _drawn(source.target, rows, count, reading.generator) if reading.shuffle else slice(-count, None)
    ] = True
    kept, held_out = from_numpy(np.flatnonzero(~chosen)), from_numpy(np.flatnonzero(chosen))
    return (
        source.take(kept),
        source.take(held_out),
        None if weights is None else weights.index_select(0, kept),
    )


def _drawn(target: Tensor, rows: int, count: int, generator: Generator | None) -> Any:
    """`count` row numbers: every (rows / count)-th of a random order that is sorted by class."""
    order = randperm(rows, generator=generator).numpy()
    if len(target) == rows and _are_classes(target):
        classes = target.numpy() if target.ndim == 1 else target.numpy().argmax(1)
        order = order[np.argsort(classes[order], kind="stable")]
    return order[(np.arange(count) * 2 + 1) * rows // (2 * count)]


def _are_classes(target: Tensor) -> bool:
    return (target.ndim == 1 and not target.dtype.is_floating_point) or is_one_hot(target.float())
