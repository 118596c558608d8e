"""Networks of nncore.models: parameter counts, recorded outputs and gradients, training, wrong images."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from model_cases import CASES, digest, drawn, images, waves
from nncore import models, nn, optim

RECORDED = json.loads((Path(__file__).parent / "data" / "models.json").read_text())

SLOW = ("vgg16", "resnet50")
NAMES = [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in CASES]


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize(
    ("build", "published"),
    [
        (models.LeCun1989, 9_760),
        (lambda: models.LeNet5("rbf"), 60_000),
        (models.LeNet5, 60_850),
        (lambda: models.NielsenNet(0), 79_510),
        (lambda: models.NielsenNet(1), 289_630),
        (lambda: models.NielsenNet(2), 85_670),
        (lambda: models.NielsenNet(2, (1000, 1000), nn.ReLU, 0.5), 1_672_570),
        (models.CudaConvNet, 145_578),
        (models.resnet20, 269_722),
        (models.resnet18, 11_689_512),
        (models.resnet50, 25_557_032),
        (models.mobilenet_v2, 3_504_872),
        (lambda: models.UNet(1, 2, 64, 4), 31_030_658),
        pytest.param(models.AlexNet, 60_965_224, marks=pytest.mark.slow),
        pytest.param(models.vgg11, 132_863_336, marks=pytest.mark.slow),
        pytest.param(models.vgg11_bn, 132_868_840, marks=pytest.mark.slow),
        pytest.param(models.vgg16, 138_357_544, marks=pytest.mark.slow),
        pytest.param(models.vgg16_bn, 138_365_992, marks=pytest.mark.slow),
    ],
)
def test_published_number_of_parameters(build: Callable[[], nn.Module], published: int) -> None:
    assert count(build()) == published


def near(values: nncore.Tensor | None, recorded: list[float]) -> None:
    """Equal digests, but for rounding on the scale of the norm.

    The gradient of a bias before batch normalization is 0: its digest is rounding alone.
    """
    assert values is not None
    found = digest(values.detach().numpy())
    np.testing.assert_allclose(found, recorded, rtol=0, atol=1e-10 * max(1.0, recorded[0]))


@pytest.mark.parametrize("name", NAMES)
def test_outputs_and_gradients_are_pytorchs(name: str) -> None:
    """tools/record_models.py recorded them in float64."""
    build, shape = CASES[name]
    model = build().double()
    recorded = RECORDED[name]
    state = model.state_dict()
    keys = [key for key in state if key in recorded["gradients"] or key.endswith("centers")]
    values = drawn({key: tuple(state[key].shape) for key in keys})
    model.load_state_dict({**state, **{key: nncore.from_numpy(value) for key, value in values.items()}})
    y = model(nncore.from_numpy(images(shape)))
    (y.flatten() @ nncore.from_numpy(waves(y.numel()))).backward()
    near(y, recorded["output"])
    assert [key for key, _ in model.named_parameters()] == list(recorded["gradients"])
    for key, parameter in model.named_parameters():
        near(parameter.grad, recorded["gradients"][key])


@pytest.mark.parametrize("name", NAMES)
def test_captured_steps_lower_the_loss(name: str) -> None:
    build, shape = CASES[name]
    model = build()
    optimizer = optim.SGD(model.parameters(), lr=1e-3)
    x = nncore.from_numpy(images(shape).astype(np.float32))

    @nncore.compile(strict=True)
    def step(x: nncore.Tensor, target: nncore.Tensor) -> nncore.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    sides = shape[2:] if name == "unet" else ()
    target = nncore.ones(shape[0], *sides, dtype=nncore.int64)
    losses = [step(x, target).item() for _ in range(4)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("build", "shape", "expected"),
    [
        (models.LeCun1989, (1, 1, 28, 28), "(N, 1, 16, 16)"),
        (models.LeNet5, (1, 1, 28, 28), "(N, 1, 32, 32)"),
        (models.NielsenNet, (1, 784), "(N, 1, 28, 28)"),
        (models.CudaConvNet, (3, 32, 32), "(N, 3, 32, 32)"),
        (lambda: models.AlexNet(hidden=4), (1, 3, 227, 227), "(N, 3, 224, 224)"),
        (lambda: models.VGG([[4]] * 5, hidden=4), (1, 3, 31, 64), "(N, 3, H, W) with H and W at least 32"),
        (models.resnet18, (1, 1, 32, 32), "(N, 3, H, W) with H and W at least 1"),
        (models.resnet20, (1, 3, 0, 32), "(N, 3, H, W) with H and W at least 1"),
        (models.mobilenet_v2, (1, 4, 32, 32), "(N, 3, H, W) with H and W at least 1"),
        (models.UNet, (1, 1, 16, 18), "(N, 1, H, W) with H and W at least 4 and multiples of 4"),
    ],
)
def test_wrong_images(build: Callable[[], nn.Module], shape: tuple[int, ...], expected: str) -> None:
    model = build()
    given = f"{type(model).__name__}: the input has shape {shape}; expected images {expected}"
    with pytest.raises(ValueError, match=f"^{re.escape(given)}$"):
        model(nncore.zeros(shape))


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (
            lambda: models.LeNet5("softmax"),
            ValueError,
            "LeNet5: output must be 'linear' or 'rbf', got 'softmax'",
        ),
        (lambda: models.NielsenNet(3), ValueError, "NielsenNet: convolutions must be at most 2, got 3"),
        (lambda: models.NielsenNet(hidden=(0,)), ValueError, "NielsenNet: hidden must be at least 1, got 0"),
        (
            lambda: models.NielsenNet(hidden=100),  # type: ignore[arg-type]
            TypeError,
            "NielsenNet: hidden must be an iterable, got int",
        ),
        (
            lambda: models.NielsenNet(activation=nn.ReLU()),  # type: ignore[arg-type]
            TypeError,
            "NielsenNet: activation must be a class such as nn.ReLU, got ReLU()",
        ),
        (
            lambda: models.VGG([64, 128]),  # type: ignore[list-item]
            TypeError,
            "VGG: a stage of stages must be an iterable, got int",
        ),
        (lambda: models.ResNet(models.resnet.BasicBlock, [2, 2]), ValueError, "ResNet: layers has 2 numbers"),
        (lambda: models.CifarResNet(0), ValueError, "CifarResNet: n must be at least 1, got 0"),
        (lambda: models.mobilenet_v2(width_mult=0), ValueError, "MobileNetV2: width_mult"),
        (lambda: models.mobilenet_v2(width_mult=float("nan")), ValueError, "MobileNetV2: width_mult"),
        (lambda: models.UNet(width=0), ValueError, "UNet: width must be at least 1, got 0"),
        (lambda: models.AlexNet(-1), ValueError, "AlexNet: num_classes must be at least 0, got -1"),
        (
            lambda: models.AlexNet(dropout=2),
            ValueError,
            "AlexNet: dropout must be finite, at least 0, at",
        ),
        (
            lambda: models.vgg16("10"),  # type: ignore[arg-type]
            TypeError,
            "VGG: num_classes must be an int, got '10' (str)",
        ),
        (
            lambda: models.ResNet(3, (2, 2, 2, 2)),  # type: ignore[arg-type]
            TypeError,
            "ResNet: block is 3; expected the class BasicBlock or Bottleneck",
        ),
    ],
)
def test_wrong_arguments(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        build()
