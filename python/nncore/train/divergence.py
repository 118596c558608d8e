"""Training runs whose values are no longer finite: the error, and the last good weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nncore._core import assign_, check_finite
from nncore.errors import DivergenceError
from nncore.grad_mode import no_grad

if TYPE_CHECKING:
    from nncore._core import Tensor
    from nncore.nn import Module


class LastGood:
    """Copies of the floating-point parameters and buffers of a model, taken after each good epoch."""

    def __init__(self, model: Module) -> None:
        self._model = model
        self.values = floating(model)
        self._pairs = [(value.detach().clone(), value) for _, value in self.values]

    def keep(self) -> None:
        """Copy the present values."""
        for copy, value in self._pairs:
            assign_(copy, value)

    def diverged(self, what: str, epoch: int, step: int) -> DivergenceError:
        """The error that `what` happened in this step after `epoch` epochs.

        It names the first layer that is not finite. Then the model gets the values after the last epoch.
        """
        name = first_non_finite(self.values)
        if name:
            kind = "parameter" if name in dict(self._model.named_parameters()) else "buffer"
            layer = name.rpartition(".")[0] or "the model itself"
            where = f"the first layer with a non-finite {kind} is {layer} ({name})"
        else:
            where = "all parameters are still finite"
        with no_grad():
            for copy, value in self._pairs:
                assign_(value, copy)
        start = f"epoch {epoch}" if epoch else "the start"
        return DivergenceError(
            f"fit: {what} in epoch {epoch + 1}, step {step}; {where}; lower the learning rate, scale the "
            f"inputs or clip the gradients; the model has its weights of {start} again"
        )


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
