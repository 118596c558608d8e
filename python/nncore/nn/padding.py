"""Layers that pad the last axes with a value or with entries of the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number, size, tensors

from .module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]

Padding = int | Sequence[int]


class _Pad(Module):
    """Base: pads the last `axes` axes of (N, C, ...) or (C, ...) by (left, right), the last axis first."""

    axes: ClassVar[int]
    mode: ClassVar[Literal["constant", "reflect", "replicate", "circular"]]

    def __init__(self, padding: Padding) -> None:
        super().__init__()
        name, count = type(self).__name__, 2 * self.axes
        lowest = -(2**40) if self.mode == "constant" else 0
        widths = tuple(padding) if isinstance(padding, Sequence) else (padding,) * count
        self.padding = tuple(size(name, "padding", width, lowest) for width in widths)
        if len(self.padding) != count:
            raise ValueError(
                f"{name}: padding {padding} has {len(widths)} widths; expected {count}, or one int"
            )

    def forward(self, input: Tensor) -> Tensor:
        tensors(type(self).__name__, input=input)
        if self.mode != "constant" and input.ndim not in (self.axes + 1, self.axes + 2):
            raise ValueError(
                f"{type(self).__name__}: the input has shape {input.shape}; expected {self.axes + 1} or "
                f"{self.axes + 2} axes"
            )
        return _core.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """Base: pads with one value; a negative width removes entries."""

    mode = "constant"

    def __init__(self, padding: Padding, value: float) -> None:
        super().__init__(padding)
        number(type(self).__name__, "value", value)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return _core.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Put padding[0] entries of `value` before and padding[1] after each row; negative widths remove entries.

    Shapes: (..., L) to (..., left + L + right); an int pads both sides. Errors: ValueError for a wrong number
    of widths and if left + L + right is negative.

    >>> nn.ConstantPad1d(1, 7.0)(nncore.tensor([1.0, 2.0])).tolist()
    [7.0, 1.0, 2.0, 7.0]
    """

    axes = 1


class ConstantPad2d(ConstantPad1d):
    """`ConstantPad1d` for images (..., H, W), by (left, right, top, bottom).

    >>> nn.ConstantPad2d(1, 0.0)(nncore.ones(1, 2, 3)).shape
    (1, 4, 5)
    """

    axes = 2


class ConstantPad3d(ConstantPad1d):
    """`ConstantPad1d` for volumes (..., D, H, W), by (left, right, top, bottom, front, back).

    >>> nn.ConstantPad3d(1, 0.0)(nncore.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class ZeroPad1d(_Pad):
    """`ConstantPad1d` with zeros.

    >>> nn.ZeroPad1d((1, 0))(nncore.tensor([1.0, 2.0])).tolist()
    [0.0, 1.0, 2.0]
    """

    axes = 1
    mode = "constant"


class ZeroPad2d(ZeroPad1d):
    """`ZeroPad1d` for images (..., H, W), by (left, right, top, bottom).

    >>> nn.ZeroPad2d(1)(nncore.ones(1, 2, 3)).shape
    (1, 4, 5)
    """

    axes = 2


class ZeroPad3d(ZeroPad1d):
    """`ZeroPad1d` for volumes (..., D, H, W), by (left, right, top, bottom, front, back).

    >>> nn.ZeroPad3d(1)(nncore.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class ReflectionPad1d(_Pad):
    """Pad each row of (N, C, L) or (C, L) with its mirror image, without the entry at the edge.

    Shapes: L to left + L + right, with left and right below L. Errors: ValueError for other widths.

    >>> nn.ReflectionPad1d(2)(nncore.tensor([[1.0, 2.0, 3.0]])).tolist()
    [[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]]
    """

    axes = 1
    mode = "reflect"


class ReflectionPad2d(ReflectionPad1d):
    """`ReflectionPad1d` for images (..., H, W), by (left, right, top, bottom).

    >>> nn.ReflectionPad2d(1)(nncore.ones(1, 2, 3)).shape
    (1, 4, 5)
    """

    axes = 2


class ReflectionPad3d(ReflectionPad1d):
    """`ReflectionPad1d` for volumes (..., D, H, W), by (left, right, top, bottom, front, back).

    >>> nn.ReflectionPad3d(1)(nncore.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class ReplicationPad1d(_Pad):
    """Pad each row of (N, C, L) or (C, L) with the entry at its edge.

    >>> nn.ReplicationPad1d((2, 1))(nncore.tensor([[1.0, 2.0]])).tolist()
    [[1.0, 1.0, 1.0, 2.0, 2.0]]
    """

    axes = 1
    mode = "replicate"


class ReplicationPad2d(ReplicationPad1d):
    """`ReplicationPad1d` for images (..., H, W), by (left, right, top, bottom).

    >>> nn.ReplicationPad2d(1)(nncore.ones(1, 2, 3)).shape
    (1, 4, 5)
    """

    axes = 2


class ReplicationPad3d(ReplicationPad1d):
    """`ReplicationPad1d` for volumes (..., D, H, W), by (left, right, top, bottom, front, back).

    >>> nn.ReplicationPad3d(1)(nncore.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class CircularPad1d(_Pad):
    """Pad each row of (N, C, L) or (C, L) with the entries from its other end.

    Shapes: L to left + L + right, with left and right at most L. Errors: ValueError for other widths.

    >>> nn.CircularPad1d(1)(nncore.tensor([[1.0, 2.0, 3.0]])).tolist()
    [[3.0, 1.0, 2.0, 3.0, 1.0]]
    """

    axes = 1
    mode = "circular"


class CircularPad2d(CircularPad1d):
    """`CircularPad1d` for images (..., H, W), by (left, right, top, bottom).

    >>> nn.CircularPad2d(1)(nncore.ones(1, 2, 3)).shape
    (1, 4, 5)
    """

    axes = 2


class CircularPad3d(CircularPad1d):
    """`CircularPad1d` for volumes (..., D, H, W), by (left, right, top, bottom, front, back).

    >>> nn.CircularPad3d(1)(nncore.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3
