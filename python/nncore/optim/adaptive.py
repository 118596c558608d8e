"""Optimizers that divide each step by the root mean square of the gradients."""

from __future__ import annotations

from .optimizer import Optimizer, ParamsT

__all__ = ["Adam", "AdamW", "RMSprop"]


class Adam(Optimizer):
    r"""Steps by the mean gradient divided by its root mean square, both moving averages with decay `betas`.

    m := β₁m + (1-β₁)g, v := β₂v + (1-β₂)g², p := p - lr * m̂ / (sqrt(v̂) + eps) with m̂ = m / (1-β₁ᵗ) and
    v̂ = v / (1-β₂ᵗ); g is the gradient plus weight_decay * p. `amsgrad` uses the largest v so far. `maximize`
    ascends instead of descending.

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

    _formula = "adam"

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


class AdamW(Adam):
    r"""Adam with decoupled weight decay: p := p - lr * weight_decay * p, separate from the gradient.

    Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.

    >>> weight = nn.Parameter(nncore.tensor([1.0]))
    >>> optimizer = nncore.optim.AdamW([weight], lr=0.5, weight_decay=0.5)
    >>> (0 * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.75]
    """

    _formula = "adamw"

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


class RMSprop(Optimizer):
    r"""Steps by the gradient divided by its root mean square, a moving average with decay `alpha`.

    v := αv + (1-α)g², b := momentum * b + g / (sqrt(v) + eps), p := p - lr * b; g is the gradient plus
    weight_decay * p. `centered` subtracts the square of the gradient's mean from v. `maximize` ascends
    instead of descending.

    Errors: ValueError for a setting that is negative, infinite or NaN, for eps of 0 (0 / 0 where the gradient
    is 0), and for alpha of 1 or more.
    Source: Tieleman and Hinton 2012, lecture 6.5; Graves 2013 (centered).

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.RMSprop([weight], lr=0.5, alpha=0.75)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.0, -1.0]
    """

    _formula = "rmsprop"

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
            "maximize": maximize,
        }
        super().__init__(params, defaults)
