"""Rows of the table of ops: recurrent layers and attention, with their meaning step by step in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nncore
from nncore import _core
from op_case import Array, Case
from op_random import SEED, kept, seeded
from op_table import of_shapes

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def walk(mode: str, x: Array, h: Array, c: Array, weights: list[Array], reverse: bool = False) -> list[Array]:
    """y, h_n, c_n of one direction, step by step; weights are w_ih, w_hh, b_ih, b_hh and optionally w_hr."""
    w_ih, w_hh, b_ih, b_hh = weights[:4]
    y = [h] * len(x)
    for t in reversed(range(len(x))) if reverse else range(len(x)):
        from_x, from_h = x[t] @ w_ih.T + b_ih, h @ w_hh.T + b_hh
        if mode == "LSTM":
            i, f, g, o = np.split(from_x + from_h, 4, axis=-1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            h = h @ weights[4].T if len(weights) > 4 else h
        elif mode == "GRU":
            (xr, xz, xn), (hr, hz, hn) = np.split(from_x, 3, axis=-1), np.split(from_h, 3, axis=-1)
            z = sigmoid(xz + hz)
            h = (1 - z) * np.tanh(xn + sigmoid(xr + hr) * hn) + z * h
        else:
            h = np.tanh(from_x + from_h) if mode == "RNN_TANH" else np.maximum(from_x + from_h, 0)
        y[t] = h
    return [np.stack(y), h, c]


def joined(parts: list[Array]) -> Array:
    return np.concatenate([p.reshape(-1) for p in parts])


def recurrent_case(
    mode: str,
    steps: int,
    batch: int,
    features: int,
    hidden: int,
    directions: int = 1,
    out: int = 0,
    state: bool = True,
) -> Case:
    """All results of a layer, concatenated; the initial state is optional."""
    width, h_size, lstm = GATES[mode] * hidden, out or hidden, mode == "LSTM"
    shapes = [(steps, batch, features), (directions, batch, h_size), (directions, batch, hidden)]
    own = [(width, features), (width, h_size), (width,), (width,), *([(out, hidden)] if out else [])]
    count = len(own)

    def call(x: Any, h: Any, c: Any, *weights: Any) -> Any:
        ways = [[*weights[d * count : d * count + count], None][:5] for d in range(directions)]
        y, h_n, c_n = _core.recurrent(
            mode, x, h if state else None, c if state and lstm else None, [list(way) for way in ways]
        )
        return _core.cat([t.reshape(-1) for t in (y, h_n, c_n) if t is not None], 0)

    def truth(x: Array, h: Array, c: Array, *weights: Array) -> Array:
        h, c = (h, c) if state else (np.zeros_like(h), np.zeros_like(c))
        ways = [
            walk(mode, x, h[d], c[d], list(weights[d * count : (d + 1) * count]), d == 1)
            for d in range(directions)
        ]
        y = np.concatenate([way[0] for way in ways], axis=-1)
        return joined([y, *(w[1] for w in ways), *(w[2] for w in ways if lstm)])

    name = f"{mode} {steps}x{batch}x{features} {hidden}x{directions}{f' to {out}' if out else ''}"
    make = of_shapes(*shapes, *(own * directions))
    return Case(
        name + ("" if state else " from zero"),
        call,
        truth,
        make,
        [()],
        ulp=32 if hidden < 10 else 256,  # errors add up over the steps
        size=lambda *a: np.full(truth(*a).shape, np.abs(truth(*a)).max(initial=1)),
    )


def batch_first_case(mode: str, steps: int, features: int, hidden: int) -> Case:
    """The results (batch, steps, hidden) of a layer without state."""
    width = GATES[mode] * hidden

    def call(x: Any, *weights: Any) -> Any:
        y = _core.recurrent(mode, x.transpose(0, 1), None, None, [[*weights, None]])[0]
        return y.transpose(0, 1)

    def truth(x: Array, *weights: Array) -> Array:
        h = np.zeros((len(x), hidden))
        return np.swapaxes(walk(mode, np.swapaxes(x, 0, 1), h, h, list(weights))[0], 0, 1)

    return Case(
        f"{mode} batch first {steps}x{features} {hidden}",
        call,
        truth,
        of_shapes((5, steps, features), (width, features), (width, hidden), (width,), (width,)),
        [()],
        ulp=32,
        size=lambda *a: np.ones(truth(*a).shape),
    )


def attend(
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None = None,
    causal: bool = False,
    scale: float | None = None,
    dropout: float = 0.0,
) -> Array:
    """softmax(scale q k^T + mask) v; rows without keys are 0; a head of k and v serves several heads of q."""
    if q.ndim > 2 and k.shape[-3] != q.shape[-3]:
        k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], axis=-3) for x in (k, v))
    scores = q @ np.swapaxes(k, -1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if causal:
        mask = np.tri(*scores.shape[-2:], dtype=bool)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    top = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    p = np.exp(scores - np.where(np.isfinite(top), top, 0))
    total = p.sum(axis=-1, keepdims=True)
    return np.asarray(p / np.where(total == 0, 1, total) * drawn(p.shape, dropout) @ v)


def drawn(scores: tuple[int, ...], dropout: float) -> Array:
    """0 or 1 / (1 - dropout), from 256 random numbers per row and tile of at most 256 keys."""
    if dropout == 0:
        return np.ones(scores)
    *rows, keys = scores
    tiles = -(-keys // 256)
    each, more = divmod(-(-keys // 16), tiles)  # runs of 16 keys per tile; `more` tiles have one more
    edges = [min(keys, 16 * (j * each + min(j, more))) for j in range(tiles + 1)]
    mask = kept(SEED, 0, int(np.prod(rows)) * tiles * 256, dropout).reshape(*rows, tiles, 256)
    parts = [mask[..., j, : edges[j + 1] - edges[j]] for j in range(tiles)]
    return np.concatenate(parts, -1) / (1 - dropout)


def mask_of(kind: str, shape: tuple[int, ...]) -> Array:
    rng = np.random.default_rng(4)
    mask = rng.uniform(-2, 2, shape).astype(np.float32).astype(np.float64)
    return mask > -0.8 if kind == "bool" else mask


def attention_case(
    q: tuple[int, ...],
    k: tuple[int, ...],
    dv: int,
    mask: tuple[str, tuple[int, ...]] | None = None,
    causal: bool = False,
    scale: float | None = None,
    dropout: float = 0.0,
) -> Case:
    values = None if mask is None else mask_of(*mask)

    def call(q: Any, k: Any, v: Any) -> Any:
        m = None if values is None else nncore.tensor(values)
        if m is not None and values is not None and values.dtype != bool:
            m = m.to(q.dtype)
        return nncore.nn.functional.scaled_dot_product_attention(
            q, k, v, m, dropout, causal, scale, enable_gqa=q.ndim > 2
        )

    text = f"attention {q} {k} {dv}" + (" causal" if causal else "") + (f" {mask}" if mask else "")
    text += f" dropout {dropout}" if dropout else ""
    return Case(
        text,
        seeded(call),
        lambda q, k, v: attend(q, k, v, values, causal, scale, dropout),
        of_shapes(q, k, (*k[:-1], dv)),
        [()],
        ulp=16,
        size=lambda q, k, v: np.ones((*q[..., :1].shape[:-1], dv)),
    )


def rotary_case(shape: tuple[int, ...], interleaved: bool) -> Case:
    angles = np.arange(shape[-2])[:, None] / 10.0 ** np.arange(shape[-1] // 2)
    cos, sin = (f(angles).astype(np.float32).astype(np.float64) for f in (np.cos, np.sin))

    def call(x: Any) -> Any:
        tables = (nncore.tensor(t).to(x.dtype) for t in (cos, sin))
        return nncore.nn.functional.apply_rotary(x, *tables, interleaved=interleaved)

    def truth(x: Array) -> Array:
        half = x.shape[-1] // 2
        a, b = (x[..., 0::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])
        turned = a * cos - b * sin, b * cos + a * sin
        return np.stack(turned, -1).reshape(x.shape) if interleaved else np.concatenate(turned, -1)

    name = f"apply_rotary {shape}" + (" interleaved" if interleaved else "")
    return Case(name, call, truth, of_shapes(shape), [()], 2, lambda x: 2.0)


def packed_case(batch: int, steps: int, heads: int, width: int, causal: bool, packed: bool) -> Case:
    def heads_of(x: Array) -> Array:
        return np.swapaxes(x.reshape(batch, steps, heads, width), 1, 2)

    def truth(*parts: Array) -> Array:
        q, k, v = parts if len(parts) == 3 else np.split(parts[0], 3, axis=-1)
        y = attend(heads_of(q), heads_of(k), heads_of(v), causal=causal)
        return np.swapaxes(y, 1, 2).reshape(batch, steps, heads * width)

    call: Callable[..., Any] = (
        (lambda x: _core.attention_of_packed(x, heads, None, causal))
        if packed
        else (lambda q, k, v: _core.attention_of_rows(q, k, v, heads, None, causal))
    )
    full = heads * width
    shapes = [(batch, steps, 3 * full)] if packed else [(batch, steps, full)] * 3
    return Case(
        f"attention of {'packed' if packed else 'rows'} {batch}x{steps}x{heads}x{width}"
        + (" causal" if causal else ""),
        call,
        truth,
        of_shapes(*shapes),
        [()],
        ulp=16,
        size=lambda *_: np.ones((batch, steps, full)),
    )


CASES: list[Case] = [
    *(
        recurrent_case(mode, steps, batch, features, hidden, directions, state=state)
        for mode in GATES
        for steps, batch, features, hidden, directions, state in [
            (3, 2, 3, 2, 1, True),
            (2, 2, 2, 3, 2, True),
            (3, 1, 2, 3, 2, False),
            (1, 1, 1, 1, 1, True),
            (2, 0, 3, 2, 1, True),
            (5, 33, 7, 19, 2, True),
            (4, 1, 3, 40, 1, False),
        ]
    ),
    *(batch_first_case(mode, 3, 4, 5) for mode in ("LSTM", "GRU", "RNN_TANH")),
    recurrent_case("LSTM", 3, 2, 3, 4, 1, out=2),
    recurrent_case("LSTM", 2, 2, 2, 3, 2, out=1, state=False),
    recurrent_case("LSTM", 9, 20, 5, 33, 1, out=17),
    attention_case((2, 2, 3, 4), (2, 2, 5, 4), 3),
    attention_case((2, 2, 3, 4), (2, 2, 3, 4), 4, causal=True),
    attention_case((1, 5, 3), (1, 2, 3), 2, causal=True),
    attention_case((4, 2, 3), (2, 3, 3), 2, scale=0.7),
    attention_case((3, 4), (5, 4), 4),
    attention_case((1, 1), (1, 1), 1),
    attention_case((2, 0, 3), (2, 4, 3), 3),
    attention_case((2, 3, 3), (2, 0, 3), 3),
    attention_case((2, 2, 3, 4), (2, 2, 5, 4), 3, ("bool", (3, 5))),
    attention_case((2, 2, 3, 4), (2, 2, 5, 4), 3, ("bool", (2, 1, 1, 5))),
    attention_case((2, 2, 3, 4), (2, 2, 5, 4), 3, ("float", (2, 2, 3, 5))),
    attention_case((2, 2, 3, 4), (2, 2, 5, 4), 3, ("float", (2, 3, 1))),
    attention_case((2, 2, 2, 2, 3), (2, 2, 2, 2, 3), 3, ("bool", (2, 1, 2, 2, 2))),
    attention_case((2, 2, 3, 4), (2, 2, 5, 4), 3, dropout=0.25),
    attention_case((2, 4, 3, 4), (2, 2, 7, 4), 3, ("float", (3, 7)), dropout=0.5),
    attention_case((1, 2, 3), (1, 300, 3), 2, dropout=0.1),
    attention_case((2, 1, 75, 3), (2, 1, 75, 3), 3, causal=True, dropout=0.4),
    attention_case((1, 2, 71, 5), (1, 1, 300, 5), 4),
    attention_case((2, 1, 300, 8), (2, 1, 300, 8), 8, causal=True),
    attention_case((2, 1, 100, 3), (2, 1, 270, 3), 5, ("bool", (100, 270))),
    attention_case((1, 2, 90, 3), (1, 2, 290, 3), 3, ("float", (1, 290))),
    *(packed_case(2, 4, 2, 3, causal, packed) for causal in (False, True) for packed in (False, True)),
    packed_case(2, 75, 3, 5, True, True),
    *(rotary_case(shape, inner) for shape in [(3, 6), (2, 1, 2), (0, 3, 4)] for inner in (False, True)),
]
