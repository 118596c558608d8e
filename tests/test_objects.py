"""Objects of the extension module's classes that were made without __init__, and private contexts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import nncore
from nncore import Tensor, _core

CLASSES = sorted(
    (value for value in vars(_core).values() if isinstance(value, type)), key=lambda cls: cls.__name__
)
PREFER: Any = _core.Step._prefer
NEEDS = {"__exit__": (None, None, None), "difference": (None,), "manual_seed": (1,)}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_object_that_was_never_initialized(cls: Any) -> None:
    """Each method and property raises; none reads uninitialized memory."""
    for name, member in vars(cls).items():
        bare = cls.__new__(cls)
        if name in ("__init__", "__new__", "__repr__", "__eq__", "__hash__", "__setstate__", "__doc__"):
            continue
        if isinstance(member, property):
            with pytest.raises(TypeError, match="never initialized"):
                getattr(bare, name)
        elif type(member).__name__ == "instancemethod":
            with pytest.raises((TypeError, RuntimeError)):
                getattr(bare, name)(*NEEDS.get(name, ()))


@pytest.mark.parametrize(
    "call",
    [
        lambda: nncore.randn(2, generator=nncore.Generator.__new__(nncore.Generator)),
        lambda: repr(nncore.Generator.__new__(nncore.Generator).get_state()),
        lambda: nncore.zeros(2, dtype=nncore.dtype.__new__(nncore.dtype)),
        lambda: PREFER(_core.Step(), _core.Plan.__new__(_core.Plan)),
        lambda: nncore.ones(2) + Tensor.__new__(Tensor),
    ],
)
def test_such_an_object_as_an_argument(call: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match="never initialized"):
        call()


CONTEXTS: dict[str, Callable[[], Any]] = {
    "once": _core.once,
    "Capture": lambda: _core.Capture([]),
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_an_exit_without_an_enter(name: str) -> None:
    context = CONTEXTS[name]()
    with pytest.raises(RuntimeError, match=f"{name}: __exit__ without __enter__"):
        context.__exit__(None, None, None)
    with context:
        assert _core.capturing() is (name == "Capture")
    with pytest.raises(RuntimeError, match=f"{name}: __exit__ without __enter__"):
        context.__exit__(None, None, None)
    assert not _core.capturing()


@pytest.mark.parametrize("name", CONTEXTS)
def test_an_exit_in_another_thread(name: str) -> None:
    context = CONTEXTS[name]()
    context.__enter__()
    found: list[str] = []

    def leave() -> None:
        try:
            context.__exit__(None, None, None)
        except RuntimeError as error:
            found.append(str(error))

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    context.__exit__(None, None, None)
    assert found == [f"{name}: __exit__ without __enter__ in this thread; use it in a with statement"]
    assert not _core.capturing()
