"""Activations: functions of each element.

`inplace` is taken where PyTorch has it, as the hint about memory that it is: the result is the same, and the
input stays, as values are immutable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from nncore import _core
from nncore._check import number, size
from nncore._core import Tensor, dtype

from .module import Module
from .parameter import Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class Elementwise(Module):
    """Base: y = function(x, *settings), where the settings are attributes that the printed form shows."""

    function: ClassVar[Callable[..., Tensor]]
    settings: ClassVar[tuple[str, ...]] = ()
    fused: str = ""  # the name by which `_core.linear` can apply it at once
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input)

    def extra_repr(self) -> str:
        shown = (*self.settings, "inplace") if self.inplace else self.settings
        return ", ".join(f"{name}={getattr(self, name)}" for name in shown)


class _Hinted(Elementwise):
    """One without settings that takes PyTorch's `inplace`."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


def fusible(module: Module) -> bool:
    """Whether the class itself, and no subclass that may differ, has a fused form."""
    return isinstance(module, Elementwise) and bool(vars(type(module)).get("fused"))


# Without settings


class ReLU(_Hinted):
    """y = max(x, 0). Source: Nair and Hinton 2010. `inplace` changes nothing: values are immutable.

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
    """y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    >>> nn.Tanh()(nncore.zeros(1)).item()
    0.0
    """

    function, fused = staticmethod(_core.tanh), "tanh"


class SiLU(_Hinted):
    """y = x / (1 + exp(-x)). Source: Elfwing, Uchibe and Doya 2017; Ramachandran, Zoph and Le 2017 ("Swish").

    >>> nn.SiLU()(nncore.zeros(1)).item()
    0.0
    """

    function, fused = staticmethod(_core.silu), "silu"


class Mish(_Hinted):
    """y = x tanh(log(1 + exp(x))). Source: Misra 2019.

    >>> round(nn.Mish()(nncore.ones(1)).item(), 4)
    0.8651
    """

    function, fused = staticmethod(_core.mish), "mish"


class SELU(_Hinted):
    """y = 1.0507 x where x > 0, else 1.7581 (exp(x) - 1). Source: Klambauer et al. 2017.

    >>> round(nn.SELU()(nncore.ones(1)).item(), 4)
    1.0507
    """

    function, fused = staticmethod(_core.selu), "selu"


class ReLU6(_Hinted):
    """y = min(max(x, 0), 6). Source: Krizhevsky 2010.

    >>> nn.ReLU6()(nncore.tensor([-1.0, 3.0, 9.0])).tolist()
    [0.0, 3.0, 6.0]
    """

    function, fused = staticmethod(_core.relu6), "relu6"


class Hardsigmoid(_Hinted):
    """y = min(max(x + 3, 0), 6) / 6. Source: Howard et al. 2019, section 5.2.

    >>> nn.Hardsigmoid()(nncore.tensor([-3.0, 0.0, 3.0])).tolist()
    [0.0, 0.5, 1.0]
    """

    function, fused = staticmethod(_core.hardsigmoid), "hardsigmoid"


class Hardswish(_Hinted):
    """y = x min(max(x + 3, 0), 6) / 6. Source: Howard et al. 2019, section 5.2.

    >>> nn.Hardswish()(nncore.tensor([-1.5, 0.0, 3.0])).tolist()
    [-0.375, 0.0, 3.0]
    """

    function, fused = staticmethod(_core.hardswish), "hardswish"


class LogSigmoid(Elementwise):
    """y = -log(1 + exp(-x)).

    >>> round(nn.LogSigmoid()(nncore.zeros(1)).item(), 4)
    -0.6931
    """

    function, fused = staticmethod(_core.logsigmoid), "logsigmoid"


class Softsign(Elementwise):
    """y = x / (1 + |x|). Source: Bergstra et al. 2009.

    >>> nn.Softsign()(nncore.ones(1)).item()
    0.5
    """

    function, fused = staticmethod(_core.softsign), "softsign"


class Tanhshrink(Elementwise):
    """y = x - tanh(x).

    >>> round(nn.Tanhshrink()(nncore.ones(1)).item(), 4)
    0.2384
    """

    function, fused = staticmethod(_core.tanhshrink), "tanhshrink"


# With settings


class GELU(Elementwise):
    """y = x Φ(x), Φ the normal distribution; "tanh" takes ½x (1 + tanh(sqrt(2/π) (x + .044715 x³))) for it.

    Errors: ValueError for another `approximate`. Source: Hendrycks and Gimpel 2016.

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

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class LeakyReLU(Elementwise):
    """y = x where x > 0, else negative_slope * x. Source: Maas, Hannun and Ng 2013.

    >>> nn.LeakyReLU(0.5)(nncore.tensor([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    settings = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace
        self.negative_slope = number("LeakyReLU", "negative_slope", negative_slope)

    def forward(self, input: Tensor) -> Tensor:
        return _core.leaky_relu(input, self.negative_slope)


class ELU(Elementwise):
    """y = x where x > 0, else alpha * (exp(x) - 1). Source: Clevert, Unterthiner and Hochreiter 2015.

    >>> round(nn.ELU()(-nncore.ones(1)).item(), 4)
    -0.6321
    """

    settings = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace
        self.alpha = number("ELU", "alpha", alpha)

    def forward(self, input: Tensor) -> Tensor:
        return _core.elu(input, self.alpha)


class CELU(Elementwise):
    """y = x where x > 0, else alpha * (exp(x / alpha) - 1). Source: Barron 2017.

    Errors: ValueError for alpha 0.

    >>> round(nn.CELU(2.0)(-nncore.ones(1)).item(), 4)
    -0.7869
    """

    settings = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace
        self.alpha = number("CELU", "alpha", alpha)
        if self.alpha == 0:
            raise ValueError("CELU: alpha must not be 0; ReLU is the limit")

    def forward(self, input: Tensor) -> Tensor:
        return _core.celu(input, self.alpha)


class Softplus(Elementwise):
    """y = log(1 + exp(beta * x)) / beta, and x itself where beta * x > threshold. Source: Dugas et al. 2001.

    Errors: ValueError unless beta > 0.

    >>> round(nn.Softplus()(nncore.zeros(1)).item(), 4)
    0.6931
    """

    settings = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = number("Softplus", "beta", beta, above=0.0)
        self.threshold = number("Softplus", "threshold", threshold)

    def forward(self, input: Tensor) -> Tensor:
        return _core.softplus(input, self.beta, self.threshold)


class Hardtanh(Elementwise):
    """y = min(max(x, min_val), max_val).

    Errors: ValueError unless min_val < max_val. Source: Collobert 2004.

    >>> nn.Hardtanh()(nncore.tensor([-3.0, 0.5, 3.0])).tolist()
    [-1.0, 0.5, 1.0]
    """

    settings = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace
        self.min_val = number("Hardtanh", "min_val", min_val)
        self.max_val = number("Hardtanh", "max_val", max_val)
        if not self.min_val < self.max_val:
            raise ValueError(f"Hardtanh: min_val {self.min_val} must be below max_val {self.max_val}")

    def forward(self, input: Tensor) -> Tensor:
        return _core.hardtanh(input, self.min_val, self.max_val)


class Threshold(Elementwise):
    """y = x where x > threshold, else value.

    >>> nn.Threshold(1.0, 20.0)(nncore.tensor([0.5, 2.0])).tolist()
    [20.0, 2.0]
    """

    settings = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace
        self.threshold = number("Threshold", "threshold", threshold)
        self.value = number("Threshold", "value", value)

    def forward(self, input: Tensor) -> Tensor:
        return _core.threshold(input, self.threshold, self.value)


class PReLU(Module):
    """y = max(x, 0) + weight min(x, 0), with a slope for all or one for each channel, axis 1.

    Shapes: weight (num_parameters,), at first `init`. The derivative at 0 is weight. Errors: ValueError where
    the channels are others. Source: He et al. 2015, eq. 1.

    >>> nn.PReLU()(nncore.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: dtype | None = None) -> None:
        super().__init__()
        self.num_parameters = size("PReLU", "num_parameters", num_parameters, 1)
        self.init = number("PReLU", "init", init)
        self.weight = Parameter(_core.full((num_parameters,), init, dtype=dtype or _core.float32))

    def reset_parameters(self) -> None:
        """The slope `init`."""
        _core.assign_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return _core.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
