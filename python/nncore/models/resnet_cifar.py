"""ResNet for CIFAR-10 (He, Zhang, Ren and Sun 2016, section 4.2)."""

from __future__ import annotations

from nncore import nn
from nncore._core import Tensor
from nncore.errors.arguments import size

from ._images import check_images, initialize
from .resnet import BasicBlock

__all__ = ["CifarResNet", "resnet20"]


class PaddedShortcut(nn.Module):
    """Every second row and column of x, and channels of zeros after x's: option A of the paper."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.channels))


class CifarResNet(nn.Module):
    """CIFAR-10: 6n + 2 layers: a 3 x 3 convolution, n residual blocks of 16, 32 and 64 maps each, a linear.

    Stages 2 and 3 begin with stride 2. The shortcuts have no parameters (option A of the paper). n = 3 is
    ResNet-20 with 269,722 parameters, 0.27 million in table 6 of the paper.

    Shapes: x (N, 3, H, W), 32 x 32 in the paper, y (N, num_classes). Errors: ValueError for another shape.
    Source: He, Zhang, Ren and Sun 2016, "Deep residual learning for image recognition", section 4.2.

    >>> model = nncore.models.CifarResNet(n=1)
    >>> model(nncore.zeros(1, 3, 32, 32)).shape
    (1, 10)
    """

    def __init__(self, n: int = 3, num_classes: int = 10) -> None:
        super().__init__()
        n = size("CifarResNet", "n", n, 1)
        num_classes = size("CifarResNet", "num_classes", num_classes)
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(BasicBlock(16, 16) for _ in range(n)))
        self.layer2 = _stage(16, n)
        self.layer3 = _stage(32, n)
        self.fc = nn.Linear(64, num_classes)
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 3)
        x = self.bn1(self.conv1(x)).relu()
        x = self.layer3(self.layer2(self.layer1(x)))
        x = self.fc(x.mean((2, 3)))
        return x


def _stage(maps: int, n: int) -> nn.Sequential:
    first = BasicBlock(maps, 2 * maps, 2, PaddedShortcut(maps))
    return nn.Sequential(first, *(BasicBlock(2 * maps, 2 * maps) for _ in range(n - 1)))


def resnet20(num_classes: int = 10) -> CifarResNet:
    """ResNet-20, the paper's network of 20 layers for CIFAR-10: see `CifarResNet`."""
    return CifarResNet(3, num_classes)
