"""EarlyStopping: the best weights, directions, and monitors that do not exist."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from nncore import nn
from nncore.train import Callback, EarlyStopping, History, TrainingState, fit

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


DIRECTIONS: dict[str, tuple[dict[str, Any], list[float], int, int]] = {  # settings, values, epochs, best
    "the accuracy rises": ({"monitor": "val_accuracy"}, [1, 3, 2, 2.5], 4, 2),
    "a metric rises": ({"monitor": "f1"}, [1, 3, 2, 2.5], 4, 2),
    "a metric falls": ({"monitor": "val_mae"}, [3, 1, 2, 2.5], 4, 2),
    "a number of one's own rises": ({"monitor": "mine", "mode": "max"}, [1, 3, 2, 2.5], 4, 2),
    "a mode against the name": ({"monitor": "val_accuracy", "mode": "min"}, [1, 3, 2, 2.5], 3, 1),
    "steps up to min_delta": ({"monitor": "val_loss", "min_delta": 0.5}, [3, 2.5, 2.75, 1], 3, 1),
    "slow steps that add up": ({"monitor": "val_loss", "min_delta": 0.5}, [3, 2.75, 2.25, 2.5, 2.5], 5, 3),
}


@pytest.mark.parametrize(("settings", "values", "epochs", "best"), DIRECTIONS.values(), ids=DIRECTIONS)
def test_directions_and_steps(settings: dict[str, Any], values: list[float], epochs: int, best: int) -> None:
    class Pretend(Callback):
        def on_train_begin(self, state: TrainingState) -> None:
            state.numbers += (settings["monitor"],)

        def on_epoch_end(self, state: TrainingState) -> None:
            vars(state.history)[settings["monitor"]] = values[: state.epoch]

    stop = EarlyStopping(**settings, patience=2)
    history = fit(nn.Linear(3, 3), X, Y, epochs=len(values), callbacks=[Pretend(), stop], progress=False)
    assert (history.epochs, stop.best_epoch) == (epochs, best)


class EndsInEpoch(Callback):
    """Ends the fourth epoch in the middle."""

    def on_batch_end(self, state: TrainingState) -> bool:
        return state.epoch == 3


def press_after_three(state: TrainingState) -> None:
    if state.epoch == 3:
        raise KeyboardInterrupt


ENDS: dict[str, Callback | Callable[[TrainingState], object]] = {
    "another callback": lambda state: state.epoch == 3,
    "in an epoch": EndsInEpoch(),
    "Ctrl-C": press_after_three,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_best_weights_are_restored_whenever_training_ends(end: Any) -> None:
    model, snapshots = nn.Linear(3, 3), []

    def pretend(state: TrainingState) -> None:
        state.history.loss[-1] = [3.0, 1.0, 2.0, 4.0][state.epoch - 1]
        snapshots.append(bits(model))

    with suppress(KeyboardInterrupt):
        fit(model, X, Y, callbacks=[pretend, EarlyStopping("loss"), end], batch_size=3, progress=False)
    assert len(snapshots) in (3, 4)
    assert bits(model) == snapshots[1]


def test_the_averaged_model_is_restored_too() -> None:
    ema = nn.Linear(3, 3)

    class Average(Callback):
        def on_train_begin(self, state: TrainingState) -> None:
            state.ema = ema

        def on_epoch_end(self, state: TrainingState) -> None:
            nn.init.constant_(ema.weight, state.epoch)
            state.history.loss[-1] = [3.0, 1.0, 2.0, 4.0][state.epoch - 1]

    fit(nn.Linear(3, 3), X, Y, epochs=4, callbacks=[Average(), EarlyStopping("loss")], progress=False)
    assert ema.weight[0, 0].item() == 2.0


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
    stop = EarlyStopping("score", patience=2, mode="min")
    fit(nn.Linear(3, 3), X, Y, epochs=9, callbacks=[Score(), stop], progress=False)
    assert stop.best_epoch == 1
    unknown = "it is not known whether a larger 'score' is better; give mode='max' or mode='min'"
    with pytest.raises(ValueError, match=f"EarlyStopping: {unknown}"):
        fit(nn.Linear(3, 3), X, Y, callbacks=[Score(), EarlyStopping("score")], progress=False)


def test_an_array_is_not_monitored() -> None:
    def add(state: TrainingState) -> None:
        state.numbers += ("confusion_matrix",)

    adds = Callback()
    adds.on_train_begin = add  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="it is not known whether a larger 'confusion_matrix' is better"):
        fit(nn.Linear(3, 3), X, Y, callbacks=[adds, EarlyStopping("confusion_matrix")], progress=False)


ARGUMENTS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: EarlyStopping(patience=0), ValueError, "EarlyStopping: patience must be at least 1, got 0"),
    (lambda: EarlyStopping(patience=1.5), TypeError, "EarlyStopping: patience must be an int"),  # type: ignore[arg-type]
    (lambda: EarlyStopping(5), TypeError, "EarlyStopping: monitor is 5"),  # type: ignore[arg-type]
    (lambda: EarlyStopping(min_delta=-1), ValueError, "min_delta must be finite, at least 0, got -1"),
    (lambda: EarlyStopping(mode="up"), ValueError, "mode is 'up'; expected 'auto', 'min' or 'max'"),
]


@pytest.mark.parametrize(("make", "error", "text"), ARGUMENTS)
def test_wrong_arguments(make: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()
