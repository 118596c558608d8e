"""The error of a training run whose values are no longer finite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nncore._core import check_finite
from nncore.errors import DivergenceError

if TYPE_CHECKING:
    from nncore._core import Tensor
    from nncore.nn import Module


def floating(model: Module) -> list[tuple[str, Tensor]]:
    """The floating-point parameters and buffers by name."""
    named = (*model.named_parameters(), *model.named_buffers())
    return [(name, value) for name, value in named if value.dtype.is_floating_point]


def first_non_finite(values: list[tuple[str, Tensor]]) -> str | None:
    """The name of the first value with a NaN or an infinity, or None."""
    for name, value in values:
        try:
            check_finite(value)
        except DivergenceError:
            return name
    return None


def diverged(model: Module, what: str, epoch: int, step: int) -> DivergenceError:
    """The error that `what` happened in this epoch and step (counted from 1), with the first such layer."""
    name = first_non_finite(floating(model))
    if name:
        kind = "parameter" if name in dict(model.named_parameters()) else "buffer"
        layer = name.rpartition(".")[0] or "the model itself"
        where = f"the first layer with a non-finite {kind} is {layer} ({name})"
    else:
        where = "all parameters are still finite"
    return DivergenceError(
        f"fit: {what} in epoch {epoch}, step {step}; {where}; lower the learning rate, scale the inputs or "
        "clip the gradients"
    )
