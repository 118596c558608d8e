"""Columns of text files: read as text, told apart into numbers and categories, and encoded as numbers."""

from __future__ import annotations

import csv
import io
import sys
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from nncore._core import Tensor, from_numpy
from nncore.data.csv_file import CELLS, MISSING, is_header
from nncore.errors import CheckpointError
from nncore.files.reading import open_plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    Array = np.ndarray[Any, Any]
    Column = tuple[str, tuple[str, ...] | None]  # a name, and the categories or None for numbers

MOST_CATEGORIES = 100


class TextTable(NamedTuple):
    """The cells of a text file by column; `named` is whether the names stand in a header."""

    columns: dict[str, Array]
    named: bool
    lines: Array  # the line of each row in the file


def read_text_table(
    path: str, *, header: bool | None = None, delimiter: str = ",", known: Collection[str] = ()
) -> TextTable:
    """Read a file, plain or gzip, or standard input ("-"); without a header the columns are 1, 2, ...

    With `header=None` the first line is a header if it has all `known` names, or else by the rule of
    `load_csv`. Errors: ValueError with the line for rows of different lengths and for two columns of one
    name; CheckpointError for a file that is not text; OSError.
    """
    name = "standard input" if path == "-" else path
    rows = _rows(path, name, delimiter)
    line, first = next(rows, (0, []))
    if not first:
        raise ValueError(f"{name}: the file is empty; expected a header or rows")
    if len(first) == 1 and (other := next((d for d in ";\t|," if d != delimiter and d in first[0]), "")):
        given = "tab" if other == "\t" else other
        raise ValueError(f"{name}: line {line} has one column; the cells may be separated by {given!r}")
    if header is None:
        header = (bool(known) and set(known) <= set(first)) or is_header(name, first, len(first))
    names = first if header else [str(i + 1) for i in range(len(first))]
    if len(set(names)) < len(names):
        twice = next(column for column in names if names.count(column) > 1)
        raise ValueError(f"{name}: two columns have the name {twice!r}; rename one")
    parts: list[list[Array]] = [[] for _ in names]
    lines: list[int] = []
    pending = [] if header else [(line, first)]
    while some := [*pending, *islice(rows, max(1, CELLS // len(names)))]:
        pending = []
        for number, row in some:
            if len(row) != len(names):
                raise ValueError(
                    f"{name}: line {number} has {len(row)} columns, expected {len(names)} as in line {line}"
                )
        lines += [number for number, _ in some]
        for part, cells in zip(parts, zip(*(row for _, row in some), strict=True), strict=True):
            part.append(_packed(cells))
    if not lines:
        raise ValueError(f"{name}: only a header; expected rows below it")
    return TextTable(dict(zip(names, map(np.concatenate, parts), strict=True)), header, np.array(lines))


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield io.BytesIO(sys.stdin.buffer.read())
    else:
        with open_plain(path) as stream:
            yield stream


def _rows(path: str, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells without spaces around them) of each row that is not blank."""
    with _opened(path) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter)
        try:
            for row in reader:
                cells = [cell.strip() for cell in row]
                if any("\0" in cell for cell in cells):
                    raise CheckpointError(f"{name}: not a text file: line {reader.line_num} has zero bytes")
                if len(cells) > 1 or any(cells):
                    yield reader.line_num, cells
        except UnicodeDecodeError:
            last = reader.line_num
            raise CheckpointError(f"{name}: not a text file: bytes after line {last} are not UTF-8") from None
        except csv.Error as error:
            raise ValueError(f"{name}: line {reader.line_num}: {error}") from None


def _packed(cells: Sequence[str]) -> Array:
    """Cells as an array of one byte per character, or of four with other than ASCII characters."""
    try:
        return np.array(cells, np.bytes_)
    except UnicodeEncodeError:
        return np.array(cells, np.str_)


def texts(cells: Array) -> Array:
    """Cells as an array of str."""
    return cells.astype(np.str_)


def missing(cells: Array) -> Array:
    """Whether each cell is empty or a mark such as ?, NA, nan or null."""
    if cells.dtype.kind == "f":
        return np.isnan(cells)
    if (values := _parsed(cells)) is not None:
        return np.isnan(values)
    found: Array = np.isin(np.char.lower(texts(cells)), list(MISSING))
    return found


def numbers(cells: Array) -> Array | None:
    """Cells as float64, NaN for missing ones; None if one of the others is not a number."""
    if (values := _parsed(cells)) is not None:
        return values
    lacks = missing(cells)
    values = np.full(len(cells), np.nan)
    if (given := _parsed(cells[~lacks])) is None:
        return None
    values[~lacks] = given
    return values


def _parsed(cells: Array) -> Array | None:
    """All cells as float64, if each is a number or nan; 1_0, which NumPy reads as 10, is text."""
    if cells.dtype.kind in "SU" and b"_" in cells.tobytes():
        return None
    try:
        return cells.astype(np.float64)
    except ValueError:
        return None


def columns_of(name: str, table: Mapping[str, Array]) -> list[Column]:
    """Each column as numbers, or as categories if one of its cells is text."""
    found: list[Column] = []
    for column, cells in table.items():
        if numbers(cells) is not None:
            found.append((column, None))
            continue
        given = np.unique(texts(cells)[~missing(cells)])
        if len(given) > MOST_CATEGORIES:
            raise ValueError(
                f"{name}: column {column} has {len(given)} different texts, such as {str(given[0])!r}; "
                f"expected numbers, or at most {MOST_CATEGORIES} categories: remove the column"
            )
        found.append((column, tuple(given.tolist())))
    return found


def encode(name: str, columns: Iterable[Column], table: Mapping[str, Any]) -> Array:
    """float32 (n, features): numbers as they are, a category as one column per value; NaN if missing.

    Errors: ValueError that names column and row for another text, and for numbers that float32 lacks.
    """
    parts = []
    for column, categories in columns:
        cells = np.asarray(table[column])
        values = _one_hot(name, column, cells, categories) if categories else numbers(cells)
        if values is None:
            bad = next(text for text in texts(cells)[~missing(cells)] if numbers(np.array([text])) is None)
            raise ValueError(f"{name}: column {column} has the text {str(bad)!r}; expected numbers")
        with np.errstate(over="ignore"):
            part = values.astype(np.float32).reshape(len(cells), -1)
        if np.isinf(part).any():
            row = int(np.argwhere(np.isinf(part))[0, 0])
            raise ValueError(
                f"{name}: column {column} is {texts(cells)[row]} in row {row + 1}; expected a finite float32 "
                "number"
            )
        parts.append(part)
    return np.concatenate(parts, 1)


def _one_hot(name: str, column: str, cells: Array, categories: tuple[str, ...]) -> Array:
    text, lacks = texts(cells), missing(cells)
    codes = np.searchsorted(categories, text).clip(max=len(categories) - 1)
    unknown = (np.array(categories)[codes] != text) & ~lacks
    if unknown.any():
        listed = ", ".join(categories[:10]) + (", ..." if len(categories) > 10 else "")
        raise ValueError(
            f"{name}: column {column} has the text {str(text[unknown][0])!r}; expected one of {listed}"
        )
    values = (codes[:, None] == np.arange(len(categories))).astype(np.float64)
    values[lacks] = np.nan
    return np.asarray(values)


def as_tensor(values: Array) -> Tensor:
    """An array as a tensor, in C order."""
    return from_numpy(np.ascontiguousarray(values))
