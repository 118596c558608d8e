"""Read the pickles in PyTorch's files without running code: a stack machine for a part of pickle's opcodes.

Python's unpickler is not used: it imports modules, and a damaged number makes it allocate that much memory.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from nncore.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["is_key", "unpickle"]


def unpickle(data: bytes, known: Callable[[str], Any], persistent: Callable[[Any], Any]) -> Any:
    """The value that the pickle describes.

    `known("module name")` is the value of a global; if it is callable, the pickle may call it.
    `persistent(id)` is the value of a persistent id. Containers have at most as many items as `data` has
    bytes. Errors: CheckpointError, ValueError, LookupError and TypeError for a damaged pickle.
    """
    return _Machine(data, known, persistent).run()


def is_key(value: Any) -> bool:
    """Whether a value may be a key of a dict or an item of a set: a plain value or a tuple of plain values.

    Nested tuples are refused: hashing them can take exponential time.
    """
    plain = (str, int, float, type(None))
    return isinstance(value, plain) or (
        isinstance(value, tuple) and all(isinstance(item, plain) for item in value)
    )


class _Machine:
    def __init__(self, data: bytes, known: Callable[[str], Any], persistent: Callable[[Any], Any]) -> None:
        self._data, self._at = data, 0
        self._known, self._persistent = known, persistent
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._copies = len(data)  # the number of items that calls may still copy

    def run(self) -> Any:
        while (code := self._take(1)) != pickle.STOP:
            operation = OPERATIONS.get(code)
            if operation is None:
                raise CheckpointError(
                    f"its pickle has the opcode {code[0]:#04x}, which PyTorch does not write by default; "
                    "save it with torch.save(obj, path) without pickle_protocol"
                )
            operation(self)
        (result,) = self._stack
        return result

    def _take(self, count: int) -> bytes:
        start, self._at = self._at, self._at + count
        if self._at > len(self._data):
            raise ValueError("its pickle ends early")
        return self._data[start : self._at]

    def _number(self, format: str) -> Any:
        return struct.unpack(format, self._take(struct.calcsize(format)))[0]

    def _line(self) -> str:
        end = self._data.index(b"\n", self._at)
        return self._take(end + 1 - self._at)[:-1].decode()

    def _marked(self) -> list[Any]:
        """Remove the values above the last mark, and the mark."""
        mark = self._marks.pop()
        items = self._stack[mark:]
        del self._stack[mark:]
        return items

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        return self._stack.pop()

    def _push_tuple(self, count: int) -> None:
        items = [self._pop() for _ in range(count)]
        self._push(tuple(reversed(items)))

    def _append(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise TypeError(f"its pickle appends to a {type(target).__name__}")
        target.extend(items)

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise TypeError(f"its pickle sets items of a {type(target).__name__}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not is_key(key):
                raise CheckpointError(
                    f"it contains a dict with a key of type {type(key).__name__}; expected strings, numbers "
                    "or tuples of them"
                )
            target[key] = value

    def _push_global(self) -> None:
        self._push(self._known(f"{self._line()} {self._line()}"))

    def _call(self) -> None:
        arguments, function = self._pop(), self._pop()
        if not isinstance(arguments, tuple):
            raise TypeError("its pickle calls a function without a tuple of arguments")
        self._copies -= sum(len(a) for a in arguments if isinstance(a, (list, dict)))
        if self._copies < 0:
            raise CheckpointError("its pickle copies one container many times")
        self._push(function(*arguments))

    def _build(self) -> None:
        """The attributes of an OrderedDict are left out; they are the versions of modules."""
        self._pop()
        if not isinstance(self._stack[-1], OrderedDict):
            raise TypeError(f"its pickle sets attributes of a {type(self._stack[-1]).__name__}")

    def _check_protocol(self) -> None:
        if (protocol := self._take(1)[0]) != 2:
            raise CheckpointError(
                f"its pickle has protocol {protocol}, expected 2; save it with torch.save(obj, path) without "
                "pickle_protocol"
            )

    def _remember(self, format: str) -> None:
        self._memo[self._number(format)] = self._stack[-1]

    def _recall(self, format: str) -> None:
        self._push(self._memo[self._number(format)])


OPERATIONS: dict[bytes, Callable[[_Machine], object]] = {
    pickle.PROTO: _Machine._check_protocol,
    pickle.MARK: lambda m: m._marks.append(len(m._stack)),
    pickle.NONE: lambda m: m._push(None),
    pickle.NEWTRUE: lambda m: m._push(True),
    pickle.NEWFALSE: lambda m: m._push(False),
    pickle.BININT: lambda m: m._push(m._number("<i")),
    pickle.BININT1: lambda m: m._push(m._number("<B")),
    pickle.BININT2: lambda m: m._push(m._number("<H")),
    pickle.LONG1: lambda m: m._push(int.from_bytes(m._take(m._number("<B")), "little", signed=True)),
    pickle.BINFLOAT: lambda m: m._push(m._number(">d")),
    pickle.BINUNICODE: lambda m: m._push(m._take(m._number("<I")).decode("utf-8", "surrogatepass")),
    pickle.SHORT_BINSTRING: lambda m: m._push(m._take(m._number("<B")).decode("ascii")),
    pickle.EMPTY_TUPLE: lambda m: m._push(()),
    pickle.TUPLE1: lambda m: m._push_tuple(1),
    pickle.TUPLE2: lambda m: m._push_tuple(2),
    pickle.TUPLE3: lambda m: m._push_tuple(3),
    pickle.TUPLE: lambda m: m._push(tuple(m._marked())),
    pickle.EMPTY_LIST: lambda m: m._push([]),
    pickle.APPEND: lambda m: m._append([m._pop()]),
    pickle.APPENDS: lambda m: m._append(m._marked()),
    pickle.EMPTY_DICT: lambda m: m._push({}),
    pickle.SETITEM: lambda m: m._set_items([m._pop(), m._pop()][::-1]),
    pickle.SETITEMS: lambda m: m._set_items(m._marked()),
    pickle.GLOBAL: _Machine._push_global,
    pickle.REDUCE: _Machine._call,
    pickle.BUILD: _Machine._build,
    pickle.BINPERSID: lambda m: m._push(m._persistent(m._pop())),
    pickle.BINPUT: lambda m: m._remember("<B"),
    pickle.LONG_BINPUT: lambda m: m._remember("<I"),
    pickle.BINGET: lambda m: m._recall("<B"),
    pickle.LONG_BINGET: lambda m: m._recall("<I"),
}
