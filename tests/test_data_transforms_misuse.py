"""Wrong settings of transforms and images that they cannot take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.data import transforms

t: Any = transforms

BYTES = np.zeros((1, 3, 7, 5), np.uint8)
FLOATS = np.zeros((1, 3, 7, 5))


WRONG_SETTINGS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: t.RandomHorizontalFlip(1.5),
        ValueError,
        "RandomHorizontalFlip: p must be .* at most 1, got 1.5",
    ),
    (lambda: t.RandomVerticalFlip(float("nan")), ValueError, "RandomVerticalFlip: p must be"),
    (lambda: t.RandomErasing(-0.1), ValueError, "RandomErasing: p must be"),
    (lambda: t.RandomErasing(scale=(0.1, 2)), ValueError, r"RandomErasing: scale\[1\] must be .* at most 1"),
    (lambda: t.RandomErasing(ratio=(0, 1)), ValueError, r"RandomErasing: ratio\[0\] must be .* above 0"),
    (lambda: t.RandomErasing(value="noise"), TypeError, "RandomErasing: value must be a number"),
    (lambda: t.Normalize(0, 0), ValueError, "Normalize: std must be .* above 0, got 0.0"),
    (lambda: t.Normalize((0, 0), (1, -1)), ValueError, "Normalize: std must be .* above 0, got -1.0"),
    (lambda: t.Normalize("a", 1), TypeError, "Normalize: mean must be a number or a sequence"),
    (lambda: t.RandomCrop(0), ValueError, "RandomCrop: size must be at least 1, got 0"),
    (lambda: t.RandomCrop((1, 2, 3)), ValueError, "RandomCrop: size has 3 values; expected 1 or 2"),
    (lambda: t.RandomCrop(1.5), TypeError, "RandomCrop: size must be an int, got 1.5"),
    (lambda: t.RandomCrop(4, padding=-1), ValueError, "RandomCrop: padding must be at least 0, got -1"),
    (lambda: t.Pad(10**12), ValueError, "Pad: padding must be at most 1048576"),
    (lambda: t.Pad((1, 2, 3)), ValueError, "Pad: padding has 3 values; expected 1 or 2 or 4"),
    (
        lambda: t.Pad(1, padding_mode="wrap"),
        ValueError,
        "Pad: padding_mode is 'wrap'; expected one of constant",
    ),
    (lambda: t.Pad(1, fill=()), ValueError, "Pad: fill has 0 values"),
    (lambda: t.Resize(10**9), ValueError, "Resize: size must be at most 1048576"),
    (
        lambda: t.Resize(8, "lanczos"),
        ValueError,
        "Resize: interpolation is 'lanczos'; expected one of nearest",
    ),
    (lambda: t.Resize(8, max_size=8), ValueError, "Resize: max_size must be at least 9, got 8"),
    (lambda: t.Resize((8, 8), max_size=9), ValueError, "Resize: max_size needs a size of one number"),
    (lambda: t.RandomAffine(-1), ValueError, "RandomAffine: degrees must be .* at least 0, got -1"),
    (
        lambda: t.RandomAffine((2, 1)),
        ValueError,
        "RandomAffine: degrees is .2, 1.; expected the smaller number",
    ),
    (lambda: t.RandomAffine(1, (0.1, 1.1)), ValueError, "RandomAffine: translate must be .* at most 1"),
    (
        lambda: t.RandomAffine(1, scale=(0, 1)),
        ValueError,
        r"RandomAffine: scale\[0\] must be .* at least 1e-06",
    ),
    (lambda: t.RandomAffine(1, shear=(1, 2, 3)), ValueError, "RandomAffine: shear has 3 values"),
    (lambda: t.RandomAffine(1, interpolation="bicubic"), ValueError, "expected 'nearest' or 'bilinear'"),
    (
        lambda: t.RandomAffine(1, center=(1e300, 1)),
        ValueError,
        "RandomAffine: center must be .* at most 1.04",
    ),
    (lambda: t.RandomRotation(1, expand=True), ValueError, "RandomRotation: expand=True is not supported"),
    (lambda: t.ColorJitter(-1), ValueError, "ColorJitter: brightness must be .* at least 0, got -1"),
    (lambda: t.ColorJitter(contrast=(-1, 1)), ValueError, r"ColorJitter: contrast\[0\] must be"),
    (lambda: t.ColorJitter(hue=0.6), ValueError, "ColorJitter: hue must be .* at most 0.5, got 0.6"),
    (
        lambda: t.RandomCrop(4, generator=3),
        TypeError,
        "RandomCrop: generator is a int; expected an nncore",
    ),
    (lambda: t.RandomErasing(value=()), ValueError, "RandomErasing: value has 0 values"),
    (lambda: t.Pad(1, padding_mode=np.zeros(2)), TypeError, "Pad: padding_mode must be a str, got array"),
    (lambda: t.Grayscale(1.5), TypeError, "Grayscale: num_output_channels must be an int, got 1.5"),
    (lambda: t.Grayscale(2), ValueError, "Grayscale: num_output_channels must be 1 or 3, got 2"),
    (lambda: t.Compose([t.ToTensor]), TypeError, r"transforms\[0\] is the class ToTensor; expected ToTensor"),
    (lambda: t.Compose([3]), TypeError, r"Compose: transforms\[0\] is a int; expected a function"),
    (lambda: t.Lambda(None), TypeError, "Lambda: lambd is a NoneType; expected a function"),
]


@pytest.mark.parametrize(("make", "kind", "text"), WRONG_SETTINGS)
def test_wrong_settings(make: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        make()


WRONG_IMAGES: list[tuple[Callable[[Any], Any], Any, type[Exception], str]] = [
    (t.ToTensor(), [1, 2], TypeError, "ToTensor: got a list; expected a tensor .H, W."),
    (t.ToTensor(), np.zeros(3), ValueError, "ToTensor: the array has shape .3,.; expected"),
    (t.ToTensor(), nncore.zeros(1, 1, 1, 1, 1), ValueError, "ToTensor: the tensor has shape"),
    (t.Pad(1), np.array([["a"]]), TypeError, "Pad: the array has dtype <U1; expected numbers"),
    (t.Pad(1), np.zeros((2, 2), complex), TypeError, "Pad: the array has dtype complex128"),
    (t.Pad(3, padding_mode="reflect"), np.zeros((3, 9)), ValueError, "Pad: padding .* is too large for"),
    (t.Pad(1, 300), BYTES, ValueError, "Pad: fill is 300.0; expected values that uint8 can hold"),
    (
        t.Pad(10**6),
        FLOATS,
        MemoryError,
        r"Pad: no memory for images of shape .* after Pad\(padding",
    ),
    (
        t.RandomErasing(1, value=(1, 2)),
        FLOATS,
        ValueError,
        "RandomErasing: value has 2 values; expected 1",
    ),
    (t.Pad(1, (1, 2)), BYTES, ValueError, "Pad: fill has 2 values; expected 1 or 3, one per channel"),
    (t.Normalize(0, 1), BYTES, TypeError, "Normalize: the image has dtype uint8; expected floats"),
    (t.Normalize((0, 0), 1), FLOATS, ValueError, "Normalize: mean has 2 values and the image 3 channels"),
    (t.RandomCrop(6), BYTES, ValueError, r"RandomCrop: size \(6, 6\) is larger than the image \(7, 5\)"),
    (t.Resize(3), np.zeros((0, 4)), ValueError, r"Resize: the image \(0, 4\) has no pixels"),
    (
        t.ColorJitter(1),
        BYTES.astype(np.int64),
        TypeError,
        "ColorJitter: the image has dtype int64; expected uint8",
    ),
    (
        t.ColorJitter(1),
        FLOATS.repeat(2, axis=1)[:, :4],
        ValueError,
        "ColorJitter: the image has 4 channels; expected 1 or 3",
    ),
    (t.Grayscale(), FLOATS[:, :2], ValueError, "Grayscale: the image has 2 channels; expected 1 or 3"),
]


@pytest.mark.parametrize(("transform", "image", "kind", "text"), WRONG_IMAGES)
def test_wrong_images(transform: Callable[[Any], Any], image: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        transform(image)


def test_palettes_of_pillow_are_converted_first() -> None:
    image = pytest.importorskip("PIL.Image").new("P", (4, 4))
    with pytest.raises(ValueError, match="CenterCrop: the image has the mode 'P'; expected one of L, LA"):
        t.CenterCrop(2)(image)
