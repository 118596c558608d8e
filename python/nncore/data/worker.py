"""A worker process of a loader."""

from __future__ import annotations

import contextlib
import pickle
import random
import signal
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore._core import manual_seed, set_num_threads
from nncore.data import transport, worker_info

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from nncore.data.reading import Reader

BATCH, END, ERROR = range(3)  # kinds of replies


class Work(NamedTuple):
    """The data that all workers of a loader have in common."""

    reader: Reader
    num_workers: int
    init: Callable[[int], object] | None


def run(connection: Connection, other_end: Connection, work: Work, number: int) -> None:
    """Answer the messages of the loader until it closes the connection.

    A message is the seed of an epoch that starts, or a pair: the number of a batch and its task. The reply to
    a pair is the batch, the end of an IterableDataset, or an error.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the loader's process handles Ctrl-C
    other_end.close()
    set_num_threads(1)
    first, seed, read = True, 0, None
    with contextlib.suppress(EOFError, OSError):  # the loader has closed the connection or ended
        while True:
            message = connection.recv()
            if isinstance(message, int):
                worker_info.current = worker_info.WorkerInfo(
                    number, work.num_workers, message + number, work.reader.dataset
                )
                seed, read = message, None
                continue
            try:
                if work.init is None:
                    _seed_generators(seed, message[0])
                elif first:
                    _seed_generators(seed, number)
                    work.init(number)
                first = False
                if read is None:
                    read = work.reader.start()
                reply = _answer(read, message[1])
            except Exception as error:
                reply = transport.packed((ERROR, (_sendable(type(error)), traceback.format_exc())))
            transport.send(connection, reply)


def _answer(read: Callable[[Any], Any], task: Any) -> transport.Parcel:
    try:
        batch = read(task)
    except StopIteration:
        return transport.packed((END, None))
    return transport.packed((BATCH, batch))


def _seed_generators(seed: int, number: int) -> None:
    """Seed the global generators of nncore, `random` and NumPy."""
    manual_seed(seed + number)
    random.seed(seed + number)
    words = np.random.SeedSequence([seed, number]).generate_state(4)
    np.random.seed(words)  # noqa: NPY002 data sets use it


def _sendable(kind: type[Exception]) -> type[Exception]:
    """The class of an error, or RuntimeError for a class that another process cannot find."""
    try:
        pickle.dumps(kind)
    except Exception:
        return RuntimeError
    return kind
