"""Write the history to a file while the training runs."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.files.atomic import check_replaceable
from nncore.train.callbacks.base import Callback
from nncore.train.optional import optional

if TYPE_CHECKING:
    from nncore.train.history import TrainingState


class CSVLogger(Callback):
    """Write a line with the numbers of each epoch to a file of comma-separated values.

    The first line names the columns: epoch and the lists of the history. `append=True` continues a file with
    the same columns, and its numbers of epochs; otherwise the file is overwritten.
    Errors, before the first step: OSError if the file cannot be written; ValueError for other columns.

        fit(model, x, y, callbacks=[CSVLogger("history.csv")])
    """

    def __init__(self, path: str | os.PathLike[str], append: bool = False) -> None:
        self.path = os.fsdecode(path)
        self.append = append

    def on_train_begin(self, state: TrainingState) -> None:
        self._columns = ["epoch", *state.names()]
        self._done = 0  # epochs that the file has already
        check_replaceable(self.path)
        lines = self._read() if self.append else []
        if not lines:
            self._write("w", self._columns)
            return
        if lines[0] != self._columns:
            raise ValueError(
                f"CSVLogger: {self.path} has the columns {', '.join(lines[0])}; expected "
                f"{', '.join(self._columns)}; give another path, or append=False"
            )
        if lines[1:]:
            last = lines[-1][0]
            if not last.isdecimal():
                raise ValueError(f"CSVLogger: {self.path} ends with epoch {last!r}; expected an int")
            self._done = int(last)

    def on_epoch_end(self, state: TrainingState) -> None:
        last = state.history.last()
        values = (_text(last[name]) if name in last else "" for name in self._columns[1:])
        self._write("a", [str(self._done + state.epoch), *values])

    def _read(self) -> list[list[str]]:
        if not os.path.exists(self.path):
            return []
        with open(self.path, newline="", encoding="utf-8") as file:
            return [line for line in csv.reader(file) if line]

    def _write(self, mode: str, *lines: list[str]) -> None:
        with open(self.path, mode, newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)


class TensorBoard(Callback):
    """Write the numbers of each epoch to a folder that TensorBoard shows.

    `folder` is made if it does not exist. It needs the package tensorboardX (the extra nncore[tensorboard]).
    Errors: ImportError before the first step if the package is not installed.

        fit(model, x, y, callbacks=[TensorBoard("runs/first")])
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.fsdecode(folder)

    def on_train_begin(self, state: TrainingState) -> None:
        package = optional("TensorBoard", "tensorboardX", "tensorboard")
        self._writer: Any = package.SummaryWriter(self.folder)

    def on_epoch_end(self, state: TrainingState) -> None:
        for name, value in state.history.last().items():
            if np.ndim(value) == 0:
                self._writer.add_scalar(name, value, state.epoch)
        self._writer.flush()

    def on_train_end(self, state: TrainingState) -> None:
        self._writer.close()


def _text(value: Any) -> str:
    """A number that reads back as the same, or the nested lists of an array."""
    return str(value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value)
