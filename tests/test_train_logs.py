"""CSVLogger and TensorBoard write the numbers of each epoch."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nncore import nn
from nncore.train import CSVLogger, TensorBoard, TrainingState, fit

X, Y = np.eye(6, 3, dtype=np.float32), np.array([0, 1, 2, 0, 1, 2])


def train(epochs: int, *callbacks: Any, **options: Any) -> Any:
    return fit(nn.Linear(3, 3), X, Y, epochs=epochs, callbacks=callbacks, progress=False, **options)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_line_per_epoch_with_all_digits(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    history = train(3, CSVLogger(path), validation=(X, Y))
    rows = read(path)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert list(rows[0]) == ["epoch", "loss", "samples_per_second", "accuracy", "val_loss", "val_accuracy"]
    for name, values in history.items():
        assert [float(row[name]) for row in rows] == values


def test_another_run_overwrites_or_appends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    first = train(3, CSVLogger(path)).loss
    second = train(2, CSVLogger(path, append=True)).loss
    assert [(row["epoch"], float(row["loss"])) for row in read(path)] == [
        (str(i + 1), loss) for i, loss in enumerate(first + second)
    ]
    train(1, CSVLogger(path))
    assert len(read(path)) == 1
    path.unlink()
    train(1, CSVLogger(path, append=True))
    assert len(read(path)) == 1


def test_lines_are_written_during_the_training(tmp_path: Path) -> None:
    path, lengths = tmp_path / "a.csv", []

    def look(state: TrainingState) -> None:
        lengths.append(len(read(path)))

    train(3, CSVLogger(path), look)
    assert lengths == [1, 2, 3]


class Matrix(CSVLogger):
    """A logger that adds an array to the history itself."""

    def on_train_begin(self, state: TrainingState) -> None:
        state.numbers += ("matrix", "late")
        super().on_train_begin(state)

    def on_epoch_end(self, state: TrainingState) -> None:
        state.history.append("matrix", np.eye(2))
        super().on_epoch_end(state)


def test_arrays_and_numbers_that_are_missing(tmp_path: Path) -> None:
    train(1, Matrix(tmp_path / "a.csv"))
    (row,) = read(tmp_path / "a.csv")
    assert (row["matrix"], row["late"]) == ("[[1.0, 0.0], [0.0, 1.0]]", "")


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("epoch,loss\n1,0.5\n", encoding="utf-8")
    with pytest.raises(ValueError, match="a.csv has the columns epoch, loss; expected epoch, loss, s"):
        train(1, CSVLogger(path, append=True))
    assert path.read_text(encoding="utf-8") == "epoch,loss\n1,0.5\n"
    path.write_text("epoch,loss,samples_per_second,accuracy\nx,1,1,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="CSVLogger: .*a.csv ends with epoch 'x'; expected an int"):
        train(1, CSVLogger(path, append=True))
    with pytest.raises(FileNotFoundError, match="no/a.csv: .*; make the folder first"):
        train(1, CSVLogger(tmp_path / "no" / "a.csv"))


class Writer:
    """A SummaryWriter that keeps the calls."""

    def __init__(self, folder: str) -> None:
        calls.append(("open", folder))

    def add_scalar(self, name: str, value: float, step: int) -> None:
        calls.append((name, value, step))

    def flush(self) -> None:
        calls.append(("flush",))

    def close(self) -> None:
        calls.append(("close",))


calls: list[tuple[Any, ...]] = []


def test_tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    calls.clear()
    module = ModuleType("tensorboardX")
    vars(module)["SummaryWriter"] = Writer
    monkeypatch.setitem(sys.modules, "tensorboardX", module)

    def add(state: TrainingState) -> None:
        state.history.append("matrix", np.eye(2))

    history = train(2, add, TensorBoard("runs"))
    epochs = [
        [*((name, history[name][epoch], epoch + 1) for name in history if name != "matrix"), ("flush",)]
        for epoch in (0, 1)
    ]
    assert calls == [("open", "runs"), *epochs[0], *epochs[1], ("close",)]


def test_tensorboard_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    text = r"TensorBoard: tensorboardX is not installed: pip install tensorboardX \(the extra nncore\[tensorb"
    with pytest.raises(ImportError, match=text):
        train(1, TensorBoard("runs"))
