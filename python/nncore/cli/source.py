"""The data sources of the command line, and the split into training and test rows."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from nncore import data
from nncore._core import Generator, Tensor
from nncore.data.csv_file import read_csv

TEST_FRACTION = 0.2
SPLIT_SEED = 0  # the test rows do not depend on --seed

Array = np.ndarray[Any, Any]


class Source(NamedTuple):
    """Training and test rows, and the scaling (x - offset) / scale, computed from the training rows only."""

    name: str
    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor
    classes: tuple[int | str, ...]
    offset: Array
    scale: Array
    columns: tuple[str, ...] | None = None  # names of the features, if there is a header


def short_name(name: str) -> str:
    """The name of a data set in the default file name of its model."""
    return os.path.basename(name).split(".")[0]


def read(name: str, folder: str | None, header: bool | None = None) -> Source:
    """Read a data set by name, or a table from a file."""
    if name in ("mnist", "fashion-mnist"):
        kind = data.MNIST if name == "mnist" else data.FashionMNIST
        train, test = kind(folder, True, download=True), kind(folder, False, download=True)
        parts = (train.data, train.targets, test.data, test.targets)
        return Source(name, *parts, kind.classes, *_constant(255))
    if name == "digits":
        x, y = data.load_digits()
        parts = _split(x, y)
        return Source(name, *parts, tuple(str(digit) for digit in range(10)), *_constant(16))
    named = False
    if name.lower().endswith(".npz"):
        table = data.load_npz(name)
    else:
        table, named = read_csv(name, labels=True, header=header)
    if len(table.classes) < 2:
        raise ValueError(f"{name}: every row has the label {table.classes[0]}; expected at least two classes")
    if len(table.x) < 5:
        raise ValueError(f"{name}: {len(table.x)} rows are too few to keep a fifth of them for the test")
    parts = _split(table.x, table.y)
    scaling = _constant(255) if str(table.x.dtype) == "nncore.uint8" else _standard(name, parts[0])
    return Source(short_name(name), *parts, table.classes, *scaling, table.columns if named else None)


def _split(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Split off a random fifth as test rows; the split is the same in each run."""
    train, test = data.random_split(
        data.TensorDataset(x, y), [1 - TEST_FRACTION, TEST_FRACTION], Generator(seed=SPLIT_SEED)
    )
    (x_train, y_train), (x_test, y_test) = train[:], test[:]
    return x_train, y_train, x_test, y_test


def _constant(scale: float) -> tuple[Array, Array]:
    return np.array(0, np.float32), np.array(scale, np.float32)


def _standard(name: str, x: Tensor) -> tuple[Array, Array]:
    """Mean and standard deviation of each feature; 1 for a constant one."""
    rows = x.numpy().reshape(len(x), -1).astype(np.float64)
    spread = rows.std(0)
    spread[spread == 0] = 1
    mean = rows.mean(0)
    offset, scale = mean.astype(np.float32), spread.astype(np.float32)
    if not (np.isfinite(offset) & np.isfinite(scale) & (scale > 0)).all():
        raise ValueError(
            f"{name}: the mean or spread of a feature does not fit float32; scale the features first"
        )
    return offset, scale
