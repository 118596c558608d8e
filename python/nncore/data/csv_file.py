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
from nncore.data.tables import Table
from nncore.errors import CheckpointError
from nncore.files.reading import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Line = tuple[int, str]  # line number in the file, text

CELLS = 1 << 14  # number of cells that one call of NumPy reads
MISSING = {"", "?", "-", ".", "na", "<na>", "n/a", "#n/a", "nan", "-nan", "nil", "none", "null"}
INTEGER = re.compile(r"([+-]?[0-9]{1,30})(?:\.0*)?")


def load_csv(path: str | os.PathLike[str], *, labels: bool = True, header: bool | None = None) -> Table:
    """Read a comma-separated file, plain or gzip: one row per line, the class label in the last column.

    x is (n, columns - 1) float32. `header` says whether the first line is a header. By default it is one if

    * at least one of its features is a name and none is a number,
    * all its cells are 0, 1, 2, ... (at least three, optionally after an empty cell), as pandas writes for
      columns without names, or
    * its features are 0, 1, ... (at least two, optionally after an empty cell) and its label is a name that
      no other line has.

    A name is neither a number nor the mark of a missing value, such as an empty cell, NA, null or ?.

    Labels may be integers or text; classes are sorted. If all labels are integers in the int64 range, the
    classes are integers; otherwise they are text. With `labels=False` all columns are features, and y and
    classes are empty. A compressed file may expand to the larger of 100 times its size and 64 MiB.

    Errors: ValueError with line and column for lines of different lengths, cells that are not finite numbers
    and empty files; CheckpointError for a gzip file that is damaged or expands further, and for a file that
    is not text; OSError for a file that cannot be read.

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
    """(the result of `load_csv`, whether `columns` are names from a header)."""
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
    counted = bool(labels and header is None and _counts_to_a_name(cells))  # header, unless the label recurs
    named = counted or (is_header(name, cells, features) if header is None else bool(header))
    columns = tuple(cells[:features]) if named else tuple(str(i + 1) for i in range(features))
    known: dict[str, int] = {}
    parsed = []
    rows = lines if named else chain([first], lines)
    while some := list(islice(rows, max(1, CELLS // len(cells)))):
        parsed.append(_parse(name, some, columns, known if labels else None))
    if counted and cells[-1] in known:
        named, columns = False, tuple(str(i + 1) for i in range(features))
        parsed.insert(0, _parse(name, [first], columns, known))
    if not parsed:
        raise ValueError(f"{name}: only a header; expected rows below it (header=False reads it as a row)")
    x, numbers = zip(*parsed, strict=True)
    features_read = from_numpy(np.concatenate(x))
    if not labels:
        return Table(features_read, from_numpy(np.empty(0, np.int64)), (), columns), named
    rank, classes = _classes(name, list(known))
    return Table(features_read, from_numpy(rank[np.concatenate(numbers)[:, 0]]), classes, columns), named


def first_cells(path: str | os.PathLike[str]) -> list[str]:
    """The cells of the first line that is not blank; an empty list for an empty file."""
    name = os.fspath(path)
    return next((_cells(name, line) for line in _lines(name)), [])


def _lines(name: str) -> Iterator[Line]:
    """The lines that are not blank."""
    number = 0
    try:
        with open_plain(name) as stream, io.TextIOWrapper(stream, "utf-8-sig") as text:
            for number, line in enumerate(text, 1):
                if "\0" in line:
                    raise CheckpointError(f"{name}: not a text file: line {number} contains zero bytes")
                if line.strip():
                    yield number, line
    except UnicodeDecodeError:
        raise CheckpointError(f"{name}: not a text file: bytes after line {number} are not UTF-8") from None


def _cells(name: str, line: Line, strict: bool = False) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line[1]], strict=strict))]
    except csv.Error as error:
        raise ValueError(f"{name}: line {line[0]}: {error}; a row with its quotes must be one line") from None


def is_header(name: str, cells: Sequence[str], features: int) -> bool:
    """Whether the first line is a header, by the rules of `load_csv`."""
    counted = list(cells[1:] if not cells[0] else cells)
    if counted == [str(i) for i in range(len(counted))] and len(cells) > 1:
        if cells == counted and len(cells) == 2:
            raise ValueError(
                f"{name}: the first line, 0,1, may be a row or a header that pandas wrote; pass header=False "
                "or header=True (on the command line --no-header or --header)"
            )
        if len(counted) > 1:
            return True
    given = cells[:features]
    return not any(map(_is_number, given)) and any(cell.lower() not in MISSING for cell in given)


def _counts_to_a_name(cells: Sequence[str]) -> bool:
    """Whether the features are 0, 1, 2, ..., optionally after an empty cell, and the label is a name."""
    *numbers, label = cells if cells[0] else cells[1:]
    counts = len(numbers) > 1 and numbers == [str(i) for i in range(len(numbers))]
    return counts and not _is_number(label) and label.lower() not in MISSING


def _is_number(cell: str) -> bool:
    """Whether NumPy reads the cell as a number; Python's float also accepts 1_0 and non-ASCII digits."""
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell


def _parse(
    name: str, lines: list[Line], columns: Sequence[str], known: dict[str, int] | None
) -> tuple[np.ndarray[Any, np.dtype[np.float32]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Features and labels in these lines; `known` numbers the labels in order of appearance."""
    features, width = len(columns), len(columns) + (known is not None)

    def number_of(label: str) -> int:
        assert known is not None
        return known.setdefault(label.strip(), len(known))

    converters: Any = None if known is None else {features: number_of}
    problem = "a row with its quotes must be one line"
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
    """Raise the exception of a signal handler that NumPy turned into a ValueError of a converter."""
    cause: BaseException | None = error
    while cause is not None:
        if not isinstance(cause, ValueError):
            raise cause from None
        cause = cause.__cause__


def _first_fault(name: str, lines: list[Line], columns: Sequence[str], width: int) -> str | None:
    """A message about the first error in these lines; slow, called only after an error."""
    for line in lines:
        number = line[0]
        cells = _cells(name, line, strict=True)
        if len(cells) != width:
            return f"{name}: line {number} has {len(cells)} columns, expected {width} as in the first line"
        for column, cell in zip(columns, cells, strict=False):
            if not _is_number(cell):
                problem = "is empty" if not cell else f"is {cell!r}"
                advice = " (header=True reads the line as a header)" if number == 1 else ""
                return f"{name}: line {number}, column {column} {problem}; expected a number{advice}"
            with np.errstate(over="ignore"):
                value = np.float32(float(cell))
            if not np.isfinite(value):
                return f"{name}: line {number}, column {column} is {cell}; expected a finite float32 number"
    return None


def _classes(
    name: str, labels: Sequence[str]
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[int | str, ...]]:
    """(class number of each label, sorted classes)."""
    values: list[int | str] = list(labels)
    integers = [_integer(label) for label in labels]
    if None not in integers:
        values = [value for value in integers if value is not None]
    elif all(map(_is_number, labels)) and (fractions := [v for v in labels if not float(v).is_integer()]):
        raise ValueError(
            f"{name}: labels in the last column are fractions ({fractions[0]}); expected integers or text"
        )
    elif "" in labels:
        raise ValueError(f"{name}: a label in the last column is empty")
    classes = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    rank = {value: i for i, value in enumerate(classes)}
    return np.array([rank[value] for value in values], np.int64), tuple(classes)


def _integer(label: str) -> int | None:
    """The label as an exact int64, or None."""
    if match := INTEGER.fullmatch(label):
        value = int(match[1])
    elif _is_number(label) and math.isfinite(float(label)) and abs(float(label)) < 2**53:
        value = int(float(label))
        if value != float(label):
            return None
    else:
        return None
    return value if -(2**63) <= value < 2**63 else None
