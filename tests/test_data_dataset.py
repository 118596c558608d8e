"""Data sets, splits and mini-batches against NumPy's indexing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.data import DataLoader, Subset, TensorDataset, load_digits, random_split


def rows(n: int, columns: int = 3) -> np.ndarray[Any, Any]:
    return np.arange(n * columns, dtype=np.float32).reshape(n, columns)


def batches(loader: DataLoader) -> list[list[Any]]:
    return [[part.tolist() for part in batch] for batch in loader]


@pytest.mark.parametrize("n", [0, 1, 5, 12])
@pytest.mark.parametrize("size", [1, 4, 5, 100])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_in_order_are_slices(n: int, size: int, drop_last: bool) -> None:
    x, y = rows(n), np.arange(n)
    expected = [[x[i : i + size].tolist(), y[i : i + size].tolist()] for i in range(0, n, size)]
    if drop_last:
        expected = [batch for batch in expected if len(batch[1]) == size]
    loader = DataLoader(TensorDataset(x, y), size, drop_last=drop_last)
    assert batches(loader) == expected
    assert len(loader) == len(expected)


def test_shuffled_batches_hold_every_row_once_and_pairs_stay_together() -> None:
    x, y = rows(101), np.arange(101)
    loader = DataLoader(TensorDataset(x, y), 8, shuffle=True, generator=nncore.Generator(seed=1))
    for _ in range(2):
        batch_pairs = [(np.asarray(a), np.asarray(b)) for a, b in loader]
        assert sorted(np.concatenate([b for _, b in batch_pairs]).tolist()) == list(range(101))
        for a, b in batch_pairs:
            np.testing.assert_array_equal(a, x[b])


def test_order_follows_the_seed() -> None:
    def passes(seed: int) -> list[Any]:
        loader = DataLoader(
            TensorDataset(np.arange(50)), 7, shuffle=True, generator=nncore.Generator(seed=seed)
        )
        return [batches(loader), batches(loader)]

    first = passes(3)
    assert first == passes(3)
    assert first[0] != first[1], "each epoch draws a new order"
    assert first != passes(4)


def test_global_seed_orders_batches_without_generator() -> None:
    loader = DataLoader(TensorDataset(np.arange(50)), 50, shuffle=True)
    nncore.manual_seed(5)
    first = batches(loader)
    nncore.manual_seed(5)
    assert batches(loader) == first


def test_dtypes_are_kept() -> None:
    for dtype in (np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_):
        ((batch,),) = DataLoader(TensorDataset(np.ones((2, 2), dtype)), 2)
        assert batch.numpy().dtype == dtype


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [([7, 3], [7, 3]), ([0.8, 0.2], [8, 2]), ([0.33, 0.33, 0.34], [4, 3, 3]), ([10, 0], [10, 0])],
)
def test_random_split_has_no_overlap(lengths: list[float], sizes: list[int]) -> None:
    data = TensorDataset(np.arange(10) * 11)
    parts = random_split(data, lengths, nncore.Generator(seed=0))
    assert [len(part) for part in parts] == sizes
    values = [value for part in parts for value in part[:][0].tolist()]
    assert sorted(values) == list(range(0, 110, 11))
    again = random_split(data, lengths, nncore.Generator(seed=0))
    assert [p[:][0].tolist() for p in again] == [p[:][0].tolist() for p in parts]


def test_subset_of_subset() -> None:
    data = TensorDataset(np.arange(10))
    assert Subset(Subset(data, [9, 7, 5]), [2, 0])[:][0].tolist() == [5, 9]


BAD: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    ("no tensors", lambda: TensorDataset(), ValueError, "TensorDataset: no tensors given"),
    ("scalar", lambda: TensorDataset(np.float32(1)), ValueError, "tensor 0 is a scalar"),
    ("lengths", lambda: TensorDataset(rows(3), rows(4)), ValueError, r"different lengths \[3, 4\]"),
    (
        "batch 0",
        lambda: DataLoader(TensorDataset(rows(3)), 0),
        ValueError,
        "batch_size must be at least 1, got 0",
    ),
    ("batch -1", lambda: DataLoader(TensorDataset(rows(3)), -1), ValueError, "at least 1, got -1"),
    (
        "batch 1.5",
        lambda: DataLoader(TensorDataset(rows(3)), 1.5),  # type: ignore[arg-type]
        TypeError,
        "batch_size must be an int, got 1.5",
    ),
    (
        "batch true",
        lambda: DataLoader(TensorDataset(rows(3)), True),
        TypeError,
        "batch_size must be an int, got True",
    ),
    (
        "split sum",
        lambda: random_split(TensorDataset(rows(3)), [1, 1]),
        ValueError,
        "add up to 2 but .* 3 rows",
    ),
    (
        "split fractions",
        lambda: random_split(TensorDataset(rows(3)), [0.5, 0.6]),
        ValueError,
        "must add up to 1",
    ),
    (
        "split negative",
        lambda: random_split(TensorDataset(rows(3)), [4, -1]),
        ValueError,
        "must not be negative",
    ),
    (
        "split nan",
        lambda: random_split(TensorDataset(rows(3)), [float("nan"), 1.0]),
        ValueError,
        "must not be negative or NaN",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_arguments(call: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()


def test_huge_batch_size_costs_nothing() -> None:
    assert len(batches(DataLoader(TensorDataset(np.arange(5)), 10**12))) == 1


def test_digits_are_the_published_ones() -> None:
    images, labels = load_digits()
    assert (images.shape, str(images.dtype)) == ((1797, 8, 8), "nncore.uint8")
    assert (labels.shape, str(labels.dtype)) == ((1797,), "nncore.int64")
    x, y = images.numpy(), labels.numpy()
    assert (x.min(), x.max()) == (0, 16)
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert x[0].tolist()[0] == [0, 0, 5, 13, 9, 1, 0, 0]
    assert int(x.sum()) == 561718
