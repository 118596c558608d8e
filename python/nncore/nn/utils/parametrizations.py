"""Weights computed from other parameters when they are read, as in `torch.nn.utils.parametrizations`."""

from __future__ import annotations

from typing import Any, TypeVar

from nncore import _core
from nncore._core import Tensor
from nncore.errors import absent
from nncore.errors.arguments import number, size
from nncore.grad_mode import no_grad
from nncore.nn.module import Module
from nncore.nn.parameter import Parameter

__all__ = ["spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """w = g v / |v|, the norm over all axes but `dim`, or over all axes if `dim` is None.

    `parametrizations.<name>.original0` (g) and `original1` (v) replace the parameter `name`. Each read of
    `name` computes w from them. Errors: AttributeError if there is no such parameter.
    Source: Salimans and Kingma 2016, eq. 2.

    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    >>> [(k, p.shape) for k, p in layer.named_parameters()]
    [('bias', (2,)), ('parametrizations.weight.original0', (2, 1)), \
('parametrizations.weight.original1', (2, 3))]
    """
    return _attach(module, name, _WeightNorm(_parameter(module, name), dim))


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """w / sigma, where sigma is the largest singular value of w as a matrix with one row per entry of `dim`.

    In training each read of the weight improves the singular vectors, which are buffers, by power iterations.
    The parameter becomes `parametrizations.<name>.original`. Errors: AttributeError if there is no such
    parameter.
    Source: Miyato et al. 2018, algorithm 1.

    >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))
    >>> sorted(layer.state_dict())[1:]
    ['parametrizations.weight.0._u', 'parametrizations.weight.0._v', 'parametrizations.weight.original']
    """
    steps = size("spectral_norm", "n_power_iterations", n_power_iterations, 1)
    weight = _parameter(module, name)
    return _attach(module, name, _SpectralNorm(weight, steps, number("spectral_norm", "eps", eps), dim or 0))


def _parameter(module: Any, name: Any) -> Parameter:
    if not isinstance(module, Module) or not isinstance(name, str):
        raise TypeError(
            "parametrization: expected a module and the name of a parameter, got "
            f"{type(module).__name__} and {type(name).__name__}"
        )
    value = getattr(module, name, None)
    if not isinstance(value, Parameter):
        raise AttributeError(f"{type(module).__name__} has no parameter {name!r}")
    return value


def _attach(module: M, name: str, source: Module) -> M:
    delattr(module, name)
    if "parametrizations" not in vars(module):
        module.add_module("parametrizations", Module())
    module.parametrizations.add_module(name, source)
    return module


def _rows(weight: Tensor, dim: int | None) -> Tensor:
    """The weight as a matrix with one row per entry of dim, or one row if dim is None."""
    if dim is None:
        return weight.reshape(1, -1)
    first = weight.transpose(0, dim) if dim else weight
    return first.reshape(first.shape[0], -1)


class _WeightNorm(Module):
    def __init__(self, weight: Parameter, dim: int | None) -> None:
        super().__init__()
        self.dim = None if dim is None or dim == -1 else dim
        length = _core.sqrt(_core.square(_rows(weight.detach(), self.dim)).sum(1))
        shape = () if self.dim is None else tuple(n if i == dim else 1 for i, n in enumerate(weight.shape))
        self.original0 = Parameter(length.reshape(shape))
        self.original1 = Parameter(weight.detach().clone())

    def forward(self) -> Tensor:
        v, dim = self.original1, self.dim
        unit = _core.l2_normalize(_rows(v, dim), 1, 0.0)
        if dim:
            shape = (v.shape[dim], *v.transpose(0, dim).shape[1:])
            unit = unit.reshape(shape).transpose(0, dim)
        return unit.reshape(v.shape) * self.original0


class _SpectralNorm(Module):
    def __init__(self, weight: Parameter, steps: int, eps: float, dim: int) -> None:
        super().__init__()
        self.original = Parameter(weight.detach().clone())
        self.add_module("0", _SingularVectors(_rows(weight.detach(), dim), eps))
        self.steps, self.dim = steps, dim

    def forward(self) -> Tensor:
        w = _rows(self.original, self.dim)
        vectors: _SingularVectors = vars(self)["0"]
        if self.training:
            vectors.improve(w.detach(), self.steps)
        sigma = (vectors._u.clone() * (w @ vectors._v.clone())).sum()
        return self.original / sigma


class _SingularVectors(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, w: Tensor, eps: float) -> None:
        super().__init__()
        self.eps = eps
        for name, n in (("_u", w.shape[0]), ("_v", w.shape[1])):
            start = _core.randn(n, dtype=w.dtype)
            self.register_buffer(name, _core.l2_normalize(start, 0, eps))
        self.improve(w, 15)

    def improve(self, w: Tensor, steps: int) -> None:
        with no_grad():
            for _ in range(steps):
                _core.assign_(self._u, _core.l2_normalize(w @ self._v, 0, self.eps))
                _core.assign_(self._v, _core.l2_normalize(w.T @ self._u, 0, self.eps))


absent.answer_in(globals())
