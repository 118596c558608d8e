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


def test_when_callbacks_are_called() -> None:
    calls: list[tuple[str, int]] = []

    class Spy(Callback):
        def begin(self, state: TrainingState) -> None:
            calls.append(("begin", state.epoch))

        def __call__(self, state: TrainingState) -> object:
            calls.append(("epoch", state.epoch))
            return np.bool_(state.epoch == 2)

        def end(self, state: TrainingState) -> None:
            calls.append(("end", state.epoch))

    fit(nn.Linear(3, 3), X, Y, epochs=9, callbacks=[Spy()], progress=False)
    assert calls == [("begin", 0), ("epoch", 1), ("epoch", 2), ("end", 2)]
    calls.clear()
    fit(nn.Linear(3, 3), X, Y, epochs=0, callbacks=[Spy()], progress=False)
    assert calls == [("begin", 0), ("end", 0)]


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


def test_only_true_ends_training() -> None:
    results = iter([1, np.ones(3), "yes", None, True])
    history = fit(nn.Linear(3, 3), X, Y, epochs=9, callbacks=[lambda state: next(results)], progress=False)
    assert history.epochs == 5


def test_numbers_tell_what_the_history_will_have() -> None:
    seen: list[tuple[str, ...]] = []

    class Spy(Callback):
        def begin(self, state: TrainingState) -> None:
            seen.append(state.numbers)

        def end(self, state: TrainingState) -> None:
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
        r"callbacks\[0\] is the class EarlyStopping; expected a function",
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

    def begin(self, state: TrainingState) -> None:
        self.values: list[float] = []
        vars(state.history)["score"] = self.values

    def __call__(self, state: TrainingState) -> None:
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
