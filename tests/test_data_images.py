"""Data sets of images in memory: transforms of samples and batches, in loaders and workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.data import MNIST, DataLoader, ImageDataset, Subset, random_split
from nncore.data import transforms as t
from nncore.data.dataset import arrays_of

N = 24
AUGMENT = t.Compose(
    [
        t.RandomCrop(8, padding=2),
        t.RandomHorizontalFlip(),
        t.RandomAffine(30),
        t.ToTensor(),
        t.Normalize(0.5, 2),
    ]
)


def images(channels: int | None = 3) -> ImageDataset:
    shape = (N, 8, 8) if channels is None else (N, channels, 8, 8)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    return ImageDataset(pixels, np.arange(N))


def with_transform(transform: Any, target: Any = None, channels: int | None = 3) -> ImageDataset:
    data = images(channels)
    return ImageDataset(data.data, data.targets, transform, target)


class Calls:
    """A transform that records the shapes of its arguments."""

    def __init__(self, takes_batches: bool) -> None:
        self.takes_batches = takes_batches
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, img: nncore.Tensor) -> nncore.Tensor:
        self.shapes.append(tuple(img.shape))
        return img * 2


@pytest.mark.parametrize(("channels", "shape"), [(None, (1, 8, 8)), (3, (3, 8, 8))])
@pytest.mark.parametrize("takes_batches", [False, True])
def test_a_transform_sees_images_or_batches(
    takes_batches: bool, channels: int | None, shape: tuple[int, ...]
) -> None:
    transform = Calls(takes_batches)
    data = with_transform(transform, lambda label: -label, channels)
    image, label = data[3]
    assert (transform.shapes, label) == ([shape], -3)
    assert (image == data.data[3].reshape(shape) * 2).all()
    transform.shapes.clear()
    batches = list(DataLoader(data, batch_size=10))
    expected = [(10, *shape), (10, *shape), (4, *shape)] if takes_batches else [shape] * N
    assert transform.shapes == expected
    assert (nncore.cat([x for x, _ in batches]) == data.data.reshape(N, *shape) * 2).all()
    assert nncore.cat([y for _, y in batches]).tolist() == [-i for i in range(N)]


def test_the_transforms_that_take_batches() -> None:
    assert AUGMENT.takes_batches
    assert not t.Compose([AUGMENT, t.Lambda(abs)]).takes_batches
    assert t.Compose([AUGMENT, Calls(True)]).takes_batches


def test_subsets_transform_batches_too() -> None:
    transform = Calls(True)
    part, _ = random_split(with_transform(transform), [16, 8])
    list(DataLoader(part, batch_size=8))
    assert transform.shapes == [(8, 3, 8, 8)] * 2


def test_loaders_gather_the_rows_of_data_without_transform() -> None:
    data = images()
    assert arrays_of(data) is not None
    assert arrays_of(Subset(data, [1, 2])) is not None
    assert data[2:4][1].tolist() == [2, 3]
    for changed in (with_transform(abs), with_transform(None, abs)):
        assert arrays_of(changed) is None
        assert arrays_of(Subset(changed, [1, 2])) is None


@pytest.mark.parametrize("transform", [AUGMENT, t.Compose([AUGMENT, t.Lambda(lambda x: -x)])])
def test_the_same_seed_gives_the_same_batches_with_any_number_of_workers(
    transform: Callable[[Any], Any],
) -> None:
    def epochs(workers: int) -> list[Any]:
        nncore.manual_seed(5)
        context = "fork" if workers else None  # another would pickle the function of Lambda
        loader: DataLoader = DataLoader(
            with_transform(transform), 6, shuffle=True, num_workers=workers, multiprocessing_context=context
        )
        return [nncore.cat([x for x, _ in loader]) for _ in range(2)]

    one = epochs(1)
    assert (one[0] != one[1]).any(), "epochs differ"
    for first, second in ((one, epochs(3)), (epochs(0), epochs(0))):
        assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_training_on_random_images() -> None:
    model = nncore.nn.Sequential(nncore.nn.Flatten(), nncore.nn.Linear(3 * 64, N))
    optimizer = nncore.optim.SGD(model.parameters(), lr=0.1)
    result = nncore.train.fit(model, with_transform(AUGMENT), optimizer=optimizer, epochs=2)
    assert np.isfinite(result.loss).all()


@pytest.mark.parametrize(
    ("run", "kind", "text"),
    [
        (
            lambda: ImageDataset(np.zeros((2, 3)), [0, 1]),
            ValueError,
            r"ImageDataset: images has shape \(2, 3\)",
        ),
        (lambda: ImageDataset(np.zeros((2, 3, 3)), [0]), ValueError, "^ImageDataset: .* different lengths"),
        (
            lambda: with_transform(3),
            TypeError,
            "ImageDataset: transform is a int; expected a function or None",
        ),
        (lambda: with_transform(None, 3), TypeError, "ImageDataset: target_transform is a int"),
        (
            lambda: with_transform(AUGMENT)[1:3],
            TypeError,
            "with a transform, expected the number of a sample",
        ),
        (lambda: MNIST(3), TypeError, r"MNIST: root must be a path, got 3 \(int\)"),  # type: ignore[arg-type]
        (lambda: with_transform(AUGMENT)[N], IndexError, "out of range"),
    ],
)
def test_misuse(run: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        run()


def test_a_batch_transform_keeps_the_number_of_images() -> None:
    transform: Any = lambda x: x[1:]  # noqa: E731 it needs an attribute
    transform.takes_batches = True
    with pytest.raises(ValueError, match="the transform made 5 images of 6; expected one for each"):
        next(iter(DataLoader(with_transform(transform), 6)))
