"""ResNet for ImageNet (He, Zhang, Ren and Sun 2016)."""

from __future__ import annotations

from collections.abc import Sequence

from nncore import nn
from nncore._core import Tensor
from nncore.errors.arguments import brief, size

from ._images import check_images, initialize, sizes

__all__ = ["BasicBlock", "Bottleneck", "ResNet", "resnet18", "resnet50"]


class Residual(nn.Module):
    """Base: y = relu(residual(x) + downsample(x)); without `downsample` the shortcut is the identity."""

    expansion = 1  # output channels per plane

    def __init__(self, downsample: nn.Module | None) -> None:
        super().__init__()
        self.downsample = downsample

    def residual(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        shortcut: Tensor = x if self.downsample is None else self.downsample(x)
        return (self.residual(x) + shortcut).relu()


class BasicBlock(Residual):
    """y = relu(bn(conv(relu(bn(conv(x))))) + shortcut(x)); both convolutions are 3 x 3.

    >>> block = nncore.models.resnet.BasicBlock(8, 8)
    >>> block(nncore.zeros(1, 8, 4, 4)).shape
    (1, 8, 4, 4)
    """

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None
    ) -> None:
        super().__init__(downsample)
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)

    def residual(self, x: Tensor) -> Tensor:
        x = self.bn1(self.conv1(x)).relu()
        x = self.bn2(self.conv2(x))
        return x


class Bottleneck(Residual):
    """Convolutions 1 x 1 to `planes`, 3 x 3, and 1 x 1 to 4 * planes, each with batch norm, and a shortcut.

    The stride is in the 3 x 3 convolution, as in torchvision; the paper has it in the first.

    >>> block = nncore.models.resnet.Bottleneck(32, 8)
    >>> block(nncore.zeros(1, 32, 4, 4)).shape
    (1, 32, 4, 4)
    """

    expansion = 4

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None
    ) -> None:
        super().__init__(downsample)
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)

    def residual(self, x: Tensor) -> Tensor:
        x = self.bn1(self.conv1(x)).relu()
        x = self.bn2(self.conv2(x)).relu()
        x = self.bn3(self.conv3(x))
        return x


Block = type[BasicBlock] | type[Bottleneck]


class ResNet(nn.Module):
    """ImageNet: a 7 x 7 convolution, max pooling, four stages of residual blocks, the mean, a linear layer.

    Stage i has layers[i] blocks of 64, 128, 256 and 512 planes. Stages 2 to 4 begin with stride 2; where
    the shape changes, the shortcut is a 1 x 1 convolution with batch normalization (option B of the paper).
    Parameters: ResNet-18 11,689,512, ResNet-50 25,557,032. Names, shapes and initial values are
    torchvision's. `zero_init_residual` starts the last batch normalization of each block at 0.

    Shapes: x (N, 3, H, W), y (N, num_classes). Errors: ValueError for another shape.
    Source: He, Zhang, Ren and Sun 2016, "Deep residual learning for image recognition", table 1.

    >>> model = nncore.models.resnet18(num_classes=10)
    >>> sum(p.numel() for p in model.parameters())
    11181642
    >>> model.layer2[0].downsample[0].weight.shape
    (128, 64, 1, 1)
    """

    def __init__(
        self,
        block: Block,
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
    ) -> None:
        super().__init__()
        num_classes = size("ResNet", "num_classes", num_classes)
        if not hasattr(block, "expansion"):
            raise TypeError(f"ResNet: block is {brief(block)}; expected the class BasicBlock or Bottleneck")
        blocks = sizes("ResNet", "layers", layers)
        if len(blocks) != 4:
            raise ValueError(f"ResNet: layers has {len(blocks)} numbers; expected the blocks of 4 stages")
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = _stage(block, 64, 64, blocks[0], 1)
        self.layer2 = _stage(block, 64 * block.expansion, 128, blocks[1], 2)
        self.layer3 = _stage(block, 128 * block.expansion, 256, blocks[2], 2)
        self.layer4 = _stage(block, 256 * block.expansion, 512, blocks[3], 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        initialize(self)
        if zero_init_residual:
            for module in self.modules():
                if isinstance(module, (BasicBlock, Bottleneck)):
                    last = module.bn3 if isinstance(module, Bottleneck) else module.bn2
                    nn.init.zeros_(last.weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 3)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = self.fc(self.avgpool(x).flatten(1))
        return x


def _stage(block: Block, inplanes: int, planes: int, blocks: int, stride: int) -> nn.Sequential:
    out = planes * block.expansion
    shortcut = None
    if stride != 1 or inplanes != out:
        shortcut = nn.Sequential(nn.Conv2d(inplanes, out, 1, stride, bias=False), nn.BatchNorm2d(out))
    first = block(inplanes, planes, stride, shortcut)
    return nn.Sequential(first, *(block(out, planes) for _ in range(blocks - 1)))


def resnet18(num_classes: int = 1000, zero_init_residual: bool = False) -> ResNet:
    """ResNet-18: see `ResNet`."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, zero_init_residual)


def resnet50(num_classes: int = 1000, zero_init_residual: bool = False) -> ResNet:
    """ResNet-50: see `ResNet`."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, zero_init_residual)
