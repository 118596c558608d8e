"""The worker processes of a loader, as its own process sees them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import warnings
import weakref
from collections import deque
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from time import monotonic
from typing import TYPE_CHECKING, Any

from nncore.data import transport
from nncore.data.worker import BATCH, END, Work, run

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK = 0.5  # seconds between looks at signals, such as Ctrl-C, while waiting for a batch
GRACE = 1.0  # seconds that workers get to end by themselves


class Worker:
    """One worker process and the connection to it."""

    def __init__(self, context: Any, work: Work, number: int) -> None:
        self.number = number
        self.connection, other_end = multiprocessing.Pipe()
        arguments = (other_end, self.connection, work, number)
        self.process = context.Process(target=run, args=arguments, daemon=True)
        try:
            self.process.start()
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            raise TypeError(
                "DataLoader: the data set, collate_fn or worker_init_fn cannot be sent to a "
                f"worker process: {error}; define them at the top level of a module"
            ) from error
        finally:
            other_end.close()

    def send(self, message: Any) -> None:
        """Send a message; the next `receive` notices a worker that has ended."""
        with suppress(OSError):
            self.connection.send(message)

    def receive(self, timeout: float) -> tuple[int, Any]:
        """The kind and value of the next reply; RuntimeError if the worker has ended or the time is up."""
        deadline = monotonic() + timeout
        while not (ready := wait([self.connection, self.process.sentinel], LOOK)):
            if timeout and monotonic() > deadline:
                raise RuntimeError(
                    f"DataLoader timed out after {timeout:g} s: worker {self.number} has sent no batch"
                )
        with suppress(EOFError, OSError):
            if self.connection in ready:
                reply: tuple[int, Any] = transport.receive(self.connection)
                return reply
        self.process.join()
        code = self.process.exitcode
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        raise RuntimeError(
            f"DataLoader worker {self.number} (pid {self.process.pid}) exited unexpectedly: {how}; if memory "
            "ran out, use fewer workers or smaller batches"
        )


class Workers:
    """The workers of a loader; `close` ends them, and so does the end of the object."""

    def __init__(self, context: Any, work: Work) -> None:
        self.each: list[Worker] = []
        self.owed: deque[Worker] = deque()  # that have a task, in the order of their batches
        self.epoch = 0
        self._end = weakref.finalize(self, _end, self.each, os.getpid())
        with _quiet_start(context):
            for number in range(work.num_workers):
                self.each.append(Worker(context, work, number))

    @property
    def alive(self) -> bool:
        """Whether the workers have not been closed."""
        return self._end.alive

    def close(self) -> None:
        """End the workers; KeyboardInterrupt, afterwards, for a Ctrl-C in this time."""
        self.owed.clear()
        if self._end():
            raise KeyboardInterrupt

    def receive(self, timeout: float) -> tuple[Worker, int, Any]:
        """The next worker that has a task, and its reply."""
        worker = self.owed.popleft()
        try:
            return (worker, *worker.receive(timeout))
        except BaseException:  # also Ctrl-C: the reply is still to come, or the worker is lost
            self.close()
            raise

    def start_epoch(self, seed: int) -> int:
        """Forget what the last epoch has left; returns the number of the new one."""
        while self.owed:
            self.receive(0)
        for worker in self.each:
            worker.send(seed)
        self.epoch += 1
        return self.epoch


class Epoch:
    """The batches of one epoch, in the order of their tasks: task k goes to worker k modulo the workers left.

    Each worker has up to `ahead` tasks. `keep` keeps the workers after the epoch.
    """

    def __init__(
        self, workers: Workers, tasks: Iterator[Any], seed: int, ahead: int, timeout: float, keep: bool
    ) -> None:
        self._workers, self._tasks, self._timeout, self._keep = workers, enumerate(tasks), timeout, keep
        self._epoch = workers.start_epoch(seed)
        self._turn = deque(workers.each)
        for _ in range(ahead * len(workers.each)):
            self._hand_out()

    def __iter__(self) -> Epoch:
        return self

    def __next__(self) -> Any:
        workers = self._workers
        if self._epoch != workers.epoch:
            raise RuntimeError("DataLoader: the persistent workers have started another epoch")
        while workers.owed:
            worker, reply, value = workers.receive(self._timeout)
            if reply == END:
                with suppress(ValueError):  # an earlier reply has said so
                    self._turn.remove(worker)
            self._hand_out()
            if reply == BATCH:
                return value
            if reply != END:
                kind, text = value
                raise _error(kind, text, worker.number)
        if not self._keep:
            workers.close()
        raise StopIteration

    def _hand_out(self) -> None:
        """Give the next task, if there is one, to the worker whose turn it is."""
        task = next(self._tasks, None) if self._turn else None
        if task is not None:
            self._turn[0].send(task)
            self._workers.owed.append(self._turn[0])
            self._turn.rotate(-1)


class _Text(str):
    """A text that KeyError shows as it is, with its lines."""

    __repr__ = str.__str__


def _error(kind: type[Exception], text: str, number: int) -> Exception:
    """The error of a worker, with the worker's traceback in its text."""
    message = _Text(f"Caught {kind.__name__} in DataLoader worker process {number}.\nOriginal {text}")
    try:
        return kind(message)
    except Exception:  # it takes other arguments
        return RuntimeError(message)


@contextmanager
def _quiet_start(context: Any) -> Iterator[None]:
    """Start processes that Ctrl-C does not reach from the first moment, and without warnings."""
    if context.get_start_method() != "fork":
        resource_tracker.ensure_running()  # which would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():
            # nncore's threads work in a forked process
            warnings.filterwarnings("ignore", "(?s).*multi-threaded.*fork", DeprecationWarning)
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(workers: list[Worker], owner: int) -> bool:
    """End the workers; returns whether Ctrl-C was pressed, which ends the wait for them."""
    if os.getpid() != owner:
        return False  # a forked process has copies of the objects
    for worker in workers:
        worker.connection.close()
    processes, deadline, pressed = [worker.process for worker in workers], monotonic() + GRACE, False
    while processes:
        try:
            processes[-1].join(max(0.0, deadline - monotonic()))
            if processes[-1].exitcode is None:
                processes[-1].kill()
                processes[-1].join()
            processes.pop()
        except KeyboardInterrupt:
            pressed, deadline = True, 0.0
    return pressed
