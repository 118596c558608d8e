"""Samplers: the order in which a loader reads a data set."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from nncore._core import Generator, Tensor, arange, cat, float64, from_numpy, rand, randint, randperm
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Sized

Index = TypeVar("Index", covariant=True)
CHUNK = 4096  # row numbers that become Python ints at once


class Sampler(Generic[Index]):
    """An iterable of indices, anew in each epoch, as in `torch.utils.data`; subclass it with `__iter__`.

    >>> from nncore.data import DataLoader, Sampler
    >>> class Backwards(Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> [batch.tolist() for batch in DataLoader(range(3), sampler=Backwards(), batch_size=3)]
    [[2, 1, 0]]
    """

    def __init__(self, data_source: Sized | None = None) -> None:
        pass

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")


class OrderSampler(Sampler[int]):
    """A sampler of row numbers that are known, as one tensor, at the start of an epoch."""

    def order(self) -> Tensor:
        """The row numbers (n,) int64 of the next epoch."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[int]:
        order = self.order()
        starts = range(0, len(order), CHUNK)
        return itertools.chain.from_iterable(order[start : start + CHUNK].tolist() for start in starts)


class SequentialSampler(OrderSampler):
    """0, 1, ..., len(data_source) - 1, as in `torch.utils.data`.

    >>> from nncore.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def order(self) -> Tensor:
        return arange(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(OrderSampler):
    """Random indices below len(data_source), as in `torch.utils.data`.

    Without `replacement` they are permutations, as many as `num_samples` (by default len(data_source)) needs;
    with it they are independent. `generator` is by default the global one.
    Errors: ValueError for num_samples below 1; TypeError for other types.

    >>> import nncore
    >>> from nncore.data import RandomSampler
    >>> sorted(RandomSampler("abc", num_samples=6, generator=nncore.Generator(seed=0)))
    [0, 0, 1, 1, 2, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = flag("RandomSampler", "replacement", replacement)
        self._num_samples = num_samples
        self.generator = generator
        arguments.size("RandomSampler", "num_samples", self.num_samples, 1)

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def order(self) -> Tensor:
        rows, count = len(self.data_source), self.num_samples
        if self.replacement:
            return randint(rows, (count,), generator=self.generator)
        passes = [randperm(rows, generator=self.generator) for _ in range(-(-count // rows))]
        return passes[0] if count == rows else cat(passes)[:count]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order, as in `torch.utils.data`.

    >>> from nncore.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([5, 7, 9]))
    [5, 7, 9]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        places = randperm(len(self.indices), generator=self.generator).tolist() if len(self.indices) else []
        return (self.indices[i] for i in places)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(OrderSampler):
    """`num_samples` random indices i with probabilities proportional to weights[i] (n,).

    As in `torch.utils.data`; without `replacement` each index is drawn at most once.
    Errors: ValueError for weights that are negative, not finite or all 0, for num_samples below 1, and for
    fewer positive weights than samples without replacement.
    Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006).

    >>> from nncore.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 2.0, 0.0], 4))
    [1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        name = "WeightedRandomSampler"
        self.num_samples = arguments.size(name, "num_samples", num_samples, 1)
        self.replacement = flag(name, "replacement", replacement)
        given = weights.detach().numpy() if isinstance(weights, Tensor) else weights
        try:
            self.weights = from_numpy(np.array(given, np.float64))
        except OverflowError:
            raise ValueError(f"{name}: weights must be finite") from None
        self.generator = generator
        w = self.weights.numpy()
        if w.ndim != 1 or not np.isfinite(w).all() or (w < 0).any() or not (w > 0).any():
            raise ValueError(
                f"{name}: weights has shape {w.shape}; expected (n,), finite, not negative, not all 0"
            )
        if not replacement and num_samples > (w > 0).sum():
            raise ValueError(
                f"{name}: {num_samples} samples without replacement from {(w > 0).sum()} positive weights"
            )

    def order(self) -> Tensor:
        w = self.weights.numpy() / self.weights.max().item()
        if self.replacement:
            u = rand(self.num_samples, generator=self.generator, dtype=float64).numpy()
            ends = np.cumsum(w)
            last = int(np.flatnonzero(w)[-1])
            return from_numpy(np.minimum(np.searchsorted(ends, u * ends[-1], side="right"), last))
        u = rand(len(w), generator=self.generator, dtype=float64).numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            arrival = -np.log1p(-u) / w  # exponential with rate w; infinity, or NaN, for w = 0 is last
        return from_numpy(np.argsort(arrival, kind="stable")[: self.num_samples])

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler["list[int]"]):
    """Lists of `batch_size` indices of another sampler, as in `torch.utils.data`.

    Errors: ValueError or TypeError for a batch size that is not a positive integer.

    >>> from nncore.data import BatchSampler
    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool) -> None:
        self.sampler: Any = sampler
        self.batch_size = arguments.size("BatchSampler", "batch_size", batch_size, 1)
        self.drop_last = flag("BatchSampler", "drop_last", drop_last)

    def __iter__(self) -> Iterator[list[int]]:
        return self._batches(iter(self.sampler))

    def _batches(self, indices: Iterator[int]) -> Iterator[list[int]]:
        least = self.batch_size if self.drop_last else 1
        while len(batch := list(itertools.islice(indices, min(self.batch_size, 2**62)))) >= least:
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)


def flag(where: str, name: str, value: object) -> bool:
    """`value` if it is a bool, else TypeError."""
    if not isinstance(value, bool):
        raise TypeError(f"{where}: {name} must be a bool, got {arguments.brief(value)}")
    return value
