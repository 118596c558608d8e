"""Optimizers that step by the sign of the gradient."""

from __future__ import annotations

from typing import Any

from nncore._core import Tensor

from .group import FORMULAS
from .optimizer import Optimizer, ParamsT

__all__ = ["Lion", "Rprop"]


class Rprop(Optimizer):
    r"""Steps each weight by a size of its own against the sign of its gradient.

    The size starts as lr, grows by etas[1] while the sign of the gradient stays the same, and shrinks by
    etas[0] when it changes; then the weight waits for one step. The size stays within `step_sizes`. For full
    batches. `maximize` ascends instead of descending. `foreach` and `capturable` are accepted and change
    nothing.

    Errors: ValueError unless 0 < etas[0] < 1 < etas[1], and for lr that is negative, infinite or NaN.
    Source: Riedmiller and Braun 1993.

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.Rprop([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.5, -1.5]
    """

    _formula = "rprop"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        _, shrinking, growing, *_ = FORMULAS["rprop"].numbers(group)
        if not 0 < shrinking < 1 < growing:
            raise ValueError(f"Invalid eta values: {', '.join(map(str, group['etas']))}")


class Lion(Optimizer):
    r"""Steps by lr against the sign of a mean of the gradients.

    p := p - lr * (sign(β₁m + (1-β₁)g) + weight_decay * p), then m := β₂m + (1-β₂)g. `maximize` ascends
    instead of descending. `foreach` and `capturable` are accepted and change nothing. PyTorch has no such
    optimizer; the defaults are the paper's.

    Errors: ValueError for lr or weight_decay that is negative, infinite or NaN, and betas outside [0, 1).
    Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.Lion([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.5, -1.5]
    """

    _formula = "lion"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
