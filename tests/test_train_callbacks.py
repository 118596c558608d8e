"""Callbacks: each training resets their state, and errors occur before the first step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.data import DataLoader, TensorDataset
from nncore.train import Callback, Checkpoint, EarlyStopping, TrainingState, fit

X, Y = np.eye(6, 3, dtype=np.float32), np.array([0, 1, 2, 0, 1, 2])


def bits(model: nn.Module) -> bytes:
    return b"".join(value.numpy().tobytes() for value in model.state_dict().values())


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
    "a number": (named, "fit: on_epoch_end of named returned an int; expected None, or True to end the"),
    "a text": (Spy({("epoch end", 1, 1): "yes"}), "on_epoch_end of Spy returned a str; expected"),
    "of another hook": (Spy({("begin", 0, 0): 0.5}), "on_train_begin of Spy returned a float"),
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
        r"callbacks\[0\] is the class EarlyStopping; expected an object: EarlyStopping\(\.\.\.\)",
    ),
    "a number": ([print, 5], TypeError, r"callbacks\[1\] is an int; expected a function of a TrainingState"),
    "nothing to monitor": (
        [EarlyStopping()],
        ValueError,
        "the history has no 'val_loss'; give fit validation",
    ),
    "a folder that is missing": ([Checkpoint("missing/a.nnz")], FileNotFoundError, "make the folder first"),
    "below a file": ([Checkpoint("file/a.nnz")], NotADirectoryError, "file is not a folder"),
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
