"""fit with captured and with eager steps: the same results, and few Python runs when captured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import bits
from nncore import Tensor, nn, optim
from nncore.train import fit


def trained(epochs: int, **options: Any) -> tuple[list[float], list[bytes], int]:
    """The losses, the parameters and how often the loss ran in Python."""
    nncore.manual_seed(2)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((120, 4)).astype("f4"), rng.integers(0, 3, 120)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 3))
    calls = 0

    def loss(output: Tensor, target: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return nn.functional.cross_entropy(output, target)

    optimizer = optim.Adam(model.parameters(), lr=0.01)
    history = fit(
        model, x, y, loss=loss, optimizer=optimizer, epochs=epochs, batch_size=32, seed=1, progress=False,
        **options,
    )  # fmt: skip
    return history.loss, [bits(value) for value in model.state_dict().values()], calls


VALIDATION = (np.ones((40, 4), "f4"), np.zeros(40, np.int64))


@pytest.mark.parametrize("options", [{}, {"validation": VALIDATION}], ids=["plain", "validation"])
def test_captured_and_eager_steps_give_the_same(options: dict[str, Any]) -> None:
    captured, eager = trained(12, **options), trained(12, compile=False, **options)
    assert captured[:2] == eager[:2]


@pytest.mark.parametrize("options", [{}, {"validation": VALIDATION}], ids=["plain", "validation"])
def test_only_captures_and_audits_run_in_python(options: dict[str, Any]) -> None:
    """Neither train() in each epoch, nor a smaller last batch, nor validation drops a plan."""
    more, fewer = trained(60, **options)[2], trained(34, **options)[2]
    evaluations = 26 if options else 0
    assert more - fewer == 1 + evaluations  # of 180 and 60 steps: the audit of step 128 of the larger batch


def test_an_eager_fit_runs_each_step_in_python() -> None:
    assert trained(3, compile=False)[2] - trained(2, compile=False)[2] == 4
