"""Tables of features and labels, and their NumPy files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore._core import Tensor, from_numpy
from nncore.files.reading import open_regular, open_zip, size_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class Table(NamedTuple):
    """Features x (n, ...), class numbers y (n,) int64, the classes by number, and the features' names."""

    x: Tensor
    y: Tensor
    classes: tuple[int | str, ...]
    columns: tuple[str, ...]


def load_npz(path: str | os.PathLike[str], *, labels: bool = True) -> Table:
    """Read an .npz file with arrays `x` (n, ...) of numbers and `y` (n,) of integer or text labels.

    x keeps its dtype. With `labels=False` only x is read. Compressed arrays may expand to the larger of 100
    times the size of the file and 64 MiB. Pickled objects are never loaded.
    Errors: CheckpointError for a file that is damaged, expands further or is not an .npz file; ValueError for
    other contents, different lengths and values that are not finite; OSError for a file that cannot be read.

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


def arrays_in(path: str | os.PathLike[str]) -> list[str]:
    """The names of the arrays in an .npz file."""
    name = os.fspath(path)
    with open_regular(name) as file, open_zip(file, name, "not an .npz file") as archive:
        return [entry.removesuffix(".npy") for entry in archive.namelist()]


def _arrays(name: str, wanted: Sequence[str]) -> dict[str, np.ndarray[Any, Any]]:
    from nncore.files.npz import arrays

    kind = f"not an .npz file with arrays {' and '.join(wanted)}"
    with open_regular(name) as file, open_zip(file, name, kind) as archive:
        names = archive.namelist()
        missing = [key for key in wanted if f"{key}.npy" not in names]
        if missing:
            raise ValueError(f"no array {' and '.join(missing)}; it contains {', '.join(names) or 'none'}")
        return arrays(archive, wanted, size_of(file), "biufU")
