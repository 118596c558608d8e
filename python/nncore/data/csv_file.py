"""Tables of features and labels in CSV files."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore._core import from_numpy
from nncore._reading import open_plain
from nncore.data.tables import Table
from nncore.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Line = tuple[int, str]  # its number in the file, and the text

CELLS = 1 << 14  # read at a time
MISSING = {"", "?", "-", ".", "na", "<na>", "n/a", "#n/a", "nan", "-nan", "nil", "none", "null"}
INTEGER = re.compile(r"([+-]?[0-9]{1,30})(?:\.0*)?")


def load_csv(path: str | os.PathLike[str], *, labels: bool = True, header: bool | None = None) -> Table:
    """Numbers from a comma-separated file, plain or gzip: one row a line, the class label in the last column.

    x is (n, columns - 1) float32. The first line is a header when at least one of its features is a name and
    none is a number, or when all its cells are the numbers 0, 1, 2, ... (three at least, perhaps after an
    empty cell), which pandas writes for columns without names. It is also one when its features are these
    numbers (two at least, perhaps after an empty cell) and its label is a name that no other line has. A name
    is neither a number nor the mark of a missing value, such as an empty cell, NA, null or ?. `header=True`
    or `header=False` decides otherwise.

    Labels may be integers or text; classes are sorted. Labels that are all integers of the int64 range become
    exact integers, others remain the text that they are. With `labels=False` every column is a feature, and y
    and classes are empty. A compressed file may expand to 100 times its size, or to 64 MiB if that is more.

    Raises ValueError naming line and column for lines of different lengths, cells that are not finite numbers
    and empty files, CheckpointError for a damaged or larger gzip file and for one that is not text, OSError
    for files that cannot be read.

    >>> import os, tempfile
    >>> from nncore.data import load_csv
    >>> path = os.path.join(tempfile.mkdtemp(), "tiny.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("width,height,kind\\n1,2,cat\\n3,4.5,ant\\n")
    >>> table = load_csv(path)
    >>> table.x.tolist(), table.y.tolist(), table.classes
    ([[1.0, 2.0], [3.0, 4.5]], [1, 0], ('ant', 'cat'))
    """
    return read_csv(path, labels=labels, header=header)[0]


def read_csv(path: str | os.PathLike[str], *, labels: bool, header: bool | None) -> tuple[Table, bool]:
    """`load_csv`, and whether `columns` are names from a header."""
    name = os.fspath(path)
    lines = _lines(name)
    first = next(lines, None)
    if first is None:
        raise ValueError(f"{name}: the file is empty; expected lines of numbers with a label last")
    cells = _cells(name, first)
    features = len(cells) - labels
    if features < 1:
        raise ValueError(
            f"{name}: line {first[0]} has one column; expected features and a label, separated by commas"
        )
    counted = bool(labels and header is None and _counts_to_a_name(cells))  # a header, or else the first row
    named = counted or (_is_header(name, cells, features) if header is None else bool(header))
    columns = tuple(cells[:features]) if named else tuple(str(i + 1) for i in range(features))
    known: dict[str, int] = {}
    pieces = []
    rows = lines if named else chain([first], lines)
    while some := list(islice(rows, max(1, CELLS // len(cells)))):
        pieces.append(_parse(name, some, columns, known if labels else None))
    if counted and cells[-1] in known:
        named, columns = False, tuple(str(i + 1) for i in range(features))
        pieces.insert(0, _parse(name, [first], columns, known))
    if not pieces:
        raise ValueError(f"{name}: only a header; expected rows below it (header=False takes it for a row)")
    x, numbers = zip(*pieces, strict=True)
    features_read = from_numpy(np.concatenate(x))
    if not labels:
        return Table(features_read, from_numpy(np.empty(0, np.int64)), (), columns), named
    rank, classes = _classes(name, list(known))
    return Table(features_read, from_numpy(rank[np.concatenate(numbers)[:, 0]]), classes, columns), named


def first_cells(path: str | os.PathLike[str]) -> list[str]:
    """The cells of the first line that is not blank; none for an empty file."""
    name = os.fspath(path)
    return next((_cells(name, line) for line in _lines(name)), [])


def _lines(name: str) -> Iterator[Line]:
    """The lines that are not blank."""
    number = 0
    try:
        with open_plain(name) as stream, io.TextIOWrapper(stream, "utf-8-sig") as text:
            for number, line in enumerate(text, 1):
                if "\0" in line:
                    raise CheckpointError(f"{name}: not a text file: line {number} holds zero bytes")
                if line.strip():
                    yield number, line
    except UnicodeDecodeError:
        raise CheckpointError(
            f"{name}: not a text file: there are bytes after line {number} that are not UTF-8"
        ) from None


def _cells(name: str, line: Line, strict: bool = False) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line[1]], strict=strict))]
    except csv.Error as error:
        raise ValueError(f"{name}: line {line[0]}: {error}; a row and its quotes end on one line") from None


def _is_header(name: str, cells: Sequence[str], features: int) -> bool:
    """The rule of `load_csv`."""
    counted = list(cells[1:] if not cells[0] else cells)
    if counted == [str(i) for i in range(len(counted))] and len(cells) > 1:
        if cells == counted and len(cells) == 2:
            raise ValueError(
                f"{name}: the first line, 0,1, may be a row or a header as pandas writes it; say which with "
                "header=False or header=True (in the command --no-header or --header)"
            )
        if len(counted) > 1:
            return True
    given = cells[:features]
    return not any(map(_is_number, given)) and any(cell.lower() not in MISSING for cell in given)


def _counts_to_a_name(cells: Sequence[str]) -> bool:
    """Whether the features are 0, 1, 2, ..., perhaps after an empty cell, and the label is a name."""
    *numbers, label = cells if cells[0] else cells[1:]
    counts = len(numbers) > 1 and numbers == [str(i) for i in range(len(numbers))]
    return counts and not _is_number(label) and label.lower() not in MISSING


def _is_number(cell: str) -> bool:
    """Whether NumPy reads the cell as a number; Python alone takes 1_0 and digits of other scripts."""
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell


def _parse(
    name: str, lines: list[Line], columns: Sequence[str], known: dict[str, int] | None
) -> tuple[np.ndarray[Any, np.dtype[np.float32]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Features and labels in these lines; labels are numbers, which `known` counts by order of appearance."""
    features, width = len(columns), len(columns) + (known is not None)

    def number_of(label: str) -> int:
        assert known is not None
        return known.setdefault(label.strip(), len(known))

    converters: Any = None if known is None else {features: number_of}
    problem = "a row and its quotes end on one line"
    try:
        table = np.loadtxt(
            [line for _, line in lines],
            np.float64,
            comments=None,
            delimiter=",",
            quotechar='"',
            converters=converters,
            ndmin=2,
            encoding=None,
        )
    except ValueError as error:
        _raise_interrupt(error)
        table, problem = np.empty((0, width)), str(error)
    right = table.shape == (len(lines), width)
    with np.errstate(over="ignore"):
        x = table[:, :features].astype(np.float32)
    if right and np.isfinite(x).all():
        return x, table[:, features:].astype(np.int64)
    raise ValueError(_first_fault(name, lines, columns, width) or f"{name}: {problem}")


def _raise_interrupt(error: ValueError) -> None:
    """Raise what a signal handler raised: NumPy calls any exception in a converter a string it can't read."""
    cause: BaseException | None = error
    while cause is not None:
        if not isinstance(cause, ValueError):
            raise cause from None
        cause = cause.__cause__


def _first_fault(name: str, lines: list[Line], columns: Sequence[str], width: int) -> str | None:
    """What is wrong with these lines, in words; slow, and asked only once something is."""
    for line in lines:
        number = line[0]
        cells = _cells(name, line, strict=True)
        if len(cells) != width:
            return f"{name}: line {number} has {len(cells)} columns, expected {width} as in the first line"
        for column, cell in zip(columns, cells, strict=False):
            if not _is_number(cell):
                problem = "is empty" if not cell else f"is {cell!r}"
                advice = " (header=True takes the line for a header)" if number == 1 else ""
                return f"{name}: line {number}, column {column} {problem}; expected a number{advice}"
            with np.errstate(over="ignore"):
                value = np.float32(float(cell))
            if not np.isfinite(value):
                return f"{name}: line {number}, column {column} is {cell}; expected a finite float32 number"
    return None


def _classes(
    name: str, labels: Sequence[str]
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[int | str, ...]]:
    """The class number of each label, and the classes, sorted."""
    values: list[int | str] = list(labels)
    integers = [_integer(label) for label in labels]
    if None not in integers:
        values = [value for value in integers if value is not None]
    elif all(map(_is_number, labels)) and (fractions := [v for v in labels if not float(v).is_integer()]):
        raise ValueError(
            f"{name}: labels in the last column are fractions ({fractions[0]}); expected classes, as "
            "integers or text"
        )
    elif "" in labels:
        raise ValueError(f"{name}: a label in the last column is empty")
    classes = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    rank = {value: i for i, value in enumerate(classes)}
    return np.array([rank[value] for value in values], np.int64), tuple(classes)


def _integer(label: str) -> int | None:
    """The label as an exact int64; None when it is none."""
    if match := INTEGER.fullmatch(label):
        value = int(match[1])
    elif _is_number(label) and math.isfinite(float(label)) and abs(float(label)) < 2**53:
        value = int(float(label))
        if value != float(label):
            return None
    else:
        return None
    return value if -(2**63) <= value < 2**63 else None
