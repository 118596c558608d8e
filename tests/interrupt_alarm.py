"""Interrupts for tests: a timer whose signals raise in the main thread, and an exception at a chosen line."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

NEVER = 10**9


class Enough(Exception):
    """Raised by the handler."""


class Alarm:
    """The handler of SIGALRM, called every 10 ms once started.

    It raises Enough at signal `number`, or after `repeats` consecutive signals at one line of the program.
    Signals during a call that does not check for signals are handled as one, after the call.
    """

    def __init__(self) -> None:
        self._left, self._most, self._repeats, self._place = NEVER, NEVER, 0, (0, 0)
        self.longest = 0  # the most signals handled at one line

    def __call__(self, number: int, frame: FrameType | None) -> None:
        assert frame is not None
        place = (id(frame), frame.f_lasti)
        self._repeats = self._repeats + 1 if place == self._place else 1
        self._place = place
        self.longest = max(self.longest, self._repeats)
        self._left -= 1
        if self._left <= 0 or self._repeats >= self._most:
            self.stop()
            raise Enough

    def start(self, number: int = NEVER, repeats: int = NEVER) -> None:
        self._left, self._most, self._repeats = number, repeats, 0
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._left = self._most = NEVER


@contextmanager
def installed() -> Iterator[Alarm]:
    alarm = Alarm()
    before = signal.signal(signal.SIGALRM, alarm)
    try:
        yield alarm
    finally:
        alarm.stop()
        signal.signal(signal.SIGALRM, before)


class InterruptAt:
    """Raises an exception at the n-th line that runs in the files of one of nncore's packages."""

    def __init__(self, n: int, package: str, error: type[BaseException] = KeyboardInterrupt) -> None:
        self.left, self.folder, self.error = n, f"{Path('nncore') / package}", error

    def __enter__(self) -> None:
        self.before = sys.gettrace()
        sys.settrace(self.trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self.before)

    def trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if self.folder not in frame.f_code.co_filename:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise self.error
        return self.trace
