"""Functions of PyTorch that are composed of other functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _core
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore import Tensor, device, dtype

__all__ = ["allclose", "as_tensor", "asarray", "from_dlpack", "hstack", "isclose", "vstack"]


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """|input - other| <= atol + rtol |other| for each element; equal infinities are close.

    >>> nncore.isclose(nncore.tensor([1.0, 2.0]), nncore.tensor([1.000001, 2.1])).tolist()
    [True, False]
    """
    arguments.tensors("isclose", input=input, other=other)
    if input.dtype == other.dtype == _core.bool:
        return input == other
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


def asarray(
    obj: Any,
    *,
    dtype: dtype | None = None,
    device: device | str | None = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`as_tensor`, with `copy=True` always a copy and with `copy=False` never one.

    Errors: ValueError with `copy=False` for data that must be copied.

    >>> array = np.zeros(2, np.float32)
    >>> nncore.asarray(array).data_ptr() == array.ctypes.data, nncore.asarray([1.0, 2.0], copy=True).tolist()
    (True, [1.0, 2.0])
    """
    source = from_dlpack(obj) if _is_foreign(obj) else obj
    made = as_tensor(source, dtype, device)
    if copy is False and not _shares(made, source):
        raise ValueError(f"asarray: a {type(obj).__name__} must be copied here; leave copy=None")
    if copy and _shares(made, source):
        made = made.detach().clone()
    return made.requires_grad_() if requires_grad else made


def _is_foreign(obj: Any) -> bool:
    return hasattr(obj, "__dlpack__") and not isinstance(obj, (_core.Tensor, np.ndarray))


def _shares(made: Tensor, source: Any) -> bool:
    if isinstance(source, np.ndarray):
        return bool(made.data_ptr() == source.ctypes.data)
    return isinstance(source, _core.Tensor) and made.data_ptr() == source.data_ptr()


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of an array of another library, by the DLPack protocol.

    An array that is not contiguous is copied. Errors: TypeError for an object without `__dlpack__`, and for
    elements that nncore does not have; BufferError for memory that the other library cannot hand out.
    Source: the DLPack protocol, https://dmlc.github.io/dlpack.

    >>> nncore.from_dlpack(np.arange(3)).tolist()
    [0, 1, 2]
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(
            f"from_dlpack: expected an object with __dlpack__, got {type(ext_tensor).__name__}; "
            "use nncore.tensor() for other data"
        )
    try:
        array = np.from_dlpack(ext_tensor)
    except BufferError as error:
        raise BufferError(
            f"from_dlpack: the {type(ext_tensor).__name__} cannot share its memory: {error} "
            "Copy it with nncore.tensor()"
        ) from error
    return _core.from_numpy(array)


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
