"""Analytic gradients against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nncore import _core
from nncore._core import Tensor
from nncore.grad_mode import no_grad

__all__ = ["GradcheckError", "gradcheck"]


class GradcheckError(RuntimeError):
    """A gradient differs from the finite difference; the message names the element and both values."""


def gradcheck(
    func: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Tensor | Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients of `func(*inputs)` with central differences, element by element.

    For each output and each element of each input that requires a gradient, the analytic derivative must
    satisfy |analytic - numeric| <= atol + rtol |numeric|, where numeric is (f(x + eps) - f(x - eps)) /
    (2 eps). Inputs must be float64; in float32 rounding errors are too large.

    Errors: GradcheckError (RuntimeError) that names output, input, element and both values, unless
    `raise_exception` is False; TypeError for inputs that are not float64; ValueError if no input requires a
    gradient.

    >>> x = nncore.tensor([0.5, 2.0], dtype=nncore.float64, requires_grad=True)
    >>> nncore.autograd.gradcheck(lambda x: (x * x).sum(), x)
    True
    """
    values = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient; set requires_grad=True on one")
    for i in checked:
        if values[i].dtype != _core.float64:
            raise TypeError(
                f"gradcheck: input {i} is {values[i].dtype}; expected float64, convert with .double()"
            )
    try:
        for i in checked:
            _check_input(func, values, i, eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _outputs(func: Callable[..., Any], values: Sequence[Any]) -> list[Tensor]:
    result = func(*values)
    found = [result] if isinstance(result, Tensor) else list(result)
    return [y for y in found if y.dtype.is_floating_point]


def _numeric(func: Callable[..., Any], values: list[Any], i: int, at: int, eps: float) -> list[Any]:
    """The central difference of each output by element `at` of input `i`."""
    sides = []
    for step in (eps, -eps):
        moved = np.array(values[i].detach().numpy())
        moved.reshape(-1)[at] += step
        with no_grad():
            changed = [*values[:i], _core.tensor(moved), *values[i + 1 :]]
            sides.append([np.array(y.detach().numpy()) for y in _outputs(func, changed)])
    return [(high - low) / (2 * eps) for high, low in zip(*sides, strict=True)]


def _analytic(func: Callable[..., Any], values: list[Any], i: int, output: int, element: int) -> Any:
    """d (one element of one output) / d input i."""
    fresh = [x.detach().requires_grad_() if isinstance(x, Tensor) and x.requires_grad else x for x in values]
    y = _outputs(func, fresh)[output]
    if not y.requires_grad:
        return np.zeros(values[i].shape)
    seed = np.zeros(y.shape)
    seed.reshape(-1)[element] = 1
    found = _core.gradients([y], [fresh[i]], [_core.tensor(seed)], False)[0]
    return np.zeros(values[i].shape) if found is None else found.numpy()


def _check_input(
    func: Callable[..., Any],
    values: list[Any],
    i: int,
    eps: float,
    atol: float,
    rtol: float,
) -> None:
    numeric = [_numeric(func, values, i, at, eps) for at in range(values[i].numel())]
    for output, y in enumerate(_outputs(func, values)):
        for element in range(y.numel()):
            analytic = _analytic(func, values, i, output, element).reshape(-1)
            for at, differences in enumerate(numeric):
                expected = differences[output].reshape(-1)[element]
                if not abs(analytic[at] - expected) <= atol + rtol * abs(expected):
                    where = tuple(map(int, np.unravel_index(at, values[i].shape)))
                    to = tuple(map(int, np.unravel_index(element, y.shape)))
                    raise GradcheckError(
                        f"gradcheck: d output {output}{list(to)} / d input {i}{list(where)} is "
                        f"{analytic[at]:.9g} but the finite difference is {expected:.9g}"
                    )
