"""Contexts and decorators that switch the recording of ops, such as `no_grad` and `enable_grad`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from threading import get_ident
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from nncore._core import is_grad_enabled, set_recording

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]

F = TypeVar("F", bound=Callable[..., Any])
Self = TypeVar("Self", bound="GradMode")


class GradMode:
    """Base: sets the mode of recording while its block or the decorated function runs.

    An object may be entered again before it is left, also in several threads; each thread has its own mode.
    """

    __slots__ = ("_before", "mode")

    mode: bool
    _before: dict[int, list[bool]]  # thread id -> the modes to restore, innermost last

    def __enter__(self) -> None:
        self._before.setdefault(get_ident(), []).append(set_recording(self.mode))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        before = getattr(self, "_before", {}).get(get_ident())  # missing if __new__ did not run
        if not before:
            name = type(self).__name__
            raise RuntimeError(
                f"{name}: __exit__ without __enter__ in this thread; use `with nncore.{name}(...)`"
            )
        set_recording(before.pop())

    def __call__(self, orig_func: F) -> F:
        """`orig_func`, whose body runs in this mode, also the body of a generator function."""
        import inspect

        function: Any = orig_func
        name = type(self).__name__
        if inspect.isclass(function) or not callable(function):
            given = "a class" if inspect.isclass(function) else type(function).__name__
            raise TypeError(f"{name}: expected a function to decorate, got {given}; decorate its methods")
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{name}: an async function returns before its body runs; write `with nncore.{name}(...)` in "
                "the body, around code without await"
            )
        if inspect.isgeneratorfunction(function):
            return cast("F", _generator(self, function))

        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return cast("F", decorated)


def _generator(mode: GradMode, function: Callable[..., Generator[Any, Any, Any]]) -> Callable[..., Any]:
    """A generator function that runs in `mode` up to each yield and then restores the caller's mode."""

    @functools.wraps(function)
    def decorated(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        try:
            with mode:
                given = next(generator)
            while True:
                try:
                    answer = yield given
                except GeneratorExit:
                    with mode:
                        generator.close()
                    raise
                except BaseException as error:
                    with mode:
                        given = generator.throw(error)
                else:
                    with mode:
                        given = generator.send(answer)
        except StopIteration as end:
            return end.value

    return decorated


class _Bare(GradMode):
    """Base of modes that may also decorate without parentheses."""

    __slots__ = ()
    _mode: bool

    @overload
    def __new__(cls: type[Self], orig_func: None = None) -> Self: ...
    @overload
    def __new__(cls, orig_func: F) -> F: ...  # type: ignore[misc]
    def __new__(cls, orig_func: Any = None) -> Any:
        if orig_func is not None:
            return cls()(orig_func)
        self = super().__new__(cls)
        self.mode, self._before = cls._mode, {}
        return self


class no_grad(_Bare):
    """Context or decorator: ops of this thread inside it are not recorded.

    Errors: TypeError if the decorated object is not a function; RuntimeError for an exit without an enter.

    >>> weight = nncore.ones(2, requires_grad=True)
    >>> with nncore.no_grad():
    ...     (2 * weight).requires_grad
    False
    >>> @nncore.no_grad
    ... def predict(x):
    ...     return x * weight
    >>> predict(nncore.ones(2)).requires_grad
    False
    """

    __slots__ = ()
    _mode = False


class enable_grad(_Bare):
    """Context or decorator: ops of this thread inside it are recorded, even within `no_grad`.

    Errors: those of `no_grad`.

    >>> weight = nncore.ones(2, requires_grad=True)
    >>> with nncore.no_grad(), nncore.enable_grad():
    ...     (2 * weight).requires_grad
    True
    """

    __slots__ = ()
    _mode = True


class inference_mode(no_grad):
    """`no_grad` under PyTorch's name for code that only predicts; `mode=False` records ops.

    Its results are ordinary tensors, which may be used in later graphs. Errors: TypeError if `mode` is
    neither a bool nor a function to decorate.

    >>> with nncore.inference_mode():
    ...     nncore.is_grad_enabled()
    False
    """

    __slots__ = ()

    @overload
    def __new__(cls: type[Self], mode: bool = True) -> Self: ...
    @overload
    def __new__(cls, mode: F) -> F: ...  # type: ignore[misc]
    def __new__(cls, mode: Any = True) -> Any:
        if not isinstance(mode, bool):
            return super().__new__(cls, mode)
        self = super().__new__(cls)
        self.mode = not mode
        return self


class set_grad_enabled(GradMode):
    """Set the mode of this thread immediately; as a context, restore the previous mode at the end.

    As a decorator, restore the previous mode immediately and set the mode during each call. Errors: TypeError
    if `mode` is not a bool; those of `no_grad`.

    >>> _ = nncore.set_grad_enabled(False)
    >>> nncore.is_grad_enabled()
    False
    >>> with nncore.set_grad_enabled(True):
    ...     nncore.is_grad_enabled()
    True
    """

    __slots__ = ("_entered_by",)

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled: mode must be a bool, got {type(mode).__name__}")
        self.mode, self._before = mode, {}
        super().__enter__()
        self._entered_by: int | None = get_ident()  # None after `with` has entered

    def __enter__(self) -> None:
        if self._entered_by == get_ident():
            self._entered_by = None
            set_recording(self.mode)
        else:
            super().__enter__()

    def __call__(self, orig_func: F) -> F:
        if self._entered_by == get_ident():
            self._entered_by = None
            self.__exit__(None, None, None)
        return super().__call__(orig_func)

    def __repr__(self) -> str:
        return f"nncore.set_grad_enabled(mode={self.mode})"
