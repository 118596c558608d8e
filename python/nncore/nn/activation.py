"""Activations: functions of each element, and the two softmaxes.

`inplace` is accepted where PyTorch has it and changes nothing: values are immutable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from nncore import _core
from nncore._check import number
from nncore._core import Tensor

from .module import Module


class Elementwise(Module):
    """An activation without parameters: `function`, and its name where `_core.linear` can apply it at once."""

    function: ClassVar[Callable[[Tensor], Tensor]]
    fused: str = ""

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(input)


class _Overwriting(Elementwise):
    """One that takes PyTorch's `inplace`."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()


def fusible(module: Module) -> bool:
    """Whether the class itself, and no subclass that may differ, names a fused form."""
    return isinstance(module, Elementwise) and bool(vars(type(module)).get("fused"))


class ReLU(_Overwriting):
    """y = max(x, 0). Source: Nair and Hinton 2010.

    >>> nn.ReLU()(nncore.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    function, fused = staticmethod(_core.relu), "relu"


class Sigmoid(Elementwise):
    """y = 1 / (1 + exp(-x)). Source: Rumelhart, Hinton and Williams 1986, eq. 2.

    >>> nn.Sigmoid()(nncore.zeros(1)).item()
    0.5
    """

    function, fused = staticmethod(_core.sigmoid), "sigmoid"


class Tanh(Elementwise):
    """y = tanh(x).

    >>> nn.Tanh()(nncore.zeros(1)).item()
    0.0
    """

    function, fused = staticmethod(_core.tanh), "tanh"
