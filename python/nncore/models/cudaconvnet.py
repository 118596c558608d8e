"""The network of cuda-convnet that reaches 26% error on CIFAR-10 in 80 seconds."""

from __future__ import annotations

from nncore import nn
from nncore._core import Tensor
from nncore.errors.arguments import size

from ._images import check_images

__all__ = ["CudaConvNet"]


class CudaConvNet(nn.Module):
    """CIFAR-10: three 5 x 5 convolutions of 32, 32 and 64 maps with overlapping 3 x 3 pooling, then 64-10.

    The first pooling takes the maximum before ReLU, the others the average after it. Sides: 32, 16, 8, 4.
    145,578 parameters. Weights start from N(0, std²) with std = 0.0001, 0.01 and 0.01 in the convolutions
    and 0.1 in the layers after them, and biases at 0, for pixels in 0..255 minus their mean.

    Shapes: x (N, 3, 32, 32), y (N, num_classes). Errors: ValueError for another shape.
    Source: Krizhevsky 2012, cuda-convnet, layers-80sec.cfg.

    >>> model = nncore.models.CudaConvNet()
    >>> sum(p.numel() for p in model.parameters())
    145578
    >>> model(nncore.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        num_classes = size("CudaConvNet", "num_classes", num_classes)
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.ReLU(),
            nn.Conv2d(32, 32, 5, padding=2),
            nn.ReLU(),
            nn.AvgPool2d(3, 2, ceil_mode=True),
            nn.Conv2d(32, 64, 5, padding=2),
            nn.ReLU(),
            nn.AvgPool2d(3, 2, ceil_mode=True),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, num_classes)
        )
        spreads = iter((0.0001, 0.01, 0.01, 0.1, 0.1))
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(module.weight, 0.0, next(spreads))
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 3, 32)
        x = self.classifier(self.features(x))
        return x
