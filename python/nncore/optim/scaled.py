"""Optimizers that divide the gradient by the root of the sum or the mean of its squares."""

from __future__ import annotations

from nncore._core import Tensor

from .optimizer import Optimizer, ParamsT

__all__ = ["Adadelta", "Adafactor", "Adagrad", "RMSprop"]


class Adagrad(Optimizer):
    r"""Steps by the gradient divided by the root of the sum of all its squares.

    s := s + g², p := p - lr / (1 + (t-1) * lr_decay) * g / (sqrt(s) + eps) in step t; s starts as
    initial_accumulator_value, and g is the gradient plus weight_decay * p. `maximize` ascends instead of
    descending. `foreach` and `fused` are accepted and change nothing.

    Errors: ValueError for a setting that is negative, infinite or NaN, and for eps of 0.
    Source: Duchi, Hazan and Singer 2011.

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.Adagrad([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.5, -1.5]
    """

    _formula = "adagrad"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)


class Adadelta(Optimizer):
    r"""Steps by the gradient times the root mean square of earlier steps, divided by that of the gradients.

    v := ρv + (1-ρ)g², d := sqrt(u + eps) / sqrt(v + eps) * g, u := ρu + (1-ρ)d², p := p - lr * d; g is the
    gradient plus weight_decay * p. `maximize` ascends instead of descending. `foreach` and `capturable` are
    accepted and change nothing.

    Errors: ValueError for a setting that is negative, infinite or NaN, eps of 0, and rho above 1.
    Source: Zeiler 2012.

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.Adadelta([weight], rho=0.75, eps=4.0)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> [round(value, 4) for value in weight.tolist()]
    [-0.7889, 0.8284]
    """

    _formula = "adadelta"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "capturable": capturable,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)


class RMSprop(Optimizer):
    r"""Steps by the gradient divided by its root mean square, a moving average with decay `alpha`.

    v := αv + (1-α)g², b := momentum * b + g / (sqrt(v) + eps), p := p - lr * b; g is the gradient plus
    weight_decay * p. `centered` subtracts the square of the gradient's mean from v. `maximize` ascends
    instead of descending. `capturable` and `foreach` are accepted and change nothing.

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
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)


class Adafactor(Optimizer):
    r"""Adam without momentum in little memory: the mean squares of a matrix are a column times a row.

    β = 1 - t^beta2_decay, r := βr + (1-β) * mean of g² over columns, c := βc + (1-β) * mean of g² over rows,
    v = rc / max(mean of r, eps₁); of a vector v := βv + (1-β)g². u = g / sqrt(max(v, eps₁²)),
    p := p - lr * weight_decay * p - max(eps₂, rms(p)) * min(lr, 1 / sqrt(t)) * u / max(1, rms(u) / d). The
    last two axes of a parameter are its matrix. eps₁ of None is the machine epsilon of the dtype. `maximize`
    ascends instead of descending, `foreach` is accepted and changes nothing.

    Errors: ValueError for lr, eps or weight_decay that is negative, infinite or NaN, beta2_decay above 0,
    and d below 1.
    Source: Shazeer and Stern 2018, with the changes that PyTorch's documentation lists.

    >>> weight = nn.Parameter(nncore.tensor([[1.0, -2.0]]))
    >>> optimizer = nncore.optim.Adafactor([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> {name: tuple(value.shape) for name, value in optimizer.state[weight].items()}
    {'step': (), 'row_var': (1, 1), 'col_var': (1, 2)}
    """

    _formula = "adafactor"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)
