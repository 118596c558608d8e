"""LRFinder: the rates of its steps, its suggestion, and that it leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.data import DataLoader, TensorDataset
from nncore.train import LRFinder, fit

RNG = np.random.default_rng(0)
X = RNG.standard_normal((64, 4)).astype(np.float32)
Y = X @ np.array([[1.0], [2.0], [3.0], [4.0]], np.float32)


def network() -> tuple[nn.Sequential, optim.Adam]:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))
    groups = [{"params": model[0].parameters()}, {"params": model[3].parameters(), "lr": 0.02}]
    return model, optim.Adam(groups, lr=0.01)


def everything(model: nn.Module, adam: optim.Adam) -> list[Any]:
    values = [*model.state_dict().values(), nncore._core.default_generator().get_state()]
    values += [value for state in adam.state.values() for value in state.values()]
    return [*(value.numpy().tobytes() for value in values), [group["lr"] for group in adam.param_groups]]


@pytest.mark.parametrize("trained", [False, True], ids=["new", "trained"])
@pytest.mark.parametrize("kind", ["arrays", "loader"])
def test_nothing_is_left_behind(kind: str, trained: bool) -> None:
    model, adam = network()
    if trained:
        fit(model, X, Y, optimizer=adam, epochs=2, progress=False)
    before = everything(model, adam)
    data: Any = (X, Y) if kind == "arrays" else (DataLoader(TensorDataset(X, Y), 16), None)
    finder = LRFinder(1e-4, 1.0, steps=9)
    finder.find(model, *data, optimizer=adam)
    assert everything(model, adam) == before
    assert len(finder.losses) == 9
    np.testing.assert_allclose(finder.rates, np.geomspace(1e-4, 1.0, 9))


def test_the_losses_are_those_of_steps_with_the_rates() -> None:
    """In every group the rates have the ratio of the optimizer's."""
    nncore.manual_seed(0)
    model, adam = network()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    finder = LRFinder(1e-3, 0.1, steps=5)
    finder.find(model, X, Y, optimizer=adam, batch_size=64, shuffle=False)
    twin, other = network()
    twin.load_state_dict(state)
    x, y = nncore.from_numpy(X), nncore.from_numpy(Y)
    for rate, loss in zip(np.geomspace(1e-3, 0.1, 5), finder.losses, strict=True):
        other.param_groups[0]["lr"], other.param_groups[1]["lr"] = rate, 2 * rate
        found = nn.functional.mse_loss(twin(x), y)
        other.zero_grad()
        found.backward()
        other.step()
        assert found.item() == pytest.approx(loss, rel=1e-6)


def test_the_suggestion_trains() -> None:
    nncore.manual_seed(0)
    model = nn.Linear(4, 1)
    sgd = optim.SGD(model.parameters(), lr=1.0)
    finder = LRFinder(1e-5, 100.0)
    finder.find(model, X, Y, optimizer=sgd, seed=0)
    assert len(finder.losses) < 100, "it ends when the loss explodes"
    assert 1e-3 < finder.suggestion < 1
    fit(model, X, Y, optimizer=optim.SGD(model.parameters(), lr=finder.suggestion), epochs=50, progress=False)
    assert nn.functional.mse_loss(model(nncore.from_numpy(X)), nncore.from_numpy(Y)).item() < 0.1


def test_a_loss_that_is_no_longer_finite_ends_the_steps() -> None:
    model = nn.Linear(4, 1)
    before = [p.tolist() for p in model.parameters()]
    finder = LRFinder(1e-3, 1e38, steps=5)
    finder.find(model, X, Y, optimizer=optim.SGD(model.parameters(), lr=1.0))
    assert 1 <= len(finder.losses) < 5
    assert [p.tolist() for p in model.parameters()] == before


def test_plot() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    finder = LRFinder(1e-4, 1.0, steps=9)
    finder.find(nn.Linear(4, 1), X, Y)
    figure = finder.plot()
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_xlabel(), axes.get_ylabel()) == ("log", "learning rate", "loss")
    assert axes.lines[0].get_ydata().tolist() == finder.losses
    assert axes.lines[2].get_xdata()[0] == finder.suggestion
    sys.modules["matplotlib.pyplot"].close(figure)


WRONG: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "start": (lambda: LRFinder(0), ValueError, "LRFinder: start must be finite, above 0, got 0"),
    "end": (lambda: LRFinder(1.0, 0.5), ValueError, "LRFinder: end must be finite, above 1, got 0.5"),
    "steps": (lambda: LRFinder(steps=2), ValueError, "LRFinder: steps must be at least 3, got 2"),
    "no steps": (
        lambda: LRFinder().suggestion,
        ValueError,
        "LRFinder: the losses are missing; call find first",
    ),
    "epochs": (
        lambda: LRFinder().find(nn.Linear(4, 1), X, Y, epochs=3),
        TypeError,
        "LRFinder.find: epochs is not an option here; LRFinder\\(steps=\\) sets the steps",
    ),
    "data": (lambda: LRFinder().find(nn.Linear(3, 1), X, Y), ValueError, "4 features"),
}


@pytest.mark.parametrize(("call", "error", "text"), WRONG.values(), ids=WRONG)
def test_wrong_arguments(call: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="LRFinder.plot: matplotlib is not installed: pip install m"):
        LRFinder().plot()
