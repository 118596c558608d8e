"""Data sets: one sample per index, or a stream of samples."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from nncore._core import Tensor, from_numpy, randperm, tensor
from nncore.errors.mismatch import called

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nncore._core import Generator

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """A data set with `dataset[i]`, the sample number i, and `len(dataset)`, as in `torch.utils.data`.

    A subclass may add `__getitems__(indices)`, which returns a list of samples; loaders then call it once per
    batch. Any object with these methods is a data set too.

    >>> from nncore.data import DataLoader, Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, i):
    ...         return i * i
    >>> [batch.tolist() for batch in DataLoader(Squares(), batch_size=2)]
    [[0, 1], [4, 9]]
    """

    def __getitem__(self, index: Any, /) -> Sample:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(index)")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample]):
    """A data set that yields samples in its `__iter__`, as in `torch.utils.data`.

    Each worker process of a loader iterates over its own copy. `get_worker_info` lets it yield its part.

    >>> from nncore.data import DataLoader, IterableDataset
    >>> class Count(IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(5))
    >>> [batch.tolist() for batch in DataLoader(Count(), batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __iter__(self) -> Iterator[Sample]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")

    def __add__(self, other: Dataset[Any]) -> Any:
        return ChainDataset([self, other])


def as_tensor(value: Any) -> Tensor:
    """The value as a Tensor: a NumPy array shares its memory, anything else goes through `nncore.tensor`."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return from_numpy(np.asarray(value))
    return tensor(value)


class TensorDataset(Dataset["tuple[Tensor, ...]"]):
    """A data set of tensors with equal numbers of rows, as in `torch.utils.data`.

    Shapes: each tensor is (n, ...). Errors: ValueError if the lengths differ.

    >>> import nncore
    >>> from nncore.data import TensorDataset
    >>> data = TensorDataset(nncore.zeros(4, 2), nncore.arange(4))
    >>> data
    TensorDataset(4 rows: (2,) float32, () int64)
    >>> data[1:3][1].tolist()
    [1, 2]
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Any) -> None:
        where = type(self).__name__
        if not tensors:
            raise ValueError(f"{where}: no tensors given; expected at least one")
        with called(where):
            self.tensors = tuple(as_tensor(t) for t in tensors)
        lengths = [t.shape[0] if t.ndim else None for t in self.tensors]
        if None in lengths:
            raise ValueError(
                f"{where}: tensor {lengths.index(None)} is a scalar; expected rows, shape (n, ...)"
            )
        if len(set(lengths)) > 1:
            raise ValueError(
                f"{where}: the tensors have different lengths {lengths}; give tensors with the same "
                "number of rows"
            )

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def __getitem__(self, index: Any, /) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def rows_are_samples(self) -> bool:
        """Whether a sample is a row of each tensor, unchanged, so that a loader may gather rows."""
        return type(self).__getitem__ is TensorDataset.__getitem__

    def __repr__(self) -> str:
        columns = (f"{tuple(t.shape[1:])} {str(t.dtype).rpartition('.')[2]}" for t in self.tensors)
        return f"{type(self).__name__}({len(self)} rows: {', '.join(columns)})"


class Subset(Dataset[Any]):
    """The samples `indices` of a data set, as in `torch.utils.data`.

    >>> import nncore
    >>> from nncore.data import Subset, TensorDataset
    >>> Subset(TensorDataset(nncore.arange(5)), [4, 0])[:][0].tolist()
    [4, 0]
    """

    _converted: tuple[list[int], Tensor] | None = None

    def __init__(self, dataset: Any, indices: Sequence[int] | Tensor) -> None:
        if not isinstance(indices, Tensor) and (
            isinstance(indices, (Mapping, str)) or not hasattr(indices, "__getitem__")
        ):
            raise TypeError(
                f"Subset: indices must be a list, an array or a tensor, got {type(indices).__name__}"
            )
        self.dataset = dataset
        self.indices: Any = indices.tolist() if isinstance(indices, Tensor) else indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any, /) -> Any:
        if isinstance(index, Tensor):
            index = index.tolist()
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def rows(self) -> Tensor:
        """The indices (n,) int64, converted again if they have changed."""
        indices = list(self.indices)
        if self._converted is None or self._converted[0] != indices:
            self._converted = (indices, from_numpy(np.array(indices, np.int64)))
        return self._converted[1]

    def __getitems__(self, indices: Sequence[int]) -> Any:
        if type(self).__getitem__ is not Subset.__getitem__:
            return [self[i] for i in indices]
        return samples_of(self.dataset, [self.indices[i] for i in indices])


class ConcatDataset(Dataset[Any]):
    """The samples of several data sets, one after the other, as in `torch.utils.data`.

    Errors: ValueError for no data sets; TypeError for an IterableDataset; IndexError for a bad index.

    >>> from nncore.data import ConcatDataset
    >>> both = ConcatDataset(["abc", "de"])
    >>> len(both), both[3], both[-1]
    (5, 'd', 'e')
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: no data sets given; expected at least one")
        for i, dataset in enumerate(self.datasets):
            if isinstance(dataset, IterableDataset):
                raise TypeError(f"ConcatDataset: data set {i} is an IterableDataset; use ChainDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: Any, /) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"ConcatDataset: index {index} is out of range for {len(self)} samples")
        index = int(index) % len(self)
        place = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[place][index - ([0, *self.cumulative_sizes][place])]


class ChainDataset(IterableDataset[Any]):
    """The samples of several iterable data sets, one after the other, as in `torch.utils.data`.

    Errors: TypeError for a data set that is not an IterableDataset.

    >>> from nncore.data import ChainDataset, IterableDataset
    >>> class Count(IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(2))
    >>> list(ChainDataset([Count(), Count()]))
    [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        for i, dataset in enumerate(self.datasets):
            if not isinstance(dataset, IterableDataset):
                raise TypeError(
                    f"ChainDataset: data set {i} is a {type(dataset).__name__}; expected an IterableDataset"
                )

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.datasets)


class StackDataset(Dataset[Any]):
    """Several data sets side by side: a sample is a tuple, or a dict, of their samples.

    As in `torch.utils.data`. Errors: ValueError for no data sets, for different lengths, and for data sets
    given both by position and by name.

    >>> from nncore.data import StackDataset
    >>> StackDataset("abc", range(3))[1], StackDataset(letter="abc")[0]
    (('b', 1), {'letter': 'a'})
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError(
                "StackDataset: expected data sets either by position or by name, got "
                f"{len(args)} by position and {len(kwargs)} by name"
            )
        self.datasets: Any = args or kwargs
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset: the data sets have different lengths {lengths}")
        self._length = lengths[0]

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any, /) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        if type(self).__getitem__ is not StackDataset.__getitem__:
            return [self[i] for i in indices]
        if isinstance(self.datasets, dict):
            names, parts = list(self.datasets), self.datasets.values()
            return [dict(zip(names, row, strict=True)) for row in _side_by_side(parts, indices)]
        return _side_by_side(self.datasets, indices)


def _side_by_side(datasets: Iterable[Any], indices: Sequence[int]) -> list[tuple[Any, ...]]:
    columns = [samples_of(dataset, indices) for dataset in datasets]
    for i, column in enumerate(columns):
        if len(column) != len(indices):
            raise ValueError(
                f"StackDataset: data set {i} returned {len(column)} samples for {len(indices)} indices"
            )
    return list(zip(*columns, strict=True))


def samples_of(dataset: Any, indices: Sequence[int]) -> Any:
    """The samples with these indices: by one call of `__getitems__` if there is one, else one by one."""
    at_once = getattr(dataset, "__getitems__", None)
    return at_once(indices) if callable(at_once) else [dataset[i] for i in indices]


def arrays_of(dataset: Any) -> tuple[tuple[Tensor, ...], Tensor | None] | None:
    """The tensors of a TensorDataset and the chosen rows, None for all; of another data set None.

    A Subset chooses rows. A subclass with its own `__getitem__` is another data set.
    """
    if isinstance(dataset, TensorDataset) and dataset.rows_are_samples():
        return dataset.tensors, None
    if isinstance(dataset, Subset) and type(dataset).__getitem__ is Subset.__getitem__:
        found = arrays_of(dataset.dataset)
        if found is not None:
            rows = dataset.rows()
            return found[0], rows if found[1] is None else found[1][rows]
    return None


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset]:
    """Split a data set at random into subsets that do not overlap, as in `torch.utils.data`.

    `lengths` are numbers of samples with the sum len(dataset), or fractions with the sum 1. Fractions round
    down; the remaining samples go one by one to the first subsets. Errors: ValueError for other sums.

    >>> import nncore
    >>> from nncore.data import TensorDataset, random_split
    >>> parts = random_split(TensorDataset(nncore.arange(10)), [0.8, 0.2], nncore.Generator(seed=0))
    >>> [len(part) for part in parts]
    [8, 2]
    """
    rows = len(dataset)
    sizes = _sizes(rows, lengths)
    order = randperm(rows, generator=generator).tolist() if rows else []
    ends = itertools.accumulate(sizes)
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
