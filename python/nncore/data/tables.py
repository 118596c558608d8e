"""Tables of features and labels from CSV and NumPy files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore._atomic import read_regular
from nncore._core import Tensor, from_numpy

if TYPE_CHECKING:
    from collections.abc import Sequence


class Table(NamedTuple):
    """Features x (n, ...), class numbers y (n,) int64; `classes[y]` names a class, `columns` the features."""

    x: Tensor
    y: Tensor
    classes: tuple[int | str, ...]
    columns: tuple[str, ...]


def load_csv(path: str | os.PathLike[str], *, labels: bool = True) -> Table:
    """Numbers from a comma-separated file, plain or gzip: one row a line, the class label in the last column.

    x is (n, columns - 1) float32. A first line without a number among its features is a header. Labels may be
    integers or text; classes are sorted. With `labels=False` every column is a feature, and y and classes are
    empty. Raises ValueError naming line and column for lines of different lengths, cells that are no finite
    number and empty files, OSError for files that cannot be read.

    >>> import os, tempfile
    >>> from nncore.data import load_csv
    >>> path = os.path.join(tempfile.mkdtemp(), "tiny.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("width,height,kind\\n1,2,cat\\n3,4.5,ant\\n")
    >>> table = load_csv(path)
    >>> table.x.tolist(), table.y.tolist(), table.classes
    ([[1.0, 2.0], [3.0, 4.5]], [1, 0], ('ant', 'cat'))
    """
    name = os.fspath(path)
    lines = [line for line in _text(name).splitlines() if line.strip()]
    if not lines:
        raise ValueError(f"{name}: the file is empty; expected lines of numbers with a label last")
    first = _cells(lines[0])
    features = len(first) - labels
    if features < 1:
        raise ValueError(f"{name}: line 1 has one column; expected features and a label, separated by commas")
    header = not any(_is_number(cell) for cell in first[:features])
    columns = tuple(first[:features]) if header else tuple(str(i + 1) for i in range(features))
    known: dict[str, int] = {}

    def number_of(label: str) -> int:
        return known.setdefault(label.strip(), len(known))

    converters: Any = {features: number_of} if labels else None
    try:
        table = (
            np.loadtxt(
                lines,
                np.float64,
                comments=None,
                delimiter=",",
                quotechar='"',
                converters=converters,
                skiprows=int(header),
                ndmin=2,
                encoding=None,
            )
            if len(lines) > header
            else np.empty((0, len(first)))
        )
        if table.shape[1] != len(first):
            raise ValueError("columns")
    except ValueError as error:
        raise ValueError(_first_fault(name, columns, labels) or f"{name}: {error}") from None
    if not len(table):
        raise ValueError(f"{name}: only a header; expected rows below it")
    with np.errstate(over="ignore"):
        x = table[:, :features].astype(np.float32)
    if not np.isfinite(x).all():
        raise ValueError(_first_fault(name, columns, labels) or f"{name}: a number is too large for float32")
    if not labels:
        return Table(from_numpy(x), from_numpy(np.empty(0, np.int64)), (), columns)
    y, classes = _classes(name, table[:, features].astype(np.int64), list(known))
    return Table(from_numpy(x), from_numpy(y), classes, columns)


def load_npz(path: str | os.PathLike[str], *, labels: bool = True) -> Table:
    """Arrays `x` (n, ...) of numbers and `y` (n,) of integer or text labels from an .npz file.

    The dtype of x is kept. With `labels=False` only x is read. Raises ValueError for other contents,
    different lengths and NaN, OSError for files that cannot be read. Pickled objects are never loaded.

    >>> import os, tempfile
    >>> import numpy as np
    >>> from nncore.data import load_npz
    >>> path = os.path.join(tempfile.mkdtemp(), "tiny.npz")
    >>> np.savez(path, x=np.zeros((2, 3)), y=np.array(["b", "a"]))
    >>> load_npz(path).y.tolist()
    [1, 0]
    """
    name = os.fspath(path)
    arrays = _arrays(name, ("x", "y") if labels else ("x",))
    x = arrays["x"]
    if x.ndim < 2 or not len(x) or x.dtype.kind not in "biuf":
        raise ValueError(
            f"{name}: x is {x.shape} {x.dtype}; expected numbers of shape (n, features), n at least 1"
        )
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise ValueError(f"{name}: x is {x[where]} at {list(where)}; expected finite numbers")
    columns = tuple(str(i + 1) for i in range(x.shape[1])) if x.ndim == 2 else ()
    if x.dtype not in (np.float32, np.float64, np.uint8):
        x = x.astype(np.float32)
    if not labels:
        return Table(from_numpy(x), from_numpy(np.empty(0, np.int64)), (), columns)
    y = arrays["y"]
    if y.ndim != 1 or y.dtype.kind not in "biuU":
        raise ValueError(f"{name}: y is {y.shape} {y.dtype}; expected integer or text labels of shape (n,)")
    if len(x) != len(y):
        raise ValueError(f"{name}: x has {len(x)} rows but y has {len(y)}")
    values, numbers = np.unique(y, return_inverse=True)
    return Table(from_numpy(x), from_numpy(numbers.astype(np.int64)), tuple(values.tolist()), columns)


def columns_in(path: str | os.PathLike[str]) -> int:
    """How many columns the first line of a CSV file has; 0 for an empty file."""
    return next((len(_cells(line)) for line in _text(os.fspath(path)).splitlines() if line.strip()), 0)


def arrays_in(path: str | os.PathLike[str]) -> list[str]:
    """The names of the arrays in an .npz file."""
    import io
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(read_regular(path))) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except zipfile.BadZipFile as error:
        raise ValueError(f"{os.fspath(path)}: not an .npz file: {error}") from None


def _classes(
    name: str, numbers: np.ndarray[Any, np.dtype[np.int64]], labels: Sequence[str]
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[int | str, ...]]:
    """Class numbers in sorted order, from numbers in order of appearance."""
    values: list[int | str] = list(labels)
    if all(_is_number(label) for label in labels):
        if not all(float(label).is_integer() for label in labels):
            raise ValueError(
                f"{name}: the labels in the last column are fractions ({labels[0]}); expected classes, as "
                "integers or text"
            )
        values = [int(float(label)) for label in labels]
    elif "" in labels:
        raise ValueError(f"{name}: a label in the last column is empty")
    classes = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    rank = {value: i for i, value in enumerate(classes)}
    return np.array([rank[value] for value in values], np.int64)[numbers], tuple(classes)


def _arrays(name: str, wanted: Sequence[str]) -> dict[str, np.ndarray[Any, Any]]:
    import io
    import zipfile
    import zlib

    from nncore._npy import parse_npy

    try:
        with zipfile.ZipFile(io.BytesIO(read_regular(name))) as archive:
            names = archive.namelist()
            missing = [key for key in wanted if f"{key}.npy" not in names]
            if missing:
                raise ValueError(f"no array {' and '.join(missing)} among {', '.join(names) or 'none'}")
            return {key: parse_npy(archive.read(f"{key}.npy"), "biufU") for key in wanted}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ValueError(f"{name}: not an .npz file with arrays {' and '.join(wanted)}: {error}") from None


def _text(name: str) -> str:
    import gzip
    import zlib

    data = read_regular(name)
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        text = data.decode("utf-8-sig")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{name}: damaged gzip file: {error}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: not a text file: byte {error.start} is not UTF-8") from None
    if "\0" in text:
        raise ValueError(f"{name}: not a text file: it holds zero bytes")
    return text


def _cells(line: str) -> list[str]:
    import csv

    return [cell.strip() for cell in next(csv.reader([line]))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _first_fault(name: str, columns: Sequence[str], labels: bool) -> str | None:
    """What is wrong with the file, in words; slow, and read only once something is."""
    features, header_seen = len(columns), False
    for number, line in enumerate(_text(name).splitlines(), 1):
        if not line.strip():
            continue
        cells = _cells(line)
        if len(cells) != features + labels:
            expected = f"expected {features + labels} as in the first line"
            return f"{name}: line {number} has {len(cells)} columns, {expected}"
        if not header_seen and tuple(cells[:features]) == tuple(columns):
            header_seen = True
            continue
        header_seen = True
        for column, cell in zip(columns, cells, strict=False):
            if not _is_number(cell):
                problem = "is empty" if not cell else f"is {cell!r}"
                return f"{name}: line {number}, column {column} {problem}; expected a number"
            with np.errstate(over="ignore"):
                value = np.float32(float(cell))
            if not np.isfinite(value):
                return f"{name}: line {number}, column {column} is {cell}; expected a finite float32 number"
    return None
