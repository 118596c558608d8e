"""Delay Ctrl-C to the end of the current step, if that is soon."""

from __future__ import annotations

import _thread
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType


GRACE = 0.5  # seconds


class DeferredInterrupt:
    """In the block the first Ctrl-C sets `pressed`; the second raises KeyboardInterrupt at once.

    If the block still runs GRACE seconds after the first, KeyboardInterrupt is raised too. It has no effect
    outside the main thread or if the program has its own SIGINT handler. It may be entered again before it is
    left. In a block of `lifted` Ctrl-C acts at once. Errors: RuntimeError for an exit without an enter.
    """

    pressed = False
    _active = False
    _depth = 0

    def __enter__(self) -> DeferredInterrupt:
        self._depth += 1
        if self._depth > 1:
            return self
        self.pressed = False
        self._running = _thread.allocate_lock()  # held from the first press to the end of the block
        self._waiting = _thread.allocate_lock()  # held while a thread waits for the end of the block
        self._active = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._active:
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._depth == 0:
            if kind is not None:
                return  # Ctrl-C came before __enter__ had begun
            raise RuntimeError("DeferredInterrupt: __exit__ without __enter__; use it in a with statement")
        self._depth -= 1
        if self._depth > 0:
            return
        if self._active:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if self.pressed:
                self._running.release()
                self._waiting.acquire()
        if self.pressed and kind is None:
            raise KeyboardInterrupt

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Leave the block for a while; KeyboardInterrupt if Ctrl-C was pressed in it."""
        try:
            self.__exit__(None, None, None)
            yield
        finally:
            self.__enter__()

    def _press(self, number: int, frame: FrameType | None) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True
        self._running.acquire()
        self._waiting.acquire()
        _thread.start_new_thread(self._insist, ())  # threading.Thread takes locks, which a handler must not

    def _insist(self) -> None:
        if not self._running.acquire(timeout=GRACE):
            _thread.interrupt_main()
        self._waiting.release()
