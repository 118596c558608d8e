"""Training steps of convolutional networks, compared with PyTorch.

    python bench/vision_steps.py --threads 2 --json vision_steps.jsonl

Each network is written once and built with the modules of both libraries, with the same first weights. The
losses, gradients, parameters and running statistics of the first step are compared. nncore runs the step
captured by `nncore.compile`; the libraries take turns in one process. The limit is the time of the
multiply-adds of convolutions and linear layers, forward and both backward passes, at the rate of registers,
measured in the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

import nncore
from compare import Case, main
from nncore.bench.timing import relative_error
from report import Call


class Network(NamedTuple):
    """A network, its batch, and the multiply-adds of its forward pass for one image, in millions."""

    name: str
    build: Callable[[Any], Any]  # from nncore.nn or torch.nn
    images: tuple[int, ...]
    classes: int
    millions: float


def nielsen(nn: Any) -> Any:
    return nn.Sequential(
        *(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(20, 40, 5), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(640, 100), nn.ReLU(), nn.Linear(100, 10)),
    )


def six_convolutions(nn: Any) -> Any:
    layers, channels = [], 3
    for i, maps in enumerate((32, 32, 64, 64, 128, 128)):
        layers += [nn.Conv2d(channels, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if i % 2 else []
        channels = maps
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 16, 10))


def alexnet(nn: Any) -> Any:
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4, 2), nn.ReLU(), nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.MaxPool2d(3, 2)),
        nn.Conv2d(96, 256, 5, padding=2, groups=2),
        *(nn.ReLU(), nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten()),
        *(nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)),
    )


def resnet20(nn: Any) -> Any:
    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self, inputs: int, maps: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, maps, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
            self.bn1, self.bn2, self.relu = nn.BatchNorm2d(maps), nn.BatchNorm2d(maps), nn.ReLU()
            self.shortcut = nn.Conv2d(inputs, maps, 1, stride, bias=False) if stride > 1 else nn.Identity()

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + self.shortcut(x))

    layers, inputs = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for maps in (16, 32, 64):
        for _ in range(3):
            layers.append(Block(inputs, maps, 2 if maps > inputs else 1))
            inputs = maps
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


NETWORKS = (
    Network("Nielsen, two convolutions", nielsen, (64, 1, 28, 28), 10, 1.63),
    Network("six 3x3 convolutions with batch norm", six_convolutions, (64, 3, 32, 32), 10, 38.6),
    Network("ResNet-20", resnet20, (64, 3, 32, 32), 10, 40.8),
    Network("AlexNet", alexnet, (16, 3, 224, 224), 1000, 724.4),
)


def step_of(library: Any, model: Any, x: Any, y: Any) -> Callable[[], Any]:
    optimizer = library.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    images, labels = library.from_numpy(x), library.from_numpy(y)

    def step() -> Any:
        loss = library.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def calls(network: Network) -> dict[str, Call]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=network.images).astype(np.float32)
    y = rng.integers(0, network.classes, network.images[0])
    nncore.manual_seed(0)
    ours, theirs = network.build(nncore.nn), network.build(torch.nn)
    weights = {name: torch.from_numpy(value.numpy().copy()) for name, value in ours.state_dict().items()}
    theirs.load_state_dict(weights)
    found: dict[str, Callable[[], Any]] = {
        "nncore": nncore.compile(step_of(nncore, ours, x, y)),
        "pytorch": step_of(torch, theirs, x, y),
    }
    losses = [call() for call in found.values()]
    check("the loss", losses[0], losses[1], 1e-4)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        check(f"the gradient of {name}", p.grad, q.grad)
    state = theirs.state_dict()
    for name, value in ours.state_dict().items():
        check(name, value, state[name])
    return dict(found)


def check(name: str, ours: Any, theirs: Any, allowed: float = 2e-2) -> None:
    """Raise ValueError if the values differ.

    Gradients in float32 are up to 0.01 from those in float64: where two values of a maximum, or 0 and an
    input of ReLU, differ by less than the rounding, a gradient goes another way.
    """
    error = relative_error(ours.detach().numpy(), theirs.detach().numpy().astype(np.float64))
    if not error <= allowed:
        raise ValueError(f"{name} of the first step is off from PyTorch's by {error}, allowed {allowed}")


def cases(limits: dict[str, float]) -> Iterator[Case]:
    for network in NETWORKS:
        batch = network.images[0]
        seconds = 3 * 2e6 * network.millions * batch / limits["fma_f32"]
        yield Case(f"{network.name}, batch {batch}", "step", partial(calls, network), seconds)


if __name__ == "__main__":
    main(__doc__, cases, seconds=1.0)
