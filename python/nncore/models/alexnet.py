"""AlexNet (Krizhevsky, Sutskever and Hinton 2012)."""

from __future__ import annotations

from nncore import nn
from nncore._core import Tensor
from nncore.errors.arguments import number, size

from ._images import check_images

__all__ = ["AlexNet"]


class AlexNet(nn.Module):
    """ImageNet: five convolutions, three of them in two groups, and three fully connected layers.

        conv 96 11 x 11 stride 4, ReLU, LRN, max pool 3 stride 2         34,944 parameters
        conv 256 5 x 5, 2 groups, ReLU, LRN, max pool 3 stride 2        307,456
        conv 384 3 x 3, ReLU                                            885,120
        conv 384 3 x 3, 2 groups, ReLU                                  663,936
        conv 256 3 x 3, 2 groups, ReLU, max pool 3 stride 2             442,624
        4096, ReLU, dropout                                          37,752,832
        4096, ReLU, dropout                                          16,781,312
        num_classes                                                   4,097,000

    which are 60,965,224 parameters. Sides: 55, 27, 13, 13, 13, 6. LRN is the paper's local response
    normalization, a / (2 + 0.0001 * (sum of 5 squares))^0.75, which does not divide the sum by 5.
    Weights start from N(0, 0.01²). Biases start at 1 in convolutions 2, 4 and 5 and in the hidden layers,
    else at 0. `hidden` replaces 4096. torchvision's AlexNet is another network, of a later paper, with
    61,100,840 parameters.

    Shapes: x (N, 3, 224, 224), y (N, num_classes). Errors: ValueError for another shape.
    Source: Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural
    networks", sections 3 and 5.

    >>> model = nncore.models.AlexNet(num_classes=10, hidden=16)
    >>> model(nncore.zeros(1, 3, 224, 224)).shape
    (1, 10)
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5, hidden: int = 4096) -> None:
        super().__init__()
        num_classes = size("AlexNet", "num_classes", num_classes)
        dropout = number("AlexNet", "dropout", dropout, 0.0, 1.0)
        hidden = size("AlexNet", "hidden", hidden)
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4, padding=2),
            nn.ReLU(),
            _response_norm(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(),
            _response_norm(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1, groups=2),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1, groups=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(256 * 6 * 6, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        layers = [m for m in self.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        for layer, bias in zip(layers, (0, 1, 0, 1, 1, 1, 1, 0), strict=True):
            nn.init.normal_(layer.weight, 0.0, 0.01)
            nn.init.constant_(layer.bias, float(bias))  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 3, 224)
        x = self.classifier(self.features(x))
        return x


def _response_norm() -> nn.LocalResponseNorm:
    return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0, average=False)
