"""no_grad, enable_grad and set_grad_enabled: contexts, decorators, generators, threads, and misuse."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any, Protocol, TypeVar

import pytest

import nncore
from nncore import enable_grad, no_grad, set_grad_enabled
from nncore import is_grad_enabled as recording
from nncore.grad_mode import GradMode
from nncore.train.interrupt import DeferredInterrupt

# The constructor of each context, and the mode inside it
MODES: dict[str, tuple[Callable[[], GradMode], bool]] = {
    "no_grad": (no_grad, False),
    "enable_grad": (enable_grad, True),
    "set_grad_enabled(False)": (lambda: set_grad_enabled(False), False),
    "set_grad_enabled(True)": (lambda: set_grad_enabled(True), True),
}
F = TypeVar("F", bound=Callable[..., Any])


class Bare(Protocol):
    def __call__(self, function: F, /) -> F: ...


each_mode = pytest.mark.parametrize(("make", "inside"), MODES.values(), ids=MODES)
each_start = pytest.mark.parametrize("before", [True, False])


@each_mode
@each_start
def test_as_a_context(make: Callable[[], GradMode], inside: bool, before: bool) -> None:
    set_grad_enabled(before)
    with make():
        assert recording() is inside
    assert recording() is before
    with pytest.raises(ZeroDivisionError), make():
        1 / 0  # noqa: B018
    assert recording() is before


@each_mode
@each_start
def test_one_object_entered_again(make: Callable[[], GradMode], inside: bool, before: bool) -> None:
    set_grad_enabled(before)
    mode = make()
    with mode:
        with mode:
            assert recording() is inside
        assert recording() is inside
        with set_grad_enabled(not inside), mode:
            assert recording() is inside
    assert recording() is before
    with mode:
        assert recording() is inside
    assert recording() is before


@each_mode
@each_start
def test_as_a_decorator(make: Callable[[], GradMode], inside: bool, before: bool) -> None:
    set_grad_enabled(before)

    @make()
    def fact(n: int) -> list[bool]:
        """Doc."""
        return [recording(), *(fact(n - 1) if n else [])]

    assert recording() is before
    assert fact(3) == [inside] * 4
    assert recording() is before
    assert (fact.__name__, fact.__doc__) == ("fact", "Doc.")
    assert list(inspect.signature(fact).parameters) == ["n"]
    with make():  # the end restores the mode before the call
        set_grad_enabled(not inside)
        fact(0)
        assert recording() is not inside


@pytest.mark.parametrize(("mode", "inside"), [(no_grad, False), (enable_grad, True)])
def test_as_a_decorator_without_parentheses(mode: Bare, inside: bool) -> None:
    set_grad_enabled(not inside)

    @mode
    def function(x: int) -> tuple[int, bool]:
        return x, recording()

    class Model:
        @mode
        def predict(self) -> bool:
            return recording()

        @classmethod
        @mode
        def made(cls) -> bool:
            return recording()

    assert function(3) == (3, inside)
    assert Model().predict() is inside
    assert Model.made() is inside
    assert recording() is not inside

    @mode
    def generator() -> Iterator[bool]:
        yield recording()

    assert list(generator()) == [inside]
    assert recording() is not inside


@each_mode
@each_start
def test_a_generator_and_its_caller_have_separate_modes(
    make: Callable[[], GradMode], inside: bool, before: bool
) -> None:
    set_grad_enabled(before)
    seen: list[Any] = []

    @make()
    def count(n: int) -> Generator[int, str, str]:
        try:
            for i in range(n):
                seen.append(recording())
                try:
                    seen.append((yield i))
                except KeyError as error:
                    seen.append((error.args, recording()))
        finally:
            seen.append(("end", recording()))
        return "done"

    steps = count(3)
    assert recording() is before
    assert next(steps) == 0
    assert recording() is before
    assert steps.send("a") == 1
    assert steps.throw(KeyError("b")) == 2
    assert recording() is before
    with pytest.raises(StopIteration, match="done"):
        next(steps)
    assert seen == [inside, "a", inside, (("b",), inside), inside, None, ("end", inside)]
    assert recording() is before

    seen.clear()
    steps = count(3)
    next(steps)
    steps.close()
    assert seen == [inside, ("end", inside)]
    assert recording() is before

    seen.clear()
    steps = count(1)
    next(steps)
    with pytest.raises(OSError, match="given"):
        steps.throw(OSError("given"))
    assert seen == [inside, ("end", inside)]
    assert recording() is before


def test_gradients_through_a_generator_that_records_nothing() -> None:
    weight = nncore.ones(2, requires_grad=True)

    @no_grad()
    def outputs() -> Iterator[nncore.Tensor]:
        yield weight * 2
        yield weight * 3

    produced = []
    for y in outputs():
        produced.append(y.requires_grad)
        assert (weight * y).requires_grad
    assert produced == [False, False]


def test_set_grad_enabled_acts_at_once_and_restores_the_mode() -> None:
    switch = set_grad_enabled(False)
    assert not recording()
    switch.__exit__(None, None, None)  # it was entered when it was made
    assert recording()
    with ExitStack() as stack:
        stack.push(set_grad_enabled(False))
        assert not recording()
    assert recording()
    with pytest.raises(RuntimeError, match="set_grad_enabled: __exit__ without __enter__"):
        switch.__exit__(None, None, None)
    assert recording()


def leave_pushed(manager: Any) -> None:
    with ExitStack() as stack:
        stack.push(manager)


def leave_twice(manager: Any) -> None:
    with manager:
        pass
    manager.__exit__(None, None, None)


@pytest.mark.parametrize("make", [no_grad, enable_grad, DeferredInterrupt])
@pytest.mark.parametrize("leave", [lambda m: m.__exit__(None, None, None), leave_pushed, leave_twice])
@each_start
def test_an_exit_without_an_enter(
    make: Callable[[], Any], leave: Callable[[Any], None], before: bool
) -> None:
    set_grad_enabled(before)
    with pytest.raises(RuntimeError, match=f"{make.__name__}: __exit__ without __enter__"):
        leave(make())
    assert recording() is before


@pytest.mark.parametrize("kind", [no_grad, enable_grad, set_grad_enabled, DeferredInterrupt])
def test_exit_of_an_object_made_without_a_constructor(kind: Any) -> None:
    with pytest.raises(RuntimeError, match=f"{kind.__name__}: __exit__ without __enter__"):
        object.__new__(kind).__exit__(None, None, None)
    assert recording()


def test_manual_pairs_in_any_order() -> None:
    first, second = no_grad(), enable_grad()
    first.__enter__()
    second.__enter__()
    assert recording()
    second.__exit__(None, None, None)
    assert not recording()
    first.__exit__(None, None, None)
    assert recording()


@each_mode
def test_one_object_in_many_threads(make: Callable[[], GradMode], inside: bool) -> None:
    mode = make()
    if isinstance(mode, set_grad_enabled):
        mode.__exit__(None, None, None)
    errors: list[Any] = []
    together = threading.Barrier(4)

    def work(start: bool) -> None:
        try:
            set_grad_enabled(start)
            for _ in range(50):
                together.wait(30)
                with mode:
                    together.wait(30)
                    if recording() is not inside:
                        errors.append("inside")
                    if start:
                        together.wait(30)
                if recording() is not start:
                    errors.append("after")
                if not start:
                    together.wait(30)
        except BaseException as error:
            errors.append(error)
            together.abort()
            raise

    threads = [threading.Thread(target=work, args=(i % 2 == 0,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert recording()


def test_an_object_entered_in_another_thread_only() -> None:
    mode = no_grad()
    thread = threading.Thread(target=mode.__enter__)
    thread.start()
    thread.join()
    with pytest.raises(RuntimeError, match="no_grad: __exit__ without __enter__ in this thread"):
        mode.__exit__(None, None, None)
    assert recording()


OFF: Any = no_grad
ON: Any = enable_grad
SET: Any = set_grad_enabled


async def coroutine() -> None: ...


async def async_generator() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: OFF(3), "no_grad: expected a function to decorate, got int"),
        (lambda: ON()("f"), "enable_grad: expected a function to decorate, got str"),
        (lambda: OFF()(nncore.nn.Linear), "got a class; decorate its methods"),
        (lambda: OFF(coroutine), "no_grad: an async function returns before its body runs"),
        (lambda: SET(False)(async_generator), "set_grad_enabled: an async function"),
        (lambda: SET(print), "set_grad_enabled: mode must be a bool, got builtin_function"),
        (lambda: SET(1), "mode must be a bool, got int"),
        (lambda: SET(None), "mode must be a bool, got NoneType"),
    ],
)
def test_what_cannot_be_decorated(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        call()
    assert recording()


def test_an_interrupt_context_entered_again() -> None:
    import signal

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        outer = DeferredInterrupt()
        with outer:
            with outer:
                assert signal.getsignal(signal.SIGINT) == outer._press
            assert signal.getsignal(signal.SIGINT) == outer._press
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
