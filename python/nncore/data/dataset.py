"""Data sets that return a whole batch for a tensor of row numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nncore._core import Tensor, arange, from_numpy, int64, randperm, tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore._core import Generator


class Dataset(Protocol):
    """An object with a length; `dataset[rows]`, where rows is an int64 Tensor, is a tuple of batches."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> tuple[Tensor, ...]: ...


def as_tensor(value: Any) -> Tensor:
    """The value as a Tensor: a NumPy array shares its memory, anything else goes through `nncore.tensor`."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return from_numpy(np.asarray(value))
    return tensor(value)


def columns_of(where: str, dataset: Any, rows: Tensor) -> list[Tensor]:
    """dataset[rows] as a list with one tensor per column; raises TypeError or ValueError otherwise."""
    found = dataset[rows]
    if not isinstance(found, (tuple, list)):
        raise TypeError(
            f"{where}: the data set returned a {type(found).__name__}; expected a tuple with one tensor per "
            "column"
        )
    columns = [as_tensor(column) for column in found]
    for i, column in enumerate(columns):
        if column.ndim == 0 or len(column) != len(rows):
            raise ValueError(
                f"{where}: column {i} from the data set has shape {column.shape}; expected {len(rows)} rows, "
                "one per row number"
            )
    return columns


class TensorDataset:
    """A data set of tensors with equal numbers of rows, as in `torch.utils.data`.

    Shapes: each tensor is (n, ...). Errors: ValueError if the lengths differ.

    >>> import nncore
    >>> from nncore.data import TensorDataset
    >>> data = TensorDataset(nncore.zeros(4, 2), nncore.arange(4))
    >>> len(data), data[1:3][1].tolist()
    (4, [1, 2])
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise ValueError("TensorDataset: no tensors given; expected at least one")
        self.tensors = tuple(as_tensor(t) for t in tensors)
        lengths = [t.shape[0] if t.ndim else None for t in self.tensors]
        if None in lengths:
            raise ValueError(
                f"TensorDataset: tensor {lengths.index(None)} is a scalar; expected rows, shape (n, ...)"
            )
        if len(set(lengths)) > 1:
            raise ValueError(
                f"TensorDataset: the tensors have different lengths {lengths}; give tensors with the same "
                "number of rows"
            )

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def __getitem__(self, rows: Any) -> tuple[Tensor, ...]:
        return tuple(t[rows] for t in self.tensors)


class Subset:
    """The rows `indices` of a data set, as in `torch.utils.data`.

    >>> import nncore
    >>> from nncore.data import Subset, TensorDataset
    >>> Subset(TensorDataset(nncore.arange(5)), [4, 0])[:][0].tolist()
    [4, 0]
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int] | Tensor) -> None:
        self.dataset = dataset
        self.indices = indices if isinstance(indices, Tensor) else tensor(list(indices), dtype=int64)

    def __len__(self) -> int:
        return int(self.indices.shape[0])

    def __getitem__(self, rows: Any) -> tuple[Tensor, ...]:
        return self.dataset[self.indices[rows]]


def random_split(
    dataset: Dataset, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset]:
    """Split a data set at random into subsets that do not overlap, as in `torch.utils.data`.

    `lengths` are numbers of rows with the sum len(dataset), or fractions with the sum 1. Fractions round
    down; the remaining rows go one by one to the first subsets. Errors: ValueError for other sums.

    >>> import nncore
    >>> from nncore.data import TensorDataset, random_split
    >>> parts = random_split(TensorDataset(nncore.arange(10)), [0.8, 0.2], nncore.Generator(seed=0))
    >>> [len(part) for part in parts]
    [8, 2]
    """
    rows = len(dataset)
    sizes = _sizes(rows, lengths)
    order = randperm(rows, generator=generator) if rows else arange(0)
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def _sizes(rows: int, lengths: Sequence[int | float]) -> list[int]:
    if any(not length >= 0 for length in lengths):
        raise ValueError(f"random_split: lengths must not be negative or NaN, got {list(lengths)}")
    if any(isinstance(length, float) for length in lengths):
        if abs(sum(lengths) - 1) > 1e-9:
            raise ValueError(f"random_split: fractions must add up to 1, got {list(lengths)}")
        sizes = [int(rows * length) for length in lengths]
        for i in range(rows - sum(sizes)):
            sizes[i % len(sizes)] += 1
        return sizes
    sizes = [int(length) for length in lengths]
    if sum(sizes) != rows:
        raise ValueError(
            f"random_split: lengths {sizes} add up to {sum(sizes)} but the data set has {rows} rows"
        )
    return sizes
