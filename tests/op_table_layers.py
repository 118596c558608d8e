"""Rows of the table of ops: normalization, dropout and embeddings; see op_table."""

from __future__ import annotations

from typing import Any

import numpy as np

import nncore
from nncore.nn import functional as F
from op_case import Array, Case, distinct, inputs
from op_random import SEED, kept, seeded

PLAIN = inputs(1, -3, 3)


def of_shapes(*shapes: tuple[int, ...]) -> Any:
    """One array of each shape, uniform in (-2, 2)."""
    return lambda rng, _: [inputs(1, -2, 2)(rng, shape)[0] for shape in shapes]


def layer_norm(x: Array, w: Any = 1.0, b: Any = 0.0, eps: float = 1e-5, axes: Any = -1) -> Array:
    d = x - x.mean(axes, keepdims=True)
    return np.asarray(d / np.sqrt((d * d).mean(axes, keepdims=True) + eps) * w + b)


def rms_norm(x: Array, w: Any = 1.0, eps: float = 1e-5) -> Array:
    return np.asarray(x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * w)


def group_norm(x: Array, groups: int, w: Any = None, b: Any = None, eps: float = 1e-5) -> Array:
    y = layer_norm(x.reshape(len(x), groups, -1), eps=eps).reshape(x.shape)
    channels = (1, -1) + (1,) * (x.ndim - 2)
    return y * (1 if w is None else w.reshape(channels)) + (0 if b is None else b.reshape(channels))


KEPT = (np.array([0.5, -1.0, 0.25]), np.array([2.0, 0.5, 1.0]))


def given(x: Any, a: Array) -> Any:
    return nncore.tensor(a).to(x.dtype)


def batch_norm(
    x: Array, w: Any = None, b: Any = None, eps: float = 0.01, mean: Any = None, var: Any = None
) -> Array:
    """Batch normalization by the statistics of the batch or the given ones."""
    axes, channels = (0, *range(2, x.ndim)), (1, -1) + (1,) * (x.ndim - 2)
    mean = x.mean(axes) if mean is None else mean
    var = x.var(axes) if var is None else var
    w, b = np.ones(x.shape[1]) if w is None else w, np.zeros(x.shape[1]) if b is None else b
    mean, var, w, b = (a.reshape(channels) for a in (mean, var, w, b))
    return np.asarray((x - mean) / np.sqrt(var + eps) * w + b)


def response_norm(x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
    s = np.stack(
        [(x[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1] ** 2).sum(1) for c in range(x.shape[1])],
        axis=1,
    )
    return np.asarray(x * (k + alpha * s) ** -beta)


def dropout(x: Array, p: float, lead: int = 0) -> Array:
    size = x.shape[:lead] if lead else x.shape
    mask = kept(SEED, 0, int(np.prod(size)), p).reshape(size + (1,) * (x.ndim - len(size)))
    return np.asarray(np.where(mask, x / (1 - p), 0.0))


def alpha_dropout(x: Array, p: float) -> Array:
    low = -1.7580993408473766
    a = ((1 - p) * (1 + p * low**2)) ** -0.5
    return np.asarray(np.where(kept(SEED, 0, x.size, p).reshape(x.shape), x, low) * a - a * p * low)


def normalize(x: Array, p: float, dim: int) -> Array:
    return np.asarray(x / np.maximum(np.linalg.norm(x, p, dim, keepdims=True), 1e-12))


IDS = np.array([[3, 0, 3], [1, 3, 5]])
BAGS = [IDS[0, :2], IDS[0, :0], IDS.reshape(-1)[2:5]]  # offsets 0, 2, 2 and 5; the last id is in no bag
MODES: dict[str, Any] = {"sum": np.sum, "mean": np.mean, "max": np.max}


def bags(w: Array, mode: str, padding: int | None = None, ids: Any = IDS) -> Array:
    rows = [w[bag[bag != (-1 if padding is None else padding)]] for bag in ids]
    return np.stack([MODES[mode](r, axis=0) if len(r) else np.zeros(w.shape[1]) for r in rows])


def cut_bags(w: Any, *, mode: Any, weights: Any = None, padding: int | None = None) -> Any:
    ids, offsets = nncore.tensor(IDS.reshape(-1)), nncore.tensor([0, 2, 2, 5])
    return F.embedding_bag(
        ids,
        w,
        offsets,
        mode=mode,
        per_sample_weights=weights,
        include_last_offset=True,
        padding_idx=padding,
    )


def weighted_bags(w: Array, s: Array, padding: int | None = None, cut: bool = False) -> Array:
    kept = s * (padding is None or padding != IDS)
    each = (w[IDS] * kept[..., None]).reshape(-1, w.shape[1])
    parts = np.split(each[:5], [2, 2]) if cut else np.split(each, [3])
    return np.stack([p.sum(0) for p in parts])


def _norm_size(*arrays: Array) -> Any:
    return 8.0


ROWS = [(5, 13), (2, 3, 33), (1, 1), (67, 5), (130, 40), (3, 4100)]
IMAGES = [(2, 4, 3, 5), (1, 4, 1), (3, 4), (2, 4, 700)]

CASES: list[Case] = [
    Case(
        "layer_norm",
        lambda x: F.layer_norm(x, x.shape[-1:]),
        layer_norm,
        PLAIN,
        [*ROWS, (0, 3)],
        8,
        _norm_size,
    ),
    *(
        Case(
            f"layer_norm affine {shape}",
            lambda x, w, b: F.layer_norm(x, w.shape, w, b),
            layer_norm,
            of_shapes(shape, shape[-1:], shape[-1:]),
            [()],
            8,
            lambda x, w, b: 8.0,
        )
        for shape in ROWS
    ),
    Case(
        "layer_norm of two axes",
        lambda x, w, b: F.layer_norm(x, w.shape, w, b, 0.1),
        lambda x, w, b: layer_norm(x, w, b, 0.1, (-2, -1)),
        of_shapes((3, 4, 5), (4, 5), (4, 5)),
        [()],
        8,
        lambda x, w, b: 8.0,
    ),
    Case(
        "layer_norm weight alone",
        lambda x, w: F.layer_norm(x, w.shape, w),
        layer_norm,
        of_shapes((6, 9), (9,)),
        [()],
        8,
        lambda x, w: 8.0,
    ),
    *(
        Case(
            f"add_layer_norm {name} {shape}",
            lambda x, r, w, b, pick=pick: pick(*F.add_layer_norm(x, r, w.shape, w, b)),
            lambda x, r, w, b, pick=pick: pick(layer_norm(x + r, w, b), x + r),
            of_shapes(shape, shape, shape[-1:], shape[-1:]),
            [()],
            8,
            lambda *_: 16.0,
        )
        for name, pick in (
            ("both", lambda y, s: 2 * y + 3 * s),
            ("normalised", lambda y, s: y),
            ("sum", lambda y, s: s),
        )
        for shape in [(7, 33), (5, 13), (0, 3), (2, 1)]
    ),
    Case(
        "rms_norm",
        lambda x, w: F.rms_norm(x, w.shape, w, 1e-5),
        rms_norm,
        of_shapes((66, 13), (13,)),
        [()],
        8,
        lambda x, w: 8.0,
    ),
    Case(
        "rms_norm alone",
        lambda x: F.rms_norm(x, x.shape[-1:], eps=1e-5),
        rms_norm,
        PLAIN,
        [*ROWS, (0, 3)],
        8,
        _norm_size,
    ),
    *(
        Case(
            f"normalize p={p} dim={dim}",
            lambda x, p=p, dim=dim: F.normalize(x, p, dim),
            lambda x, p=p, dim=dim: normalize(x, p, dim),
            inputs(1, 0.3, 3),
            [(5, 13), (4, 1), (0, 3)],
            16,
        )
        for p, dim in [(2, 1), (2, 0), (2, -1), (1, 1), (3, 0)]
    ),
    *(
        Case(
            f"group_norm {groups}",
            lambda x, groups=groups: F.group_norm(x, groups),
            lambda x, groups=groups: group_norm(x, groups),
            PLAIN,
            IMAGES,
            8,
            _norm_size,
        )
        for groups in (1, 2)
    ),
    Case(
        "group_norm affine",
        lambda x, w, b: F.group_norm(x, 2, w, b),
        lambda x, w, b: group_norm(x, 2, w, b),
        of_shapes((3, 6, 2, 4), (6,), (6,)),
        [()],
        8,
        lambda x, w, b: 8.0,
    ),
    *(
        Case(
            f"batch_norm {shape}",
            lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=0.01),
            batch_norm,
            of_shapes(shape, shape[1:2], shape[1:2]),
            [()],
            8,
            lambda x, w, b: 8.0,
        )
        for shape in [(5, 3), (2, 1), (70, 13), (2, 3, 5), (3, 2, 2, 3), (1, 2, 7), (300, 2, 3), (2, 2, 4100)]
    ),
    Case(
        "batch_norm plain",
        lambda x: F.batch_norm(x, None, None, training=True),
        lambda x: batch_norm(x, eps=1e-5),
        PLAIN,
        [(6, 3), (2, 1, 5)],
        8,
        _norm_size,
    ),
    *(
        Case(
            f"batch_norm kept {shape}",
            lambda x, w, b: F.batch_norm(x, given(x, KEPT[0]), given(x, KEPT[1]), w, b),
            lambda x, w, b: batch_norm(x, w, b, 1e-5, *KEPT),
            of_shapes(shape, (3,), (3,)),
            [()],
            8,
            lambda x, w, b: 8.0,
        )
        for shape in [(5, 3), (1, 3), (0, 3), (4, 3, 7), (2, 3, 2, 2)]
    ),
    Case(
        "instance_norm",
        lambda x, w, b: F.instance_norm(x, weight=w, bias=b),
        lambda x, w, b: group_norm(x, 3, w, b),
        of_shapes((2, 3, 17), (3,), (3,)),
        [()],
        8,
        lambda x, w, b: 8.0,
    ),
    *(
        Case(
            f"instance_norm kept {shape}",
            lambda x, w, b: F.instance_norm(x, given(x, KEPT[0]), given(x, KEPT[1]), w, b, False),
            lambda x, w, b: batch_norm(x, w, b, 1e-5, *KEPT),
            of_shapes(shape, (3,), (3,)),
            [()],
            8,
            lambda x, w, b: 8.0,
        )
        for shape in [(4, 3, 7), (2, 3, 1, 1), (0, 3, 2)]
    ),
    *(
        Case(
            f"local_response_norm {size}",
            lambda x, size=size: F.local_response_norm(x, size, 0.5, 0.75, 2.0),
            lambda x, size=size: response_norm(x, size, 0.5 / size, 0.75, 2.0),
            PLAIN,
            [(2, 7, 3, 5), (1, 2, 1), (2, 3, 600), (0, 2, 3)],
            8,
        )
        for size in (1, 2, 5)
    ),
    Case(
        "local_response_norm of AlexNet",
        lambda x: F.local_response_norm(x, 5, 1e-4, 0.75, 2.0, average=False),
        lambda x: response_norm(x, 5, 1e-4, 0.75, 2.0),
        PLAIN,
        [(2, 8, 5)],
        8,
    ),
    *(
        Case(
            f"dropout {p}",
            seeded(lambda x, p=p: F.dropout(x, p)),
            lambda x, p=p: dropout(x, p),
            PLAIN,
            [(1,), (7,), (3, 0), (5, 13), (2, 3, 33), (), (9001,)],
            2,
        )
        for p in (0.5, 0.1)
    ),
    Case(
        "dropout of channels",
        seeded(lambda x: F.dropout2d(x, 0.25)),
        lambda x: dropout(x, 0.25, 2),
        PLAIN,
        [(5, 13, 3, 2), (2, 3, 33), (4, 7), (1, 1, 1)],
        2,
    ),
    Case(
        "alpha_dropout",
        seeded(lambda x: F.alpha_dropout(x, 0.2, training=True)),
        lambda x: alpha_dropout(x, 0.2),
        PLAIN,
        [(5, 13), (1,), (1001,), (0, 3)],
        4,
        lambda x: 3.0,
    ),
    Case(
        "embedding", lambda w: F.embedding(nncore.tensor(IDS), w), lambda w: w[IDS], PLAIN, [(6, 5), (9, 40)]
    ),
    Case("embedding of one id", lambda w: F.embedding(nncore.tensor(2), w), lambda w: w[2], PLAIN, [(6, 5)]),
    *(
        Case(
            f"embedding_bag {mode} padding={padding}",
            lambda w, mode=mode, padding=padding: F.embedding_bag(
                nncore.tensor(IDS), w, mode=mode, padding_idx=padding
            ),
            lambda w, mode=mode, padding=padding: bags(w, mode, padding),
            distinct,
            [(6, 5), (6, 1)],
            4,
            lambda w: 9.0,
        )
        for mode in MODES
        for padding in (None, 3)
    ),
    *(
        Case(
            f"embedding_bag {mode} cut by offsets",
            lambda w, mode=mode: cut_bags(w, mode=mode),
            lambda w, mode=mode: bags(w, mode, None, BAGS),
            distinct,
            [(6, 5), (6, 33)],
            4,
            lambda w: 9.0,
        )
        for mode in MODES
    ),
    *(
        Case(
            f"embedding_bag weighted {cut} {padding}",
            (lambda w, s, padding=padding: cut_bags(w, mode="sum", weights=s.reshape(-1), padding=padding))
            if cut
            else (
                lambda w, s, padding=padding: F.embedding_bag(
                    nncore.tensor(IDS), w, mode="sum", per_sample_weights=s, padding_idx=padding
                )
            ),
            lambda w, s, padding=padding, cut=cut: weighted_bags(w, s, padding, cut),
            of_shapes((6, 5), IDS.shape),
            [()],
            4,
            lambda w, s: 9.0,
        )
        for cut in (False, True)
        for padding in (None, 3)
    ),
]
