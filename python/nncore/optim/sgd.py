"""Gradient descent with momentum and averages."""

from __future__ import annotations

from nncore._core import Tensor

from .optimizer import Optimizer, ParamsT

__all__ = ["ASGD", "SGD"]


class SGD(Optimizer):
    r"""Gradient descent with momentum, p := p - lr * b.

    g is the gradient plus weight_decay * p. Without momentum b = g. With it b := momentum * b + (1 -
    dampening) * g (b = g in the first step), and `nesterov` steps by g + momentum * b. `maximize` ascends
    instead of descending. `foreach` and `fused` are accepted and change nothing.

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
        lr: float | Tensor = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)


class ASGD(Optimizer):
    r"""Gradient descent that also keeps the average of the weights of all steps, in the state "ax".

    p := (1 - lambd * η)p - η * g, a := a + μ(p - a), then η := lr / (1 + lambd * lr * t)^alpha and
    μ := 1 / max(1, t - t0) for the next step; g is the gradient plus weight_decay * p. η starts as lr, μ as
    1. `maximize` ascends instead of descending. `foreach` and `capturable` are accepted and change nothing.

    Errors: ValueError for lr, lambd, alpha or weight_decay that is negative, and for settings that are
    infinite or NaN.
    Source: Polyak and Juditsky 1992.

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.ASGD([weight], lr=0.25, lambd=0.0)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.5, -1.0]
    """

    _formula = "asgd"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)
