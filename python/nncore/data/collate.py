"""Batches from lists of samples."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from nncore._core import Tensor, float64, from_numpy, stack, tensor

ARRAYS = "biuf"  # kinds of NumPy dtypes that hold numbers


def default_collate(batch: Sequence[Any]) -> Any:
    """A batch from a list of samples: their values stacked along a new first axis.

    As in `torch.utils.data`: tensors and NumPy arrays (...) become a tensor (n, ...), Python floats a float64
    tensor (n,), integers int64, bools bool. Strings and bytes stay a sequence. Dicts, named tuples, tuples
    and lists are collated value by value; a tuple becomes a list.
    Errors: TypeError for other values; ValueError for different shapes, lengths or keys.

    >>> import numpy as np
    >>> from nncore.data import default_collate
    >>> batch = default_collate([{"x": np.zeros(3), "y": 1}, {"x": np.ones(3), "y": 2}])
    >>> batch["x"].shape, batch["y"].tolist()
    ((2, 3), [1, 2])
    """
    if isinstance(batch, Mapping):
        raise TypeError("default_collate: expected a list of samples, got a dict")
    if not len(batch):
        raise ValueError("default_collate: the batch has no samples; expected at least one")
    first = batch[0]
    if isinstance(first, Tensor):
        return _stacked(batch, lambda: stack(list(batch)))
    if isinstance(first, (np.ndarray, np.number, np.bool_)) and first.dtype.kind in ARRAYS:
        return _stacked(batch, lambda: from_numpy(np.stack(batch)))
    if isinstance(first, float):
        return tensor(list(batch), dtype=float64)
    if isinstance(first, int):
        return tensor(list(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return _like(first, {key: default_collate(_values(batch, key)) for key in first})
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            lengths = [len(sample) for sample in batch]
            raise ValueError(f"default_collate: the samples have different lengths {_brief(lengths)}")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return columns if _plain_tuple(first) else _like(first, columns)
    kind = first.dtype if isinstance(first, np.ndarray) else type(first).__name__
    raise TypeError(
        f"default_collate: a sample has a value of type {kind}; expected tensors, NumPy arrays, numbers, "
        "strings, dicts, tuples or lists, or give the loader a collate_fn"
    )


def default_convert(data: Any) -> Any:
    """NumPy arrays and scalars in nested dicts, tuples and lists as tensors; other values unchanged.

    As in `torch.utils.data`.

    >>> import numpy as np
    >>> from nncore.data import default_convert
    >>> default_convert({"x": np.zeros(3), "name": "a"})["x"].shape
    (3,)
    """
    if isinstance(data, (np.ndarray, np.number, np.bool_)) and data.dtype.kind in ARRAYS:
        return from_numpy(np.asarray(data))
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        values = [default_convert(value) for value in data]
        return values if _plain_tuple(data) else _like(data, values)
    return data


def _stacked(batch: Sequence[Any], made: Any) -> Tensor:
    shapes = [value.shape if hasattr(value, "shape") else np.shape(value) for value in batch]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            f"default_collate: the samples have different shapes {_brief(shapes)}; give them one shape, or "
            "give the loader a collate_fn"
        )
    result: Tensor = made()
    return result


def _values(batch: Sequence[Any], key: Any) -> list[Any]:
    missing = next((i for i, sample in enumerate(batch) if key not in sample), None)
    if missing is not None:
        raise ValueError(f"default_collate: sample {missing} has no key {key!r}, which sample 0 has")
    return [sample[key] for sample in batch]


def _plain_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and not hasattr(value, "_fields")


def _like(container: Any, values: Any) -> Any:
    """The values, a dict or list, in a container of the same type; as they are if that has no such form."""
    try:
        if isinstance(container, tuple) and hasattr(container, "_fields"):
            return type(container)(*values)
        if isinstance(container, MutableMapping):
            made: Any = copy.copy(container)  # it may have further attributes
            made.update(values)
            return made
        if isinstance(container, MutableSequence):
            made = copy.copy(container)
            made[:] = values
            return made
        return type(container)(values)
    except TypeError:
        return values


def _brief(values: list[Any]) -> str:
    different = list(dict.fromkeys(values))
    return ", ".join(map(str, different[:4])) + (", ..." if len(different) > 4 else "")
