"""The network of LeCun et al. 1989 for handwritten zip codes."""

from __future__ import annotations

import math

from nncore import _core, nn
from nncore._core import Tensor

from ._images import check_images

__all__ = ["LeCun1989"]


class LeCun1989(nn.Module):
    """Digits of 16 x 16 pixels in [-1, 1]: two convolutions of stride 2 with partial connections, then 30-10.

        H1  12 maps 8 x 8, 5 x 5 windows, one bias per unit                    1,068
        H2  12 maps 4 x 4, 5 x 5 windows over 8 of the 12 maps, likewise       2,592
        H3  30 units, all connected                                            5,790
        out 10 units                                                             310

    which are 9,760 parameters. Every layer ends with tanh; windows beyond the border see -1. Maps 0-3 of H2
    see maps 0-7 of H1, maps 4-7 see 4-11, and maps 8-11 see 8-11 and 0-3. Weights start uniform in
    ±2.4/sqrt(fan_in), biases at 0, those of the output at -1. The paper trains with the mean squared error
    against targets of ±1.

    Shapes: x (N, 1, 16, 16), y (N, 10). Errors: ValueError for another shape.
    Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition".

    >>> model = nncore.models.LeCun1989()
    >>> sum(p.numel() for p in model.parameters())
    9760
    >>> model(nncore.zeros(2, 1, 16, 16)).shape
    (2, 10)
    """

    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ConstantPad2d(2, -1.0)
        self.h1 = nn.Conv2d(1, 12, 5, stride=2, bias=False)
        self.h1_bias = nn.Parameter(_core.zeros(12, 8, 8))
        self.h2 = nn.Conv2d(24, 12, 5, stride=2, groups=3, bias=False)
        self.h2_bias = nn.Parameter(_core.zeros(12, 4, 4))
        self.h3 = nn.Linear(192, 30)
        self.out = nn.Linear(30, 10)
        for layer in (self.h1, self.h2, self.h3, self.out):
            bound = 2.4 / math.sqrt(layer.weight[0].numel())
            nn.init.uniform_(layer.weight, -bound, bound)
        nn.init.zeros_(self.h3.bias)  # type: ignore[arg-type]
        nn.init.constant_(self.out.bias, -1.0)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 1, 16)
        x = (self.h1(self.pad(x)) + self.h1_bias).tanh()
        seen = _core.cat([x[:, :8], x[:, 4:], x[:, 8:], x[:, :4]], 1)  # a third per group of h2
        x = (self.h2(self.pad(seen)) + self.h2_bias).tanh()
        x = self.h3(x.flatten(1)).tanh()
        x = self.out(x)
        return x.tanh()
