"""Interpolation in NumPy: a matrix per axis, and sums over the pixels around the points of a grid."""

from __future__ import annotations

import itertools

import numpy as np

from op_case import Array

A = -0.75


def keys(distance: Array) -> Array:
    """The weight of a pixel at a distance from the point (Keys 1981)."""
    x = np.abs(distance)
    near, far = (A + 2) * x**3 - (A + 3) * x**2 + 1, A * x**3 - 5 * A * x**2 + 8 * A * x - 4 * A
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def matrix(n: int, m: int, mode: str, factor: float | None, corners: bool) -> Array:
    """The weights (m, n) of the pixels of an axis in each pixel of the result."""
    scale = 1 / factor if factor else n / m
    o = np.arange(m)
    w = np.zeros((m, n))
    if mode == "area":
        for i in o:
            window = slice(i * n // m, -(-(i + 1) * n // m))
            w[i, window] = 1 / (window.stop - window.start)
        return w
    if mode.startswith("nearest"):
        offset = 0.5 if mode == "nearest-exact" else 0
        at = np.floor(np.float32((o + offset) * float(np.float32(scale)))).astype(int)
        w[o, np.minimum(at, n - 1)] = 1
        return w
    if mode != "bicubic" and n == m:  # as in PyTorch, whatever the factor
        return np.eye(n)
    at = o * ((n - 1) / max(m - 1, 1)) if corners else (o + 0.5) * scale - 0.5
    if mode != "bicubic":
        at = np.clip(at, 0, n - 1)
    first = np.floor(at).astype(int)
    for k in range(-1, 3):
        distance = at - (first + k)
        weight = keys(distance) if mode == "bicubic" else np.maximum(1 - np.abs(distance), 0)
        np.add.at(w, (o, np.clip(first + k, 0, n - 1)), weight)
    return w


def interpolate(
    x: Array, sizes: list[int], mode: str, factors: list[float] | None = None, corners: bool = False
) -> Array:
    for i, m in enumerate(sizes):
        w = matrix(x.shape[2 + i], m, mode, factors[i] if factors else None, corners)
        x = np.moveaxis(np.tensordot(w, x, (1, 2 + i)), 0, 2 + i)
    return x


def beyond(i: Array, n: int, padding: str, corners: bool) -> tuple[Array, Array]:
    """Pixels that stand for the pixels i of an axis of n, and whether they exist."""
    if padding == "zeros":
        return np.clip(i, 0, n - 1), (i >= 0) & (i < n)
    if padding == "border":
        return np.clip(i, 0, n - 1), np.ones(i.shape, bool)
    forward = list(range(n))
    period = forward + (forward[-2:0:-1] if corners else forward[::-1])
    return np.array(period)[i % len(period)], np.ones(i.shape, bool)


def grid_sample(x: Array, grid: Array, mode: str, padding: str, corners: bool) -> Array:
    taps = []
    for a in range(grid.shape[-1]):
        c, n = grid[..., a], x.shape[-1 - a]
        at = (c + 1) / 2 * (n - 1) if corners else ((c + 1) * n - 1) / 2
        first = np.rint(at) if mode == "nearest" else np.floor(at)
        along = []
        for k in {"nearest": [0], "bilinear": [0, 1], "bicubic": [-1, 0, 1, 2]}[mode]:
            distance = np.abs(at - first - k)
            weight = 1 - distance if mode == "bilinear" else keys(distance)
            index, exists = beyond((first + k).astype(int), n, padding, corners)
            along.append((index, (1 if mode == "nearest" else weight) * exists))
        taps.append(along)
    y = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    samples = np.arange(len(x)).reshape(-1, *(1,) * (grid.ndim - 2))
    for chosen in itertools.product(*reversed(taps)):
        weight = np.prod([w for _, w in chosen], axis=0)
        found = np.moveaxis(x, 1, -1)[(samples, *(index for index, _ in chosen))]
        y += np.moveaxis(found * weight[..., None], -1, 1)
    return y


def affine_grid(theta: Array, size: list[int], corners: bool) -> Array:
    along = [
        np.linspace(-1, 1, n) * (n > 1) if corners else (2 * np.arange(n) + 1) / n - 1
        for n in reversed(size[2:])
    ]
    mesh = np.meshgrid(*reversed(along), indexing="ij")[::-1]
    points = np.stack([*mesh, np.ones(size[2:])], -1)
    found: Array = np.einsum("nij,...j->n...i", theta, points)
    return found
