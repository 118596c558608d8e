"""Transforms of images against loops over pixels, Pillow and colorsys; their forms and seeds."""

from __future__ import annotations

import colorsys
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.data import transforms as t

Array = np.ndarray[Any, Any]


def batch(n: int = 6, channels: int = 3, height: int = 7, width: int = 5) -> Array:
    """uint8 images with different pixels."""
    return (
        np.random.default_rng(n)
        .permutation(n * channels * height * width)
        .astype(np.uint8)
        .reshape(n, channels, height, width)
    )


def colors(n: int = 6) -> Array:
    return np.random.default_rng(1).random((n, 3, 4, 5)).astype(np.float32)


def close(ours: Any, theirs: Any, most: float) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(np.float64) - theirs).max() <= most


# Forms

SAME_FOR_EACH_FORM: list[Callable[[Any], Any]] = [
    t.Pad((1, 2, 3, 0), fill=(1, 2, 3)),
    t.CenterCrop((4, 9)),
    t.RandomCrop(4, padding=1),
    t.RandomHorizontalFlip(),
    t.RandomVerticalFlip(),
    t.RandomAffine(30, (0.2, 0.2), (0.5, 1.5), 20, "bilinear"),
    t.RandomRotation(90),
    t.Resize((3, 8), "nearest-exact"),
    t.ColorJitter(0.5, 0.5, 0.5, 0.5),
    t.Grayscale(3),
    t.RandomErasing(p=1),
    t.Compose([t.RandomCrop(6, pad_if_needed=True), t.RandomHorizontalFlip()]),
]


@pytest.mark.parametrize("transform", SAME_FOR_EACH_FORM, ids=lambda x: type(x).__name__)
def test_all_forms_give_the_same(transform: Callable[[Any], Any]) -> None:
    one = batch(1)
    before = one.copy()

    def run(img: Any) -> Any:
        nncore.manual_seed(3)
        return transform(img)

    expected = run(one)
    assert isinstance(expected, np.ndarray)
    assert expected.dtype == np.uint8
    for of_tensor in (one, one[0]):
        made = run(nncore.from_numpy(of_tensor))
        assert made.dtype == nncore.uint8
        assert (made.numpy() == (expected if of_tensor.ndim == 4 else expected[0])).all()
    photo = np.ascontiguousarray(one[0].transpose(1, 2, 0))
    assert (run(photo) == expected[0].transpose(1, 2, 0)).all()
    image = pytest.importorskip("PIL.Image").fromarray(photo)
    made = run(image)
    assert made.mode == "RGB"
    assert (np.asarray(made) == expected[0].transpose(1, 2, 0)).all()
    assert (one == before).all(), "the input stays as it is"


@pytest.mark.parametrize("transform", SAME_FOR_EACH_FORM[:8], ids=lambda x: type(x).__name__)
def test_gray_images_and_empty_batches(transform: Callable[[Any], Any]) -> None:
    if not isinstance(transform, t.Pad):
        plane = batch(1, 1)[0, 0]
        assert transform(plane).ndim == 2
        assert transform(nncore.from_numpy(plane)).ndim == 2
    assert transform(batch(2)[:0]).shape[:2] == (0, 3)


@pytest.mark.parametrize(
    "transform", [t.RandomAffine(9), t.RandomRotation(9), t.ColorJitter(0.5, 0.5, 0.5, 0.1)]
)
def test_images_without_pixels_stay(transform: Callable[[Any], Any]) -> None:
    for shape in ((2, 3, 0, 8), (2, 3, 8, 0), (0, 3, 8, 8)):
        assert transform(nncore.zeros(*shape)).shape == shape


def test_results_do_not_share_memory_with_the_input() -> None:
    images = nncore.from_numpy(batch().astype(np.float32))
    for transform in (t.CenterCrop((7, 5)), t.Pad(0), t.Resize((7, 5)), t.Grayscale(3), t.ToTensor()):
        one = images[:, :1]
        made = transform(one)
        made.add_(1)
        assert (one.numpy() == batch()[:, :1]).all()


# Values


def test_to_tensor() -> None:
    images = batch()
    expected = (images / 255.0).astype(np.float32)
    close(t.ToTensor()(images), expected, 1e-7)
    close(t.ToTensor()(images[0].transpose(1, 2, 0)), expected[0], 1e-7)
    close(t.ToTensor()(nncore.from_numpy(images[0, 0])), expected[0, :1], 1e-7)
    made = t.ToTensor()(images.astype(np.int32))
    assert made.dtype == nncore.int32
    assert (made.numpy() == images).all()


@pytest.mark.parametrize("inplace", [False, True])
def test_normalize(inplace: bool) -> None:
    images = colors()
    mean, std = np.array([0.1, 0.2, 0.3]), np.array([2, 0.5, 1])
    given = nncore.from_numpy(images.copy())
    made = t.Normalize(tuple(mean), tuple(std), inplace)(given)
    expected = (images - mean[:, None, None]) / std[:, None, None]
    close(made, expected, 1e-6)
    close(given, expected if inplace else images, 1e-6)


# Geometry


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_pad(mode: str) -> None:
    images = batch()
    left, top, right, bottom = 3, 1, 0, 4
    made = t.Pad((left, top, right, bottom), 9, mode)(images)
    high, wide = images.shape[2:]
    assert made.shape[2:] == (high + 5, wide + 3)

    def place(i: int, size: int) -> int | None:
        """The pixel of the image that pixel i of the padded image repeats."""
        if mode == "edge":
            return min(max(i, 0), size - 1)
        period = {"reflect": 2 * size - 2, "symmetric": 2 * size}.get(mode, 0)
        if not period:
            return i if 0 <= i < size else None
        i %= period
        return i if i < size else period - i - (mode == "symmetric")

    for y, x in itertools.product(range(made.shape[2]), range(made.shape[3])):
        row, column = place(y - top, high), place(x - left, wide)
        expected = 9 if row is None or column is None else images[:, :, row, column]
        assert (made[:, :, y, x] == expected).all()


@pytest.mark.parametrize(("size", "top", "left"), [((4, 3), 2, 1), ((7, 5), 0, 0), ((2, 2), 2, 2)])
def test_center_crop(size: tuple[int, int], top: int, left: int) -> None:
    made = t.CenterCrop(size)(batch())
    assert (made == batch()[:, :, top : top + size[0], left : left + size[1]]).all()


def test_center_crop_pads_small_images() -> None:
    made = t.CenterCrop(8)(np.ones((7, 5)))
    assert made[:7, 1:6].all()
    assert made.sum() == 35


def test_random_crop_takes_each_window_equally_often() -> None:
    n, image = 3000, np.arange(30, dtype=np.int64).reshape(5, 6)
    padded = np.pad(image, 1)
    made = t.RandomCrop((4, 5), padding=1)(np.broadcast_to(image, (n, 2, 5, 6)))
    windows = {padded[y : y + 4, x : x + 5].tobytes(): 0 for y in range(4) for x in range(4)}
    for one in made:
        assert (one[0] == one[1]).all(), "the channels of an image move together"
        windows[one[0].tobytes()] += 1
    counts = np.array(list(windows.values()))
    assert len(counts) == 16
    assert np.abs(counts - n / 16).max() < 5 * math.sqrt(n / 16)


@pytest.mark.parametrize(("kind", "axis"), [(t.RandomHorizontalFlip, 2), (t.RandomVerticalFlip, 1)])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_flips(kind: Any, axis: int, p: float) -> None:
    image = batch(1)[0]
    made = kind(p)(np.broadcast_to(image, (2000, *image.shape)))
    flipped = (made == np.flip(image, axis)).all(axis=(1, 2, 3))
    assert (flipped | (made == image).all(axis=(1, 2, 3))).all()
    assert abs(flipped.mean() - p) <= 0.05 * (0 < p < 1)


def affine_pixels(
    image: Array, angle: float, shift: tuple[float, float], scale: float, shear: tuple[float, float],
    center: tuple[float, float], fill: float, mode: str,
) -> Array:  # fmt: skip
    """The plane (H, W) moved by M = T(shift) T(center) R(angle) Y(shear) X(shear) scale T(-center)."""
    a, sx, sy = np.radians([angle, *shear])

    def move(x: float, y: float) -> Array:
        return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])

    rotate = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    along_y = np.array([[1, 0, 0], [-np.tan(sy), 1, 0], [0, 0, 1]])
    along_x = np.array([[1, -np.tan(sx), 0], [0, 1, 0], [0, 0, 1]])
    m = move(*shift) @ move(*center) @ rotate @ along_y @ along_x @ np.diag([scale, scale, 1])
    back = np.linalg.inv(m @ move(-center[0], -center[1]))
    high, wide = image.shape

    def pixel(row: int, column: int) -> float:
        return image[row, column] if 0 <= row < high and 0 <= column < wide else fill

    made = np.empty((high, wide))
    for row, column in itertools.product(range(high), range(wide)):
        x, y, _ = back @ [column + 0.5, row + 0.5, 1] - 0.5
        if mode == "nearest":
            made[row, column] = pixel(round(y), round(x))
            continue
        x0, y0 = math.floor(x), math.floor(y)
        made[row, column] = sum(
            pixel(y0 + j, x0 + i) * (1 - abs(y - y0 - j)) * (1 - abs(x - x0 - i))
            for j, i in itertools.product((0, 1), (0, 1))
        )
    return made


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("center", [None, (1.0, 5.0)])
@pytest.mark.parametrize(
    ("angle", "scale", "shear"),
    [(0, 1, (0, 0)), (31, 1, (0, 0)), (-100, 1.3, (0, 0)), (10, 0.7, (20, 0)), (5, 1, (-10, 15))],
)
def test_affine(
    mode: str, center: tuple[float, float] | None, angle: float, scale: float, shear: tuple[float, float]
) -> None:
    images = colors()
    transform = t.RandomAffine(
        (angle, angle), None, (scale, scale), (shear[0], shear[0], shear[1], shear[1]), mode, 0.25, center
    )
    made = transform(images)
    for n, c in itertools.product(range(2), range(3)):
        expected = affine_pixels(images[n, c], angle, (0, 0), scale, shear, center or (2.5, 2.0), 0.25, mode)
        close(made[n, c], expected, 1e-6)


def test_affine_moves_by_whole_pixels() -> None:
    n, image = 500, np.zeros((9, 11))
    image[4, 5] = 1
    made = t.RandomAffine(0, translate=(0.3, 0.2))(np.broadcast_to(image, (n, 1, 9, 11)))
    _, _, y, x = np.nonzero(made)
    assert len(y) == n
    assert set(x - 5) == {-3, -2, -1, 0, 1, 2, 3}
    assert set(y - 4) == {-2, -1, 0, 1, 2}


def test_random_settings_cover_their_ranges() -> None:
    """A disk of area 1 grows by scale squared."""
    image = np.hypot(*(np.mgrid[:64, :64] - 31.5)) < 10
    made = t.RandomAffine(0, scale=(0.5, 2))(np.broadcast_to(image, (300, 1, 64, 64)))
    scales = np.sqrt(made.sum(axis=(1, 2, 3)) / image.sum())
    assert scales.min() == pytest.approx(0.5, abs=0.05)
    assert scales.max() == pytest.approx(2, abs=0.05)
    assert scales.mean() == pytest.approx(1.25, abs=0.1)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_rotation_is_counterclockwise(turns: int) -> None:
    images = batch(2, 3, 6, 6)
    for mode in ("nearest", "bilinear"):
        made = t.RandomRotation((90 * turns, 90 * turns), mode)(images)
        assert (made == np.rot90(images, turns, axes=(2, 3))).all()


# Resize


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(3, 2), (14, 3), (20, 17), (7, 5)])
def test_resize_agrees_with_pillow(mode: str, size: tuple[int, int]) -> None:
    pillow = pytest.importorskip("PIL.Image")
    images = batch().astype(np.float32)
    made = t.Resize(size, mode)(images)
    for n, c in itertools.product(range(2), range(3)):
        image = pillow.fromarray(images[n, c])
        theirs = image.resize(size[::-1], pillow.Resampling[mode.upper()])
        close(made[n, c], np.asarray(theirs), 1e-3)
        assert (np.asarray(t.Resize(size, mode)(image)) == np.asarray(theirs)).all()
    close(t.Resize(size, mode)(batch()), np.rint(made).clip(0, 255), 0)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(3, 2), (14, 3), (20, 17)])
def test_resize_without_antialias_reads_the_nearest_pixels(mode: str, size: tuple[int, int]) -> None:
    image = colors()[0, 0].astype(np.float64)
    made = t.Resize(size, mode, antialias=False)(image)

    def cubic(x: float, a: float = -0.75) -> float:
        x = abs(x)
        near = (a + 2) * x**3 - (a + 3) * x**2 + 1
        return near if x <= 1 else a * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0.0

    def line(values: Array, n: int) -> Array:
        m = len(values)
        result = []
        for i in range(n):
            at = (i + 0.5) * m / n - 0.5
            if mode.startswith("nearest"):
                at = i * m / n if mode == "nearest" else (i + 0.5) * m / n
                result.append(values[math.floor(at)])
                continue
            whole = math.floor(at)
            weight = cubic if mode == "bicubic" else lambda x: max(1 - abs(x), 0)
            result.append(
                sum(weight(at - j) * values[min(max(j, 0), m - 1)] for j in range(whole - 1, whole + 3))
            )
        return np.array(result)

    expected = np.apply_along_axis(line, 1, np.apply_along_axis(line, 0, image, size[0]), size[1])
    close(made, expected, 1e-12)


@pytest.mark.parametrize(
    ("given", "size", "max_size", "expected"),
    [
        ((20, 30), 10, None, (10, 15)),
        ((30, 20), 10, None, (15, 10)),
        ((20, 31), 7, None, (7, 10)),
        ((20, 60), 10, 15, (5, 15)),
        ((20, 60), [10], None, (10, 30)),
        ((20, 60), (4, 5), None, (4, 5)),
    ],
)
def test_resize_keeps_the_proportions(
    given: tuple[int, int], size: Any, max_size: int | None, expected: tuple[int, int]
) -> None:
    assert t.Resize(size, max_size=max_size)(np.zeros(given, np.uint8)).shape == expected


# Colors


def gray(images: Array) -> Array:
    made: Array = np.tensordot([0.2989, 0.587, 0.114], images, (0, 1))[:, None]
    return made


def adjusted(name: str, images: Array, factor: float) -> Array:
    if name == "hue":
        flat = images.transpose(0, 2, 3, 1).reshape(-1, 3)
        hsv = (colorsys.rgb_to_hsv(*pixel) for pixel in flat)
        made = np.array([colorsys.hsv_to_rgb((h + factor) % 1, s, v) for h, s, v in hsv])
        n, _, high, wide = images.shape
        turned: Array = made.reshape(n, high, wide, 3).transpose(0, 3, 1, 2)
        return turned
    plain = gray(images)
    mean = plain.mean(axis=(1, 2, 3), keepdims=True)
    other = {"brightness": 0 * mean, "contrast": mean, "saturation": plain}[name]
    limited: Array = np.clip(factor * images + (1 - factor) * other, 0, 1)
    return limited


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        *itertools.product(["brightness", "contrast", "saturation"], [0.0, 0.4, 1.7]),
        *itertools.product(["hue"], [-0.5, -0.3, 0.2]),
    ],
)
def test_color_changes(name: str, factor: float) -> None:
    images = colors()
    expected = adjusted(name, images.astype(np.float64), factor)
    setting: dict[str, Any] = {name: (factor, factor)}
    transform = t.ColorJitter(**setting)
    close(transform(images), expected, 3e-6)
    bytes_ = np.rint(images * 255).astype(np.uint8)
    close(transform(bytes_), adjusted(name, bytes_ / 255.0, factor) * 255, 2)
    assert transform(bytes_[:, :1]).shape == (6, 1, 4, 5)


def test_color_changes_have_random_order_and_factors() -> None:
    images = np.broadcast_to(colors(1) * 0.5, (400, 3, 4, 5))
    both = t.ColorJitter(brightness=(0.5, 0.5), contrast=(1.5, 1.5), hue=(0.2, 0.2))(images)
    steps = [("brightness", 0.5), ("contrast", 1.5), ("hue", 0.2)]
    expected = []
    for order in itertools.permutations(steps):
        one = images[:1].astype(np.float64)
        for step in order:
            one = adjusted(step[0], one, step[1])
        expected.append(one)
    distance = np.abs(both[None] - np.array(expected)).max(axis=(2, 3, 4))
    assert (distance.min(axis=0) < 1e-5).all()
    brightness = t.ColorJitter(brightness=0.5)(np.full((400, 1, 1, 1), 0.5))
    assert 0.25 <= brightness.min() < 0.26
    assert 0.74 < brightness.max() <= 0.75


def test_grayscale() -> None:
    images = batch()
    made = t.Grayscale(3)(images)
    close(made, np.broadcast_to(np.floor(gray(images) + 1e-5), images.shape), 0)
    close(t.Grayscale()(colors()), gray(colors()), 1e-6)


# Erasing


def test_erasing() -> None:
    n, high, wide = 500, 20, 30
    made = t.RandomErasing(0.6, (0.05, 0.3), (0.5, 2), value=(5, 6))(np.zeros((n, 2, high, wide), np.uint8))
    erased = 0
    for image in made:
        rows, columns = np.nonzero(image[0])
        if not len(rows):
            continue
        erased += 1
        tall, wide_ = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert len(rows) == tall * wide_, "a rectangle"
        assert set(image[0][image[0] > 0]) == {5}
        assert (image[1] == np.where(image[0], 6, 0)).all()
        assert 0.05 * 0.8 <= tall * wide_ / (high * wide) <= 0.3 * 1.2
        assert 0.5 * 0.8 <= tall / wide_ <= 2 * 1.2
    assert abs(erased / n - 0.6) < 0.1


def test_erasing_with_noise_and_in_place() -> None:
    images = nncore.full((50, 3, 16, 16), 7.0)
    made = t.RandomErasing(1, value="random", inplace=True)(images)
    noise = images.numpy()[images.numpy() != 7]
    assert made is images
    assert abs(noise.mean()) < 0.1
    assert abs(noise.std() - 1) < 0.1


# Seeds


@pytest.mark.parametrize(
    "make",
    [
        lambda g: t.RandomCrop(4, padding=2, generator=g),
        lambda g: t.RandomHorizontalFlip(generator=g),
        lambda g: t.RandomVerticalFlip(generator=g),
        lambda g: t.RandomAffine(90, generator=g),
        lambda g: t.RandomRotation(90, generator=g),
        lambda g: t.ColorJitter(0.5, 0.5, generator=g),
        lambda g: t.RandomErasing(generator=g),
    ],
)
def test_seeds(make: Callable[[Any], Callable[[Any], Any]]) -> None:
    images = batch(64)

    def own(seed: int) -> Any:
        return make(nncore.Generator(seed=seed))(images)

    def shared(seed: int) -> Any:
        nncore.manual_seed(seed)
        return make(None)(images)

    for run in (own, shared):
        assert (run(1) == run(1)).all()
        assert (run(1) != run(2)).any()
    nncore.manual_seed(1)
    before = nncore.get_rng_state()
    own(3)
    assert (nncore.get_rng_state() == before).all(), "an own generator leaves the global one alone"
