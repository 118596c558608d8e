"""fit with L-BFGS, which evaluates loss and gradient several times per step, and other optimizers by name."""

from __future__ import annotations

import signal
import warnings
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import nncore
from nncore import nn, optim
from nncore.errors import DivergenceError
from nncore.optim import lr_scheduler
from nncore.train import Average, Checkpoint, fit, resume

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
Y = (X @ [[1.0], [-2.0], [0.5]]) ** 2 / 4 + 0.1 * RNG.standard_normal((40, 1))


def network() -> nn.Sequential:
    nncore.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()


def weights(model: nn.Module) -> Any:
    return np.concatenate([parameter.detach().numpy().ravel() for parameter in model.parameters()])


def lbfgs(model: nn.Module, **settings: Any) -> optim.LBFGS:
    return optim.LBFGS(model.parameters(), **{"line_search_fn": "strong_wolfe", **settings})


def trained(model: nn.Module, **options: Any) -> Any:
    settings = {"batch_size": 40, "shuffle": False, "verbose": 0, "epochs": 5}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return fit(model, X, Y, **{**settings, **options})


@pytest.mark.parametrize("compile", [True, False])
def test_the_optimum_is_that_of_scipy(compile: bool) -> None:
    """Of a linear model with the Huber loss, which is convex."""

    def loss(flat: Any) -> Any:
        error = np.abs(X @ flat[:3] + flat[3] - Y[:, 0])
        return np.where(error < 1, error**2 / 2, error - 0.5).mean()

    model = nn.Linear(3, 1).double()
    start = weights(model)
    expected = minimize(loss, start, tol=1e-9)
    history = trained(model, loss="huber", optimizer=lbfgs(model), compile=compile)
    np.testing.assert_allclose(weights(model), expected.x, atol=1e-5)
    assert history.loss[0] == pytest.approx(loss(start))
    assert history.loss[-1] == pytest.approx(expected.fun)


@pytest.mark.parametrize("compile", [True, False])
def test_fit_is_the_loop_by_hand(compile: bool) -> None:
    """In batches, with a schedule, an average and a metric."""
    model, twin = network(), network()
    found = trained(
        model, batch_size=16, optimizer="lbfgs", lr=0.1, epochs=3, metrics=["mae"], compile=compile,
        scheduler=lambda o: lr_scheduler.StepLR(o, 2, 0.5), scheduler_interval="batch", ema=0.5,
    )  # fmt: skip
    optimizer, average, losses = optim.LBFGS(twin.parameters(), lr=0.1), Average(twin, 0.5), []
    schedule = lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(3):
        for rows in (slice(0, 16), slice(16, 32), slice(32, 40)):

            def closure(rows: slice = rows) -> nncore.Tensor:
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(twin(nncore.tensor(X[rows])), nncore.tensor(Y[rows]))
                loss.backward()
                return loss

            losses.append(optimizer.step(closure).item())
            schedule.step()
            average.update()
    average.exchange()
    assert weights(model).tolist() == weights(twin).tolist()
    np.testing.assert_allclose(found.loss, np.reshape(losses, (3, 3)) @ [0.4, 0.4, 0.2])
    assert len(found.mae) == 3


def test_a_checkpoint_is_resumed(tmp_path: Any) -> None:
    whole, parts, again = network(), network(), network()
    trained(whole, optimizer=lbfgs(whole, max_iter=3))
    saved = Checkpoint(tmp_path / "a.nnz")
    trained(parts, optimizer=lbfgs(parts, max_iter=3), epochs=2, callbacks=[saved])
    optimizer = lbfgs(again, max_iter=3)
    assert resume(tmp_path / "a.nnz", again, optimizer) == 2
    trained(again, optimizer=optimizer, epochs=3)
    assert weights(again).tolist() == weights(whole).tolist()


def test_divergence_restores_the_weights() -> None:
    model = network()
    before = weights(model)
    with pytest.raises(DivergenceError, match="in epoch [0-9]+, step"):
        trained(model, optimizer="lbfgs", lr=1e200, epochs=50)
    assert np.isfinite(weights(model)).all()
    with pytest.raises(DivergenceError, match="the loss became nan in epoch 1, step 1"):
        trained(model, optimizer="lbfgs", loss=lambda output, target: (output * float("nan")).mean())
    assert weights(model).shape == before.shape
    assert np.isfinite(weights(model)).all()


def test_ctrl_c_finishes_the_step() -> None:
    class Interrupting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.calls = network(), 0

        def forward(self, x: nncore.Tensor) -> nncore.Tensor:
            self.calls += self.training
            if self.calls == 3:
                signal.raise_signal(signal.SIGINT)
            return self.inner(x)  # type: ignore[no-any-return]

    model, twin = Interrupting(), network()
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            trained(model, optimizer=lbfgs(model, max_iter=3), compile=False)
    finally:
        signal.signal(signal.SIGINT, handler)
    trained(twin, optimizer=lbfgs(twin, max_iter=3), epochs=1)
    assert weights(model).tolist() == weights(twin).tolist()
    assert caught.value.history.epochs in (0, 1)  # type: ignore[attr-defined]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "max_norm": ({"optimizer": "lbfgs", "max_norm": 1.0}, "fit: max_norm does not apply to LBFGS, which"),
    "accumulate": ({"optimizer": optim.LBFGS, "accumulate": 2}, "fit: accumulate does not apply to LBFGS"),
    "SparseAdam": (
        {"optimizer": "sparseadam"}, "fit: nncore has no optim.SparseAdam; every gradient is dense; use",
    ),
    "unknown": ({"optimizer": "adaam"}, "fit: optimizer is 'adaam'; expected an optimizer or one of 'asgd"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(options: dict[str, Any], text: str) -> None:
    model = network()
    before = weights(model)
    with pytest.raises(ValueError, match=text):
        trained(model, **options)
    assert weights(model).tolist() == before.tolist()
