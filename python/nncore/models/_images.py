"""Checks of a network's arguments and input, and the initial values that torchvision's networks share."""

from __future__ import annotations

from collections.abc import Iterable

from nncore import nn
from nncore._core import Tensor
from nncore.errors.arguments import listed, size, tensors


def sizes(where: str, name: str, values: Iterable[int]) -> list[int]:
    """The values as ints of at least 1."""
    return [size(where, name, value, 1) for value in listed(where, name, values)]


def check_images(
    net: nn.Module, x: Tensor, channels: int, side: int | None = None, *, least: int = 1, multiple: int = 1
) -> None:
    """Raise ValueError unless x is (N, channels, side, side), or has other heights and widths that fit.

    Without `side` they are multiples of `multiple`, and at least `least`.
    """
    name = type(net).__name__
    tensors(name, input=x)
    if x.ndim == 4 and x.shape[1] == channels:
        found = tuple(x.shape[2:])
        if found == (side, side) or (
            side is None and min(found) >= least and not any(n % multiple for n in found)
        ):
            return
    if side is not None:
        expected = f"(N, {channels}, {side}, {side})"
    else:
        expected = f"(N, {channels}, H, W) with H and W at least {least}"
        expected += f" and multiples of {multiple}" if multiple > 1 else ""
    raise ValueError(f"{name}: the input has shape {tuple(x.shape)}; expected images {expected}")


def initialize(net: nn.Module, linear_std: float | None = None) -> None:
    """Draw the weights of convolutions as in He et al. 2015, from N(0, 2 / fan_out); their biases are 0.

    With `linear_std` the weights of Linear are from N(0, linear_std²) and their biases 0.
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear) and linear_std is not None:
            nn.init.normal_(module.weight, 0.0, linear_std)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
