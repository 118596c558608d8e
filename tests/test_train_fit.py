"""fit against the same loop by hand, and its errors."""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.data import TensorDataset, load_digits
from nncore.train import Checkpoint, EarlyStopping, History, TrainingState, evaluate, fit, resume

Array = np.ndarray[Any, Any]


def digits() -> tuple[Array, Array]:
    x, y = load_digits()
    return x.numpy().reshape(-1, 64).astype(np.float32)[:300] / 16, y.numpy()[:300]


def network(*sizes: int) -> nn.Sequential:
    nncore.manual_seed(1)
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def bits(model: nn.Module) -> bytes:
    return b"".join(value.numpy().tobytes() for value in model.state_dict().values())


def test_fit_is_the_plain_loop() -> None:
    x, y = (nncore.from_numpy(a) for a in digits())
    ours, theirs = network(64, 20, 10), network(64, 20, 10)
    adam = optim.Adam(ours.parameters(), lr=0.01)
    history = fit(ours, x, y, optimizer=adam, epochs=3, batch_size=64, seed=7, progress=False)

    generator, optimizer = nncore.Generator(seed=7), optim.Adam(theirs.parameters(), lr=0.01)
    losses, rights = [], []
    for _ in range(3):
        order = nncore.randperm(300, generator=generator).numpy()
        total, right = 0.0, 0
        for start in range(0, 300, 64):
            rows = order[start : start + 64]
            output = theirs(nncore.from_numpy(x.numpy()[rows]))
            loss = nn.functional.cross_entropy(output, nncore.from_numpy(y.numpy()[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
            right += int((output.detach().numpy().argmax(1) == y.numpy()[rows]).sum())
        losses.append(total / 300)
        rights.append(right / 300)
    assert bits(ours) == bits(theirs)
    assert (history.loss, history.accuracy) == (losses, rights)
    assert history.epochs == len(history.samples_per_second) == 3
    assert (history.val_loss, history.val_accuracy) == ([], [])


def test_learns_digits_and_validates() -> None:
    x, y = digits()
    model = network(64, 32, 10)
    adam = optim.Adam(model.parameters(), lr=0.01)
    held_out = (x[200:], y[200:])
    history = fit(
        model, x[:200], y[:200], optimizer=adam, epochs=20, validation=held_out, seed=0, progress=False
    )
    assert history.accuracy[-1] > 0.97
    assert history.val_accuracy[-1] > 0.8
    assert (history.val_loss[-1], history.val_accuracy[-1]) == evaluate(model, *held_out)


@pytest.mark.parametrize("batch_size", [1, 10, 33])
def test_same_seed_same_bits(threads: int, batch_size: int) -> None:
    x, y = digits()

    def run() -> tuple[bytes, list[float]]:
        model = network(64, 10)
        history = fit(model, x, y, epochs=2, batch_size=batch_size, seed=3, progress=False)
        return bits(model), history.loss

    first = run()
    nncore.set_num_threads(1)
    assert run() == first


def test_the_progress_line_does_not_change_the_bits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = digits()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    results = []
    for progress in (False, True):
        model = network(64, 10)
        fit(model, x, y, epochs=2, seed=3, progress=progress)
        results.append(bits(model))
    shown = capsys.readouterr().err
    assert results[0] == results[1]
    for part in ("epoch 2/2", "loss", "accuracy", "100%", "samples/s"):
        assert part in shown


def test_silence_loads_no_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    x, y = digits()
    fit(network(64, 10), x, y, epochs=1, progress=False)
    assert stream.getvalue() == ""


def test_data_sets_dtypes_and_defaults() -> None:
    x, y = digits()
    results = []
    forms: list[tuple[Any, Any]] = [
        (x, y),
        (x.astype(np.float64), y.astype(np.int32)),
        (nncore.from_numpy(x), nncore.from_numpy(y.astype(np.uint8))),
        (TensorDataset(x, y), None),
    ]
    for data, target in forms:
        model = network(64, 10)
        fit(model, data, target, epochs=1, seed=0, progress=False)
        results.append(bits(model))
    assert len(set(results)) == 1
    before = bits(model)
    assert fit(model, x, y, epochs=0, progress=False).epochs == 0
    assert bits(model) == before


def test_pixels_are_cast_once() -> None:
    images, labels = load_digits()
    model = network(64, 10)
    history = fit(model, images.reshape(-1, 64), labels, epochs=1, progress=False)
    assert np.isfinite(history.loss[0])


def test_order_without_shuffling() -> None:
    seen: list[list[float]] = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(1, 1)

        def forward(self, x: nncore.Tensor) -> nncore.Tensor:
            if self.training:
                seen.append(x.flatten().tolist())
            return self.inner(x)  # type: ignore[no-any-return]

    x = np.arange(5, dtype=np.float32).reshape(5, 1)
    with pytest.warns(UserWarning, match=r"cannot be captured: numpy: a value is read.*test_train_fit.py"):
        fit(Spy(), x, x, epochs=1, batch_size=2, shuffle=False, progress=False)
    assert seen == [[0, 1], [2, 3], [4]]


def test_callbacks_see_every_epoch_and_may_stop() -> None:
    x, y = digits()
    seen: list[tuple[int, int, bool]] = []

    def callback(state: TrainingState) -> bool:
        seen.append((state.epoch, state.history.epochs, state.model.training))
        return state.epoch == 2

    model = network(64, 10)
    model.eval()
    history = fit(model, x, y, epochs=9, callbacks=[callback, lambda state: None], progress=False)
    assert seen == [(1, 1, True), (2, 2, True)]
    assert history.epochs == 2
    assert not model.training


def test_fit_from_a_callback_and_errors_in_one() -> None:
    x, y = digits()
    model = network(64, 10)
    inner: list[History] = []

    def callback(state: TrainingState) -> None:
        if state.epoch == 2:
            raise LookupError("mine")
        inner.append(fit(state.model, x, y, optimizer=state.optimizer, epochs=1, progress=False))

    with pytest.raises(LookupError, match="mine"):
        fit(model, x, y, epochs=3, callbacks=[callback], progress=False)
    assert len(inner) == 1
    assert all(module.training for module in model.modules())


def test_early_stopping_keeps_the_best_weights() -> None:
    x, y = digits()
    model = network(64, 10)
    losses = iter([3.0, 2.0, 2.5, 2.4, 9.0])
    snapshots: list[bytes] = []

    def pretend(state: TrainingState) -> None:
        state.history.val_loss[-1] = next(losses)
        snapshots.append(bits(state.model))

    stop = EarlyStopping(patience=2)
    history = fit(model, x, y, validation=(x, y), epochs=9, callbacks=[pretend, stop], progress=False)
    assert (history.epochs, stop.best_epoch) == (4, 2)
    assert bits(model) == snapshots[1]
    with pytest.raises(ValueError, match="no 'val_loss'"):
        fit(model, x, y, epochs=1, callbacks=[EarlyStopping()], progress=False)


def test_resume_without_a_generator_restores_the_global_one(tmp_path: Path) -> None:
    x, y = digits()
    model = network(64, 10)
    adam = optim.Adam(model.parameters())
    nncore.manual_seed(4)
    fit(model, x, y, optimizer=adam, epochs=1, callbacks=[Checkpoint(tmp_path / "a.nnz")], progress=False)
    fit(model, x, y, optimizer=adam, epochs=2, progress=False)
    whole = bits(model)
    nncore.manual_seed(77)
    model = network(64, 10)
    adam = optim.Adam(model.parameters())
    assert resume(tmp_path / "a.nnz", model, adam) == 1
    fit(model, x, y, optimizer=adam, epochs=2, progress=False)
    assert bits(model) == whole


def test_resume_has_the_bits_of_an_uninterrupted_run(tmp_path: Path) -> None:
    x, y = digits()

    def start() -> tuple[nn.Sequential, optim.Adam, nncore.Generator]:
        model = network(64, 16, 10)
        return model, optim.Adam(model.parameters(), lr=0.01), nncore.Generator(seed=9)

    whole, adam, generator = start()
    fit(whole, x, y, optimizer=adam, generator=generator, epochs=5, progress=False)

    path = tmp_path / "run.nnz"
    model, adam, generator = start()
    fit(
        model,
        x,
        y,
        optimizer=adam,
        generator=generator,
        epochs=2,
        callbacks=[Checkpoint(path)],
        progress=False,
    )
    nncore.manual_seed(99)
    model = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10))
    adam, generator = optim.Adam(model.parameters(), lr=0.5), nncore.Generator(seed=1)
    assert resume(path, model, adam, generator) == 2
    fit(model, x, y, optimizer=adam, generator=generator, epochs=3, progress=False)
    assert bits(model) == bits(whole)

    other = nn.Linear(2, 2)
    before = bits(other)
    with pytest.raises((ValueError, RuntimeError, KeyError)):
        resume(path, other, adam, generator)
    assert bits(other) == before
    with pytest.raises(nncore.CheckpointError, match="saved with a generator; resume with one"):
        resume(path, model, adam)
    wrong = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(nncore.CheckpointError, match="contains the state of Adam, expected SGD's"):
        resume(path, model, wrong, generator)
    nncore.save({"some": "thing"}, path)
    with pytest.raises(nncore.CheckpointError, match=r"not written by nncore\.train\.Checkpoint"):
        resume(path, model, adam, generator)


X, Y = np.zeros((4, 3), np.float32), np.array([0, 1, 2, 1])
NAN_ROW = np.array([[0, 0, 0], [0, np.nan, 0], [0, 0, 0], [0, 0, 0]], np.float32)
REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "lengths": ({"y": Y[:3]}, ValueError, "fit: x has 4 rows but y has 3; expected one target per row"),
    "empty": ({"x": X[:0], "y": Y[:0]}, ValueError, "fit: x has no rows"),
    "scalar x": ({"x": 1.0}, ValueError, "fit: x is a scalar"),
    "scalar y": ({"y": 1}, ValueError, "fit: x has 4 rows but y is a scalar"),
    "no y": ({"y": None}, TypeError, "fit: y is missing; give x and y, or a data set of pairs"),
    "three columns": (
        {"x": TensorDataset(X, Y, Y), "y": None},
        ValueError,
        "data set has 3 columns; expected two",
    ),
    "nan": ({"x": NAN_ROW}, ValueError, "fit: x is nan at row 1, column 1; remove or fill"),
    "infinity": (
        {"x": np.where(np.isnan(NAN_ROW), np.inf, NAN_ROW)},
        ValueError,
        "x is inf at row 1, column 1",
    ),
    "overflow": ({"x": np.full((4, 3), 1e300)}, ValueError, r"x as nncore\.float32 is inf at row 0"),
    "nan in y": ({"y": np.full((4, 3), np.nan, np.float32)}, ValueError, "fit: y is nan at row 0, column 0"),
    "label too large": (
        {"y": np.array([0, 1, 3, 1])},
        ValueError,
        r"label 3 in y, row 2, is outside 0\.\.2; the model has 3",
    ),
    "label negative": (
        {"y": np.array([0, -1, 2, 1])},
        ValueError,
        r"label -1 in y, row 1, is outside 0\.\.2",
    ),
    "float labels": (
        {"y": Y.astype(np.float32), "loss": nn.CrossEntropyLoss()},
        TypeError,
        r"the labels in y are nncore\.float32; expected integers 0\.\.2",
    ),
    "targets of another shape": (
        {"y": Y.astype(np.float32)},
        ValueError,
        r"y has shape \(4,\) but the model gives \(4, 3\); reshape y, or give integer class labels",
    ),
    "features": ({"x": np.zeros((4, 5), np.float32)}, ValueError, "5 features but weight .* expects 3"),
    "text": ({"x": np.array([["a"]] * 4)}, TypeError, "fit: x has dtype <U1; expected numbers: encode text"),
    "batch size 0": ({"batch_size": 0}, ValueError, "fit: batch_size must be at least 1, got 0"),
    "batch size -1": ({"batch_size": -1}, ValueError, "fit: batch_size must be at least 1, got -1"),
    "batch size 1.5": ({"batch_size": 1.5}, TypeError, "fit: batch_size must be an int, got 1.5"),
    "epochs -1": ({"epochs": -1}, ValueError, "fit: epochs must be at least 0, got -1"),
    "epochs 2.0": ({"epochs": 2.0}, TypeError, "fit: epochs must be an int, got 2.0"),
    "seed and generator": (
        {"seed": 1, "generator": nncore.Generator(seed=1)},
        ValueError,
        "fit: give generator or seed, not both",
    ),
    "validation labels": (
        {"validation": (X, Y + 2)},
        ValueError,
        "label 3 in the validation y, row 1, is outside",
    ),
    "validation lengths": (
        {"validation": (X, Y[:1])},
        ValueError,
        "validation x has 4 rows but the validation y has 1",
    ),
    "an optimizer of another model": (
        {"optimizer": optim.SGD(nn.Linear(3, 3).parameters(), lr=0.1)},
        ValueError,
        "fit: the optimizer has none of the model's parameters",
    ),
    "optimizer class": (
        {"optimizer": nn.Linear},
        TypeError,
        "fit: optimizer Linear cannot be made with its defaults: .*; give an object",
    ),
    "optimizer text": ({"optimizer": "adm"}, ValueError, "optimizer is 'adm'; .* one of .*'adam', "),
    "optimizer": ({"optimizer": 3}, TypeError, "optimizer is an int; expected an Optimizer, its class or"),
    "lr of an object": (
        {"optimizer": optim.Adam(nn.Linear(3, 3).parameters()), "lr": 0.1},
        ValueError,
        "lr does not apply to an optimizer that is made; give lr to Adam, or give its class or name",
    ),
    "loss class": ({"loss": nn.Linear}, TypeError, "fit: loss Linear cannot be made with its defaults"),
    "loss text": ({"loss": "msee"}, ValueError, "fit: loss is 'msee'; expected .* one of 'cross_entropy', "),
    "loss": (
        {"loss": 3},
        TypeError,
        "fit: loss is an int; expected a function of output and target, a class",
    ),
    "generator": ({"generator": 3}, TypeError, r"fit: generator is an int; expected an nncore\.Generator"),
    "validation parts": ({"validation": (X, Y, Y)}, ValueError, "validation has 3 parts"),
}


@pytest.mark.parametrize(("changes", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused_before_training(changes: dict[str, Any], error: type[Exception], text: str) -> None:
    model = network(3, 3)
    before = bits(model)
    arguments = {"x": X, "y": Y, "progress": False, **changes}
    with pytest.raises(error, match=text):
        fit(model, arguments.pop("x"), arguments.pop("y"), **arguments)
    assert bits(model) == before
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("result", "error", "text"),
    [
        (lambda output, y: 1.0, TypeError, "the loss returned a float; expected a Tensor"),
        (lambda output, y: 1, TypeError, "the loss returned an int; expected a Tensor"),
        (lambda output, y: None, TypeError, "the loss returned a NoneType"),
        (lambda output, y: output - y, ValueError, r"the loss returned nncore.float32 of shape \(2, 1\)"),
        (lambda output, y: (output > y).all(), ValueError, r"the loss returned nncore.bool of shape \(\)"),
    ],
)
def test_a_loss_that_is_not_one_number(result: Any, error: type[Exception], text: str) -> None:
    model, x = nn.Linear(1, 1), np.zeros((2, 1), np.float32)
    before = model.state_dict()["weight"].tolist()
    with pytest.raises(error, match=f"fit: {text}"):
        fit(model, x, x, loss=result, progress=False)
    assert model.weight.tolist() == before
    with pytest.raises(error, match=f"evaluate: {text}"):
        nncore.train.evaluate(model, x, x, loss=result)


def test_refused_models() -> None:
    with pytest.raises(TypeError, match=r"fit: model is a function; expected an nncore\.nn\.Module"):
        fit(lambda x: x, X, Y)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fit: the model has no parameters to train"):
        fit(nn.Sequential(nn.Tanh()), X, Y)


def convolutional() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(3, 8), nn.Unflatten(1, (2, 4)), nn.BatchNorm1d(2), nn.Flatten(), nn.Linear(8, 3)
    )


def contrast(output: nncore.Tensor, target: nncore.Tensor) -> nncore.Tensor:
    if len(output) < 2:
        raise LookupError("a pair is needed")
    return nn.functional.cross_entropy(output, target)


LAST_BATCH: dict[str, tuple[Any, dict[str, Any], str]] = {
    "batch norm": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3)),
        {},
        r"fit: the last batch has 1 of the 33 rows \(batch_size 16\), and a step with it fails: "
        "batch_norm: .*one value per channel.*; choose another batch_size, or drop_last=True",
    ),
    "the loss": (lambda: nn.Linear(3, 3), {"loss": contrast}, "the last batch has 1 .* a pair is needed"),
}


@pytest.mark.parametrize(("make", "arguments", "text"), LAST_BATCH.values(), ids=LAST_BATCH)
def test_a_last_batch_that_is_too_small(make: Any, arguments: dict[str, Any], text: str) -> None:
    x, y = np.ones((33, 3), np.float32), np.zeros(33, int)
    model = make()
    before, random = bits(model), nncore._core.default_generator().get_state().tolist()
    with pytest.raises(ValueError, match=text):
        fit(model, x, y, batch_size=16, progress=False, **arguments)
    assert bits(model) == before
    assert all(module.training for module in model.modules())
    assert nncore._core.default_generator().get_state().tolist() == random
    for size in (11, 15, 33):
        fit(model, x, y, batch_size=size, epochs=1, progress=False, **arguments)


def test_a_small_last_batch_that_is_large_enough() -> None:
    """One row of length 4 has more than one value per channel."""
    x, y = np.ones((33, 3), np.float32), np.zeros(33, int)
    model = convolutional()
    fit(model, x, y, batch_size=16, epochs=1, seed=0, progress=False)
    assert model[2].num_batches_tracked.item() == 3, "the trial has no lasting effect"


def test_validation_data_that_cannot_be_evaluated() -> None:
    """The last 1 of 1025 rows, and targets that the loss rejects."""
    x, y = np.ones((1025, 3), np.float32), np.zeros(1025, int)
    model = nn.Linear(3, 3)
    before = bits(model)
    with pytest.raises(LookupError, match="a pair is needed"):
        fit(model, x[:1024], y[:1024], validation=(x, y), loss=contrast, progress=False)
    with pytest.raises(ValueError, match="l1_loss"):
        fit(model, x, x, validation=(x, x[:, :2]), loss=nn.L1Loss(), progress=False)
    assert bits(model) == before
    fit(model, x[:1024], y[:1024], validation=(x[:1024], y[:1024]), loss=contrast, epochs=1, progress=False)


def test_an_error_in_the_first_step_changes_nothing() -> None:
    def loss(output: nncore.Tensor, target: nncore.Tensor) -> nncore.Tensor:
        raise LookupError("mine")

    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
    before = bits(model)
    with pytest.raises(LookupError, match="mine"):
        fit(model, X, Y, loss=loss, progress=False)
    assert bits(model) == before


def test_ignored_labels_are_no_error() -> None:
    y = np.array([0, -100, 2, 1])
    history = fit(network(3, 3), X, y, loss=nn.CrossEntropyLoss(), epochs=1, progress=False)
    assert np.isfinite(history.loss[0])
