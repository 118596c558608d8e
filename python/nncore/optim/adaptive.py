"""Adam and its variants, which divide the mean gradient by its root mean square."""

from __future__ import annotations

from typing import Any

from nncore._core import Tensor

from .optimizer import Optimizer, ParamsT

__all__ = ["Adam", "AdamW", "Adamax", "NAdam", "RAdam"]


class Adam(Optimizer):
    r"""Steps by the mean gradient divided by its root mean square, both moving averages with decay `betas`.

    m := β₁m + (1-β₁)g, v := β₂v + (1-β₂)g², p := p - lr * m̂ / (sqrt(v̂) + eps) with m̂ = m / (1-β₁ᵗ) and
    v̂ = v / (1-β₂ᵗ); g is the gradient plus weight_decay * p. `amsgrad` uses the largest v so far. `maximize`
    ascends instead of descending. `decoupled_weight_decay` decays as AdamW does. `foreach`, `capturable` and
    `fused` are accepted and change nothing.

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
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        _check_tensors(lr, betas, bool(foreach) and not capturable)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "foreach": foreach,
            "maximize": maximize,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
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

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )


class Adamax(Optimizer):
    r"""Adam with the infinity norm of the gradients in place of their root mean square.

    m := β₁m + (1-β₁)g, u := max(β₂u, abs(g) + eps), p := p - lr / (1-β₁ᵗ) * m / u; g is the gradient plus
    weight_decay * p. `maximize` ascends instead of descending. `foreach` and `capturable` are accepted and
    change nothing.

    Errors: ValueError for a setting that is negative, infinite or NaN, eps of 0, and betas outside [0, 1).
    Source: Kingma and Ba 2015, algorithm 2.

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.Adamax([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.5, -1.5]
    """

    _formula = "adamax"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)


class NAdam(Optimizer):
    r"""Adam with Nesterov momentum.

    m := β₁m + (1-β₁)g, v := β₂v + (1-β₂)g², v̂ = v / (1-β₂ᵗ), μₜ = β₁(1 - 0.96^(t * momentum_decay) / 2),
    m̂ = μₜ₊₁m / (1 - μ₁...μₜ₊₁) + (1-μₜ)g / (1 - μ₁...μₜ), p := p - lr * m̂ / (sqrt(v̂) + eps); g is the
    gradient plus weight_decay * p. `decoupled_weight_decay` decays as AdamW does, `maximize` ascends instead
    of descending. `foreach` and `capturable` are accepted and change nothing.

    Errors: ValueError for a setting that is negative, infinite or NaN, eps of 0, and betas outside [0, 1).
    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam".

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.NAdam([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> [round(value, 4) for value in weight.tolist()]
    [0.4718, -1.4718]
    """

    _formula = "nadam"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)


class RAdam(Optimizer):
    r"""Adam that divides by the root mean square only once enough gradients have been seen.

    With ρ∞ = 2 / (1-β₂) - 1 and ρₜ = ρ∞ - 2tβ₂ᵗ / (1-β₂ᵗ): p := p - lr * m̂ while ρₜ <= 5, and then
    p := p - lr * r * m̂ / sqrt(v̂) with r² = (ρₜ-4)(ρₜ-2)ρ∞ / ((ρ∞-4)(ρ∞-2)ρₜ), where eps is added to the
    root of v before the division by 1-β₂ᵗ. m and v are Adam's. `decoupled_weight_decay` decays as AdamW does,
    `maximize` ascends instead of descending. `foreach` and `capturable` are accepted and change nothing.

    Errors: ValueError for a setting that is negative, infinite or NaN, eps of 0, and betas outside [0, 1).
    Source: Liu et al. 2020, "On the variance of the adaptive learning rate and beyond", algorithm 2.

    >>> weight = nn.Parameter(nncore.tensor([1.0, -2.0]))
    >>> optimizer = nncore.optim.RAdam([weight], lr=0.25)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.5, -1.0]
    """

    _formula = "radam"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)


def _check_tensors(lr: Any, betas: Any, only_numbers: bool) -> None:
    """Raise for tensors where PyTorch takes numbers only, and for one of `betas` that is a tensor."""
    values = {
        "lr": lr,
        **({f"betas[{i}]": beta for i, beta in enumerate(betas)} if isinstance(betas, tuple) else {}),
    }
    tensors = [name for name, value in values.items() if isinstance(value, Tensor)]
    if only_numbers and tensors:
        raise ValueError(f"{tensors[0]} as a Tensor is not supported for capturable=False and foreach=True")
    if len([name for name in tensors if name != "lr"]) == 1:
        raise ValueError("betas must be either both floats or both Tensors")
