"""Ctrl-C between two steps, if the step under way ends soon."""

from __future__ import annotations

import _thread
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType


GRACE = 0.5  # seconds


class DeferredInterrupt:
    """While the block runs, the first Ctrl-C sets `pressed`, the second raises KeyboardInterrupt at once.

    A block that goes on for GRACE seconds after the first is treated as if there were a second. Does nothing
    outside the main thread or when the program has a SIGINT handler of its own. May be entered again before
    it is left. Raises RuntimeError for an exit without an enter.
    """

    pressed = False
    _active = False
    _depth = 0

    def __enter__(self) -> DeferredInterrupt:
        self._depth += 1
        if self._depth > 1:
            return self
        self.pressed = False
        self._goes_on = _thread.allocate_lock()  # held from the first press to the end of the block
        self._waits = _thread.allocate_lock()  # held by the thread that waits for that end
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
            raise RuntimeError("DeferredInterrupt: __exit__ without __enter__; use it in a with statement")
        self._depth -= 1
        if self._depth > 0:
            return
        if self._active:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if self.pressed:
                self._goes_on.release()
                self._waits.acquire()
        if self.pressed and kind is None:
            raise KeyboardInterrupt

    def _press(self, number: int, frame: FrameType | None) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True
        self._goes_on.acquire()
        self._waits.acquire()
        _thread.start_new_thread(self._insist, ())  # no threading.Thread: a handler must not take its locks

    def _insist(self) -> None:
        if not self._goes_on.acquire(timeout=GRACE):
            _thread.interrupt_main()
        self._waits.release()
