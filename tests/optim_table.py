"""Every optimizer: its rule in float64 NumPy, written from the published formula, and settings to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nncore import optim
from nncore.optim import LAMB, LARS, SGD, Adam, AdamW, Lion, Optimizer, RMSprop

Array = np.ndarray[Any, np.dtype[np.float64]]


def sgd_oracle(
    p: Array,
    grads: list[Array],
    lr: float,
    momentum: float = 0,
    dampening: float = 0,
    weight_decay: float = 0,
    nesterov: bool = False,
    maximize: bool = False,
) -> Iterator[Array]:
    b = np.zeros_like(p)
    for t, grad in enumerate(grads):
        g = (-grad if maximize else grad) + weight_decay * p
        if momentum:
            b = g if t == 0 else momentum * b + (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        p = p - lr * g
        yield p


def adam_oracle(
    p: Array,
    grads: list[Array],
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled: bool = False,
) -> Iterator[Array]:
    m, v, largest = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for t, grad in enumerate(grads, 1):
        g = -grad if maximize else grad
        if decoupled:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        largest = np.maximum(largest, v)
        second = (largest if amsgrad else v) / (1 - betas[1] ** t)
        p = p - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(second) + eps)
        yield p


def adamw_oracle(
    p: Array, grads: list[Array], lr: float, weight_decay: float = 1e-2, **kw: Any
) -> Iterator[Array]:
    return adam_oracle(p, grads, lr, weight_decay=weight_decay, decoupled=True, **kw)


def rmsprop_oracle(
    p: Array,
    grads: list[Array],
    lr: float,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0,
    momentum: float = 0,
    centered: bool = False,
    maximize: bool = False,
) -> Iterator[Array]:
    b, v, mean = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for grad in grads:
        g = (-grad if maximize else grad) + weight_decay * p
        v = alpha * v + (1 - alpha) * g * g
        mean = alpha * mean + (1 - alpha) * g
        b = momentum * b + g / (np.sqrt(v - mean * mean if centered else v) + eps)
        p = p - lr * b
        yield p


def lion_oracle(
    p: Array,
    grads: list[Array],
    lr: float,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0,
    maximize: bool = False,
) -> Iterator[Array]:
    m = np.zeros_like(p)
    for grad in grads:
        g = -grad if maximize else grad
        p = p - lr * (np.sign(betas[0] * m + (1 - betas[0]) * g) + weight_decay * p)
        m = betas[1] * m + (1 - betas[1]) * g
        yield p


def norm(x: Array) -> float:
    return float(np.sqrt((x * x).sum()))


def lamb_oracle(
    p: Array,
    grads: list[Array],
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-6,
    weight_decay: float = 0.01,
    maximize: bool = False,
) -> Iterator[Array]:
    m, v = np.zeros_like(p), np.zeros_like(p)
    for t, grad in enumerate(grads, 1):
        g = -grad if maximize else grad
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        u = m / (1 - betas[0] ** t) / (np.sqrt(v / (1 - betas[1] ** t)) + eps) + weight_decay * p
        p = p - lr * (norm(p) / norm(u) if norm(p) * norm(u) else 1) * u
        yield p


def lars_oracle(
    p: Array,
    grads: list[Array],
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0,
    trust_coefficient: float = 1e-3,
    maximize: bool = False,
) -> Iterator[Array]:
    b = np.zeros_like(p)
    for grad in grads:
        g = -grad if maximize else grad
        size = norm(g) + weight_decay * norm(p)
        rate = trust_coefficient * norm(p) / size if norm(p) * size else 1
        b = momentum * b + lr * rate * (g + weight_decay * p)
        p = p - b
        yield p


RULES: list[tuple[Callable[..., Optimizer], Callable[..., Iterator[Array]], dict[str, Any]]] = [
    (SGD, sgd_oracle, {"lr": 0.1}),
    (SGD, sgd_oracle, {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    (SGD, sgd_oracle, {"lr": 0.1, "momentum": 0.9}),
    (SGD, sgd_oracle, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    (SGD, sgd_oracle, {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    (Adam, adam_oracle, {"lr": 0.01}),
    (Adam, adam_oracle, {"lr": 0.01, "betas": (0.5, 0.6), "eps": 1e-3, "weight_decay": 0.1}),
    (Adam, adam_oracle, {"lr": 0.01, "betas": (0.9, 0.3), "amsgrad": True}),
    (Adam, adam_oracle, {"lr": 0.01, "betas": (0.0, 0.0), "maximize": True}),
    (AdamW, adamw_oracle, {"lr": 0.01}),
    (AdamW, adamw_oracle, {"lr": 0.1, "weight_decay": 0.5, "amsgrad": True, "maximize": True}),
    (RMSprop, rmsprop_oracle, {"lr": 0.01}),
    (RMSprop, rmsprop_oracle, {"lr": 0.01, "alpha": 0.5, "weight_decay": 0.1, "maximize": True}),
    (RMSprop, rmsprop_oracle, {"lr": 0.01, "eps": 1e-3, "momentum": 0.9, "centered": True}),
    (Lion, lion_oracle, {"lr": 0.01}),
    (Lion, lion_oracle, {"lr": 0.1, "betas": (0.5, 0.6), "weight_decay": 0.1, "maximize": True}),
    (LAMB, lamb_oracle, {"lr": 0.01}),
    (LAMB, lamb_oracle, {"lr": 0.1, "betas": (0.5, 0.6), "weight_decay": 0, "maximize": True}),
    (LARS, lars_oracle, {"lr": 1.0}),
    (LARS, lars_oracle, {"lr": 2.0, "momentum": 0.5, "weight_decay": 0.1, "trust_coefficient": 0.1}),
    (LARS, lars_oracle, {"lr": 0.1, "momentum": 0, "maximize": True}),
]

# All optimizers that update by a formula, with settings to try. PyTorch's results are the oracle of those
# without a rule here.
SETTINGS: list[tuple[Callable[..., Optimizer], dict[str, Any]]] = [
    *((kind, {key: value for key, value in settings.items() if key != "lr"}) for kind, _, settings in RULES),
    (optim.Adagrad, {"lr_decay": 0.1, "initial_accumulator_value": 0.5}),
    (optim.Adadelta, {"rho": 0.5, "weight_decay": 0.1}),
    (optim.Adamax, {"weight_decay": 0.1, "maximize": True}),
    (optim.NAdam, {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    (optim.RAdam, {"betas": (0.5, 0.9)}),
    (optim.ASGD, {"lambd": 0.1, "t0": 1.0}),
    (optim.Rprop, {"etas": (0.25, 1.5)}),
    (optim.Adafactor, {"weight_decay": 0.1}),
]
