"""Data sets for tests of loaders; worker processes import them."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

import nncore
from nncore.data import Dataset, IterableDataset, get_worker_info


class Squares(Dataset[Any]):
    """10 dicts with arrays, numbers and text."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, i: int) -> Any:
        return {"x": np.full((2, 3), i, np.float32), "y": (i, i * i), "name": f"sample {i}"}


class Noise(Dataset[Any]):
    """20 triples of random numbers of nncore, NumPy and `random`."""

    def __len__(self) -> int:
        return 20

    def __getitem__(self, i: int) -> Any:
        return nncore.rand(2), np.random.rand(), random.random()  # noqa: NPY002


class Processes(Dataset[Any]):
    """Process ids, with a wait for the other process to keep the workers' turns apart."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, i: int) -> Any:
        return os.getpid()


class Count(IterableDataset[Any]):
    """0, ..., n - 1, split among the workers."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Iterator[int]:
        info = get_worker_info()
        return iter(range(self.n)[info.id :: info.num_workers] if info else range(self.n))


class Accident(Dataset[Any]):
    """10 numbers, with an accident at number 5."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __len__(self) -> int:
        return 10

    def __getitem__(self, i: int) -> Any:
        return getattr(self, self.kind)() if i == 5 else i

    def key_error(self) -> None:
        raise KeyError("no such key")

    def own_error(self) -> None:
        raise Wide(1, 2)

    def local_error(self) -> None:
        class Local(Exception):
            pass

        raise Local("hidden")

    def stop(self) -> None:
        raise StopIteration

    def not_sendable(self) -> Any:
        return "sample", threading.Lock()

    def killed(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def exit(self) -> None:
        sys.exit(3)

    def endless(self) -> None:
        threading.Event().wait()

    def interrupt(self) -> None:
        """Ctrl-C in the terminal, then no sample."""
        os.killpg(os.getpgrp(), signal.SIGINT)
        threading.Event().wait()

    def kill_parent(self) -> None:
        os.kill(os.getppid(), signal.SIGKILL)


class Wide(Exception):
    """An error with two arguments."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} and {b}")


def first_of_each(batch: Any) -> Any:
    return [sample["name"] for sample in batch]


def pairs(batch: list[int]) -> Any:
    x = nncore.tensor(batch).float().reshape(-1, 1)
    return x, x


def seeded_seven(number: int) -> None:
    np.random.seed(7)  # noqa: NPY002


def failing_init(number: int) -> None:
    raise LookupError(f"start of worker {number}")
