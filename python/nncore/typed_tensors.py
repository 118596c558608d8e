"""Constructors of tensors of one dtype, such as `FloatTensor`; an older form of `tensor(data, dtype=...)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore import Tensor, bool, dtype, empty, float32, float64, int32, int64, tensor, uint8

__all__ = ["BoolTensor", "ByteTensor", "DoubleTensor", "FloatTensor", "IntTensor", "LongTensor"]


class TensorType:
    """Makes tensors of one dtype from data or, given sizes, with arbitrary values; `isinstance` tests it.

    Numbers are sizes, as in PyTorch: `FloatTensor(2, 3)` has two rows. Errors: those of `tensor` and `empty`;
    TypeError for several arguments that are not ints.

    >>> nncore.LongTensor([1, 2]).tolist(), nncore.FloatTensor(2, 3).shape
    ([1, 2], (2, 3))
    >>> isinstance(nncore.ones(2), nncore.FloatTensor), isinstance(nncore.ones(2), nncore.LongTensor)
    (True, False)
    """

    def __init__(self, name: str, dtype: dtype) -> None:
        self.__name__, self.dtype = name, dtype

    def __call__(self, *data: Any) -> Tensor:
        if len(data) == 1 and (
            isinstance(data[0], (Tensor, np.ndarray)) or not hasattr(data[0], "__index__")
        ):
            return tensor(data[0], dtype=self.dtype)
        return empty(data or (0,), dtype=self.dtype)

    def __instancecheck__(self, instance: object) -> Any:
        return isinstance(instance, Tensor) and instance.dtype == self.dtype

    def __repr__(self) -> str:
        return f"nncore.{self.__name__}"


BoolTensor = TensorType("BoolTensor", bool)
ByteTensor = TensorType("ByteTensor", uint8)
DoubleTensor = TensorType("DoubleTensor", float64)
FloatTensor = TensorType("FloatTensor", float32)
IntTensor = TensorType("IntTensor", int32)
LongTensor = TensorType("LongTensor", int64)
