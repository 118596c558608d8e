"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from nncore import _core
from nncore._core import Tensor

from .optimizer import Optimizer, ParamsT, in_range

__all__ = ["SGD"]

KEYS: list[str | float] = ["lr", "momentum", "dampening", "weight_decay"]
FLAGS = ["nesterov", "maximize", "momentum"]  # without momentum there are no buffers


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
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> None:
        buffers: list[Tensor] = []
        new: list[int] = []
        if group["momentum"] != 0:
            for i, param in enumerate(params):
                state = self.state[param]
                buffer = state.get("momentum_buffer")
                if buffer is None:
                    with _core.once():
                        buffer = state["momentum_buffer"] = _core.zeros_like(param)
                    new.append(i)
                buffers.append(buffer)
        if new and group["dampening"]:  # otherwise 0 in the buffer does the same
            first, later = set(new), [i for i in range(len(params)) if i not in new]
            self._sgd(group, params, grads, buffers, sorted(first), 1.0)
            self._sgd(group, params, grads, buffers, later, 0.0)
        else:
            _core.sgd_(params, grads, buffers, self._settings(group, [*KEYS, 0.0], FLAGS))

    def _sgd(
        self,
        group: dict[str, Any],
        params: list[Tensor],
        grads: list[Tensor],
        buffers: list[Tensor],
        chosen: list[int],
        first: float,
    ) -> None:
        some = [[values[i] for i in chosen] for values in (params, grads, buffers)]
        _core.sgd_(some[0], some[1], some[2], self._settings(group, [*KEYS, first], FLAGS))
