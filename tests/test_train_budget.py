"""When training ends, what callbacks see in between, and what is shown."""

from __future__ import annotations

import signal
import sys
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.data import DataLoader, TensorDataset
from nncore.train import TrainingState, evaluate, fit

X = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
Y = X[:, :3].argmax(1)


def network() -> nn.Sequential:
    nncore.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def weights(model: nn.Module) -> Any:
    return [parameter.tolist() for parameter in model.parameters()]


def trained(x: Any = X, y: Any = Y, **options: Any) -> Any:
    model = network()
    history = fit(model, x, y, **{"batch_size": 10, "seed": 0, "verbose": 0, **options})
    return weights(model), history


def loader() -> DataLoader:
    return DataLoader(TensorDataset(X, Y), 10)


class Steps:
    """Counts steps; ends training after `most`."""

    def __init__(self, most: int = 10**9) -> None:
        self.most = most
        self.losses: list[float] = []

    def on_batch_end(self, state: TrainingState) -> bool:
        self.losses.append(state.logs["loss"])
        assert state.step == len(self.losses)
        return len(self.losses) == self.most


def test_ten_epochs_by_default() -> None:
    assert len(trained()[1].loss) == 10


@pytest.mark.parametrize("steps", [1, 5, 7, 12])
@pytest.mark.parametrize("single", [False, True])
def test_steps(steps: int, single: bool) -> None:
    found, history = trained(steps=steps, callbacks=[Steps()] if single else [])
    stopped, other = trained(epochs=9, callbacks=[Steps(steps)])
    assert found == stopped
    assert len(history.loss) == -(-steps // 5) == len(other.loss)
    assert history.loss == pytest.approx(other.loss, rel=1e-9)
    assert history.accuracy == other.accuracy
    streamed = trained(loader(), None, steps=steps)[0]
    assert streamed == trained(shuffle=False, steps=steps)[0]


def test_seconds() -> None:
    history = trained(seconds=0.2)[1]
    assert len(history.loss) > 1
    assert len(trained(seconds=0)[1].loss) == 0


TWICE: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "two": (
        {"epochs": 1, "steps": 2},
        ValueError,
        "got epochs=1 and steps=2; give only one of epochs, steps and",
    ),
    "steps": ({"steps": 1.5}, TypeError, "fit: steps must be an int, got 1.5"),
    "verbose": ({"verbose": 3}, ValueError, "fit: verbose is 3; expected 0, 1 or 2"),
    "seconds": ({"seconds": -1}, ValueError, "fit: seconds must be .*at least 0"),
}


@pytest.mark.parametrize(("options", "error", "text"), TWICE.values(), ids=TWICE)
def test_refused_budgets(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        trained(**options)


def test_steps_one_by_one_have_the_same_bits() -> None:
    """With a callback of steps, or a metric that needs outputs."""
    native = trained(epochs=4)
    spy = Steps()
    seen = trained(epochs=4, callbacks=[spy])
    measured = trained(epochs=4, metrics=["accuracy", custom_accuracy()])
    assert native[0] == seen[0] == measured[0]
    assert native[1].accuracy == seen[1].accuracy == measured[1].accuracy
    assert measured[1].mine == pytest.approx(native[1].accuracy)
    assert native[1].loss == pytest.approx(seen[1].loss)
    assert len(spy.losses) == 20
    assert np.mean(spy.losses[:5]) == pytest.approx(native[1].loss[0])


def custom_accuracy() -> Any:
    from nncore.train.metrics import Metric

    class Mine(Metric):
        name = "mine"

        def reset(self) -> None:
            self.right = self.all = 0

        def update(self, output: Any, target: Any) -> None:
            self.right += int((output.argmax(1) == target).sum().item())
            self.all += len(target)

        def compute(self) -> float:
            return self.right / self.all

    return Mine()


def test_metrics_are_validated_too() -> None:
    history = trained(epochs=2, metrics=[custom_accuracy()], validation=(X, Y))[1]
    assert history.accuracy == history.val_accuracy == []
    expected = trained(epochs=2, validation=(X, Y))[1]
    assert (history.mine, history.val_mine) == (expected.accuracy, expected.val_accuracy)
    assert trained(epochs=1, metrics=[])[1].accuracy == []
    with pytest.raises(ValueError, match="the metric 'accuracy' does not fit regression"):
        trained(y=X[:, :3], metrics=["accuracy"])


NAMED: list[tuple[int, Any, dict[str, Any], list[str]]] = [
    (3, Y, {}, ["accuracy", "f1_macro", "top2", "confusion_matrix"]),
    (1, Y > 0, {}, ["accuracy", "roc_auc", "precision"]),
    (3, X[:, :3] > 0, {"loss": "bce_with_logits"}, ["accuracy", "f1_macro"]),
    (1, X[:, 0], {}, ["r2", "mae"]),
]


@pytest.mark.parametrize(("outputs", "y", "options", "names"), NAMED)
def test_metrics_by_name(outputs: int, y: Any, options: dict[str, Any], names: list[str]) -> None:
    """With a rate of 0 the steps of an epoch measure what `evaluate` does."""
    model = nn.Linear(4, outputs)
    rate: dict[str, Any] = {"optimizer": "sgd", "lr": 0.0, "epochs": 1, "verbose": 0, "metrics": names}
    history = fit(model, X, y, validation=(X, y), **rate, **options)
    found = evaluate(model, X, y, metrics=names, **options).metrics
    for name in names:
        np.testing.assert_allclose(history[name][-1], found[name], rtol=1e-6)
        np.testing.assert_allclose(history[f"val_{name}"][-1], found[name], rtol=1e-6)


def test_hooks_of_any_object() -> None:
    calls: list[str] = []

    class Spy:
        def on_epoch_begin(self, state: TrainingState) -> None:
            calls.append(f"begin {state.epoch}")

        def on_train_end(self, state: TrainingState) -> None:
            calls.append(f"end {state.epoch} {state.step}")

    def stop(state: TrainingState) -> None:
        state.stop = state.epoch == 2

    trained(callbacks=[Spy(), stop])
    assert calls == ["begin 0", "begin 1", "end 2 10"]


def test_ctrl_c_carries_the_history() -> None:
    ended: list[int] = []

    class Press:
        def on_epoch_begin(self, state: TrainingState) -> None:
            if state.epoch == 2:
                signal.raise_signal(signal.SIGINT)

        def on_train_end(self, state: TrainingState) -> None:
            ended.append(state.epoch)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            trained(callbacks=[Press()], validation=(X, Y))
    finally:
        signal.signal(signal.SIGINT, before)
    history = caught.value.history  # type: ignore[attr-defined]
    assert len(history.loss) == len(history.val_loss) == len(history.samples_per_second) == 2
    assert ended == [2]


def test_the_last_good_weights_are_kept() -> None:
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    good: list[Any] = []

    def explode(state: TrainingState) -> None:
        good.append(weights(state.model))
        if state.epoch == 3:
            optimizer.param_groups[0]["lr"] = 3e38

    text = r"in epoch 4, step \d; .*; the model has its weights of epoch 3 again"
    with pytest.raises(nncore.DivergenceError, match=text):
        fit(model, X, Y, batch_size=10, optimizer=optimizer, callbacks=[explode], verbose=0)
    assert weights(model) == good[-1]
    fresh = network()
    with pytest.raises(nncore.DivergenceError, match="the model has its weights of the start again"):
        fit(fresh, X, Y, batch_size=10, optimizer="sgd", lr=3e38, verbose=0)
    assert weights(fresh) == weights(network())


def test_a_line_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    trained(epochs=3, validation=(X, Y), verbose=2)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("epoch 2/3, loss ")
    for part in ("accuracy ", "val loss ", "val accuracy ", "samples/s", "s left"):
        assert part in lines[1]


@pytest.mark.parametrize("options", [{"epochs": 2}, {"steps": 9}, {"seconds": 0.05}])
def test_progress_is_shown_on_terminals(
    options: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(**options, verbose=1)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    trained(**options, verbose=1)
    shown = capsys.readouterr().err
    assert "epoch " in shown
    assert "100%" in shown
    trained(**options, verbose=1, progress=False)
    assert capsys.readouterr().err == ""


def test_at_most_ten_redraws_per_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    trained(seconds=0.5, verbose=1)
    assert capsys.readouterr().err.count("\r") <= 9
