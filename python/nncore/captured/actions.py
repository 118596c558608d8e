"""Python calls that each replay of a captured step repeats: the steps of schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from nncore import _core

__all__ = ["Actions", "collected", "repeat_in_replays"]


class Actions:
    """Functions that each replay calls again, before it or after it."""

    def __init__(self) -> None:
        self.before: list[Callable[[], Any]] = []  # they set rates that the step reads
        self.after: list[Callable[[], Any]] = []
        self.groups: list[Any] = []  # the groups whose rates `before` sets


_current: ContextVar[Actions | None] = ContextVar("actions", default=None)  # of this thread's capture


@contextmanager
def collected() -> Iterator[Actions]:
    """Collect the actions of the step that this thread captures."""
    actions = Actions()
    outer = _current.set(actions)
    try:
        yield actions
    finally:
        _current.reset(outer)


def repeat_in_replays(action: Callable[[], Any], groups: list[Any]) -> None:
    """Call `action`, which sets the learning rates of `groups`, in each replay of the step being captured."""
    actions = _current.get()
    if actions is None or not _core.capturing():
        return
    if _core.sets_rates([group.settings for group in groups]):
        actions.after.append(action)
    else:
        actions.before.append(action)
        actions.groups += groups
