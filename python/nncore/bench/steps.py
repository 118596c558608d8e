"""Training steps of small perceptrons: what each library computes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
LR = {"sgd": 0.1, "adam": 0.001}


class Step(NamedTuple):
    """Layer sizes, activation, loss ("mse", "cross_entropy"), optimizer ("sgd", "adam"), rows per batch."""

    sizes: tuple[int, ...]
    activation: str
    loss: str
    optimizer: str
    batch: int

    @property
    def label(self) -> str:
        return f"{'-'.join(map(str, self.sizes))} {self.activation} b{self.batch} {self.optimizer}"

    @property
    def flops(self) -> float:
        """Flops of the products: one forward and two backward, but none for the gradient of the input."""
        layers = [m * n for m, n in pairwise(self.sizes)]
        return 2.0 * self.batch * (3 * sum(layers) - layers[0])


STEPS = (
    Step((784, 30, 10), "sigmoid", "mse", "sgd", 10),
    Step((8, 64, 64, 4), "tanh", "mse", "adam", 32),
    Step((784, 128, 10), "relu", "cross_entropy", "adam", 64),
    Step((784, 512, 512, 10), "relu", "cross_entropy", "adam", 128),
    Step((1024, 2048, 2048, 1000), "relu", "cross_entropy", "adam", 256),
)


class Problem(NamedTuple):
    """A step with the batch and the first parameters that all libraries get, in float32."""

    step: Step
    x: Array
    y: Array
    weights: list[Array]
    biases: list[Array]


Call = Callable[[], object]
# Returns a function that runs the step, and one that returns the first weight matrix.
Maker = Callable[[Problem], tuple[Call, Call]]


def problem(step: Step) -> Problem:
    rng = np.random.default_rng(0)

    def uniform(low: float, high: float, *shape: int) -> Array:
        return rng.uniform(low, high, shape).astype(np.float32)

    weights = [uniform(-1, 1, m, n) / np.float32(n**0.5) for n, m in pairwise(step.sizes)]
    biases = [uniform(-0.1, 0.1, m) for m in step.sizes[1:]]
    x = uniform(-1, 1, step.batch, step.sizes[0])
    classes = step.sizes[-1]
    is_classified = step.loss == "cross_entropy"
    y = rng.integers(0, classes, step.batch) if is_classified else uniform(0, 1, step.batch, classes)
    return Problem(step, x, y, weights, biases)
