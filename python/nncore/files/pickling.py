"""Write the pickles in PyTorch's files, as `torch.save` does, without torch."""

from __future__ import annotations

import pickle
import struct
from collections import Counter, OrderedDict
from typing import Any, NamedTuple

import numpy as np

from nncore._core import Tensor, bfloat16, device, dtype, uint16
from nncore.files.position import MAX_DEPTH, position
from nncore.files.unpickling import is_key
from nncore.nn.parameter import Parameter

# uint16 has no storage of its own: PyTorch stores bytes
STORAGES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "bfloat16": "BFloat16Storage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
}


class _Global(NamedTuple):
    name: str  # "module name"


class _Call(NamedTuple):
    function: _Global
    arguments: tuple[Any, ...]


class _Persistent(NamedTuple):
    id: tuple[Any, ...]


EMPTY_ORDERED_DICT = _Call(_Global("collections OrderedDict"), ())


class Pickler:
    """The pickle of one value as `data`, and the arrays whose values it refers to by number as `storages`."""

    def __init__(self, obj: Any) -> None:
        self.storages: list[np.ndarray[Any, Any]] = []
        self._numbers: dict[tuple[Any, ...], int] = {}  # of storages, by address, size and dtype
        self._memo: dict[int, int] = {}  # of tensors, by identity
        self._kept: list[Any] = []  # kept alive, so that no other object gets the same address
        self._out = bytearray(pickle.PROTO + b"\2")
        self._add(obj, ())
        self._out += pickle.STOP

    @property
    def data(self) -> bytes:
        return bytes(self._out)

    def _add(self, obj: Any, keys: tuple[object, ...]) -> None:
        """Append the value at `keys` to the pickle."""
        if len(keys) > MAX_DEPTH:
            raise TypeError(
                f"save: obj{position(keys[:6])}... is nested more than {MAX_DEPTH} deep, or contains itself"
            )
        if obj is None or isinstance(obj, (bool, np.bool_)):
            self._out += pickle.NONE if obj is None else pickle.NEWTRUE if obj else pickle.NEWFALSE
        elif isinstance(obj, str):
            text = obj.encode("utf-8", "surrogatepass")
            self._out += pickle.BINUNICODE + struct.pack("<I", len(text)) + text
        elif isinstance(obj, (int, np.integer)):
            self._add_int(int(obj), keys)
        elif isinstance(obj, (float, np.floating)):
            self._out += pickle.BINFLOAT + struct.pack(">d", float(obj))
        elif isinstance(obj, Tensor):
            self._add_tensor(obj)
        elif isinstance(obj, _Global):
            self._out += pickle.GLOBAL + obj.name.replace(" ", "\n").encode() + b"\n"
        elif isinstance(obj, _Persistent):
            self._add(obj.id, keys)
            self._out += pickle.BINPERSID
        elif isinstance(obj, _Call):
            self._add(obj.function, keys)
            self._add(obj.arguments, keys)
            self._out += pickle.REDUCE
        elif isinstance(obj, device):
            arguments = (obj.type,) if obj.index is None else (obj.type, obj.index)
            self._add(_Call(_Global("torch device"), arguments), keys)
        elif isinstance(obj, dtype):
            self._add(_Global(f"torch {str(obj).removeprefix('nncore.')}"), keys)
        else:
            self._add_container(obj, keys)

    def _add_int(self, number: int, keys: tuple[object, ...]) -> None:
        if -(2**31) <= number < 2**31:
            self._out += pickle.BININT + struct.pack("<i", number)
            return
        size = number.bit_length() // 8 + 1
        if size > 255:
            raise TypeError(
                f"save: obj{position(keys)} is an int of {number.bit_length()} bits; expected at most 2039"
            )
        self._out += pickle.LONG1 + bytes([size]) + number.to_bytes(size, "little", signed=True)

    def _add_container(self, obj: Any, keys: tuple[object, ...]) -> None:
        if isinstance(obj, Counter):
            self._add(_Call(_Global("collections Counter"), (dict(obj),)), keys)
        elif isinstance(obj, dict):
            if isinstance(obj, OrderedDict):
                self._add(EMPTY_ORDERED_DICT, keys)
            else:
                self._out += pickle.EMPTY_DICT
            self._out += pickle.MARK
            for key, value in obj.items():
                self._check_key("the key", key, keys)
                self._add(key, keys)
                self._add(value, (*keys, key))
            self._out += pickle.SETITEMS
        elif isinstance(obj, (list, tuple)):
            self._out += pickle.EMPTY_LIST + pickle.MARK if isinstance(obj, list) else pickle.MARK
            for i, value in enumerate(obj):
                self._add(value, (*keys, i))
            self._out += pickle.APPENDS if isinstance(obj, list) else pickle.TUPLE
        elif isinstance(obj, (set, frozenset)):
            for item in obj:
                self._check_key("the item", item, keys)
            self._add(_Call(_Global("__builtin__ set"), (sorted(obj, key=repr),)), keys)
        else:
            raise TypeError(
                f"save: obj{position(keys)} is a {type(obj).__module__}.{type(obj).__qualname__}; a PyTorch "
                "file contains dicts, lists, tuples, sets, tensors, numbers, strings and None (an array: "
                "nncore.tensor() makes a tensor; a module or optimizer: save its state_dict())"
            )

    @staticmethod
    def _check_key(what: str, key: Any, keys: tuple[object, ...]) -> None:
        if not is_key(key):
            raise TypeError(
                f"save: obj{position(keys)} has {what} {key!r}; expected strings, numbers or tuples of them"
            )

    def _add_tensor(self, tensor: Tensor) -> None:
        if id(tensor) in self._memo:
            self._out += pickle.LONG_BINGET + struct.pack("<I", self._memo[id(tensor)])
            return
        self._add(_call_of(tensor, *self._storage(tensor)), ())
        self._memo[id(tensor)] = len(self._memo)
        self._kept.append(tensor)
        self._out += pickle.LONG_BINPUT + struct.pack("<I", self._memo[id(tensor)])

    def _storage(self, tensor: Tensor) -> tuple[int, int]:
        """(the number of the tensor's storage, the number of its elements)."""
        bits = tensor.detach()
        array = (bits.view(uint16) if bits.dtype == bfloat16 else bits).numpy()
        key = (array.__array_interface__["data"][0], array.size, str(tensor.dtype))
        if key not in self._numbers:
            self._numbers[key] = len(self.storages)
            self.storages.append(np.asarray(array, order="C"))
            self._kept.append(array)
        return self._numbers[key], array.size


def _call_of(tensor: Tensor, number: int, count: int) -> _Call:
    """The call of PyTorch's function that makes this tensor of its storage."""
    kind = STORAGES.get(str(tensor.dtype).removeprefix("nncore."))
    storage = _Global(f"torch {kind}" if kind else "torch.storage UntypedStorage")
    strides, step = [], 1
    for length in reversed(tensor.shape):
        strides.append(step)
        step *= max(length, 1)
    is_parameter = isinstance(tensor, Parameter)
    values = _Call(
        _Global(f"torch._utils _rebuild_tensor_{'v2' if kind else 'v3'}"),
        (
            _Persistent(("storage", storage, str(number), "cpu", count if kind else 2 * count)),
            0,
            tuple(tensor.shape),
            tuple(reversed(strides)),
            tensor.requires_grad and not is_parameter,
            EMPTY_ORDERED_DICT,
            *(() if kind else (tensor.dtype,)),
        ),
    )
    if not is_parameter:
        return values
    return _Call(
        _Global("torch._utils _rebuild_parameter"), (values, tensor.requires_grad, EMPTY_ORDERED_DICT)
    )
