"""Activations: functions of each element.

With `inplace=True` the result is written into the input.
"""

# Written by tools/make_from_list.py from the formulas; do not edit.

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number

from .elementwise import Elementwise

__all__ = [
    "CELU",
    "ELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "Mish",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class CELU(Elementwise):
    """y = x where x > 0, else alpha (e^(x / alpha) - 1); derivative 1 where x > 0, else e^(x / alpha).
    Source: Barron 2017.

    >>> nn.CELU(2.0)(nncore.tensor([-1.0, 2.0]))
    tensor([-0.7869,  2.    ])
    """

    settings = ("alpha",)
    alpha: float

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = number("CELU", "alpha", alpha)
        self.inplace = inplace
        _core.check_numbers("CELU", "celu", [self.alpha])

    def forward(self, input: Tensor) -> Tensor:
        return _core.celu(input, self.alpha, self.inplace)


class ELU(Elementwise):
    """y = x where x > 0, else alpha (e^x - 1); derivative 1 where x > 0, else alpha e^x. Source: Clevert,
    Unterthiner and Hochreiter 2015.

    >>> nn.ELU()(nncore.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.    ])
    """

    settings = ("alpha",)
    alpha: float

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = number("ELU", "alpha", alpha)
        self.inplace = inplace
        _core.check_numbers("ELU", "elu", [self.alpha])

    def forward(self, input: Tensor) -> Tensor:
        return _core.elu(input, self.alpha, self.inplace)


class Hardshrink(Elementwise):
    """y = x where |x| > lambd, else 0; derivative 1 where |x| > lambd, else 0.

    >>> nn.Hardshrink()(nncore.tensor([-1.0, 0.3, 2.0]))
    tensor([-1.,  0.,  2.])
    """

    settings = ("lambd",)
    shown_by_name = False
    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = number("Hardshrink", "lambd", lambd)
        _core.check_numbers("Hardshrink", "hardshrink", [self.lambd])

    def forward(self, input: Tensor) -> Tensor:
        return _core.hardshrink(input, self.lambd)


class Hardsigmoid(Elementwise):
    """y = min(max(x + 3, 0), 6) / 6; derivative 1/6 where -3 < x < 3, else 0. Source: Howard et al. 2019,
    section 5.2.

    >>> nn.Hardsigmoid()(nncore.tensor([-3.0, 0.0, 3.0]))
    tensor([0. , 0.5, 1. ])
    """

    function, fused = staticmethod(_core.hardsigmoid), "hardsigmoid"

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class Hardswish(Elementwise):
    """y = x min(max(x + 3, 0), 6) / 6; derivative 0 where x <= -3, x / 3 + 1/2 where x < 3, else 1. Source:
    Howard et al. 2019, section 5.2.

    >>> nn.Hardswish()(nncore.tensor([-1.5, 0.0, 3.0]))
    tensor([-0.375,  0.   ,  3.   ])
    """

    function, fused = staticmethod(_core.hardswish), "hardswish"

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class Hardtanh(Elementwise):
    """y = min(max(x, min_val), max_val); derivative 1 where min_val < x < max_val, else 0. Source: Collobert
    2004.

    >>> nn.Hardtanh()(nncore.tensor([-3.0, 0.5, 3.0]))
    tensor([-1. ,  0.5,  1. ])
    """

    settings = ("min_val", "max_val")
    min_val: float
    max_val: float

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.min_val = number("Hardtanh", "min_val", min_val)
        self.max_val = number("Hardtanh", "max_val", max_val)
        self.inplace = inplace
        _core.check_numbers("Hardtanh", "hardtanh", [self.min_val, self.max_val])

    def forward(self, input: Tensor) -> Tensor:
        return _core.hardtanh(input, self.min_val, self.max_val, self.inplace)


class LeakyReLU(Elementwise):
    """y = x where x > 0, else negative_slope x; derivative 1 where x > 0, else negative_slope. Source: Maas,
    Hannun and Ng 2013.

    >>> nn.LeakyReLU(0.5)(nncore.tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    settings = ("negative_slope",)
    negative_slope: float

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = number("LeakyReLU", "negative_slope", negative_slope)
        self.inplace = inplace
        _core.check_numbers("LeakyReLU", "leaky_relu", [self.negative_slope])

    def forward(self, input: Tensor) -> Tensor:
        return _core.leaky_relu(input, self.negative_slope, self.inplace)


class LogSigmoid(Elementwise):
    """y = -ln(1 + e^-x); derivative sigmoid(-x).

    >>> nn.LogSigmoid()(nncore.tensor([-1.0, 0.0]))
    tensor([-1.3133, -0.6931])
    """

    function, fused = staticmethod(_core.logsigmoid), "logsigmoid"


class Mish(Elementwise):
    """y = x tanh(softplus(x)); derivative w + x (1 - w^2) sigmoid(x), w = tanh(softplus(x)). Source: Misra
    2019.

    >>> nn.Mish()(nncore.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.944 ])
    """

    function, fused = staticmethod(_core.mish), "mish"

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class ReLU(Elementwise):
    """y = max(x, 0); derivative 1 where y > 0, else 0. Source: Nair and Hinton 2010.

    >>> nn.ReLU()(nncore.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    function, fused = staticmethod(_core.relu), "relu"

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class ReLU6(Elementwise):
    """y = min(max(x, 0), 6); derivative 1 where 0 < y < 6, else 0. Source: Krizhevsky 2010.

    >>> nn.ReLU6()(nncore.tensor([-1.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """

    function, fused = staticmethod(_core.relu6), "relu6"

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class SELU(Elementwise):
    """y = scale x where x > 0, else scale alpha (e^x - 1); derivative scale where x > 0, else scale alpha
    e^x. Source: Klambauer et al. 2017.

    >>> nn.SELU()(nncore.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """

    function, fused = staticmethod(_core.selu), "selu"

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class SiLU(Elementwise):
    """y = x sigmoid(x); derivative s (1 + x (1 - s)), s = sigmoid(x). Source: Elfwing, Uchibe and Doya 2017;
    Ramachandran, Zoph and Le 2017 ("Swish").

    >>> nn.SiLU()(nncore.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """

    function, fused = staticmethod(_core.silu), "silu"

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class Sigmoid(Elementwise):
    """y = 1 / (1 + e^-x); derivative y (1 - y). Source: Rumelhart, Hinton and Williams 1986, eq. 2.

    >>> nn.Sigmoid()(nncore.tensor([-1.0, 0.0]))
    tensor([0.2689, 0.5   ])
    """

    function, fused = staticmethod(_core.sigmoid), "sigmoid"


class Softplus(Elementwise):
    """y = ln(1 + e^(beta x)) / beta, x where beta x > threshold; derivative sigmoid(beta x), 1 where beta x >
    threshold. Source: Dugas et al. 2001.

    >>> nn.Softplus()(nncore.tensor([-1.0, 0.0]))
    tensor([0.3133, 0.6931])
    """

    settings = ("beta", "threshold")
    beta: float
    threshold: float

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = number("Softplus", "beta", beta)
        self.threshold = number("Softplus", "threshold", threshold)
        _core.check_numbers("Softplus", "softplus", [self.beta, self.threshold])

    def forward(self, input: Tensor) -> Tensor:
        return _core.softplus(input, self.beta, self.threshold)


class Softshrink(Elementwise):
    """y = x - lambd where x > lambd, x + lambd where x < -lambd, else 0; derivative 1 where |x| > lambd, else
    0. Source: Donoho 1995.

    >>> nn.Softshrink()(nncore.tensor([-1.0, 0.3, 2.0]))
    tensor([-0.5,  0. ,  1.5])
    """

    settings = ("lambd",)
    shown_by_name = False
    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = number("Softshrink", "lambd", lambd)
        _core.check_numbers("Softshrink", "softshrink", [self.lambd])

    def forward(self, input: Tensor) -> Tensor:
        return _core.softshrink(input, self.lambd)


class Softsign(Elementwise):
    """y = x / (1 + |x|); derivative 1 / (1 + |x|)^2. Source: Bergstra et al. 2009.

    >>> nn.Softsign()(nncore.tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """

    function, fused = staticmethod(_core.softsign), "softsign"


class Tanh(Elementwise):
    """y = (e^x - e^-x) / (e^x + e^-x); derivative 1 - y^2.

    >>> nn.Tanh()(nncore.tensor([-1.0, 0.0]))
    tensor([-0.7616,  0.    ])
    """

    function, fused = staticmethod(_core.tanh), "tanh"


class Tanhshrink(Elementwise):
    """y = x - tanh(x); derivative tanh(x)^2.

    >>> nn.Tanhshrink()(nncore.tensor([-1.0, 2.0]))
    tensor([-0.2384,  1.036 ])
    """

    function, fused = staticmethod(_core.tanhshrink), "tanhshrink"


class Threshold(Elementwise):
    """y = x where x > threshold, else value; derivative 1 where x > threshold, else 0.

    >>> nn.Threshold(1.0, 20.0)(nncore.tensor([0.5, 2.0]))
    tensor([20.,  2.])
    """

    settings = ("threshold", "value")
    threshold: float
    value: float

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = number("Threshold", "threshold", threshold)
        self.value = number("Threshold", "value", value)
        self.inplace = inplace
        _core.check_numbers("Threshold", "threshold", [self.threshold, self.value])

    def forward(self, input: Tensor) -> Tensor:
        return _core.threshold(input, self.threshold, self.value, self.inplace)
