"""Transforms of images with torchvision's names, for one image or for a batch.

A transform takes and returns

* a tensor (H, W), (C, H, W) or (N, C, H, W)
* a NumPy array (H, W), (H, W, C) or (N, C, H, W)
* an image of Pillow

A random transform draws for each image of a batch. It draws from `generator`, by default the global one, so
`nncore.manual_seed` repeats its results, also in the workers of a loader. Gradients do not pass through.

>>> import nncore
>>> from nncore.data import transforms
>>> augment = transforms.Compose(
...     [transforms.RandomCrop(28, padding=2), transforms.ToTensor(), transforms.Normalize(0.5, 0.5)]
... )
>>> augment(nncore.zeros(64, 1, 28, 28, dtype=nncore.uint8)).shape
(64, 1, 28, 28)
"""

from __future__ import annotations

from nncore.data.transforms.affine import RandomAffine, RandomRotation
from nncore.data.transforms.color import ColorJitter, Grayscale
from nncore.data.transforms.compose import Compose, Lambda
from nncore.data.transforms.crop import CenterCrop, Pad, RandomCrop
from nncore.data.transforms.erasing import RandomErasing
from nncore.data.transforms.flip import RandomHorizontalFlip, RandomVerticalFlip
from nncore.data.transforms.resize import InterpolationMode, Resize
from nncore.data.transforms.values import Normalize, ToTensor

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToTensor",
]
