"""Functions of PyTorch that are composed of other functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _core
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore import Tensor, device, dtype

__all__ = ["allclose", "as_tensor", "equal", "hstack", "isclose", "vstack"]


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """|input - other| <= atol + rtol |other| for each element; equal infinities are close.

    >>> nncore.isclose(nncore.tensor([1.0, 2.0]), nncore.tensor([1.000001, 2.1])).tolist()
    [True, False]
    """
    arguments.tensors("isclose", input=input, other=other)
    finite = _core.isfinite(input) & _core.isfinite(other)
    close = (finite & (_core.abs(input - other) <= atol + rtol * _core.abs(other))) | (input == other)
    return close | (_core.isnan(input) & _core.isnan(other)) if equal_nan else close


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all elements are close; see `isclose`.

    >>> nncore.allclose(nncore.ones(2), nncore.tensor([1.0, 1.000001]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all().item())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both tensors have the same shape and elements; NaN is not equal to itself.

    >>> nncore.equal(nncore.ones(2), nncore.ones(2)), nncore.equal(nncore.ones(2), nncore.ones(1, 2))
    (True, False)
    """
    arguments.tensors("equal", input=input, other=other)
    return input.shape == other.shape and bool((input == other).all().item())


def as_tensor(data: Any, dtype: dtype | None = None, device: device | str | None = None) -> Tensor:
    """`data` as a tensor of `dtype` on `device`: a tensor itself or the memory of an array, if they fit.

    Other data is copied.

    >>> x = nncore.ones(2)
    >>> nncore.as_tensor(x) is x, nncore.as_tensor([1, 2]).tolist()
    (True, [1, 2])
    """
    if isinstance(data, np.ndarray):
        data = _core.from_numpy(data)
    if not isinstance(data, _core.Tensor):
        return _core.tensor(data, dtype=dtype, device=device)
    return data.to(device, dtype)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Concatenate tensors along axis 1, vectors along axis 0.

    >>> nncore.hstack([nncore.ones(2), nncore.zeros(1)]).tolist()
    [1.0, 1.0, 0.0]
    """
    tensors = arguments.listed("hstack", "tensors", tensors)
    arguments.all_tensors("hstack", "tensors", tensors)
    rows = [t.reshape(1) if t.ndim == 0 else t for t in tensors]
    return _core.cat(rows, 0 if rows and rows[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Concatenate tensors along axis 0; vectors are rows.

    >>> nncore.vstack([nncore.ones(2), nncore.zeros(2)]).tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    tensors = arguments.listed("vstack", "tensors", tensors)
    arguments.all_tensors("vstack", "tensors", tensors)
    return _core.cat([t.reshape(1, -1) if t.ndim < 2 else t for t in tensors], 0)
