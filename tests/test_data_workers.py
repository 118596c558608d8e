"""Loaders with worker processes: order, random numbers, errors, ends and Ctrl-C."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nncore
from loader_samples import (
    Accident,
    Count,
    Noise,
    Processes,
    Squares,
    Wide,
    failing_init,
    first_of_each,
    seeded_seven,
)
from nncore import Tensor
from nncore.data import DataLoader, TensorDataset, get_worker_info, transport, workers


@pytest.fixture(autouse=True)
def all_processes_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(workers, "LOOK", 0.01)
    yield
    assert multiprocessing.active_children() == []


def plain(value: Any) -> Any:
    """Tensors in nested containers as lists."""
    if isinstance(value, Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def batches(dataset: Any, count: int, size: int | None = 3, **options: Any) -> list[Any]:
    generator = nncore.Generator(seed=1)
    return plain(list(DataLoader(dataset, size, num_workers=count, generator=generator, **options)))  # type: ignore[no-any-return]


OPTIONS: list[dict[str, Any]] = [
    {"shuffle": True},
    {"drop_last": True, "collate_fn": first_of_each},
    {"size": None},
]


@pytest.mark.parametrize("options", OPTIONS, ids=["shuffled", "own collate_fn", "samples"])
def test_batches_are_those_of_one_process(options: dict[str, Any]) -> None:
    assert batches(Squares(), 2, **options) == batches(Squares(), 0, **options)


def test_batches_of_spawned_workers() -> None:
    arrays = TensorDataset(np.arange(10), np.arange(30.0).reshape(10, 3))
    expected = batches(arrays, 0, shuffle=True)
    assert batches(arrays, 1, shuffle=True) == expected
    assert batches(arrays, 1, shuffle=True, multiprocessing_context="spawn") == expected


@pytest.mark.parametrize(("count", "ahead"), [(1, 1), (3, 4)])
def test_any_number_of_workers_gives_the_same_samples(count: int, ahead: int) -> None:
    found = batches(Noise(), count, prefetch_factor=ahead, shuffle=True)
    assert found == batches(Noise(), 2, shuffle=True)
    numbers = [number for batch in found for part in batch for number in np.ravel(part).tolist()]
    assert len(set(numbers)) == len(numbers) == 80


def test_each_epoch_has_its_own_samples() -> None:
    loader = DataLoader(Noise(), 20, num_workers=1, generator=nncore.Generator(seed=1))
    first, second = plain(list(loader)), plain(list(loader))
    assert first != second
    nncore.manual_seed(3)
    loader = DataLoader(Noise(), 20, num_workers=1)
    third = plain(list(loader))
    nncore.manual_seed(3)
    assert plain(list(loader)) == third


def test_batches_can_be_written() -> None:
    for batch in DataLoader(Squares(), 5, num_workers=1, collate_fn=lambda samples: samples[0]["x"]):
        batch += 1
        assert nncore.from_numpy(batch).sum().item() == batch.sum()


def test_worker_init_fn_may_seed() -> None:
    loader = DataLoader(Noise(), None, num_workers=1, worker_init_fn=seeded_seven, persistent_workers=True)
    numbers = [sample[1] for _ in range(2) for sample in loader]
    assert numbers == np.random.RandomState(7).rand(40).tolist()
    with pytest.raises(
        LookupError, match="Caught LookupError in DataLoader worker process 0(?s:.)*start of worker 0"
    ):
        list(DataLoader(Noise(), num_workers=2, worker_init_fn=failing_init))


def test_worker_info() -> None:
    def info(samples: Any) -> Any:
        found = get_worker_info()
        assert found is not None
        return found.id, found.num_workers, found.seed, found.dataset.n, nncore.get_num_threads()

    found = list(DataLoader(Count(4), num_workers=2, collate_fn=info))
    seed = found[0][2]
    assert found == [(0, 2, seed, 4, 1), (1, 2, seed + 1, 4, 1)] * 2
    assert get_worker_info() is None


@pytest.mark.parametrize(
    ("n", "size", "drop_last", "expected"),
    [
        (7, 2, False, [[0, 3], [1, 4], [2, 5], [6]]),
        (7, 2, True, [[0, 3], [1, 4], [2, 5]]),
        (2, 2, False, [[0], [1]]),
        (0, 2, False, []),
        (5, None, False, [0, 1, 2, 3, 4]),
    ],
)
def test_an_iterable_data_set_is_split_by_worker_info(
    n: int, size: int | None, drop_last: bool, expected: list[Any]
) -> None:
    """The expected batches are those of PyTorch."""
    loader = DataLoader(Count(n), size, drop_last=drop_last, num_workers=3, persistent_workers=True)
    for _ in range(2):
        assert plain(list(loader)) == expected


def test_persistent_workers_stay() -> None:
    loader = DataLoader(Processes(), num_workers=2, persistent_workers=True)
    first = plain(list(loader))
    assert len({pid for (pid,) in first}) == 2
    for batch in loader:  # an epoch that is left early
        assert batch.tolist() == first[0]
        break
    left = iter(loader)
    assert plain(list(loader)) == first
    with pytest.raises(RuntimeError, match="the persistent workers have started another epoch"):
        next(left)
    others = plain(list(DataLoader(Processes(), num_workers=2)))
    assert not {pid for (pid,) in others} & {pid for (pid,) in first}


def test_an_epoch_left_early_ends_its_workers() -> None:
    batch = next(iter(DataLoader(Processes(), num_workers=2)))
    with pytest.raises(ProcessLookupError):
        os.kill(int(batch.item()), 0)


ERRORS: dict[str, tuple[type[Exception], str]] = {
    "key_error": (
        KeyError,
        r"Caught KeyError in DataLoader worker process 1\.\nOriginal Traceback.*no such key",
    ),
    "own_error": (RuntimeError, "Caught Wide .*in own_error.*Wide: 1 and 2"),
    "local_error": (RuntimeError, "Caught RuntimeError .*Local: hidden"),
    "stop": (RuntimeError, "the data set or collate_fn raised StopIteration"),
    "not_sendable": (TypeError, "cannot pickle '_thread.lock' object"),
}


@pytest.mark.parametrize(
    ("kind", "error", "text"), [(kind, *row) for kind, row in ERRORS.items()], ids=ERRORS
)
def test_an_error_comes_with_the_traceback_of_the_worker(
    kind: str, error: type[Exception], text: str
) -> None:
    assert issubclass(Wide, Exception)
    loader = DataLoader(Accident(kind), None, num_workers=2, persistent_workers=True)
    reader = iter(loader)
    assert [next(reader) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(error, match=f"(?s){text}"):
        next(reader)
    assert list(reader) == [6, 7, 8, 9], "as in PyTorch, the samples after the error can be read"
    assert next(iter(loader)) == 0


LOST: dict[str, str] = {
    "killed": r"DataLoader worker 1 \(pid \d+\) exited unexpectedly: killed by SIGKILL; if memory ran out",
    "exit": r"exited unexpectedly: exit code 3",
    "endless": r"DataLoader timed out after 0.05 s: worker [01] has sent no batch",
}


@pytest.mark.parametrize(("kind", "text"), LOST.items(), ids=LOST)
def test_a_worker_that_is_lost(kind: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GRACE", 0.0)
    timeout = 0.05 if kind == "endless" else 0
    loader = DataLoader(Accident(kind), None, num_workers=2, timeout=timeout, persistent_workers=True)
    with pytest.raises(RuntimeError, match=text):
        for _ in loader:
            pass
    assert multiprocessing.active_children() == []


def test_work_that_cannot_be_sent_to_a_spawned_worker() -> None:
    loader = DataLoader(
        Squares(), num_workers=1, multiprocessing_context="spawn", collate_fn=lambda batch: batch
    )
    with pytest.raises(TypeError, match="DataLoader: .* cannot be sent to a worker process: .*lambda"):
        iter(loader)


START = """\
import os, signal
from loader_samples import *
from nncore import nn
from nncore.data import DataLoader, workers
from nncore.train import fit
"""
PROGRAMS: dict[str, tuple[str, int, str]] = {
    "between batches, the workers go on": (
        """
loader = DataLoader(Processes(), num_workers=2, persistent_workers=True, multiprocessing_context=METHOD)
before = {pid.item() for pid in loader}
try:
    for _ in loader:
        os.killpg(os.getpgrp(), signal.SIGINT)
except KeyboardInterrupt:
    print("caught", {pid.item() for pid in loader} == before)
""",
        0,
        "caught True\n",
    ),
    "while a batch is awaited": (
        """
workers.GRACE = 0
try:
    for _ in DataLoader(Accident("interrupt"), num_workers=2, multiprocessing_context=METHOD): pass
except KeyboardInterrupt:
    print("caught")
""",
        0,
        "caught\n",
    ),
    "while fit waits for a batch": (
        """
try:
    options = {"num_workers": 2, "collate_fn": pairs, "multiprocessing_context": METHOD}
    loader = DataLoader(Accident("interrupt"), 2, **options)
    fit(nn.Linear(1, 1), loader, progress=False)
except KeyboardInterrupt:
    print("caught")
""",
        0,
        "caught\n",
    ),
    "the loader's process is killed": (
        'for _ in DataLoader(Accident("kill_parent"), num_workers=3, multiprocessing_context=METHOD): pass',
        -9,
        "",
    ),
    "the program ends amid an epoch": (
        """
batches = iter(DataLoader(Processes(), num_workers=2, multiprocessing_context=METHOD))
print(len(next(batches)))
""",
        0,
        "1\n",
    ),
}


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("program", "code", "output"), PROGRAMS.values(), ids=PROGRAMS)
def test_interrupts_and_ends(method: str, program: str, code: int, output: str, tmp_path: Any) -> None:
    """Each program gets Ctrl-C as from a terminal; no process of it is left, and none prints an error."""
    path = tmp_path / "program.py"
    lines = program.replace("METHOD", repr(method)).splitlines()
    body = "\n    ".join(["signal.signal(signal.SIGINT, signal.default_int_handler)", *lines])
    path.write_text(f"{START}if __name__ == '__main__':\n    {body}\n")
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=120,
        check=False,
    )  # returns when the last process has closed the output
    assert (done.returncode, done.stdout) == (code, output)
    assert done.stderr == ""


@pytest.mark.parametrize("memory", ["anonymous", "temporary file"])
def test_arrays_of_all_kinds_travel(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if memory == "temporary file":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    ours, other = multiprocessing.Pipe()
    table = np.arange(12.0).reshape(3, 4)
    sent = [np.zeros((0, 3)), table.T, table[:, ::2], np.array(1), nncore.ones(5), "text", np.zeros(0), True]
    with ours, other:
        transport.send(ours, transport.packed(sent))
        found = transport.receive(other)
    assert [np.asarray(value).tolist() for value in found] == [np.asarray(value).tolist() for value in sent]
    for array in found[:4]:
        assert array.flags.writeable
        assert array.flags.aligned
        array += 1
