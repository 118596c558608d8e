"""What a worker process of a loader knows of itself."""

from __future__ import annotations

from typing import Any, NamedTuple


class WorkerInfo(NamedTuple):
    """The number of a worker process, the number of workers, its seed and its copy of the data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


current: WorkerInfo | None = None  # set in a worker process


def get_worker_info() -> WorkerInfo | None:
    """In a worker process its WorkerInfo, in any other process None, as in `torch.utils.data`.

    >>> from nncore.data import get_worker_info
    >>> get_worker_info() is None
    True
    """
    return current
