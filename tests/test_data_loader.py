"""Loaders in one process, and the names under which PyTorch's programs import them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from loader_samples import Accident, Count, Squares
from nncore import data
from nncore.data import DataLoader, Dataset, RandomSampler, Subset, TensorDataset


class Flipped(TensorDataset):
    """An array-backed data set with its own `__getitem__`."""

    def __getitem__(self, index: Any, /) -> Any:
        x, y = super().__getitem__(index)
        return x.flip(0), y


class Many(Dataset[Any]):
    """Answers many indices at once, and counts the calls."""

    calls = 0

    def __len__(self) -> int:
        return 5

    def __getitems__(self, indices: list[int]) -> list[Any]:
        self.calls += 1
        return [(i, -i) for i in indices]


def test_samples_are_read_one_by_one_and_stacked() -> None:
    batches = list(DataLoader(Squares(), batch_size=4))
    assert [batch["x"].shape for batch in batches] == [(4, 2, 3), (4, 2, 3), (2, 2, 3)]
    assert batches[1]["x"][:, 0, 0].tolist() == [4, 5, 6, 7]
    assert [part.tolist() for part in batches[1]["y"]] == [[4, 5, 6, 7], [16, 25, 36, 49]]
    assert batches[2]["name"] == ["sample 8", "sample 9"]


def test_an_overridden_getitem_is_called() -> None:
    arrays = Flipped([[0, 1], [2, 3], [4, 5]], [0, 1, 2])
    for dataset in (arrays, Subset(arrays, [0, 1, 2])):
        ((x, y),) = DataLoader(dataset, 3)
        assert x.tolist() == [[1, 0], [3, 2], [5, 4]]
        assert y.tolist() == [0, 1, 2]


def test_getitems_answers_a_whole_batch() -> None:
    dataset = Many()
    found = [[part.tolist() for part in batch] for batch in DataLoader(dataset, 3)]
    assert found == [[[0, 1, 2], [0, -1, -2]], [[3, 4], [-3, -4]]]
    assert dataset.calls == 2
    ((a, b),) = DataLoader(Subset(dataset, [4, 0]), 2)
    assert (a.tolist(), b.tolist(), dataset.calls) == ([4, 0], [-4, 0], 3)


def test_an_own_collate_fn_gets_a_list_of_samples() -> None:
    seen: list[Any] = []
    list(DataLoader(TensorDataset(np.arange(3), np.arange(3)), 2, collate_fn=seen.append))
    assert [type(batch) for batch in seen] == [list, list]
    assert [[(a.item(), b.item()) for a, b in batch] for batch in seen] == [[(0, 0), (1, 1)], [(2, 2)]]


def test_without_batches_there_are_converted_samples() -> None:
    samples = list(DataLoader(Squares(), batch_size=None))
    assert len(samples) == len(DataLoader(Squares(), batch_size=None)) == 10
    assert isinstance(samples[3]["x"], nncore.Tensor)
    assert (samples[3]["y"], samples[3]["name"]) == ([3, 9], "sample 3")
    assert list(DataLoader(Count(3), batch_size=None)) == [0, 1, 2]


def test_iterable_data_sets() -> None:
    assert [batch.tolist() for batch in DataLoader(Count(5), 2)] == [[0, 1], [2, 3], [4]]
    assert [batch.tolist() for batch in DataLoader(Count(5), 2, drop_last=True)] == [[0, 1], [2, 3]]
    with pytest.raises(TypeError, match="no len"):
        len(DataLoader(Count(5), 2))


def test_the_order_is_that_of_a_random_sampler() -> None:
    order = list(DataLoader(range(30), None, shuffle=True, generator=nncore.Generator(seed=2)))
    array = list(DataLoader(TensorDataset(np.arange(30)), shuffle=True, generator=nncore.Generator(seed=2)))
    assert order == [row.item() for (row,) in array]
    assert sorted(order) == list(range(30))
    assert order != sorted(order)
    sampler = RandomSampler(range(30), generator=nncore.Generator(seed=2))
    assert sorted(DataLoader(range(30), None, sampler=sampler)) == list(range(30))


def test_samples_after_an_error_can_be_read() -> None:
    reader = iter(DataLoader(Accident("key_error"), None))
    assert [next(reader) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(KeyError, match="no such key"):
        next(reader)
    assert list(reader) == [6, 7, 8, 9]
    with pytest.raises(RuntimeError, match="the data set or collate_fn raised StopIteration"):
        list(DataLoader(Accident("stop")))


def test_repr() -> None:
    arrays = TensorDataset(nncore.zeros(4, 2), nncore.arange(4))
    assert repr(arrays) == "TensorDataset(4 rows: (2,) float32, () int64)"
    assert repr(DataLoader(arrays, 2, shuffle=True)) == (
        "DataLoader(TensorDataset(4 rows: (2,) float32, () int64), batch_size=2, drop_last=False, "
        "sampler=RandomSampler, num_workers=0)"
    )
    assert repr(DataLoader(Count(5), 2)).startswith("DataLoader(Count, batch_size=2")


ARGUMENTS: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "workers": ({"num_workers": -1}, ValueError, "num_workers must be at least 0, got -1"),
    "timeout": ({"timeout": -1}, ValueError, "timeout must be .* at least 0"),
    "no timeout": ({"timeout": 5}, ValueError, "timeout is 5.0; it needs num_workers above 0"),
    "prefetch": ({"prefetch_factor": 2}, ValueError, "prefetch_factor is 2; it needs num_workers above 0"),
    "persistent": (
        {"persistent_workers": True},
        ValueError,
        "persistent_workers is True; it needs num_workers",
    ),
    "no prefetch": (
        {"prefetch_factor": 0, "num_workers": 1},
        ValueError,
        "prefetch_factor must be at least 1",
    ),
    "context": (
        {"multiprocessing_context": "x", "num_workers": 1},
        ValueError,
        "'x'; expected a context or one of",
    ),
    "sampler": ({"sampler": [0], "shuffle": True}, ValueError, "shuffle cannot be given with sampler"),
    "batches": (
        {"batch_sampler": [[0]], "batch_size": 2},
        ValueError,
        "batch_size cannot be given with batch_sampl",
    ),
    "drop_last": ({"batch_size": None, "drop_last": True}, ValueError, "drop_last cannot .* batch_size=None"),
    "stream": (
        {"dataset": Count(3), "shuffle": True},
        ValueError,
        "shuffle cannot be given with an IterableDataset",
    ),
    "stream of rows": (
        {"dataset": Count(3), "sampler": [0]},
        ValueError,
        "sampler cannot .* an IterableDataset",
    ),
    "a generator": (
        {"dataset": iter("a")},
        TypeError,
        "is a str_.*iterator; expected __getitem__ and __len__",
    ),
}


@pytest.mark.parametrize(("options", "error", "text"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_that_do_not_fit(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"DataLoader: .*{text}"):
        DataLoader(options.pop("dataset", range(5)), **options)


def test_what_a_loader_is_made_of_stays() -> None:
    loader = DataLoader(range(5), 2)
    for name in ("batch_size", "sampler", "batch_sampler", "drop_last", "dataset"):
        with pytest.raises(ValueError, match=f"DataLoader: {name} cannot be changed"):
            setattr(loader, name, None)
    loader.collate_fn = len
    assert list(loader) == [2, 2, 1]


NAMES = [
    ("nncore.utils.data", data.__all__),
    ("nncore.utils.data.dataset", ["Dataset", "TensorDataset", "IterableDataset", "random_split"]),
    ("nncore.utils.data.sampler", ["Sampler", "SubsetRandomSampler", "BatchSampler"]),
    ("nncore.utils.data.dataloader", ["DataLoader", "default_collate"]),
    ("nncore.utils.data.distributed", ["DistributedSampler"]),
]


@pytest.mark.parametrize(("module", "names"), NAMES, ids=[row[0] for row in NAMES])
def test_the_names_of_pytorch(module: str, names: list[str]) -> None:
    found = importlib.import_module(module)
    assert [getattr(found, name) for name in names] == [getattr(data, name) for name in names]
    assert nncore.utils.data.DataLoader[int].__origin__ is DataLoader  # type: ignore[misc]


def bad_stack(*args: Any, **kwargs: Any) -> Callable[[], object]:
    return lambda: data.StackDataset(*args, **kwargs)


class Short(Many):
    def __getitems__(self, indices: list[int]) -> list[Any]:
        return []


COMBINED: dict[str, tuple[Callable[[], object], Any]] = {
    "sum": (lambda: [data.ConcatDataset([range(3), range(10, 12)])[i] for i in range(5)], [0, 1, 2, 10, 11]),
    "plus": (lambda: [(Squares() + Squares())[i]["y"] for i in (9, 10, -1)], [(9, 81), (0, 0), (9, 81)]),
    "chain": (lambda: list(Count(2) + Count(3)), [0, 1, 0, 1, 2]),
    "side by side": (lambda: [data.StackDataset("ab", [1, 2])[i] for i in (0, 1)], [("a", 1), ("b", 2)]),
    "by name": (lambda: data.StackDataset(a="ab", b=[1, 2])[1], {"a": "b", "b": 2}),
    "by name, many": (
        lambda: data.StackDataset(a=Many(), b=range(5)).__getitems__([1, 3]),
        [{"a": (1, -1), "b": 1}, {"a": (3, -3), "b": 3}],
    ),
    "subset": (lambda: Subset(range(10, 20), [3, 1]).__getitems__([1, 0]), [11, 13]),
    "slice": (lambda: Subset(TensorDataset(np.arange(10)), range(5, 9))[[0, -1]][0].tolist(), [5, 8]),
    "changed": (lambda: changed_subset(), [[0, 1], [7, 8]]),
}


def changed_subset() -> list[Any]:
    """The batches of a subset before and after a change of its indices."""
    subset = Subset(TensorDataset(np.arange(10)), [0, 1])
    loader, found = DataLoader(subset, 2), []
    for _ in range(2):
        found += [batch.tolist() for (batch,) in loader]
        subset.indices[:] = [7, 8]
    return found


@pytest.mark.parametrize(("call", "expected"), COMBINED.values(), ids=COMBINED)
def test_combined_data_sets(call: Callable[[], object], expected: Any) -> None:
    assert call() == expected


BAD: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "no data sets": (lambda: data.ConcatDataset([]), ValueError, "ConcatDataset: no data sets given"),
    "a stream": (lambda: data.ConcatDataset([Count(3)]), TypeError, "data set 0 is an IterableDataset"),
    "outside": (
        lambda: data.ConcatDataset([range(3)])[3],
        IndexError,
        "index 3 is out of range for 3 samples",
    ),
    "no stream": (
        lambda: data.ChainDataset([range(3)]),
        TypeError,
        "data set 0 is a range; expected an Iterable",
    ),
    "nothing": (bad_stack(), ValueError, "StackDataset: expected data sets either"),
    "both": (bad_stack("a", b="b"), ValueError, "got 1 by position and 1 by name"),
    "lengths": (
        bad_stack("a", "bc"),
        ValueError,
        r"StackDataset: the data sets have different lengths \[1, 2\]",
    ),
    "short": (
        lambda: data.StackDataset(Short()).__getitems__([1, 2]),
        ValueError,
        "StackDataset: data set 0 returned 0 samples for 2 indices",
    ),
    "no getitem": (lambda: Dataset()[0], NotImplementedError, "Dataset has no __getitem__"),
    "no iter": (lambda: iter(data.IterableDataset()), NotImplementedError, "IterableDataset has no __iter__"),
}


@pytest.mark.parametrize(("call", "error", "text"), BAD.values(), ids=BAD)
def test_data_sets_that_do_not_fit(call: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
