"""Every optimizer: its rule in float64 NumPy, written from the published formula, and settings to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nncore.optim import SGD, Adam, AdamW, Optimizer, RMSprop

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
]
