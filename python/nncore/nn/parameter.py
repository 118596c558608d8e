"""Parameter: a tensor that a module registers and an optimizer trains; and its stand-in in lazy layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore import _core
from nncore._core import Tensor, device, dtype

__all__ = ["Parameter", "UninitializedParameter"]


class Parameter(Tensor):
    """A leaf tensor that a module registers when it is assigned as an attribute.

    A tensor as `data` shares its memory with the parameter; other data are copied by `nncore.tensor`.

    Errors: TypeError for data that `nncore.tensor` rejects, and for an integer tensor that requires a
    gradient. ValueError for the memory of a read-only array, which cannot be trained.

    >>> nn.Parameter(nncore.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __hash__ = object.__hash__  # by identity, as Tensor's, but faster: the key of an optimizer's state

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data if isinstance(data, Tensor) else _core.tensor(data))
        _core.check_writable("Parameter", self)
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        copied = type(self)(self.detach().clone(), self.requires_grad)
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), np.array(self.detach().numpy()), self.requires_grad)


def _rebuild(kind: type[Parameter], values: np.ndarray[Any, Any], requires_grad: bool) -> Parameter:
    return kind(_core.tensor(values), requires_grad)


class UninitializedParameter:
    """Stands for a parameter of a lazy layer until the first batch; it is not a tensor and has no shape.

    It has a dtype and a device. They and `requires_grad` may be set, and pass to the parameter.
    """

    grad = None

    def __init__(
        self, requires_grad: bool = True, *, device: device | str | None = None, dtype: dtype | None = None
    ) -> None:
        empty = _core.empty(0, device=device, dtype=dtype)
        self.dtype, self.device, self.requires_grad = empty.dtype, empty.device, requires_grad

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"{type(self).__name__} has no {name} before the first batch: call the module on a batch before "
            "you use its parameters, its state_dict or an optimizer"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedBuffer(UninitializedParameter):
    """Stands for a buffer of a lazy layer until the first batch; see `UninitializedParameter`."""
