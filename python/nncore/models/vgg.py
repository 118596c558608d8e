"""VGG (Simonyan and Zisserman 2015)."""

from __future__ import annotations

from collections.abc import Sequence

from nncore import nn
from nncore._core import Tensor
from nncore.errors.arguments import listed, number, size

from ._images import check_images, initialize, sizes

__all__ = ["VGG", "vgg11", "vgg11_bn", "vgg16", "vgg16_bn"]

# Table 1 of the paper: the maps of each stage's convolutions; a 2 x 2 max pooling ends a stage.
VGG11 = ((64,), (128,), (256, 256), (512, 512), (512, 512))
VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class VGG(nn.Module):
    """ImageNet: stages of 3 x 3 convolutions with ReLU and 2 x 2 max pooling, then hidden-hidden-num_classes.

    `stages` gives the maps of each convolution by stage. With `batch_norm` each convolution is followed by
    batch normalization. Images of other sizes than 224 x 224 are averaged to 7 x 7 before the layers of
    `hidden` units. Parameters: VGG-11 132,863,336, VGG-16 138,357,544; with batch normalization 132,868,840
    and 138,365,992. Names, shapes and initial values are torchvision's.

    Shapes: x (N, 3, H, W) with H and W at least 32, y (N, num_classes). Errors: ValueError for another shape.
    Source: Simonyan and Zisserman 2015, "Very deep convolutional networks for large-scale image recognition",
    table 1, columns A and D.

    >>> model = nncore.models.VGG(((8,), (16,), (32,), (32,), (32,)), num_classes=10, hidden=16)
    >>> model(nncore.zeros(1, 3, 32, 32)).shape
    (1, 10)
    """

    def __init__(
        self,
        stages: Sequence[Sequence[int]],
        num_classes: int = 1000,
        batch_norm: bool = False,
        dropout: float = 0.5,
        hidden: int = 4096,
    ) -> None:
        super().__init__()
        num_classes = size("VGG", "num_classes", num_classes)
        dropout = number("VGG", "dropout", dropout, 0.0, 1.0)
        hidden = size("VGG", "hidden", hidden)
        layers: list[nn.Module] = []
        maps = 3
        stages = listed("VGG", "stages", stages)
        for stage in stages:
            for out in sizes("VGG", "a stage of stages", stage):
                layers.append(nn.Conv2d(maps, out, 3, padding=1))
                layers += [nn.BatchNorm2d(out)] if batch_norm else []
                layers.append(nn.ReLU())
                maps = out
            layers.append(nn.MaxPool2d(2))
        self.least = 2 ** len(stages)
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(maps * 7 * 7, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        initialize(self, linear_std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 3, least=self.least)
        x = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return x


def vgg11(num_classes: int = 1000, dropout: float = 0.5) -> VGG:
    """VGG-11, column A of the paper: see `VGG`."""
    return VGG(VGG11, num_classes, dropout=dropout)


def vgg11_bn(num_classes: int = 1000, dropout: float = 0.5) -> VGG:
    """VGG-11 with batch normalization: see `VGG`."""
    return VGG(VGG11, num_classes, batch_norm=True, dropout=dropout)


def vgg16(num_classes: int = 1000, dropout: float = 0.5) -> VGG:
    """VGG-16, column D of the paper: see `VGG`."""
    return VGG(VGG16, num_classes, dropout=dropout)


def vgg16_bn(num_classes: int = 1000, dropout: float = 0.5) -> VGG:
    """VGG-16 with batch normalization: see `VGG`."""
    return VGG(VGG16, num_classes, batch_norm=True, dropout=dropout)
