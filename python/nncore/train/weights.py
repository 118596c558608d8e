"""Weights of rows from weights of samples and of classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import Tensor, from_numpy
from nncore.train.choices import described
from nncore.train.rows import Rows

if TYPE_CHECKING:
    from nncore.train.objective import Objective
    from nncore.train.source import Source
    from nncore.train.targets import Classes

Array = np.ndarray[Any, Any]


def sample_weights(where: str, given: Any, source: Source) -> Tensor:
    """The weights of the samples as a tensor (n,) float32: finite, not negative, not all 0."""
    if not isinstance(source, Rows):
        raise ValueError(
            f"{where}: sample_weight needs arrays x and y; in a loader, weigh the rows in the loss"
        )
    rows = source.samples
    try:
        values = np.asarray(given.numpy() if isinstance(given, Tensor) else given, np.float32)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where}: sample_weight cannot be an array of numbers: {error}") from error
    if values.shape != (rows,):
        raise ValueError(
            f"{where}: sample_weight has shape {values.shape}; expected ({rows},), one weight per row of x"
        )
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"{where}: sample_weight is {values[row]} in row {row}; expected a number of at least 0"
        )
    if not values.any():
        raise ValueError(f"{where}: all values of sample_weight are 0; expected one above 0")
    return from_numpy(values)


def weigh(
    where: str,
    source: Source,
    objective: Objective,
    samples: Tensor | None,
    given: Any,
    classes: Classes | None,
) -> None:
    """Give the rows of the source weights: the product of the weights of samples and of classes."""
    of_classes = None if given is None else class_weights(where, source, objective, given, classes)

    def weights(target: Tensor) -> Tensor:
        if of_classes is None:
            assert samples is not None
            return samples
        each = of_classes(target)
        return each if samples is None else each * samples

    objective.use_weights()
    source.weigh(weights)


def class_weights(
    where: str, source: Source, objective: Objective, given: Any, classes: Classes | None
) -> Callable[[Tensor], Tensor]:
    """A function of targets that returns the weight of each; classes that are not given have weight 1.

    With "balanced" the weight of a class is n / (classes * its number of samples), as in scikit-learn.
    """
    target = source.target
    if objective.task not in ("multiclass", "binary") or _numbers(target).ndim != 1:
        raise ValueError(f"{where}: class_weight needs one class label per row; the task is {objective.task}")
    if isinstance(given, str):
        if given != "balanced":
            raise ValueError(f"{where}: class_weight is {given!r}; expected a dict or 'balanced'")
        if not isinstance(source, Rows):
            raise ValueError(
                f"{where}: class_weight='balanced' needs arrays; give a dict of weights by class"
            )
        numbers = _numbers(target)
        counts = np.bincount(numbers[numbers >= 0])
        table = len(numbers) / (np.count_nonzero(counts) * np.maximum(counts, 1.0))
        return lambda y: _looked_up(table, y)
    if not isinstance(given, Mapping):
        raise TypeError(f"{where}: class_weight is {described(given)}; expected a dict or 'balanced'")
    table = np.ones(1)
    for label, weight in given.items():
        number = _class_number(where, classes, label)
        if (
            isinstance(weight, bool)
            or not isinstance(weight, (int, float, np.number))
            or not 0 <= weight < np.inf
        ):
            raise ValueError(
                f"{where}: class_weight[{label!r}] is {weight!r}; expected a finite number of at least 0"
            )
        table = np.concatenate([table, np.ones(max(0, number + 1 - len(table)))])
        table[number] = weight
    return lambda y: _looked_up(table, y)


def _class_number(where: str, classes: Classes | None, label: Any) -> int:
    if classes is not None:
        found = np.flatnonzero(classes == label)
        if not len(found):
            raise ValueError(
                f"{where}: class_weight has {label!r}, which is not one of the classes of y: "
                f"{', '.join(map(repr, classes.tolist()))}"
            )
        return int(found[0])
    if not isinstance(label, (int, np.integer)) or label < 0:
        raise ValueError(f"{where}: class_weight has the key {label!r}; expected class numbers from 0")
    return int(label)


def _numbers(target: Tensor) -> Array:
    """The class numbers of class labels, of one-hot rows or of targets 0 and 1."""
    values = np.asarray(target.numpy())
    if values.dtype.kind == "f":
        values = values.argmax(1) if values.ndim == 2 and values.shape[1] > 1 else values.reshape(len(values))
    return values.astype(np.int64)


def _looked_up(table: Array, target: Tensor) -> Tensor:
    numbers = _numbers(target)
    known = (numbers >= 0) & (numbers < len(table))
    return from_numpy(np.where(known, table[np.where(known, numbers, 0)], 1.0).astype(np.float32))
