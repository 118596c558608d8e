"""LeNet-5 (LeCun, Bottou, Bengio and Haffner 1998)."""

from __future__ import annotations

import math

from nncore import _core, nn
from nncore._core import Tensor

from ._images import check_images

__all__ = ["LeNet5"]

# The maps of S2 that each map of C3 sees (table I of the paper), by their number.
THREE = ((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5))
FOUR = (
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
)
SIX = ((0, 1, 2, 3, 4, 5),)


class Squash(nn.Module):
    """y = 1.7159 tanh(2/3 x), so that f(1) = 1 and f(-1) = -1."""

    def forward(self, x: Tensor) -> Tensor:
        return (x * (2 / 3)).tanh() * 1.7159


class Subsampling(nn.Module):
    """y = weight * (sum of each 2 x 2 window) + bias, both per map; the weight starts at 1/4."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(_core.full((maps, 1, 1), 0.25))
        self.bias = nn.Parameter(_core.zeros(maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(x, 2, divisor_override=1) * self.weight + self.bias


class PartialConv(nn.Module):
    """A 5 x 5 convolution in which output map i sees the input maps table[i]; the rows have one length."""

    seen: Tensor

    def __init__(self, table: tuple[tuple[int, ...], ...]) -> None:
        super().__init__()
        seen = _core.tensor([number for row in table for number in row])
        self.register_buffer("seen", seen, persistent=False)
        self.conv = nn.Conv2d(len(seen), len(table), 5, groups=len(table))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x.index_select(1, self.seen))
        return x


class RadialBasis(nn.Module):
    """y_i = -sum_j (x_j - center_ij)², with fixed random centers of ±1."""

    centers: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.register_buffer("centers", _core.randint(0, 2, (outputs, inputs)).float() * 2 - 1)

    def forward(self, x: Tensor) -> Tensor:
        return -(x.unsqueeze(1) - self.centers).square().sum(2)


class LeNet5(nn.Module):
    """Digits of 32 x 32 pixels: convolutions C1, C3, C5, subsampling S2, S4, and the layers F6 and output.

        C1  6 maps 28 x 28 of 5 x 5 windows           156
        S2  6 maps 14 x 14                             12
        C3  16 maps 10 x 10, connections by table   1,516
        S4  16 maps 5 x 5                              32
        C5  120 units                              48,120
        F6  84 units                               10,164

    which are 60,000 parameters. Every layer ends with f(x) = 1.7159 tanh(2/3 x). `output="linear"` adds a
    linear layer of 850 parameters. `output="rbf"` is the paper's: y_i is minus the squared distance of F6's
    values to a fixed center, so that cross-entropy is eq. 9 of the paper without its constant. The centers
    are random ±1, one of the paper's choices; its figure uses drawn characters. Weights start uniform in
    ±2.4/sqrt(fan_in) and biases at 0. The paper scales pixels to -0.1 (white) and 1.175 (black).

    Shapes: x (N, 1, 32, 32), y (N, 10). Errors: ValueError for another shape or output.
    Source: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition".

    >>> model = nncore.models.LeNet5(output="rbf")
    >>> sum(p.numel() for p in model.parameters())
    60000
    >>> model(nncore.zeros(2, 1, 32, 32)).shape
    (2, 10)
    """

    def __init__(self, output: str = "linear") -> None:
        super().__init__()
        if output not in ("linear", "rbf"):
            raise ValueError(f"LeNet5: output must be 'linear' or 'rbf', got {output!r}")
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = nn.ModuleList(PartialConv(table) for table in (THREE, FOUR, SIX))
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, 10) if output == "linear" else RadialBasis(84, 10)
        self.squash = Squash()
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                bound = 2.4 / math.sqrt(module.weight[0].numel())
                nn.init.uniform_(module.weight, -bound, bound)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 1, 32)
        x = self.squash(self.c1(x))
        x = self.squash(self.s2(x))
        x = self.squash(_core.cat([part(x) for part in self.c3], 1))
        x = self.squash(self.s4(x))
        x = self.squash(self.c5(x)).flatten(1)
        x = self.squash(self.f6(x))
        x = self.output(x)
        return x
