"""The conversion of a module to another dtype or device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore import _core
from nncore._core import Tensor

from .parameter import UninitializedParameter

if TYPE_CHECKING:
    from .module import Module


def parse(args: tuple[Any, ...], device: Any, dtype: Any) -> tuple[_core.device | None, _core.dtype | None]:
    """The device and the dtype that the arguments of `Module.to` name."""
    for arg in args:
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif isinstance(arg, (str, int, _core.device)) and not isinstance(arg, bool):
            device = arg
        elif (kind := _core.to_dtype(arg)) is not None:
            dtype = kind
        elif arg is not None and not isinstance(arg, bool):  # a bool is non_blocking
            raise TypeError(f"to: expected a dtype, a device or a tensor, got {type(arg).__name__}")
    kind = _core.to_dtype(dtype)
    if dtype is not None and kind is None:
        raise TypeError(f"to: dtype is a {type(dtype).__name__}; expected one such as nncore.float64")
    if kind not in (None, _core.float32, _core.float64):
        raise TypeError(
            f"to: modules compute with floating-point values, got {kind}; use nncore.float32 or "
            "nncore.float64, and convert the values of state_dict() to save them in another dtype"
        )
    return _core.find_device(device), kind


def convert(module: Module, device: _core.device | None, dtype: _core.dtype | None) -> None:
    """Convert the parameters and buffers that have another device or dtype, and their gradients.

    The objects stay the same, so optimizers, hooks and tied weights keep them.
    """
    for owner in module.modules():
        for kind in ("parameter", "buffer"):
            for _, value in list(owner._of_kind(kind)):
                is_float = value.dtype.is_floating_point
                wanted = (device or value.device, dtype if dtype and is_float else value.dtype)
                if wanted == (value.device, value.dtype):
                    continue
                if isinstance(value, UninitializedParameter):
                    value.device, value.dtype = wanted
                    continue
                gradient, value.grad = value.grad, None
                value.data = value.detach().to(*wanted)
                value.grad = gradient if gradient is None else gradient.to(*wanted)
