"""Ctrl-C between two steps, not in the middle of one."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class DeferredInterrupt:
    """While the block runs, the first Ctrl-C sets `pressed`, the second raises KeyboardInterrupt at once.

    Does nothing outside the main thread or when the program has a SIGINT handler of its own.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._active = False

    def __enter__(self) -> DeferredInterrupt:
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
        if self._active:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.pressed and kind is None:
            raise KeyboardInterrupt

    def _press(self, number: int, frame: FrameType | None) -> None:
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True
