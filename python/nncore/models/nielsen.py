"""The networks of chapter 6 of Nielsen's book."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nncore import nn
from nncore._core import Tensor
from nncore.errors.arguments import size

from ._images import check_images, sizes

__all__ = ["NielsenNet"]


class NielsenNet(nn.Module):
    """MNIST: up to two layers of 5 x 5 convolutions and 2 x 2 max pooling, then fully connected layers.

    The first convolution has 20 maps and the second 40; `hidden` gives the sizes of the layers after them.
    With `dropout` the input of each fully connected layer is dropped with that probability. The output has
    no softmax: train with cross-entropy.

        convolutions=0, hidden=(100,)                      79,510 parameters
        convolutions=1, hidden=(100,)                     289,630
        convolutions=2, hidden=(100,)                      85,670
        convolutions=2, hidden=(1000, 1000)             1,672,570

    As in the book's program, a weight of a convolution starts from N(0, 1/n) with n = maps * 25/4, a weight
    of a hidden layer from N(0, 1/units), their biases from N(0, 1), and the output layer at 0. The
    activation follows the pooling, which gives the same values as before it, in a quarter of the time.

    Shapes: x (N, 1, 28, 28), y (N, 10). Errors: ValueError for another shape and for arguments out of range.
    Source: Nielsen 2015, "Neural Networks and Deep Learning", chapter 6, network3.py.

    >>> model = nncore.models.NielsenNet(convolutions=1)
    >>> sum(p.numel() for p in model.parameters())
    289630
    >>> model(nncore.zeros(2, 1, 28, 28)).shape
    (2, 10)
    """

    def __init__(
        self,
        convolutions: int = 2,
        hidden: Sequence[int] = (100,),
        activation: type[nn.Module] = nn.Sigmoid,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        convolutions = size("NielsenNet", "convolutions", convolutions, 0, 2)
        if not isinstance(activation, type):
            raise TypeError(f"NielsenNet: activation must be a class such as nn.ReLU, got {activation!r}")
        maps, side = 1, 28
        layers: list[nn.Module] = []
        for out in (20, 40)[:convolutions]:
            conv = nn.Conv2d(maps, out, 5)
            nn.init.normal_(conv.weight, 0.0, math.sqrt(4 / (25 * out)))
            layers += [conv, nn.MaxPool2d(2), activation()]
            maps, side = out, (side - 4) // 2
        layers.append(nn.Flatten())
        inputs = maps * side * side
        for units in sizes("NielsenNet", "hidden", hidden):
            linear = nn.Linear(inputs, units)
            nn.init.normal_(linear.weight, 0.0, math.sqrt(1 / units))
            layers += [*_dropped(dropout), linear, activation()]
            inputs = units
        for layer in layers:
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(layer.bias)  # type: ignore[arg-type]
        output = nn.Linear(inputs, 10)
        nn.init.zeros_(output.weight)
        nn.init.zeros_(output.bias)  # type: ignore[arg-type]
        self.layers = nn.Sequential(*layers, *_dropped(dropout), output)

    def forward(self, x: Tensor) -> Tensor:
        check_images(self, x, 1, 28)
        x = self.layers(x)
        return x


def _dropped(probability: float) -> list[nn.Module]:
    return [nn.Dropout(probability)] if probability else []
