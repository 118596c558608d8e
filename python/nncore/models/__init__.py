"""Networks of published papers, from LeCun 1989 to U-Net, with the papers' parameter counts.

VGG, ResNet and MobileNetV2 have the names and shapes of torchvision's parameters, so that torchvision's
checkpoints load.

>>> model = nncore.models.resnet20()
>>> sum(p.numel() for p in model.parameters())
269722
>>> model(nncore.zeros(1, 3, 32, 32)).shape
(1, 10)
"""

from __future__ import annotations

from .alexnet import *
from .cudaconvnet import *
from .lecun1989 import *
from .lenet5 import *
from .mobilenet import *
from .nielsen import *
from .resnet import *
from .resnet_cifar import *
from .table import *
from .unet import *
from .vgg import *

__all__ = [
    "AlexNet",
    "CifarResNet",
    "CudaConvNet",
    "LeCun1989",
    "LeNet5",
    "MobileNetV2",
    "NielsenNet",
    "ResNet",
    "TableModel",
    "UNet",
    "VGG",
    "mobilenet_v2",
    "resnet18",
    "resnet20",
    "resnet50",
    "vgg11",
    "vgg11_bn",
    "vgg16",
    "vgg16_bn",
]


def __dir__() -> list[str]:
    return __all__
