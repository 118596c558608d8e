"""Clip gradients before the optimizer's step."""

from __future__ import annotations

import math
from collections.abc import Iterable

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import all_tensors, listed, number, real
from nncore.grad_mode import no_grad

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float | str = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients by min(1, max_norm / (norm + 1e-6)) and return the norm of their concatenation.

    `norm_type` p takes the p-norm; infinity, or "inf", the largest magnitude. If the gradients have different
    dtypes, the norm is float64. Without gradients the norm is 0.

    Errors: ValueError for a max_norm that is negative or NaN, for norm_type <= 0, for an exhausted iterator,
    and with `error_if_nonfinite` for a norm that is not finite.
    Source: Pascanu, Mikolov and Bengio 2013, algorithm 1.

    >>> weight = nn.Parameter(nncore.tensor([3.0, 4.0]))
    >>> (weight * weight / 2).sum().backward()
    >>> nn.utils.clip_grad_norm_(weight, max_norm=1.0).item()
    5.0
    >>> [round(g, 4) for g in weight.grad.tolist()]
    [0.6, 0.8]
    """
    max_norm = real("clip_grad_norm_", "max_norm", max_norm)
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm_: max_norm must not be negative, got {max_norm}")
    p = math.inf if norm_type == "inf" else real("clip_grad_norm_", "norm_type", norm_type)
    if not p > 0:
        raise ValueError(f"clip_grad_norm_: norm_type must be above 0, got {p}")
    grads = _grads("clip_grad_norm_", parameters)
    if not grads:
        return _core.tensor(0.0)
    with no_grad():
        norm = _norm(grads, p)
        if error_if_nonfinite and not math.isfinite(norm.item()):
            raise ValueError(
                f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it "
                "cannot be clipped. To disable this error and scale the gradients by the non-finite norm "
                "anyway, set `error_if_nonfinite=False`"
            )
        _core.scale_(grads, (max_norm / (norm + 1e-6)).clamp(max=1.0))
    return norm


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Clamp each element of the gradients to [-clip_value, clip_value].

    Errors: ValueError for a clip_value that is negative or NaN and for an exhausted iterator.

    >>> weight = nn.Parameter(nncore.tensor([3.0, -0.25]))
    >>> (weight * weight).sum().backward()
    >>> nn.utils.clip_grad_value_(weight, 1.0)
    >>> weight.grad.tolist()
    [1.0, -0.5]
    """
    bound = number("clip_grad_value_", "clip_value", clip_value, 0.0)
    with no_grad():
        for grad in _grads("clip_grad_value_", parameters):
            _core.assign_(grad, grad.clamp(-bound, bound))


def _grads(where: str, parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    params = [parameters] if isinstance(parameters, Tensor) else listed(where, "parameters", parameters)
    all_tensors(where, "parameters", params)
    return [grad for param in params if (grad := param.grad) is not None]


def _norm(grads: list[Tensor], p: float) -> Tensor:
    if any(grad.dtype != grads[0].dtype for grad in grads):
        grads = [grad.double() for grad in grads]
    if math.isinf(p):
        largest: Tensor = _core.stack([grad.abs().max() for grad in grads]).max()
        return largest
    if p == 2:
        return _core.stack([(grad * grad).sum() for grad in grads]).sum().sqrt()
    return _core.stack([grad.abs().pow(p).sum() for grad in grads]).sum().pow(1 / p)
