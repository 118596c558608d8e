"""Callbacks: each training resets their state, and errors occur before the first step."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.data import DataLoader, TensorDataset
from nncore.train import Callback, Checkpoint, EarlyStopping, History, TrainingState, fit

X, Y = np.eye(6, 3, dtype=np.float32), np.array([0, 1, 2, 0, 1, 2])


def bits(model: nn.Module) -> bytes:
    return b"".join(value.numpy().tobytes() for value in model.state_dict().values())


def run(
    stop: EarlyStopping, losses: list[float], *others: Callable[[TrainingState], object]
) -> tuple[nn.Module, list[bytes], History]:
    """Train with the given losses; return the model, its weights after each epoch, and the history."""
    model = nn.Linear(3, 3)
    snapshots: list[bytes] = []

    def pretend(state: TrainingState) -> None:
        state.history.val_loss[-1] = losses[state.epoch - 1]
        snapshots.append(bits(state.model))

    history = fit(
        model,
        X,
        Y,
        validation=(X, Y),
        epochs=len(losses),
        callbacks=[pretend, stop, *others],
        progress=False,
        seed=0,
    )
    assert len({*snapshots}) == len(snapshots)
    return model, snapshots, history


NAN = math.nan
CASES: dict[str, tuple[list[float], int, int]] = {  # losses, epochs run, best epoch
    "patience ends": ([3, 2, 2.5, 2.4, 1], 4, 2),
    "the epochs end first": ([3, 2, 2.5], 3, 2),
    "the last epoch is the best": ([3, 2, 1], 3, 3),
    "an equal score is not an improvement": ([2, 2], 2, 1),
    "NaN first": ([NAN, 3, 2, 2.5], 4, 3),
    "NaN later": ([3, NAN, NAN, 1], 3, 1),
    "only NaN": ([NAN, NAN, NAN, NAN], 3, 1),
}


@pytest.mark.parametrize(("losses", "epochs", "best"), CASES.values(), ids=CASES)
def test_the_best_weights_are_put_back(losses: list[float], epochs: int, best: int) -> None:
    stop = EarlyStopping(patience=2)
    model, snapshots, history = run(stop, losses)
    assert (history.epochs, stop.best_epoch) == (epochs, best)
    assert bits(model) == snapshots[best - 1]


def test_the_best_weights_are_restored_when_another_callback_ends_training() -> None:
    model, snapshots, _ = run(EarlyStopping(patience=9), [1, 2, 3, 4], lambda state: state.epoch == 3)
    assert bits(model) == snapshots[0]


def test_without_restoring_the_last_weights_stay() -> None:
    model, snapshots, _ = run(EarlyStopping(patience=2, restore_best=False), [1, 2, 3, 4])
    assert bits(model) == snapshots[-1]


def test_an_object_used_twice_is_reset() -> None:
    """All losses of the second training are worse than the best of the first."""
    stop = EarlyStopping(patience=2)
    run(stop, [0.5, 0.1, 0.2])
    model, snapshots, history = run(stop, [9, 8, 7, 7.5, 7.6, 1])
    assert (history.epochs, stop.best_epoch) == (5, 3)
    assert bits(model) == snapshots[2]


def test_an_exception_leaves_the_weights_that_were_reached() -> None:
    seen: list[bytes] = []

    def fail(state: TrainingState) -> None:
        seen.append(bits(state.model))
        if state.epoch == 3:
            raise LookupError("mine")

    model = nn.Linear(3, 3)
    with pytest.raises(LookupError):
        fit(model, X, Y, callbacks=[EarlyStopping("loss"), fail], progress=False)
    assert bits(model) == seen[-1]


class Spy(Callback):
    """Keeps the calls of its hooks, with the finished epochs and steps."""

    def __init__(self, answers: dict[tuple[str, int, int], Any] | None = None) -> None:
        self.calls: list[tuple[str, int, int]] = []
        self._answers = answers or {}

    def _call(self, hook: str, state: TrainingState) -> Any:
        self.calls.append((hook, state.epoch, state.step))
        return self._answers.get(self.calls[-1])

    def on_train_begin(self, state: TrainingState) -> object:
        return self._call("begin", state)

    def on_epoch_begin(self, state: TrainingState) -> object:
        return self._call("epoch", state)

    def on_epoch_end(self, state: TrainingState) -> object:
        assert state.logs == state.history.last()
        return self._call("epoch end", state)

    def on_train_end(self, state: TrainingState) -> object:
        return self._call("end", state)


class BatchSpy(Spy):
    def on_batch_end(self, state: TrainingState) -> object:
        assert np.isfinite(state.logs["loss"])
        return self._call("batch", state)


def loader() -> Any:
    return DataLoader(TensorDataset(X, Y), batch_size=3)


def data(kind: str) -> tuple[Any, Any]:
    return (X, Y) if kind == "arrays" else (loader(), None)


@pytest.mark.parametrize("kind", ["arrays", "loader"])
def test_when_callbacks_are_called(kind: str) -> None:
    begin, end = ("begin", 0, 0), ("end", 2, 4)
    epochs = [("epoch", 0, 0), ("epoch end", 1, 2), ("epoch", 1, 2), ("epoch end", 2, 4)]
    x, y = data(kind)
    spy = Spy({("epoch end", 2, 4): np.bool_(True)})
    fit(nn.Linear(3, 3), x, y, epochs=9, batch_size=3, callbacks=[spy], progress=False)
    assert spy.calls == [begin, *epochs, end]
    batches = BatchSpy()
    fit(nn.Linear(3, 3), x, y, epochs=2, batch_size=3, callbacks=[batches], progress=False)
    steps = [[("batch", 0, 1), ("batch", 0, 2)], [("batch", 1, 3), ("batch", 1, 4)]]
    assert batches.calls == [begin, epochs[0], *steps[0], *epochs[1:3], *steps[1], epochs[3], end]
    spy.calls.clear()
    fit(nn.Linear(3, 3), x, y, epochs=0, callbacks=[spy], progress=False)
    assert spy.calls == [begin, ("end", 0, 0)]


@pytest.mark.parametrize("kind", ["arrays", "loader"])
def test_a_callback_ends_training_in_an_epoch(kind: str) -> None:
    x, y = data(kind)
    spy = BatchSpy({("batch", 1, 3): True})
    history = fit(nn.Linear(3, 3), x, y, epochs=9, batch_size=3, callbacks=[spy], progress=False)
    assert spy.calls[-3:] == [("batch", 1, 3), ("epoch end", 2, 3), ("end", 2, 3)]
    assert history.epochs == 2


def test_setting_stop_ends_training() -> None:
    def stop(state: TrainingState) -> None:
        state.stop = state.epoch == 3

    assert fit(nn.Linear(3, 3), X, Y, epochs=9, callbacks=[stop], progress=False).epochs == 3


def test_hooks_in_each_batch_do_not_change_the_bits() -> None:
    results = []
    for callbacks in ([], [BatchSpy()]):
        nncore.manual_seed(0)
        model = nn.Linear(3, 3)
        history = fit(model, X, Y, epochs=40, batch_size=3, seed=0, callbacks=callbacks, progress=False)
        results.append((bits(model), history.loss))
    assert results[0] == results[1]


def press(state: TrainingState) -> None:
    if state.epoch == 2:
        raise KeyboardInterrupt


def fail(state: TrainingState) -> None:
    raise LookupError("mine")


@pytest.mark.parametrize(
    ("last", "error", "called"), [(press, KeyboardInterrupt, True), (fail, LookupError, False)]
)
def test_the_end_after_an_error(last: Any, error: type[BaseException], called: bool) -> None:
    spy = Spy()
    with pytest.raises(error):
        fit(nn.Linear(3, 3), X, Y, callbacks=[spy, last], progress=False)
    assert (spy.calls[-1][0] == "end") == called


def test_callbacks_from_a_generator_are_called_after_every_epoch() -> None:
    seen: list[int] = []
    fit(
        nn.Linear(3, 3),
        X,
        Y,
        epochs=3,
        callbacks=(lambda state: seen.append(state.epoch) for _ in range(1)),
        progress=False,
    )
    assert seen == [1, 2, 3]


def named(state: TrainingState) -> Any:
    return 1


WRONG_RESULTS: dict[str, tuple[Any, str]] = {
    "a number": (named, "fit: the callback named returned an int; expected None, or True to end training"),
    "a text": (Spy({("epoch end", 1, 1): "yes"}), "the callback Spy.on_epoch_end returned a str; expected"),
    "of another hook": (Spy({("begin", 0, 0): 0.5}), "the callback Spy.on_train_begin returned a float"),
}


@pytest.mark.parametrize(("callback", "text"), WRONG_RESULTS.values(), ids=WRONG_RESULTS)
def test_wrong_results_are_refused(callback: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        fit(nn.Linear(3, 3), X, Y, callbacks=[callback], progress=False)


def test_numbers_tell_what_the_history_will_have() -> None:
    seen: list[tuple[str, ...]] = []

    class Spy(Callback):
        def on_train_begin(self, state: TrainingState) -> None:
            seen.append(state.numbers)

        def on_train_end(self, state: TrainingState) -> None:
            assert set(state.history.last()) == set(state.numbers)

    for y in (Y, X):
        for validation in (None, (X, y)):
            fit(nn.Linear(3, 3), X, y, validation=validation, epochs=1, callbacks=[Spy()], progress=False)
    assert [len(numbers) for numbers in seen] == [3, 5, 2, 3]  # regression has no accuracy


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "not a list": (EarlyStopping(), TypeError, "callbacks is an EarlyStopping; expected a list of functions"),
    "a class": (
        [EarlyStopping],
        TypeError,
        r"callbacks\[0\] is the class EarlyStopping; expected a function .*, or a Callback: Early.*\(...\)",
    ),
    "a number": ([print, 5], TypeError, r"callbacks\[1\] is an int; expected a function of a TrainingState"),
    "nothing to monitor": (
        [EarlyStopping()],
        ValueError,
        "the history has no 'val_loss'; give fit validation",
    ),
    "a folder that is missing": ([Checkpoint("missing/a")], FileNotFoundError, "make the folder first"),
    "below a file": ([Checkpoint("file/a")], NotADirectoryError, "file is not a folder"),
    "a folder": ([Checkpoint(".")], IsADirectoryError, "name a file in it"),
}


@pytest.mark.parametrize(("callbacks", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, callbacks: Any, error: type[Exception], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"")
    model = nn.Linear(3, 3)
    before = bits(model)
    with pytest.raises(error, match=text):
        fit(model, X, Y, callbacks=callbacks, progress=False)
    assert bits(model) == before
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


NOT_THERE: dict[str, tuple[str, Any, bool, str]] = {  # monitor, y, with validation, advice
    "short for accuracy": ("val_acc", Y, True, "monitor one of 'loss', .*, 'val_loss', 'val_accuracy'$"),
    "no validation": ("val_accuracy", Y, False, "give fit validation data, or monitor one of 'loss', "),
    "misspelt without validation": (
        "acc",
        Y,
        False,
        "monitor one of 'loss', 'samples_per_second', 'accuracy'$",
    ),
    "regression": ("val_accuracy", X, True, "monitor one of 'loss', 'samples_per_second', 'val_loss'$"),
    "regression without validation": (
        "val_accuracy",
        X,
        False,
        "monitor one of 'loss', 'samples_per_second'$",
    ),
    "an attribute that is not a list": ("last", Y, True, "monitor one of 'loss'"),
}


@pytest.mark.parametrize(("monitor", "y", "validation", "advice"), NOT_THERE.values(), ids=NOT_THERE)
def test_a_monitor_that_the_history_will_not_have(
    monitor: str, y: Any, validation: bool, advice: str
) -> None:
    model = nn.Linear(3, 3)
    before = bits(model)
    held_out = (X, y) if validation else None
    with pytest.raises(ValueError, match=f"EarlyStopping: the history has no '{monitor}'; {advice}"):
        fit(model, X, y, validation=held_out, callbacks=[EarlyStopping(monitor)], progress=False)
    assert bits(model) == before


class Score(Callback):
    """Adds a list to the history."""

    def on_train_begin(self, state: TrainingState) -> None:
        self.values: list[float] = []
        vars(state.history)["score"] = self.values

    def on_epoch_end(self, state: TrainingState) -> None:
        self.values.append(state.epoch)


def test_a_list_that_another_callback_adds_is_monitored() -> None:
    stop = EarlyStopping("score", patience=2)
    fit(nn.Linear(3, 3), X, Y, epochs=9, callbacks=[Score(), stop], progress=False)
    assert stop.best_epoch == 1


ARGUMENTS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: EarlyStopping(patience=0), ValueError, "EarlyStopping: patience must be at least 1, got 0"),
    (lambda: EarlyStopping(patience=1.5), TypeError, "EarlyStopping: patience must be an int"),  # type: ignore[arg-type]
    (lambda: EarlyStopping(5), TypeError, "EarlyStopping: monitor is 5"),  # type: ignore[arg-type]
    (lambda: Checkpoint("a", every=0), ValueError, "Checkpoint: every must be at least 1, got 0"),
    (lambda: Checkpoint(5), TypeError, "int"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "error", "text"), ARGUMENTS)
def test_wrong_arguments(make: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()


def test_a_checkpoint_used_twice(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "a", every=2)
    for _ in range(2):
        model = nn.Linear(3, 3)
        adam = optim.Adam(model.parameters())
        fit(model, X, Y, optimizer=adam, epochs=3, callbacks=[checkpoint], progress=False)
        saved = nncore.load(tmp_path / "a")
        assert (saved["epoch"], len(saved["history"]["loss"])) == (2, 2)
