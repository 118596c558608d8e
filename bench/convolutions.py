"""Convolutions, compared with PyTorch and with the limit of multiply-adds.

    python bench/convolutions.py --threads 1 --json convolutions.jsonl

"forward" runs without gradients; "input" and "weight" are the backward passes for one operand, on a graph
that is kept. Results are checked against float64 first. The limit is the time of the multiply-adds at the
rate of registers, or of the operands at the bandwidth of a streaming triad if that is longer; both rates are
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


class Shape(NamedTuple):
    """Images n x channels x size x size, filters x kernel x kernel."""

    name: str
    n: int
    channels: int
    size: int
    filters: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1

    @property
    def out(self) -> int:
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def flops(self) -> float:
        return 2.0 * self.n * self.filters * self.out**2 * self.channels / self.groups * self.kernel**2

    @property
    def bytes(self) -> float:
        return 4.0 * self.n * (self.channels * self.size**2 + self.filters * self.out**2)


SHAPES = (
    Shape("LeNet 1", 128, 1, 28, 6, 5, padding=2),
    Shape("LeNet 2", 128, 6, 14, 16, 5),
    Shape("Nielsen 1", 10, 1, 28, 20, 5),
    Shape("Nielsen 2", 10, 20, 12, 40, 5),
    Shape("CIFAR", 64, 32, 32, 32, 3, padding=1),
    Shape("ResNet 56", 8, 64, 56, 64, 3, padding=1),
    Shape("ResNet 14", 8, 256, 14, 256, 3, padding=1),
    Shape("ResNet 7", 8, 512, 7, 512, 3, padding=1),
    Shape("ResNet 56 stride 2", 8, 128, 56, 128, 3, 2, 1),
    Shape("AlexNet 1", 16, 3, 224, 96, 11, 4, 2),
    Shape("AlexNet 2", 16, 96, 27, 256, 5, 1, 2, 2),
    Shape("AlexNet 3", 16, 256, 13, 384, 3, 1, 1),
    Shape("AlexNet 4", 16, 384, 13, 384, 3, 1, 1, 2),
    Shape("AlexNet 5", 16, 384, 13, 256, 3, 1, 1, 2),
    Shape("1x1", 8, 256, 14, 1024, 1),
    Shape("depthwise", 8, 144, 56, 144, 3, 1, 1, 144),
)
COLUMNS = ("forward", "input", "weight")


def call(library: Any, shape: Shape, column: str, x: Any, w: Any, dy: Any) -> Callable[[], Any]:
    x, w, dy = map(library.from_numpy, (x, w, dy))
    settings = {"stride": shape.stride, "padding": shape.padding, "groups": shape.groups}
    if column == "forward":
        return lambda: library.conv2d(x, w, **settings)
    operand = (x if column == "input" else w).requires_grad_()
    y = library.conv2d(x, w, **settings)

    def backward() -> Any:
        operand.grad = None
        y.backward(dy, retain_graph=True)
        return operand.grad

    return backward


def calls(shape: Shape, column: str) -> dict[str, Call]:
    rng = np.random.default_rng(0)
    n, c, s, f, k, groups = shape.n, shape.channels, shape.size, shape.filters, shape.kernel, shape.groups
    sizes = (n, c, s, s), (f, c // groups, k, k), (n, f, shape.out, shape.out)
    arrays = [rng.normal(size=size) for size in sizes]
    exact = call(nncore, shape, column, *arrays)()
    found: dict[str, Call] = {}
    for name, library in ("nncore", nncore), ("pytorch", torch):
        found[name] = run = call(library, shape, column, *(a.astype(np.float32) for a in arrays))
        error = relative_error(run(), exact)
        if not error <= 1e-4:
            raise ValueError(f"{name} is off from float64 by {error}, allowed 1e-4")
    return found


def cases(limits: dict[str, float]) -> Iterator[Case]:
    for shape in SHAPES:
        seconds = max(shape.flops / limits["fma_f32"], shape.bytes / limits["triad"])
        for column in COLUMNS:
            if column != "input" or shape.channels > 3:  # images need no gradient
                yield Case(shape.name, column, partial(calls, shape, column), seconds)


if __name__ == "__main__":
    main(__doc__, cases, seconds=0.2)
