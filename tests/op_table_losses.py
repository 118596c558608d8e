"""Rows of the table of ops: losses; see op_table."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import nncore
from nncore.nn import functional as F
from op_case import Array, Case, inputs

SHAPES = [(5, 7), (1,), (9001,), (2, 3, 33)]
REDUCE: dict[str, Callable[[Any], Any]] = {"none": np.asarray, "mean": np.mean, "sum": np.sum}


def _sized(truth: Callable[..., Any], reduction: str) -> Callable[..., Any]:
    """The magnitude to which the error is relative: that of the losses, plus 2 for terms that cancel."""
    return lambda *arrays: REDUCE[reduction](np.abs(truth(*arrays)) + 2.0)


def losses(name: str, call: Any, truth: Callable[..., Any], make: Any, shapes: Any = None) -> list[Case]:
    """One row per reduction; truth computes the loss of each element."""
    return [
        Case(
            f"{name} {reduction}",
            lambda *x, reduction=reduction: call(*x, reduction=reduction),
            lambda *x, reduction=reduction: REDUCE[reduction](truth(*x)),
            make,
            [*(shapes or SHAPES), *([(0,)] if reduction == "sum" and not shapes else [])],
            ulp=8,
            size=_sized(truth, reduction),
        )
        for reduction in REDUCE
    ]


def like(x: Any, seed: int, low: float, high: float) -> Array:
    """An array of x's shape; the same seed gives the same array."""
    return np.asarray(
        np.random.default_rng(seed).uniform(low, high, x.shape).astype(np.float32).astype(np.float64)
    )


def given(x: Any, a: Array) -> Any:
    return nncore.tensor(np.asarray(a)).to(x.dtype)


def signs(x: Any) -> Array:
    return np.asarray(np.where(like(x, 3, -1, 1) > 0, 1.0, -1.0))


def softplus(x: Array) -> Array:
    return np.asarray(np.logaddexp(0, x))


def bce_logits(x: Array, t: Array, p: Any = 1.0, w: Any = 1.0) -> Array:
    return np.asarray(w * (p * t * softplus(-x) + (1 - t) * softplus(x)))


def smooth_l1(x: Array, t: Array, beta: float) -> Array:
    d = np.abs(x - t)
    return np.asarray(np.where(d < beta, 0.5 * d * d / beta, d - 0.5 * beta))


def stirling(t: Array) -> Array:
    safe = np.maximum(t, 1.0)
    return np.asarray(np.where(t > 1, safe * np.log(safe) - safe + 0.5 * np.log(2 * math.pi * safe), 0.0))


def gaussian(x: Array, t: Array, v: Array, constant: float = 0.0) -> Array:
    return np.asarray(0.5 * (np.log(v) + (x - t) ** 2 / v) + constant)


def parted(*ranges: tuple[float, float]) -> Any:
    """One array per range; no kink is near a range."""
    return lambda rng, shape: [inputs(1, *r)(rng, shape)[0] for r in ranges]


def log_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> list[Array]:
    return [*inputs(1, -4, -0.1)(rng, shape), *inputs(1, 0.1, 0.9)(rng, shape)]


def log_softmax(x: Array) -> Array:
    return np.asarray(x - np.logaddexp.reduce(x, axis=-1, keepdims=True))


def cosine(a: Array, b: Array, dim: int = -1, added: float = 0.0) -> Array:
    aa, bb = ((x * x).sum(dim) + added for x in (a, b))
    return np.asarray((a * b).sum(dim) / np.sqrt(aa) / np.sqrt(bb))


def cosine_embedding(a: Array, b: Array) -> Array:
    found = cosine(a, b, added=1e-12)
    return np.where(signs(np.ones(5)) == 1, 1 - found, np.maximum(0, found - 0.125))


def multi_margin(x: Array, t: Array, p: int, margin: float, w: Array) -> Array:
    rows = np.arange(len(x))
    z = np.maximum(0, margin - x[rows, t][:, None] + x) ** p
    z[rows, t] = 0
    return np.asarray(z.sum(1) * w[t] / x.shape[1])


def distance(a: Array, b: Array) -> Array:
    return np.asarray(np.sqrt(((a - b + 1e-6) ** 2).sum(-1)))


CLASSES = np.array([2, 0, 3, 3, 1, 4])
WEIGHTS = np.array([0.5, 1.0, 2.0, 1.5, 0.25])
TARGETS = np.array([[1, 2, 2], [3, 0, 0]])


@cache
def alignments(steps: int, classes: int, target: tuple[int, ...]) -> Array:
    """The sequences of `steps` classes that collapse to the target, one per row."""

    def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(c for i, c in enumerate(path) if c and (i == 0 or path[i - 1] != c))

    found = [path for path in np.ndindex(*(classes,) * steps) if collapsed(path) == target]
    return np.array(found, int).reshape(-1, steps)


def ctc(x: Array, lengths: Any = ((6, 5), (3, 1))) -> Array:
    """-ln of the sum of the probabilities of all alignments that collapse to the target."""
    losses = []
    for n, (steps, length) in enumerate(zip(*lengths, strict=True)):
        paths = alignments(steps, x.shape[2], tuple(TARGETS[n][:length]))
        total = np.exp(x[np.arange(steps), n, paths].sum(1)).sum()
        losses.append(-math.log(total) if total else math.inf)
    return np.array(losses)


def _ctc_call(x: Any, reduction: Any) -> Any:
    return F.ctc_loss(x, nncore.tensor(TARGETS), (6, 5), (3, 1), reduction=reduction)


def weighted(name: str, call: Any, truth: Any, make: Any, over_weights: bool = True) -> list[Case]:
    """Rows with a weight per element as third operand; with `over_weights` the mean divides by their sum."""

    def each(x: Array, t: Array, w: Array) -> Array:
        return np.asarray(w * truth(x, t))

    rows = losses(
        f"{name} weighted",
        lambda x, t, w, reduction: call(x, t, reduction=reduction, weight=w),
        each,
        lambda rng, shape: [*make(rng, shape), *inputs(1, 0.5, 2)(rng, shape)],
    )
    for row in rows if over_weights else []:
        if row.name.endswith("mean"):
            row.truth = lambda x, t, w: each(x, t, w).sum() / w.sum()
    return rows


CASES: list[Case] = [
    *weighted("l1_loss", F.l1_loss, lambda x, t: np.abs(x - t), parted((-3, -1), (-0.9, 2))),
    *weighted("mse_loss", F.mse_loss, lambda x, t: (x - t) ** 2, inputs(2, -3, 3)),
    *weighted(
        "huber_loss", F.huber_loss, lambda x, t: smooth_l1(x, t, 1), parted((0.1, 0.3), (0.35, 0.55)), False
    ),
    *losses("l1_loss", F.l1_loss, lambda x, t: np.abs(x - t), parted((-3, -1), (-0.9, 2))),
    *losses("mse_loss", F.mse_loss, lambda x, t: (x - t) ** 2, inputs(2, -3, 3)),
    *losses(
        "smooth_l1_loss",
        lambda x, t, reduction: F.smooth_l1_loss(x, t, reduction=reduction, beta=0.5),
        lambda x, t: smooth_l1(x, t, 0.5),
        parted((0.1, 0.3), (0.35, 0.55)),
    ),
    *losses(
        "smooth_l1_loss far", F.smooth_l1_loss, lambda x, t: smooth_l1(x, t, 1), parted((-3, -1), (0.1, 2))
    ),
    *losses(
        "huber_loss",
        lambda x, t, reduction: F.huber_loss(x, t, reduction, 0.5),
        lambda x, t: 0.5 * smooth_l1(x, t, 0.5),
        parted((-3, -1), (0.1, 2)),
    ),
    *losses(
        "huber_loss near", F.huber_loss, lambda x, t: smooth_l1(x, t, 1), parted((0.1, 0.3), (0.35, 0.55))
    ),
    *losses(
        "binary_cross_entropy",
        F.binary_cross_entropy,
        lambda x, t: -t * np.log(x) - (1 - t) * np.log1p(-x),
        inputs(2, 0.1, 0.9),
    ),
    *losses(
        "binary_cross_entropy weighted",
        lambda x, t, reduction: F.binary_cross_entropy(x, t, given(x, like(x, 1, 0, 2)), reduction=reduction),
        lambda x, t: like(x, 1, 0, 2) * (-t * np.log(x) - (1 - t) * np.log1p(-x)),
        inputs(2, 0.1, 0.9),
    ),
    *losses("bce with logits", F.binary_cross_entropy_with_logits, bce_logits, parted((-9, 9), (0, 1))),
    *losses(
        "bce with logits weighted",
        lambda x, t, reduction: F.binary_cross_entropy_with_logits(
            x, t, given(x, WEIGHTS), reduction=reduction, pos_weight=given(x, WEIGHTS[::-1].copy())
        ),
        lambda x, t: bce_logits(x, t, WEIGHTS[::-1], WEIGHTS),
        parted((-9, 9), (0, 1)),
        [(7, 5)],
    ),
    *losses("kl_div", F.kl_div, lambda x, t: t * (np.log(t) - x), log_uniform),
    *losses(
        "kl_div of logarithms",
        lambda x, t, reduction: F.kl_div(x, t, reduction=reduction, log_target=True),
        lambda x, t: np.exp(t) * (t - x),
        inputs(2, -3, 0),
    ),
    Case(
        "kl_div batchmean",
        lambda x, t: F.kl_div(x, t, reduction="batchmean"),
        lambda x, t: (t * (np.log(t) - x)).sum() / len(x),
        log_uniform,
        [(5, 7)],
        8,
        lambda x, t: np.abs(x).sum() / len(x),
    ),
    *losses(
        "hinge_embedding_loss",
        lambda x, reduction: F.hinge_embedding_loss(x, given(x, signs(x)), 1.25, reduction=reduction),
        lambda x: np.where(signs(x) == 1, x, np.maximum(0, 1.25 - x)),
        inputs(1, -3, 3, 0.01),
    ),
    *losses(
        "soft_margin_loss",
        lambda x, reduction: F.soft_margin_loss(x, given(x, signs(x)), reduction=reduction),
        lambda x: softplus(-signs(x) * x),
        inputs(1, -6, 6),
    ),
    *losses("poisson_nll_loss", F.poisson_nll_loss, lambda x, t: np.exp(x) - t * x, parted((-2, 2), (0, 5))),
    *losses(
        "poisson_nll_loss full",
        lambda x, t, reduction: F.poisson_nll_loss(x, t, False, True, eps=1e-3, reduction=reduction),
        lambda x, t: x - t * np.log(x + 1e-3) + stirling(t),
        parted((0.3, 4), (1.1, 5)),
    ),
    *losses("gaussian_nll_loss", F.gaussian_nll_loss, gaussian, parted((-2, 2), (-2, 2), (0.3, 2))),
    *losses(
        "gaussian_nll_loss full, one variance a row",
        lambda x, t, reduction: F.gaussian_nll_loss(
            x, t, given(x, np.array([0.5, 1, 2])), True, reduction=reduction
        ),
        lambda x, t: gaussian(x, t, np.array([[0.5], [1.0], [2.0]]), 0.5 * math.log(2 * math.pi)),
        inputs(2, -2, 2),
        [(3, 4)],
    ),
    *losses(
        "margin_ranking_loss",
        lambda a, b, reduction: F.margin_ranking_loss(a, b, given(a, signs(a)), 0.125, reduction=reduction),
        lambda a, b: np.maximum(0, 0.125 - signs(a) * (a - b)),
        parted((-3, -1), (0.1, 2)),
    ),
    *losses(
        "multilabel_soft_margin_loss",
        lambda x, t, reduction: F.multilabel_soft_margin_loss(x, t, given(x, WEIGHTS), reduction=reduction),
        lambda x, t: bce_logits(x, t, 1, WEIGHTS).mean(-1),
        parted((-4, 4), (0, 1)),
        [(7, 5)],
    ),
    *(
        case
        for p in (1, 2)
        for case in losses(
            f"multi_margin_loss {p}",
            lambda x, reduction, p=p: F.multi_margin_loss(
                x, nncore.tensor(CLASSES), p, 9.0, given(x, WEIGHTS), reduction=reduction
            ),
            lambda x, p=p: multi_margin(x, CLASSES, p, 9.0, WEIGHTS),
            inputs(1, -2, 2),
            [(6, 5)],
        )
    ),
    *losses(
        "cross_entropy of probabilities",
        lambda x, t, reduction: F.cross_entropy(
            x, t, given(x, WEIGHTS), reduction=reduction, label_smoothing=0.25
        ),
        lambda x, t: -(WEIGHTS * (0.75 * t + 0.05) * log_softmax(x)).sum(-1),
        parted((-3, 3), (0, 1)),
        [(6, 5)],
    ),
    *losses(
        "nll_loss",
        lambda x, reduction: F.nll_loss(x, nncore.tensor(CLASSES), reduction=reduction),
        lambda x: -x[np.arange(len(x)), CLASSES],
        inputs(1, -3, 0),
        [(6, 5)],
    ),
    Case(
        "nll_loss weighted mean",
        lambda x: F.nll_loss(x, nncore.tensor(CLASSES), given(x, WEIGHTS)),
        lambda x: -(x[np.arange(len(x)), CLASSES] * WEIGHTS[CLASSES]).sum() / WEIGHTS[CLASSES].sum(),
        inputs(1, -3, 0),
        [(6, 5)],
        8,
    ),
    *losses(
        "cosine_embedding_loss",
        lambda a, b, reduction: F.cosine_embedding_loss(
            a, b, given(a, signs(np.ones(5))), 0.125, reduction=reduction
        ),
        cosine_embedding,
        inputs(2, 0.5, 3),
        [(5, 7)],
    ),
    *losses(
        "triplet_margin_loss",
        lambda a, p, n, reduction: F.triplet_margin_loss(a, p, n, 4.0, reduction=reduction),
        lambda a, p, n: np.maximum(0, distance(a, p) - distance(a, n) + 4.0),
        inputs(3, -1, 1),
        [(5, 3), (1, 4)],
    ),
    *(
        Case(
            f"cosine_similarity dim={dim}",
            lambda a, b, dim=dim: F.cosine_similarity(a, b, dim),
            lambda a, b, dim=dim: cosine(a, b, dim),
            inputs(2, -3, 3),
            [(5, 7), (3, 4, 5)],
            16,
            lambda a, b: 1.0,
        )
        for dim in (0, 1)
    ),
    Case("pairwise_distance", F.pairwise_distance, distance, inputs(2, -3, 3), [(5, 7), (1, 4), (0, 4)], 8),
    Case(
        "pairwise_distance inf",
        lambda a, b: F.pairwise_distance(a, b, float("inf")),
        lambda a, b: np.abs(a - b + 1e-6).max(-1),
        parted((-3, -1), (0, 2)),
        [(5, 7), (1, 4)],
        8,
    ),
    Case(
        "pairwise_distance 3",
        lambda a, b: F.pairwise_distance(a, b, 3),
        lambda a, b: (np.abs(a - b + 1e-6) ** 3).sum(-1) ** (1 / 3),
        parted((-3, -1), (0, 2)),
        [(5, 7)],
        16,
    ),
    Case(
        "ctc_loss none",
        lambda x: _ctc_call(x, "none"),
        ctc,
        inputs(1, -3, 0),
        [(6, 2, 4)],
        16,
        lambda x: 16.0,
    ),
    Case(
        "ctc_loss mean",
        lambda x: _ctc_call(x, "mean"),
        lambda x: (ctc(x) / [3, 1]).mean(),
        inputs(1, -3, 0),
        [(6, 2, 4)],
        16,
        lambda x: 16.0,
    ),
]
