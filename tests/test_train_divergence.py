"""Runs whose values are no longer finite stop at that step."""

from __future__ import annotations

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.train import fit


def test_the_first_bad_step_is_named() -> None:
    x = np.ones((40, 2), np.float32)
    x[25] = 1e30
    model = nn.Sequential(nn.Linear(2, 1))
    before = [p.detach().clone() for p in model.parameters()]
    sgd = optim.SGD(model.parameters(), lr=0.0)
    with pytest.raises(
        nncore.DivergenceError,
        match="fit: the loss became inf in epoch 1, step 3; all parameters are still finite; lower the "
        "learning rate, scale the inputs or clip the gradients; the model has its weights of the start again",
    ):
        fit(
            model,
            x,
            np.ones((40, 1), np.float32),
            optimizer=sgd,
            batch_size=10,
            shuffle=False,
            progress=False,
        )
    for a, b in zip(before, model.parameters(), strict=True):
        assert a.tolist() == b.tolist(), "the bad step itself is not taken"


@pytest.mark.parametrize("progress", [False, True])
def test_a_learning_rate_that_explodes_names_the_layer(progress: bool) -> None:
    nncore.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    x = np.ones((64, 4), np.float32)
    sgd = optim.SGD(model.parameters(), lr=1e20)
    with pytest.raises(nncore.DivergenceError, match=r"in epoch 1, step \d+; .*(finite|layer)") as caught:
        fit(model, x, 1e10 * x[:, :1], optimizer=sgd, batch_size=8, progress=progress)
    assert "nan" in str(caught.value) or "inf" in str(caught.value)


def test_parameters_are_checked_at_the_end_of_an_epoch() -> None:
    """One step per epoch: the loss is finite, the new parameters are not."""
    model = nn.Linear(1, 1)
    sgd = optim.SGD(model.parameters(), lr=1e38)
    x = np.full((4, 1), 1e3, np.float32)
    with pytest.raises(
        nncore.DivergenceError, match=r"weight is no longer finite in epoch 1, step 1; .*\(weight\)"
    ):
        fit(model, x, x, optimizer=sgd, batch_size=4, progress=False)


def test_a_buffer_is_called_a_buffer() -> None:
    """The loss and the gradients stay finite; the running variance does not."""
    model = nn.Sequential(nn.BatchNorm1d(1, momentum=1.0), nn.Linear(1, 1))
    x = np.array([[-1e19], [1e19], [-3e19], [3e19]], np.float32)
    with pytest.raises(
        nncore.DivergenceError,
        match=r"0.running_var is no longer finite .* layer with a non-finite buffer is 0 \(0.running_var\)",
    ):
        fit(model, x, np.zeros((4, 1), np.float32), batch_size=4, progress=False)
