"""The base class of the activations in `nn.activation`, and activations with settings other than numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import number, size

from .module import Module
from .parameter import Parameter

__all__ = ["GELU", "PReLU"]


class Elementwise(Module):
    """Base: y = function(x, *settings); the settings are attributes, shown in the printed form.

    With `inplace` the values of y are written into x.
    """

    function: ClassVar[Callable[..., Tensor]]
    settings: ClassVar[tuple[str, ...]] = ()
    shown_by_name: ClassVar[bool] = True  # whether the printed form names the settings
    fused: str = ""  # the name that selects it as the activation of `_core.linear`
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input, inplace=True) if self.inplace else self.function(input)

    def extra_repr(self) -> str:
        shown = [
            f"{name}={getattr(self, name)!r}" if self.shown_by_name else repr(getattr(self, name))
            for name in self.settings
        ]
        return ", ".join([*shown, "inplace=True"] if self.inplace else shown)


def fusible(module: Module) -> bool:
    """Whether the class itself, not just a base class, has a fused form."""
    return isinstance(module, Elementwise) and bool(vars(type(module)).get("fused"))


class GELU(Elementwise):
    """y = x Φ(x), with the normal distribution function Φ.

    approximate="tanh" computes ½x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))) instead. Errors: ValueError for
    another `approximate`. Source: Hendrycks and Gimpel 2016.

    >>> round(nn.GELU()(nncore.ones(1)).item(), 4)
    0.8413
    """

    settings = ("approximate",)

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        super().__init__()
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate must be 'none' or 'tanh', got {approximate!r}")
        self.approximate = approximate

    @property
    def fused(self) -> str:  # type: ignore[override]
        return "gelu" if self.approximate == "none" else "gelu_tanh"

    def forward(self, input: Tensor) -> Tensor:
        return _core.gelu(input, self.approximate)


class PReLU(Module):
    """y = max(x, 0) + weight min(x, 0), with one slope, or one per channel of axis 1.

    Shapes: weight (num_parameters,), filled with `init`. The derivative at 0 is weight. Errors: ValueError
    for another number of channels. Source: He et al. 2015, eq. 1.

    >>> nn.PReLU()(nncore.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    weight: Parameter

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_parameters = size("PReLU", "num_parameters", num_parameters, 1)
        self.init = number("PReLU", "init", init)
        self.weight = Parameter(
            _core.full((num_parameters,), init, device=device, dtype=dtype or _core.get_default_dtype())
        )

    def reset_parameters(self) -> None:
        """Fill weight with `init`."""
        _core.assign_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return _core.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
