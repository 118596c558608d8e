"""Adam, and AdamW, which takes weight decay out of the gradient."""

from __future__ import annotations

from typing import Any

from nncore import _core

from .optimizer import Additions, Batch, Makers, Optimizer, ParamsT, in_range, is_flag

__all__ = ["Adam", "AdamW"]

KEYS: list[str | float] = ["lr", "betas", "eps", "weight_decay"]
FLAGS = ["maximize", "amsgrad"]
MAKE: Makers = {
    "step": lambda param, state: _core.tensor(0.0),
    "exp_avg": lambda param, state: _core.zeros_like(param),
    "exp_avg_sq": lambda param, state: _core.zeros_like(param),
}
MAKE_AMSGRAD: Makers = {**MAKE, "max_exp_avg_sq": lambda param, state: state["exp_avg_sq"].clone()}


class Adam(Optimizer):
    r"""Steps by the mean of the gradient over the root of its mean square, both averaged with decay `betas`.

    m := β₁m + (1-β₁)g, v := β₂v + (1-β₂)g², p := p - lr * m̂ / (sqrt(v̂) + eps) with m̂ = m / (1-β₁ᵗ) and
    v̂ = v / (1-β₂ᵗ); g is the gradient plus weight_decay * p. `amsgrad` uses the largest v so far. `maximize`
    climbs.

    Errors: ValueError for lr, eps or weight_decay that is negative, infinite or NaN, eps of 0 (0 / 0 where
    the gradient is 0), and betas outside [0, 1).
    Source: Kingma and Ba 2015, algorithm 1; Reddi et al. 2018 (amsgrad).

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.Adam([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.5, -1.5]
    """

    _decoupled = False
    _needs = ("step", "exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        in_range("learning rate", group["lr"])
        in_range("epsilon value", group["eps"], low=5e-324)
        if not isinstance(group["betas"], (tuple, list)) or len(group["betas"]) != 2:
            raise ValueError(f"betas must be a pair of numbers, got {group['betas']!r}")
        for i, beta in enumerate(group["betas"]):
            in_range(f"beta parameter at index {i}", beta, below=1.0)
        in_range("weight_decay value", group["weight_decay"])
        is_flag("amsgrad value", group["amsgrad"])
        is_flag("maximize value", group["maximize"])

    def _update_all(self, batches: list[Batch]) -> None:
        ready = []
        new: list[Additions] = []
        for group, params, grads in batches:
            settings = self._settings(group, KEYS, FLAGS)
            settings.refresh()  # before anything reads them
            amsgrad = group["amsgrad"]
            states, added = self._states(params, MAKE_AMSGRAD if amsgrad else MAKE)
            new += added
            means = [state["exp_avg"] for state in states]
            squares = [state["exp_avg_sq"] for state in states]
            largest = [state["max_exp_avg_sq"] for state in states] if amsgrad else []
            steps = [state["step"] for state in states]
            ready.append((params, grads, means, squares, largest, steps, settings))
        _core.adam_(ready, new, self._decoupled)


class AdamW(Adam):
    r"""Adam with weight decay of its own: p := p - lr * weight_decay * p, apart from the gradient.

    Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.

    >>> weight = nn.Parameter(nncore.tensor([1.0]))
    >>> optimizer = nncore.optim.AdamW([weight], lr=0.5, weight_decay=0.5)
    >>> (0 * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.75]
    """

    _decoupled = True

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
