"""Optimizers whose step depends on a whole parameter: its norm, or its singular values."""

from __future__ import annotations

from typing import Any

from nncore._core import Tensor

from .optimizer import Optimizer, ParamsT

__all__ = ["LAMB", "LARS", "Muon"]


class LAMB(Optimizer):
    r"""Adam whose step is scaled to the norm of each parameter, for large batches.

    u = m̂ / (sqrt(v̂) + eps) + weight_decay * p with Adam's m̂ and v̂, p := p - lr * norm(p) / norm(u) * u;
    the ratio is 1 where a norm is 0. `maximize` ascends instead of descending. `foreach` and `capturable` are
    accepted and change nothing. PyTorch has no such optimizer.

    Errors: ValueError for a setting that is negative, infinite or NaN, eps of 0, and betas outside [0, 1).
    Source: You et al. 2020, "Large batch optimization for deep learning", algorithm 2, with norms of whole
    parameters and φ(x) = x.

    >>> weight = nn.Parameter(nncore.tensor([3.0, 4.0]))
    >>> optimizer = nncore.optim.LAMB([weight], lr=0.5, weight_decay=0.0)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> [round(value, 4) for value in weight.tolist()]
    [1.2322, 2.2322]
    """

    _formula = "lamb"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.01,
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
            "foreach": foreach,
            "maximize": maximize,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)


class LARS(Optimizer):
    r"""SGD with momentum whose step is scaled to the norm of each parameter, for large batches.

    λ = trust_coefficient * norm(p) / (norm(g) + weight_decay * norm(p)), 1 where a norm is 0,
    b := momentum * b + lr * λ * (g + weight_decay * p), p := p - b. `maximize` ascends instead of descending.
    `foreach` and `capturable` are accepted and change nothing. PyTorch has no such optimizer.

    Errors: ValueError for a setting that is negative, infinite or NaN.
    Source: You, Gitman and Ginsburg 2017, "Large batch training of convolutional networks", algorithm 1.

    >>> weight = nn.Parameter(nncore.tensor([3.0, 4.0]))
    >>> optimizer = nncore.optim.LARS([weight], trust_coefficient=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [1.5, 2.0]
    """

    _formula = "lars"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 1e-3,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust_coefficient": trust_coefficient,
            "foreach": foreach,
            "maximize": maximize,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)


class Muon(Optimizer):
    r"""Momentum for weight matrices, made orthogonal: U Vᵀ in place of U S Vᵀ.

    b := momentum * b + (1 - momentum) * g, u = b, or g + momentum * (b - g) with `nesterov`;
    x = u / max(norm(u), eps), then `ns_steps` times x := ax + (bA + cA²)x with A = x xᵀ and a, b, c of
    `ns_coefficients`; p := p - lr * weight_decay * p - lr * s * x. For a matrix of m rows and n columns
    `adjust_lr_fn` is "original" (s = sqrt(max(1, m / n)), also for None), "match_rms_adamw" (s = 0.2 *
    sqrt(max(m, n))) or "spectral_unclamped" (s = sqrt(m / n)). The iteration runs in the dtype of the
    parameter, PyTorch's in bfloat16.

    Errors: ValueError for parameters that are not matrices, lr, weight_decay, momentum or eps that is
    negative, infinite or NaN, 100 or more steps, and another `adjust_lr_fn`.
    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; Liu et al. 2025
    (match_rms_adamw).

    >>> weight = nn.Parameter(nncore.tensor([[2.0, 0.0], [0.0, 8.0]]))
    >>> optimizer = nncore.optim.Muon([weight], lr=1.0, weight_decay=0.0)
    >>> weight.sum().backward()
    >>> optimizer.step()
    >>> optimizer.state[weight]["momentum_buffer"].shape
    (2, 2)
    """

    _formula = "muon"

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        for param in group["params"]:
            if param.ndim != 2:
                raise ValueError(
                    "Muon only supports 2D parameters whereas we found a parameter with size: "
                    f"{tuple(param.shape)}; give the others to another optimizer, such as AdamW"
                )
