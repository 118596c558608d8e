"""The base of callbacks, and the callbacks of one training together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from nncore.train.history import TrainingState

HOOKS = ("on_train_begin", "on_epoch_begin", "on_batch_end", "on_epoch_end", "on_train_end")


class Callback:
    """Base of callbacks: objects that `fit` calls during a training, with a TrainingState.

    `on_train_begin` is called after the checks of `fit` and before the first step, `on_epoch_begin` before
    each epoch, `on_batch_end` after each step, `on_epoch_end` after each epoch and its validation. If one of
    the last two returns True, or sets `state.stop`, the training ends. `on_train_end` is called whenever a
    training that has begun ends, also by Ctrl-C, but not after another error. A function of a TrainingState
    can be a callback too, called as `on_epoch_end`, and so can any object with one of these methods. Hooks
    return None, True or False.

    >>> from nncore.train import Callback
    >>> class Slowest(Callback):
    ...     def on_train_begin(self, state):
    ...         self.rate = float("inf")
    ...     def on_epoch_end(self, state):
    ...         self.rate = min(self.rate, state.history.samples_per_second[-1])
    """

    def on_train_begin(self, state: TrainingState) -> object:
        """Reset the callback, and raise errors that would otherwise occur after the first epoch."""

    def on_epoch_begin(self, state: TrainingState) -> object:
        """Called before each epoch."""

    def on_batch_end(self, state: TrainingState) -> object:
        """Called after each step; a callback that defines it makes `fit` run the steps one by one."""

    def on_epoch_end(self, state: TrainingState) -> object:
        """Called after each epoch and its validation."""

    def on_train_end(self, state: TrainingState) -> object:
        """Called when the training ends."""


class Function(Callback):
    """A function that is called after each epoch."""

    def __init__(self, function: Callable[[TrainingState], object]) -> None:
        self.function = function

    def on_epoch_end(self, state: TrainingState) -> object:
        return self.function(state)


class Callbacks:
    """The callbacks of one training, called in their order.

    Errors: TypeError for anything but a list of functions and Callbacks, such as a class in place of an
    object, and for a hook that returns something else than None, True or False.
    """

    def __init__(self, where: str, given: Any) -> None:
        if isinstance(given, Callback) or not hasattr(given, "__iter__"):
            raise TypeError(f"{where}: callbacks is {_described(given)}; expected a list of functions")
        self._where = where
        self._each = [self._made(number, value) for number, value in enumerate(given)]

    def __call__(self, hook: str, state: TrainingState) -> bool:
        """Call a hook of all callbacks; returns whether the training ends."""
        for callback in self._each:
            result = getattr(callback, hook)(state)
            if result is not None and not isinstance(result, (bool, np.bool_)):
                inner = callback.function if isinstance(callback, Function) else callback
                name = getattr(inner, "__name__", type(inner).__name__)
                raise TypeError(
                    f"{self._where}: {hook} of {name} returned {_described(result)}; expected None, or True "
                    "to end the training"
                )
            if result and hook in ("on_batch_end", "on_epoch_end"):
                state.stop = True
        return state.stop

    def __bool__(self) -> bool:
        return bool(self._each)

    def have(self, hook: str) -> bool:
        """Whether a callback defines this hook."""
        return any(getattr(type(each), hook) is not getattr(Callback, hook) for each in self._each)

    def _made(self, number: int, value: Any) -> Callback:
        if isinstance(value, Callback):
            return value
        hooks = {hook: getattr(value, hook) for hook in HOOKS if callable(getattr(value, hook, None))}
        if hooks and not isinstance(value, type):
            made = {hook: staticmethod(method) for hook, method in hooks.items()}
            return type(type(value).__name__, (Callback,), made)()  # type: ignore[no-any-return]
        where = f"{self._where}: callbacks[{number}] is {_described(value)}; expected"
        if isinstance(value, type):
            raise TypeError(f"{where} an object: {value.__name__}(...)")
        if not callable(value):
            raise TypeError(f"{where} a function of a TrainingState, or a Callback")
        return Function(value)


def _described(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
