"""Inputs as columns of rows: tensors, or sparse matrices that become dense batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Number
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nncore._core import Tensor, from_numpy, uint8
from nncore.data.dataset import as_tensor
from nncore.train.choices import described

if TYPE_CHECKING:
    from nncore._core import dtype
    from nncore.nn import Module

NUMBERS = "biuf"  # kinds of NumPy dtypes


class Sparse:
    """The rows of a SciPy sparse matrix, made dense when they are selected."""

    def __init__(self, matrix: Any, kind: dtype | None) -> None:
        self._matrix, self._kind = matrix, kind

    def __len__(self) -> int:
        return int(self._matrix.shape[0])

    def __getitem__(self, rows: slice) -> Tensor:
        return self._dense(self._matrix[rows])

    def index_select(self, dim: int, rows: Tensor) -> Tensor:
        """The rows with these numbers as a dense tensor; `dim` is 0."""
        return self._dense(self._matrix[rows.numpy()])

    def take(self, rows: Tensor) -> Sparse:
        """The rows with these numbers, sparse."""
        return Sparse(self._matrix[rows.numpy()], self._kind)

    def _dense(self, matrix: Any) -> Tensor:
        dense = from_numpy(np.ascontiguousarray(matrix.toarray()))
        return dense if self._kind is None else dense.to(self._kind)


Column: TypeAlias = "Tensor | Sparse"


def inputs_of(
    where: str, model: Module, x: Any, name: str = "x"
) -> tuple[list[Column], tuple[str, ...] | None]:
    """The inputs as columns in the dtype of the model's parameters, and the keywords of a dict."""
    if isinstance(x, Mapping):
        if not x or not all(isinstance(key, str) for key in x):
            raise TypeError(f"{where}: {name} is a dict; expected names of the model's arguments as keys")
        return [column(where, model, part, f"{name}[{key!r}]") for key, part in x.items()], tuple(x)
    if isinstance(x, tuple) and x and all(_is_array(part) for part in x):
        return [column(where, model, part, f"{name}[{i}]") for i, part in enumerate(x)], None
    return [column(where, model, x, name)], None


def column(where: str, model: Module, x: Any, name: str) -> Column:
    """Floats, pixels and tables in the dtype of the parameters; ValueError for NaN or infinity."""
    parameter = next(iter(model.parameters()), None)
    if is_sparse(x):
        matrix = x.tocsr()
        _finite_entries(where, name, matrix)
        return Sparse(matrix, parameter.dtype if parameter is not None else None)
    tensor = tensor_of(where, name, table(where, x, name) if is_table(x) else _with_numbers(where, x, name))
    if tensor.ndim == 0:
        raise ValueError(f"{where}: {name} is a scalar; expected rows, shape (n, ...)")
    if tensor.dtype.is_floating_point:
        finite(where, name, tensor.numpy())
    if parameter is None or not (tensor.dtype.is_floating_point or tensor.dtype == uint8):
        return tensor
    cast = tensor.to(parameter.dtype)
    if cast.dtype != tensor.dtype and tensor.dtype.is_floating_point:
        finite(where, f"{name} as {parameter.dtype}", cast.numpy())
    return cast


def tensor_of(where: str, name: str, values: Any) -> Tensor:
    """Values as a tensor without history; TypeError and ValueError name them."""
    is_list = isinstance(values, (Sequence, Number)) and not isinstance(values, (str, bytes))
    if not (is_list or isinstance(values, Tensor) or hasattr(values, "__array__")):
        raise TypeError(f"{where}: {name} is {described(values)}; expected an array, a table or a list")
    try:
        return as_tensor(values).detach()
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where}: {name} cannot be a tensor: {error}") from error


def unmasked(where: str, name: str, values: Any) -> Any:
    """The values; ValueError for a NumPy array with masked ones, which have no value."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(f"{where}: {name} has masked values; fill or remove them")
    return values


def is_table(x: Any) -> bool:
    """Whether x is a pandas DataFrame; pandas is not imported."""
    return hasattr(x, "columns") and hasattr(x, "dtypes") and hasattr(x, "iloc")


def is_sparse(x: Any) -> bool:
    """Whether x is a SciPy sparse matrix or array; SciPy is not imported."""
    return hasattr(x, "tocsr") and hasattr(x, "nnz")


def table(where: str, frame: Any, name: str) -> Any:
    """The columns of a DataFrame as float64 (n, columns); categories become their codes."""
    parts = []
    for position, label in enumerate(frame.columns):
        series = frame.iloc[:, position]
        kind = series.dtype
        if hasattr(kind, "categories"):
            values = np.asarray(series.cat.codes, np.float64)
            values[values < 0] = np.nan
        elif getattr(kind, "kind", "O") in NUMBERS:
            values = series.to_numpy(np.float64, na_value=np.nan)
        else:
            raise TypeError(
                f"{where}: column {label!r} of {name} has dtype {kind}; expected numbers, bools or "
                "categories: drop the column, or encode it with pandas.get_dummies or astype('category')"
            )
        if np.isnan(values).any():
            raise ValueError(
                f"{where}: column {label!r} of {name} has no value in row {int(np.isnan(values).argmax())}; "
                "remove or fill such values"
            )
        parts.append(values)
    return np.stack(parts, 1) if parts else np.zeros((len(frame), 0))


def finite(where: str, name: str, values: Any) -> None:
    """Raise ValueError that names the first row with a NaN or an infinity."""
    good = np.isfinite(values)
    if not good.all():
        at = tuple(int(i) for i in np.argwhere(~good)[0])
        place = f"row {at[0]}" + (
            f", column {at[1]}" if len(at) == 2 else f", index {list(at[1:])}" if at[1:] else ""
        )
        raise ValueError(f"{where}: {name} is {values[at]} at {place}; remove or fill such values")


def _finite_entries(where: str, name: str, matrix: Any) -> None:
    bad = np.flatnonzero(~np.isfinite(matrix.data))
    if len(bad):
        row = int(np.searchsorted(matrix.indptr, bad[0], "right")) - 1
        place = f"row {row}, column {matrix.indices[bad[0]]}"
        raise ValueError(f"{where}: {name} is {matrix.data[bad[0]]} at {place}; remove or fill such values")


def _is_array(part: Any) -> bool:
    return hasattr(part, "shape") or is_table(part) or is_sparse(part)


def _with_numbers(where: str, x: Any, name: str) -> Any:
    """x; TypeError for an array of objects or text."""
    unmasked(where, name, x)
    kind = getattr(getattr(x, "dtype", None), "kind", "f")
    if kind in "OUSTMm":
        raise TypeError(
            f"{where}: {name} has dtype {x.dtype}; expected numbers: encode text and objects as numbers first"
        )
    return x
