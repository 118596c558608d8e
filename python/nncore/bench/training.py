"""Compare a training step of several libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nncore.bench.byhand import ByHand
from nncore.bench.libraries import makers
from nncore.bench.steps import STEPS, problem
from nncore.bench.timing import Case, relative_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nncore.bench.steps import Maker, Step

# Adam's first change is lr * sign(gradient): a ReLU input that rounds to the other side of 0 flips a few.
TOLERANCE = 0.05


def training_steps() -> Iterator[Case]:
    """Forward, loss, backward and update on one batch."""
    for step in STEPS:
        yield training_step(step, makers(step))


def training_step(step: Step, libraries: Mapping[str, Maker]) -> Case:
    """All libraries start from the same weights; the check compares the first ones after one step."""
    given = problem(step)
    made = {name: make(given) for name, make in libraries.items()}

    def errors() -> dict[str, float]:
        """The relative error of the change of the first weights, against NumPy in float64."""
        exact = ByHand(given, np.float64)
        exact.step(given.x.astype(np.float64), given.y)
        start = given.weights[0].astype(np.float64)
        found = {}
        for name, (call, first_weights) in made.items():
            call()
            change = np.asarray(first_weights(), np.float64) - start
            found[name] = relative_error(change, exact.weights[0] - start)
        return found

    calls = {name: call for name, (call, _) in made.items()}
    return Case(f"step {step.label}", step.flops, calls, errors, TOLERANCE)
