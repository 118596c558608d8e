"""MobileNetV2 (Sandler et al. 2018)."""

from __future__ import annotations

from nncore import nn
from nncore._core import Tensor
from nncore.errors.arguments import number, size

from ._images import check_images, initialize

__all__ = ["MobileNetV2", "mobilenet_v2"]

# Table 2 of the paper: expansion t, channels c, blocks n, stride s of the first block.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution that keeps the size apart from its stride, batch normalization and ReLU6."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    """A 1 x 1 convolution to `expansion` times the channels, a 3 x 3 depthwise one, and a linear 1 x 1 one.

    x is added to the result if both have the same shape.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        self.adds = stride == 1 and inputs == outputs
        wide = inputs * expansion
        self.conv = nn.Sequential(
            *([_conv(inputs, wide, 1)] if expansion != 1 else []),
            _conv(wide, wide, 3, stride, groups=wide),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return x + y if self.adds else y


class MobileNetV2(nn.Module):
    """ImageNet: 17 inverted residual blocks between two convolutions, then the mean and a linear layer.

    `width_mult` scales the channels, rounded to multiples of 8. 3,504,872 parameters at width 1. Names,
    shapes and initial values are torchvision's.

    Shapes: x (N, 3, H, W), y (N, num_classes). Errors: ValueError for another shape and for a width that is
    not positive. Source: Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks",
    table 2.

    >>> model = nncore.models.mobilenet_v2(num_classes=10)
    >>> sum(p.numel() for p in model.parameters())
    2236682
    >>> model.classifier[1]
    Linear(in_features=1280, out_features=10, bias=True)
    """

    def __init__(self, num_classes: int = 1000, width_mult: float = 1.0, dropout: float = 0.2) -> None:
        super().__init__()
        width_mult = number("MobileNetV2", "width_mult", width_mult, above=0.0)
        num_classes = size("MobileNetV2", "num_classes", num_classes)
        dropout = number("MobileNetV2", "dropout", dropout, 0.0, 1.0)
        maps = _multiple_of_8(32 * width_mult)
        last = _multiple_of_8(1280 * max(1.0, width_mult))
        layers: list[nn.Module] = [_conv(3, maps, 3, 2)]
        for expansion, channels, blocks, stride in STAGES:
            out = _multiple_of_8(channels * width_mult)
            for i in range(blocks):
                layers.append(InvertedResidual(maps, out, stride if i == 0 else 1, expansion))
                maps = out
        self.features = nn.Sequential(*layers, _conv(maps, last, 1))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(last, num_classes))
        initialize(self, linear_std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 3)
        x = self.classifier(self.features(x).mean((2, 3)))
        return x


def _multiple_of_8(channels: float) -> int:
    """The nearest multiple of 8, but at least 90% of `channels`."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * channels else rounded + 8


def mobilenet_v2(num_classes: int = 1000, width_mult: float = 1.0, dropout: float = 0.2) -> MobileNetV2:
    """MobileNetV2: see `MobileNetV2`."""
    return MobileNetV2(num_classes, width_mult, dropout)
