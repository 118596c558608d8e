"""A small U-Net (Ronneberger, Fischer and Brox 2015)."""

from __future__ import annotations

from nncore import nn
from nncore._core import Tensor, cat
from nncore.errors.arguments import size

from ._images import check_images

__all__ = ["UNet"]


def _double(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3 x 3 convolutions with ReLU that keep the size."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(),
    )


class UNet(nn.Module):
    """Classes of pixels: `depth` levels down by max pooling and up by transposed convolutions, with skips.

    Level i has width * 2^i maps. Each level down is two 3 x 3 convolutions with ReLU. Each level up doubles
    the size by a 2 x 2 transposed convolution of stride 2, joins the maps of the same size on the way down
    and has two 3 x 3 convolutions. A 1 x 1 convolution gives the classes. The paper has width 64, depth 4 and
    convolutions without padding; here they keep the size, so that the output has the size of the input.
    The defaults have 116,770 parameters; UNet(1, 2, 64, 4) has 31,030,658.

    Shapes: x (N, in_channels, H, W) with H and W multiples of 2^depth, y (N, num_classes, H, W). Errors:
    ValueError for another shape and for arguments below 1.
    Source: Ronneberger, Fischer and Brox 2015, "U-Net: convolutional networks for biomedical image
    segmentation", figure 1.

    >>> model = nncore.models.UNet(width=4, depth=2)
    >>> model(nncore.zeros(1, 1, 16, 8)).shape
    (1, 2, 16, 8)
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 2, width: int = 16, depth: int = 2) -> None:
        super().__init__()
        self.in_channels = size("UNet", "in_channels", in_channels, 1)
        num_classes = size("UNet", "num_classes", num_classes)
        width = size("UNet", "width", width, 1)
        depth = size("UNet", "depth", depth, 1, 16)
        maps = [width << level for level in range(depth + 1)]
        self.down = nn.ModuleList(map(_double, [in_channels, *maps], maps))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * m, m, 2, stride=2) for m in reversed(maps[:-1]))
        self.join = nn.ModuleList(_double(2 * m, m) for m in reversed(maps[:-1]))
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, self.in_channels, least=2 ** len(self.up), multiple=2 ** len(self.up))
        x = self.down[0](x)
        skips = []
        for down in self.down[1:]:
            skips.append(x)
            x = down(self.pool(x))
        for up, join, skip in zip(self.up, self.join, reversed(skips), strict=True):
            x = join(cat([skip, up(x)], 1))
        x = self.head(x)
        return x
