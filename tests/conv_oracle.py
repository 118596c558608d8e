"""Convolutions in NumPy: a loop over the taps of the kernel, in the dtype of the operands."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from op_case import Array

Sizes = int | Sequence[int]


def each(value: Sizes, axes: int) -> list[int]:
    return [value] * axes if isinstance(value, int) else list(value)


def of_tap(weights: Array, tap: tuple[int, ...]) -> Array:
    index: Any = (..., *tap)
    return np.asarray(weights[index])


def conv(
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Array:
    """y[n, f, o] = b[f] + sum over c and k of w[f, c, k] x[n, c, o stride - padding + k dilation]."""
    axes = w.ndim - 2
    if x.ndim == axes + 1:
        return np.asarray(conv(x[None], w, b, stride, padding, dilation, groups)[0])
    s, d, kernel = each(stride, axes), each(dilation, axes), w.shape[2:]
    reach = [d[a] * (kernel[a] - 1) for a in range(axes)]
    if isinstance(padding, str):
        widths = [(r // 2, r - r // 2) if padding == "same" else (0, 0) for r in reach]
    else:
        widths = [(p, p) for p in each(padding, axes)]
    padded = np.pad(x, [(0, 0), (0, 0), *widths])
    out = [(padded.shape[2 + a] - reach[a] - 1) // s[a] + 1 for a in range(axes)]
    n, filters = x.shape[0], w.shape[0]
    y = np.zeros((n, groups, filters // groups, *out), x.dtype)
    weights = w.reshape(groups, filters // groups, w.shape[1], *kernel)
    for tap in itertools.product(*map(range, kernel)):
        window = tuple(slice(t * d[a], t * d[a] + s[a] * (out[a] - 1) + 1, s[a]) for a, t in enumerate(tap))
        read = padded[(slice(None), slice(None), *window)].reshape(n, groups, w.shape[1], *out)
        y += np.einsum("gfc,ngc...->ngf...", of_tap(weights, tap), read)
    y = y.reshape(n, filters, *out)
    return y if b is None else y + b.reshape(-1, *[1] * axes)


def conv_transpose(
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Array:
    """Each element of x adds w[c, f] to the output, `stride` elements apart."""
    axes = w.ndim - 2
    if x.ndim == axes + 1:
        return np.asarray(conv_transpose(x[None], w, b, stride, padding, output_padding, groups, dilation)[0])
    s, p, d = each(stride, axes), each(padding, axes), each(dilation, axes)
    more, kernel, n, filters = each(output_padding, axes), w.shape[2:], x.shape[0], w.shape[1] * groups
    full = [(x.shape[2 + a] - 1) * s[a] + d[a] * (kernel[a] - 1) + 1 + more[a] for a in range(axes)]
    y = np.zeros((n, groups, w.shape[1], *full), x.dtype)
    channels = w.shape[0] // groups
    read = x.reshape(n, groups, channels, *x.shape[2:])
    weights = w.reshape(groups, channels, w.shape[1], *kernel)
    for tap in itertools.product(*map(range, kernel)):
        window = tuple(
            slice(t * d[a], t * d[a] + s[a] * (x.shape[2 + a] - 1) + 1, s[a]) for a, t in enumerate(tap)
        )
        y[(slice(None),) * 3 + window] += np.einsum("gcf,ngc...->ngf...", of_tap(weights, tap), read)
    inner = tuple(slice(p[a], full[a] - p[a]) for a in range(axes))
    y = y.reshape(n, filters, *full)[(slice(None), slice(None), *inner)]
    return y if b is None else y + b.reshape(-1, *[1] * axes)
