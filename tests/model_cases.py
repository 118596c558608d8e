"""The networks whose outputs and gradients are recorded: how to build each small, its input, its weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nncore import models, nn
from nncore.models.vgg import VGG11, VGG16

Array = np.ndarray[Any, np.dtype[np.float64]]

# Without dropout, and with few hidden units where the paper has 4,096.
CASES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "lecun1989": (models.LeCun1989, (2, 1, 16, 16)),
    "lenet5": (models.LeNet5, (2, 1, 32, 32)),
    "lenet5_rbf": (lambda: models.LeNet5(output="rbf"), (2, 1, 32, 32)),
    "nielsen_one": (lambda: models.NielsenNet(convolutions=1), (2, 1, 28, 28)),
    "nielsen_two": (lambda: models.NielsenNet(activation=nn.ReLU, hidden=(50, 30)), (2, 1, 28, 28)),
    "cudaconvnet": (models.CudaConvNet, (2, 3, 32, 32)),
    "alexnet": (lambda: models.AlexNet(num_classes=10, dropout=0.0, hidden=32), (1, 3, 224, 224)),
    "vgg11_bn": (lambda: models.VGG(VGG11, 10, batch_norm=True, dropout=0.0, hidden=32), (2, 3, 32, 32)),
    "vgg16": (lambda: models.VGG(VGG16, 10, dropout=0.0, hidden=32), (1, 3, 32, 32)),
    "resnet18": (lambda: models.resnet18(10), (2, 3, 48, 48)),
    "resnet50": (lambda: models.resnet50(10), (2, 3, 48, 48)),
    "mobilenet_v2": (lambda: models.mobilenet_v2(10, dropout=0.0), (2, 3, 64, 64)),
    "resnet20": (models.resnet20, (2, 3, 32, 32)),
    "unet": (lambda: models.UNet(num_classes=3, width=4), (2, 1, 16, 24)),
}


def drawn(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Random parameters: weights with variance 2 / fan_in, scales around 1, biases around 0."""
    rng = np.random.default_rng(1989)
    values = {}
    for name, shape in shapes.items():
        noise = rng.standard_normal(shape)
        if name.endswith("bias"):
            values[name] = 0.1 * noise
        elif name.endswith("centers"):
            values[name] = np.sign(noise)
        elif len(shape) in (2, 4):
            values[name] = noise * math.sqrt(2 / math.prod(shape[1:]))
        else:
            values[name] = 1 + 0.1 * noise
    return values


def images(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(1998).standard_normal(shape)


def waves(size: int) -> Array:
    return np.cos(np.arange(size, dtype=np.float64))


def digest(values: Array) -> list[float]:
    """Two numbers: the norm, and the product with a fixed vector."""
    flat = values.reshape(-1)
    return [float(f"{number:.13g}") for number in (np.linalg.norm(flat), flat @ waves(flat.size))]
