"""`Variable`, the former name of tensors with gradients."""

from __future__ import annotations

from typing import Any

from nncore import Tensor
from nncore.errors import arguments

__all__ = ["Variable"]


class _OfTensors(type):
    """Makes every tensor an instance of the class."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_OfTensors):
    """`data` as a tensor that shares its memory; in new code write `nncore.tensor(..., requires_grad=True)`.

    >>> x = nncore.autograd.Variable(nncore.ones(2), requires_grad=True)
    >>> type(x).__name__, x.requires_grad, isinstance(nncore.ones(2), nncore.autograd.Variable)
    ('Tensor', True, True)
    """

    def __new__(cls, data: Any, requires_grad: bool = False) -> Tensor:  # type: ignore[misc]
        arguments.tensors("Variable", data=data)
        variable: Tensor = data.detach()
        return variable.requires_grad_(requires_grad)
