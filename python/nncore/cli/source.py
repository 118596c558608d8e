"""The data of `nncore train`: training and test rows, encoded, with the names of columns and classes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore import data
from nncore._core import Generator, Tensor, randperm
from nncore.cli.arguments import DATA_SETS
from nncore.data.text_table import (
    as_tensor,
    columns_of,
    encode,
    missing,
    numbers,
    read_text_table,
    texts,
)
from nncore.models.table import listed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from nncore.data.text_table import Column, TextTable

TEST_FRACTION = 0.2
SPLIT_SEED = 0  # the test rows do not depend on --seed
MOST_CLASSES = 20  # whole numbers as targets are classes without --task up to this number, or 5 rows each
INDEX_NAMES = ("", "Unnamed: 0")

Array = np.ndarray[Any, Any]


class Source(NamedTuple):
    """Rows and targets of both parts; a target is a class number, or a float32 if `classes` is None."""

    name: str
    x: Tensor
    y: Array
    x_test: Tensor
    y_test: Array
    classes: list[str] | None
    offset: Array  # features are scaled (x - offset) / scale, computed from the training rows only
    scale: Array
    columns: Sequence[Column] | int  # or the number of features without names
    named: bool = True
    target: str = "target"
    position: int = -1  # of the target's column
    notes: tuple[str, ...] = ()  # lines about changes of the data


def short_name(name: str) -> str:
    """The name of a data set in the default file name of its model."""
    return "stdin" if name == "-" else os.path.basename(name).split(".")[0]


def read(options: argparse.Namespace) -> Source:
    """Read a data set by name, or a table from a file."""
    name = options.data_set
    if options.target is not None and (name in DATA_SETS or name.lower().endswith(".npz")):
        raise ValueError(f"--target applies to text files, not to {name}")
    if name in ("mnist", "fashion-mnist"):
        kind = data.MNIST if name == "mnist" else data.FashionMNIST
        train, test = (kind(options.data, part, download=True) for part in (True, False))
        y, y_test = train.targets.numpy(), test.targets.numpy()
        labels = [str(label) for label in kind.classes]
        notes = ("divided the features by 255",)
        return Source(name, train.data, y, test.data, y_test, labels, *_constant(255), 784, notes=notes)
    if name == "digits":
        x, digits = data.load_digits()
        return _split(name, x, digits.numpy(), [str(digit) for digit in range(10)], _constant(16), 64)
    if name.lower().endswith(".npz"):
        table = data.load_npz(name)
        y, classes = _targets(name, np.array(table.classes, np.str_)[table.y.numpy()], options.task)
        scaling = _constant(255) if str(table.x.dtype) == "nncore.uint8" else None
        return _split(short_name(name), table.x, y, classes, scaling, table.x[:1].numel())
    return _table(name, options)


def _table(name: str, options: argparse.Namespace) -> Source:
    delimiter = delimiter_of(name, options.delimiter)
    known = () if options.target is None else (options.target,)
    table = read_text_table(name, header=options.header, delimiter=delimiter, known=known)
    where = "standard input" if name == "-" else name
    cells, notes = without_index(table)
    target = list(cells)[-1] if options.target is None else options.target
    if target not in cells:
        advice = "" if table.named else "; the file has no header, so columns are numbered from 1"
        raise ValueError(
            f"{where}: no column {target!r} for --target; expected one of {listed(list(cells))}{advice}"
        )
    position = list(cells).index(target)
    targets = cells.pop(target)
    if not cells:
        raise ValueError(f"{where}: the only column is the target {target!r}; expected features beside it")
    lacks = missing(targets) if options.missing == "drop" else np.zeros(len(targets), bool)
    if missing(targets).any() and options.missing != "drop":
        line = table.lines[missing(targets)][0]
        raise ValueError(
            f"{where}: line {line}, the target {target} is missing; --missing drop drops such rows"
        )
    gaps = np.logical_or.reduce([missing(column) for column in cells.values()])
    if gaps.any() and options.missing == "error":
        column = next(column for column, values in cells.items() if missing(values).any())
        line = table.lines[missing(cells[column])][0]
        raise ValueError(
            f"{where}: line {line}, column {column} is missing; --missing drop drops such rows, and "
            "--missing mean fills in the mean of the column"
        )
    if options.missing == "drop" and (dropped := lacks | gaps).any():
        notes.append(f"dropped {dropped.sum()} of {len(dropped)} rows with missing values")
        cells = {column: values[~dropped] for column, values in cells.items()}
        targets = targets[~dropped]
    elif gaps.any():
        notes.append(f"missing values in {gaps.sum()} of {len(gaps)} rows count as the mean of the column")
    columns = columns_of(where, cells)
    for column, categories in columns:
        if categories:
            notes.append(f"column {column} is text: {len(categories)} categories, {listed(categories)}")
    y, classes = _targets(where, texts(targets), options.task)
    x = as_tensor(encode(where, columns, cells))
    split = _split(short_name(name), x, y, classes, None, columns)
    return split._replace(named=table.named, target=target, position=position, notes=(*notes, *split.notes))


def delimiter_of(name: str, given: str | None) -> str:
    """The delimiter that is given, or a tab for a .tsv file, or a comma."""
    return given or ("\t" if name.lower().endswith((".tsv", ".tsv.gz")) else ",")


def without_index(table: TextTable) -> tuple[dict[str, Array], list[str]]:
    """The columns without one that counts the rows, as pandas writes it, and a note about it."""
    cells, notes = dict(table.columns), []
    for name in INDEX_NAMES if table.named else ():
        values = numbers(cells[name]) if name in cells else None
        if values is not None and (values == np.arange(len(values))).all():
            del cells[name]
            notes.append(f"dropped the column {name!r}, which counts the rows")
    return cells, notes


def _targets(name: str, labels: Array, task: str) -> tuple[Array, list[str] | None]:
    """(float32 numbers, None) for regression, or (class numbers, the classes) with labels exactly as text."""
    values = numbers(labels)
    classes = sorted(set(labels.tolist()), key=_sort_key)
    if task == "auto" and values is not None and not missing(labels).any():
        fractions = (values != np.round(values)).any()
        if not fractions and len(classes) > MOST_CLASSES and 5 * len(classes) > len(labels):
            raise ValueError(
                f"{name}: the target has {len(classes)} different whole numbers in {len(labels)} rows; "
                "say whether they are labels, --task classification, or quantities, --task regression"
            )
        task = "regression" if fractions else "classification"
    if task == "regression":
        if values is None or not np.isfinite(values).all():
            bad = next(
                label
                for label in labels
                if numbers(np.array([label])) is None or missing(np.array([label]))[0]
            )
            raise ValueError(
                f"{name}: the target has the value {str(bad)!r}; --task regression expects numbers"
            )
        return values.astype(np.float32), None
    if len(classes) < 2:
        raise ValueError(f"{name}: every row has the label {classes[0]}; expected at least two classes")
    if any(label == "" for label in classes):
        raise ValueError(f"{name}: a label is empty")
    rank = {label: number for number, label in enumerate(classes)}
    return np.array([rank[label] for label in labels.tolist()], np.int64), classes


def _sort_key(label: str) -> tuple[bool, float, str]:
    """Numbers by value before texts."""
    value = numbers(np.array([label]))
    return (True, 0.0, label) if value is None or np.isnan(value[0]) else (False, float(value[0]), label)


def _split(
    name: str,
    x: Tensor,
    y: Array,
    classes: list[str] | None,
    scaling: tuple[Array, Array] | None,
    columns: Sequence[Column] | int,
) -> Source:
    """Split off a random fifth as test rows, the same in each run, in proportion to the classes."""
    if len(x) < 5:
        raise ValueError(f"{name}: {len(x)} rows are too few to keep a fifth of them for the test")
    train, test = stratified(y if classes else None, len(x), TEST_FRACTION, SPLIT_SEED)
    x_train, x_test = x[as_tensor(train)], x[as_tensor(test)]
    if scaling is None:
        scaling = _standard(name, x_train)
        note = f"standardized {len(scaling[0])} features with the mean and spread of the training rows"
    else:
        note = f"divided the features by {scaling[1]:g}"
    return Source(name, x_train, y[train], x_test, y[test], classes, *scaling, columns, notes=(note,))


def stratified(y: Array | None, rows: int, fraction: float, seed: int) -> tuple[Array, Array]:
    """Two sorted parts of the row numbers; the second has `fraction` of each class, within one row."""
    order = randperm(rows, generator=Generator(seed=seed)).numpy()
    if y is not None:
        order = order[np.argsort(y[order], kind="stable")]
    count = np.floor(np.arange(rows + 1) * fraction + 0.5)
    taken = np.diff(count) > 0
    return np.sort(order[~taken]), np.sort(order[taken])


def _constant(scale: float) -> tuple[Array, Array]:
    return np.array(0, np.float32), np.array(scale, np.float32)


def _standard(name: str, x: Tensor) -> tuple[Array, Array]:
    """Mean and standard deviation of each feature without its missing values; 1 for a constant one."""
    rows = x.numpy().reshape(len(x), -1).astype(np.float64)
    given = ~np.isnan(rows)
    count = np.maximum(given.sum(0), 1)
    mean = np.where(given, rows, 0).sum(0) / count
    spread = np.sqrt(np.where(given, rows - mean, 0).__pow__(2).sum(0) / count)
    spread[spread == 0] = 1
    offset, scale = mean.astype(np.float32), spread.astype(np.float32)
    if not (np.isfinite(offset) & np.isfinite(scale) & (scale > 0)).all():
        raise ValueError(
            f"{name}: the mean or spread of a feature does not fit float32; scale the features first"
        )
    return offset, scale
