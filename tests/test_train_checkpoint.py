"""Checkpoint: names from templates, the best only, the newest only, and runs that resume to the bit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.optim import lr_scheduler
from nncore.train import Callback, Checkpoint, EarlyStopping, TrainingState, fit, resume

X, Y = np.eye(6, 3, dtype=np.float32), np.array([0, 1, 2, 0, 1, 2])


class Pretend(Callback):
    """Replaces the loss of each epoch."""

    def __init__(self, *losses: float) -> None:
        self._losses = losses

    def on_epoch_end(self, state: TrainingState) -> None:
        state.history.loss[-1] = self._losses[state.epoch - 1]


def test_a_checkpoint_used_twice(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "a.nnz", every=2)
    for _ in range(2):
        model = nn.Linear(3, 3)
        adam = optim.Adam(model.parameters())
        fit(model, X, Y, optimizer=adam, epochs=3, callbacks=[checkpoint], progress=False)
        saved = nncore.load(tmp_path / "a.nnz")
        assert (saved["epoch"], len(saved["history"]["loss"])) == (2, 2)


LOSSES = (3.0, 2.0, 2.5, 1.0, 0.5)
FILES: dict[str, tuple[str, dict[str, Any], list[str]]] = {  # path, settings, files after five epochs
    "every epoch": ("a-{epoch}.nnz", {}, ["a-1.nnz", "a-2.nnz", "a-3.nnz", "a-4.nnz", "a-5.nnz"]),
    "every second": ("a-{epoch:03d}.nnz", {"every": 2}, ["a-002.nnz", "a-004.nnz"]),
    "numbers": ("a-{epoch}-{loss:.1f}.pt", {"every": 4}, ["a-4-1.0.pt"]),
    "steps": ("a-{step:04d}.nnz", {"every": 5}, ["a-0010.nnz"]),
    "the best": ("a-{epoch}.nnz", {"monitor": "loss"}, ["a-1.nnz", "a-2.nnz", "a-4.nnz", "a-5.nnz"]),
    "the largest": ("a-{epoch}.nnz", {"monitor": "loss", "mode": "max"}, ["a-1.nnz"]),
    "the newest": ("a-{epoch}.nnz", {"keep": 2}, ["a-4.nnz", "a-5.nnz"]),
    "the best three": ("a-{epoch}.nnz", {"monitor": "loss", "keep": 3}, ["a-2.nnz", "a-4.nnz", "a-5.nnz"]),
    "the same name twice": ("a-{loss:.0f}.nnz", {"keep": 2}, ["a-0.nnz", "a-1.nnz"]),
    "one file": ("a.nnz", {"keep": 1}, ["a.nnz"]),
    "epochs before": ("a-{epoch}.nnz", {"done": 10, "every": 5}, ["a-15.nnz"]),
    "a brace": ("a{{b}}.nnz", {}, ["a{b}.nnz"]),
}


@pytest.mark.parametrize(("path", "settings", "files"), FILES.values(), ids=FILES)
def test_files(tmp_path: Path, path: str, settings: dict[str, Any], files: list[str]) -> None:
    saved = Checkpoint(tmp_path / path, **settings)
    callbacks = [Pretend(*LOSSES), saved]
    fit(nn.Linear(3, 3), X, Y, epochs=5, batch_size=3, callbacks=callbacks, progress=False)
    assert sorted(os.listdir(tmp_path)) == sorted(files)
    newest = nncore.load(tmp_path / files[-1])
    assert newest["epoch"] == settings.get("done", 0) + len(newest["history"]["loss"])


def test_a_file_that_is_gone_already(tmp_path: Path) -> None:
    def remove(state: TrainingState) -> None:
        (tmp_path / f"a-{state.epoch}.nnz").unlink()

    saved = Checkpoint(tmp_path / "a-{epoch}.nnz", keep=2)
    fit(nn.Linear(3, 3), X, Y, epochs=4, callbacks=[saved, remove], progress=False)
    assert os.listdir(tmp_path) == []


def test_arrays_in_the_history_are_saved_in_either_format(tmp_path: Path) -> None:
    def add(state: TrainingState) -> None:
        state.history.append("matrix", np.eye(2))
        state.history.append("number", np.float64(0.5))

    for name in ("a.nnz", "a.pt"):
        fit(nn.Linear(3, 3), X, Y, epochs=1, callbacks=[add, Checkpoint(tmp_path / name)], progress=False)
        history = nncore.load(tmp_path / name)["history"]
        assert (history["matrix"], history["number"]) == ([[[1.0, 0.0], [0.0, 1.0]]], [0.5])


class Extras(Callback):
    """Steps a scheduler and an averaged model after each epoch."""

    def __init__(self, scheduler: Any, ema: nn.Module) -> None:
        self._scheduler, self._ema = scheduler, ema

    def on_train_begin(self, state: TrainingState) -> None:
        state.scheduler, state.ema = self._scheduler, self._ema

    def on_epoch_end(self, state: TrainingState) -> None:
        with nncore.no_grad():
            for ours, theirs in zip(self._ema.parameters(), state.model.parameters(), strict=True):
                ours.mul_(0.9).add_(theirs, alpha=0.1)
        if isinstance(self._scheduler, lr_scheduler.ReduceLROnPlateau):
            self._scheduler.step(state.history.loss[-1])
        else:
            self._scheduler.step()


SCHEDULERS: dict[str, Callable[[Any], Any]] = {
    "step": lambda o: lr_scheduler.StepLR(o, 2, 0.5),
    "milestones": lambda o: lr_scheduler.MultiStepLR(o, [1, 3], 0.5),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 5),
    "plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.5),
    "sequential": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 0.5, 2), lr_scheduler.ExponentialLR(o, 0.9)], [3]
    ),
}


def parts(kind: str) -> tuple[nn.Module, optim.Adam, nncore.Generator, Any, nn.Module]:
    nncore.manual_seed(5)
    model, ema = (
        nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 3)) for _ in range(2)
    )
    adam = optim.Adam(model.parameters(), lr=0.05)
    return model, adam, nncore.Generator(seed=3), SCHEDULERS[kind](adam), ema


def train(made: Any, epochs: int, *callbacks: Callback) -> None:
    model, adam, generator, scheduler, ema = made
    fit(
        model, X, Y, optimizer=adam, generator=generator, epochs=epochs, batch_size=2, progress=False,
        callbacks=[Extras(scheduler, ema), *callbacks],
    )  # fmt: skip


def bits(made: Any) -> list[Any]:
    model, adam, generator, scheduler, ema = made
    tensors = [*model.state_dict().values(), *ema.state_dict().values(), generator.get_state()]
    tensors += [value for state in adam.state.values() for value in state.values()]
    return [
        *(tensor.numpy().tobytes() for tensor in tensors),
        adam.param_groups[0]["lr"],
        scheduler.last_epoch,
    ]


@pytest.mark.parametrize("kind", SCHEDULERS)
@pytest.mark.parametrize("name", ["run-{epoch}.nnz", "run-{epoch}.pt"])
def test_a_resumed_run_has_the_bits_of_a_whole_one(tmp_path: Path, kind: str, name: str) -> None:
    whole = parts(kind)
    train(whole, 6)
    train(parts(kind), 2, Checkpoint(tmp_path / name))
    done = 2
    for epochs in (1, 3):  # resumed twice; the second time from the file of a resumed run
        resumed = parts(kind)
        nncore.manual_seed(99)
        model, adam, generator, scheduler, ema = resumed
        path = tmp_path / name.format(epoch=done)
        assert resume(path, model, adam, generator, scheduler=scheduler, ema=ema) == done
        train(resumed, epochs, Checkpoint(tmp_path / name, done=done))
        done += epochs
    assert bits(resumed) == bits(whole)


def test_what_resume_refuses(tmp_path: Path) -> None:
    path = tmp_path / "run.nnz"
    made = parts("step")
    train(made, 1, Checkpoint(path))
    model, adam, generator, scheduler, ema = parts("step")
    before = bits((model, adam, generator, scheduler, ema))
    cases: list[tuple[dict[str, Any], type[Exception], str]] = [
        (
            {"scheduler": scheduler},
            nncore.CheckpointError,
            "saved with an averaged model; give resume and fit ema",
        ),
        ({"ema": ema}, nncore.CheckpointError, "saved with a scheduler; resume with one"),
        (
            {"scheduler": lr_scheduler.ExponentialLR(adam, 0.9), "ema": ema},
            nncore.CheckpointError,
            "contains the state of StepLR, expected ExponentialLR's",
        ),
        ({"scheduler": scheduler, "ema": nn.Linear(3, 3)}, ValueError, "state_dict for Linear"),
    ]
    for extras, error, text in cases:
        with pytest.raises(error, match=text):
            resume(path, model, adam, generator, **extras)
        assert bits((model, adam, generator, scheduler, ema)) == before
    plain = tmp_path / "plain.nnz"
    fit(model, X, Y, optimizer=adam, epochs=1, callbacks=[Checkpoint(plain)], progress=False)
    with pytest.raises(nncore.CheckpointError, match="saved without a scheduler; resume without one"):
        resume(plain, model, adam, scheduler=scheduler)


REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "every": (
        lambda: Checkpoint("a.nnz", every=0),
        ValueError,
        "Checkpoint: every must be at least 1, got 0",
    ),
    "path": (lambda: Checkpoint(5), TypeError, "int"),  # type: ignore[arg-type]
    "keep": (lambda: Checkpoint("a.nnz", keep=0), ValueError, "Checkpoint: keep must be at least 1, got 0"),
    "keep without fields": (
        lambda: Checkpoint("run.nnz", keep=3),
        ValueError,
        r"Checkpoint: keep=3 needs a path with a field, such as 'run-\{epoch\}.nnz', got 'run.nnz'",
    ),
    "done": (lambda: Checkpoint("a.nnz", done=-1), ValueError, "Checkpoint: done must be at least 0, got -1"),
    "an open brace": (
        lambda: Checkpoint("a{epoch.nnz"),
        ValueError,
        r"Checkpoint: the fields of 'a\{epoch.nnz' cannot be read: .*; write a brace as \{\{",
    ),
    "mode": (lambda: Checkpoint("a.nnz", monitor="loss", mode="up"), ValueError, "Checkpoint: mode is 'up'"),
}


@pytest.mark.parametrize(("make", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_wrong_arguments(make: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()


BEFORE_TRAINING: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "a field that will not exist": (
        {"path": "a-{val_loss}.nnz"},
        ValueError,
        r"the fields of 'a-\{val_loss\}.nnz' cannot be filled in \(KeyError: 'val_loss'\); expected fields "
        r"such as \{epoch:03d\} from 'epoch', 'step', 'loss', 'samples_per_second', 'accuracy'$",
    ),
    "a field without a name": ({"path": "a-{}.nnz"}, ValueError, r"'a-\{\}.nnz' cannot be filled in"),
    "a format": (
        {"path": "a-{epoch:q}.nnz"},
        ValueError,
        "cannot be filled in .ValueError: Unknown format code",
    ),
    "a folder": (
        {"path": "no/a-{epoch}.nnz"},
        FileNotFoundError,
        "cannot write no/a-0.nnz: .* make the folder first",
    ),
    "a monitor": (
        {"path": "a.nnz", "monitor": "val_f1"},
        ValueError,
        "Checkpoint: the history has no 'val_f1'; monitor one of 'loss'",
    ),
}


@pytest.mark.parametrize(("settings", "error", "text"), BEFORE_TRAINING.values(), ids=BEFORE_TRAINING)
def test_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, error: type[Exception], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    steps: list[int] = []

    class Steps(Callback):
        def on_batch_end(self, state: TrainingState) -> None:
            steps.append(state.step)

    with pytest.raises(error, match=text):
        fit(nn.Linear(3, 3), X, Y, callbacks=[Steps(), Checkpoint(**settings)], progress=False)
    assert (steps, os.listdir(tmp_path)) == ([], [])


def test_with_early_stopping(tmp_path: Path) -> None:
    """The best file has the weights that early stopping restores."""
    model = nn.Linear(3, 3)
    callbacks = [
        Pretend(3, 1, 2, 4, 5),
        Checkpoint(tmp_path / "best.nnz", monitor="loss"),
        EarlyStopping("loss", 2),
    ]
    fit(model, X, Y, epochs=5, callbacks=callbacks, progress=False)
    saved = nncore.load(tmp_path / "best.nnz")["model"]
    assert {name: value.tolist() for name, value in model.state_dict().items()} == {
        name: value.tolist() for name, value in saved.items()
    }
