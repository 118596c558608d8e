"""Samplers: their indices, random ones by their distribution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def seeded(seed: int = 0) -> nncore.Generator:
    return nncore.Generator(seed=seed)


RANDOM: dict[str, Callable[[nncore.Generator], Any]] = {
    "permutation": lambda g: RandomSampler(range(50), generator=g),
    "some": lambda g: RandomSampler(range(50), num_samples=20, generator=g),
    "several permutations": lambda g: RandomSampler(range(50), num_samples=120, generator=g),
    "replacement": lambda g: RandomSampler(range(50), True, 120, g),
    "subset": lambda g: SubsetRandomSampler(range(100, 150), g),
    "weighted": lambda g: WeightedRandomSampler(range(50), 60, generator=g),
    "weighted, no replacement": lambda g: WeightedRandomSampler(range(1, 51), 50, False, g),
}


@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)
def test_random_indices_follow_the_generator(make: Callable[[nncore.Generator], Any]) -> None:
    sampler = make(seeded(1))
    first, second = list(sampler), list(sampler)
    assert len(first) == len(sampler)
    assert all(type(i) is int for i in first)
    assert first != second
    assert first == list(make(seeded(1))) != list(make(seeded(2)))


def test_each_permutation_is_whole() -> None:
    indices = list(RandomSampler(range(7), num_samples=17, generator=seeded()))
    assert sorted(indices[:7]) == sorted(indices[7:14]) == list(range(7))
    assert len(set(indices[14:])) == 3
    assert sorted(SubsetRandomSampler([4, 8, 6], seeded())) == [4, 6, 8]
    assert list(SubsetRandomSampler([])) == []
    assert list(SequentialSampler(range(10_000))) == list(range(10_000))


@pytest.mark.parametrize(
    "weights", [[1, 2, 3, 4], np.array([1e300, 0, 1e300, 2e300]), [1e-300, 0, 3e-300, 0]]
)
def test_weighted_indices_have_their_frequencies(weights: Any) -> None:
    """Within five standard deviations."""
    share = np.asarray(weights) / np.max(weights)
    share /= share.sum()
    n = 20_000
    counts = np.bincount(list(WeightedRandomSampler(weights, n, generator=seeded(3))), minlength=4)
    assert (np.abs(counts - n * share) <= 5 * np.sqrt(n * share * (1 - share))).all()


def test_weighted_indices_without_replacement() -> None:
    """P(first = i) = w[i], and P(second = j | first = i) = w[j] / (1 - w[i])."""
    w, generator, n = np.array([0.5, 0.3, 0.2]), seeded(4), 4000
    sampler = WeightedRandomSampler([*w, 0.0], 2, False, generator)
    pairs = Counter(tuple(sampler) for _ in range(n))
    for (i, j), count in pairs.items():
        p = w[i] * w[j] / (1 - w[i])
        assert abs(count - n * p) <= 5 * np.sqrt(n * p * (1 - p))
    assert len(pairs) == 6


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n", [0, 1, 4, 9])
@pytest.mark.parametrize("size", [1, 4, 10**20])
def test_lists_of_a_batch_sampler(n: int, size: int, drop_last: bool) -> None:
    size = min(size, 10**12)
    sampler = BatchSampler(SequentialSampler(range(n)), size, drop_last)
    expected = [list(range(n))[i : i + size] for i in range(0, n, size)]
    expected = [batch for batch in expected if len(batch) == size or not drop_last]
    assert list(sampler) == expected
    assert len(sampler) == len(expected)


@pytest.mark.parametrize(
    ("n", "replicas", "rank", "drop_last", "expected"),
    [
        (10, 3, 1, False, [1, 4, 7, 0]),
        (10, 3, 2, False, [2, 5, 8, 1]),
        (10, 3, 2, True, [2, 5, 8]),
        (2, 3, 2, False, [0]),
        (2, 3, 2, True, []),
        (2, 7, 6, False, [0]),
        (10, 7, 6, False, [6, 3]),
        (0, 2, 1, False, []),
    ],
)
def test_the_part_of_a_process(
    n: int, replicas: int, rank: int, drop_last: bool, expected: list[int]
) -> None:
    """The expected indices are those of PyTorch."""
    sampler = DistributedSampler(range(n), replicas, rank, shuffle=False, drop_last=drop_last)
    assert list(sampler) == expected
    assert len(sampler) == len(expected)


def test_shuffled_parts_make_up_the_data_set_in_each_epoch() -> None:
    parts = [DistributedSampler(range(9), 3, rank, seed=5) for rank in range(3)]
    epochs = []
    for epoch in (0, 1, 0):
        for part in parts:
            part.set_epoch(epoch)
        epochs.append([i for part in parts for i in part])
        assert sorted(epochs[-1]) == list(range(9))
    assert epochs[0] == epochs[2] != epochs[1]


class Evens(Sampler[int]):
    def __iter__(self) -> Any:
        return iter([0, 2, 4])

    def __len__(self) -> int:
        return 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sampler": Evens()}, [[0], [2], [4]]),
        ({"sampler": Evens(), "batch_size": 2}, [[0, 2], [4]]),
        ({"sampler": [5, 5, 1], "batch_size": 2}, [[5, 5], [1]]),
        ({"sampler": Evens(), "batch_size": None}, [0, 2, 4]),
        ({"batch_sampler": [[0, 1, 2], [5]]}, [[0, 1, 2], [5]]),
        ({"batch_sampler": BatchSampler(Evens(), 2, True)}, [[0, 2]]),
    ],
)
@pytest.mark.parametrize("arrays", [False, True])
def test_a_loader_with_a_sampler(options: dict[str, Any], expected: list[Any], arrays: bool) -> None:
    data = nncore.data.TensorDataset(np.arange(6)) if arrays else range(6)
    loader = DataLoader(data, **options)
    found = [batch[0] if arrays else batch for batch in loader]
    assert [i if isinstance(i, int) else i.tolist() for i in found] == expected
    assert len(loader) == len(expected)


BAD: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "no samples": (
        lambda: RandomSampler([]),
        ValueError,
        "RandomSampler: num_samples must be at least 1, got 0",
    ),
    "num_samples": (lambda: RandomSampler([1], num_samples=0), ValueError, "num_samples must be at least 1"),
    "replacement": (lambda: RandomSampler([1], 1), TypeError, "replacement must be a bool, got 1"),  # type: ignore[arg-type]
    "batch size": (
        lambda: BatchSampler([1], 0, False),
        ValueError,
        "BatchSampler: batch_size must be at least 1",
    ),
    "drop_last": (lambda: BatchSampler([1], 1, None), TypeError, "drop_last must be a bool, got None"),  # type: ignore[arg-type]
    "negative weight": (lambda: WeightedRandomSampler([1, -1], 1), ValueError, "expected .* not negative"),
    "nan": (lambda: WeightedRandomSampler([1, float("nan")], 1), ValueError, "expected .* finite"),
    "zero weights": (lambda: WeightedRandomSampler([0.0, 0.0], 1), ValueError, "not all 0"),
    "a table": (lambda: WeightedRandomSampler([[1.0]], 1), ValueError, r"weights has shape \(1, 1\)"),
    "too many": (
        lambda: WeightedRandomSampler([1.0, 0.0], 2, False),
        ValueError,
        "2 samples without replacement from 1 positive weights",
    ),
    "no rank": (lambda: DistributedSampler([1]), ValueError, "expected num_replicas and rank"),
    "rank": (lambda: DistributedSampler([1], 2, 2), ValueError, "rank must be at most 1, got 2"),
    "no __iter__": (lambda: iter(Sampler()), NotImplementedError, "Sampler has no __iter__"),
}


@pytest.mark.parametrize(("call", "error", "text"), BAD.values(), ids=BAD)
def test_bad_arguments(call: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
