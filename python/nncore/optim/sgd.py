"""Stochastic gradient descent."""

from __future__ import annotations

from .optimizer import Optimizer, ParamsT

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Gradient descent with momentum, p := p - lr * b.

    g is the gradient plus weight_decay * p. Without momentum b = g. With it b := momentum * b + (1 -
    dampening) * g (b = g in the first step), and `nesterov` steps by g + momentum * b. `maximize` ascends
    instead of descending.

    Errors: ValueError for settings that are negative, infinite or NaN.
    Source: Rumelhart, Hinton and Williams 1986 (momentum); Sutskever et al. 2013 (Nesterov's), in PyTorch's
    form.

    >>> weight = nn.Parameter(nncore.tensor([1.0, 2.0]))
    >>> optimizer = nncore.optim.SGD([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.0, 0.0]
    """

    _formula = "sgd"

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
