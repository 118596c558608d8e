"""Stochastic gradient descent."""

from __future__ import annotations

from itertools import compress
from typing import Any

from nncore import _core
from nncore._core import Tensor

from .optimizer import Additions, Batch, Makers, Optimizer, ParamsT, in_range, is_flag

__all__ = ["SGD"]

KEYS: list[str | float] = ["lr", "momentum", "dampening", "weight_decay"]
FLAGS = ["nesterov", "maximize", "momentum"]  # without momentum there are no buffers
MAKE: Makers = {"momentum_buffer": lambda param, state: _core.zeros_like(param)}


class SGD(Optimizer):
    r"""Gradient descent with momentum, p := p - lr * b.

    g is the gradient plus weight_decay * p. Without momentum b = g. With it b := momentum * b + (1 -
    dampening) * g (b = g in the first step), and `nesterov` steps by g + momentum * b. `maximize` climbs
    instead.

    Errors: ValueError for settings that are negative, infinite or NaN.
    Source: Rumelhart, Hinton and Williams 1986 (momentum); Sutskever et al. 2013 (Nesterov's); as PyTorch
    writes it.

    >>> weight = nn.Parameter(nncore.tensor([1.0, 2.0]))
    >>> optimizer = nncore.optim.SGD([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.0, 0.0]
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        in_range("learning rate", group["lr"])
        in_range("momentum value", group["momentum"])
        in_range("dampening value", group["dampening"], low=-float("inf"))
        in_range("weight_decay value", group["weight_decay"])
        is_flag("maximize value", group["maximize"])
        is_flag("nesterov value", group["nesterov"])
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def _update_all(self, batches: list[Batch]) -> None:
        ready: list[tuple[list[Tensor], list[Tensor], list[Tensor], _core.Settings]] = []
        new: list[Additions] = []
        for group, params, grads in batches:
            settings = self._settings(group, [*KEYS, 0.0], FLAGS)
            settings.refresh()  # before anything reads them
            if group["momentum"] == 0:
                ready.append((params, grads, [], settings))
                continue
            first = [not self.state.get(param, {}).keys() >= MAKE.keys() for param in params]
            states, added = self._states(params, MAKE)
            new += added
            buffers = [state["momentum_buffer"] for state in states]
            parts = (True, False) if any(first) and group["dampening"] else (False,)
            for part in parts:  # without dampening, 0 in the buffer does the same as none
                some = [len(parts) == 1 or is_first == part for is_first in first]
                chosen = [list(compress(values, some)) for values in (params, grads, buffers)]
                settings = self._settings(group, [*KEYS, float(part)], FLAGS)
                ready.append((chosen[0], chosen[1], chosen[2], settings))
        _core.sgd_(ready, new)
