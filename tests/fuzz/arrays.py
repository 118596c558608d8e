"""Expressions that make arrays and tensors with unusual shapes, layouts, dtypes and values."""

from __future__ import annotations

import math
import random

Shape = tuple[int, ...]

FLOATS = ("float32", "float64")
DTYPES = (*FLOATS, "int64", "int32", "uint8", "bool")
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33)
SPECIAL = {
    "float32": "[np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-42, 3e38, -1.0, 88.9]",
    "float64": "[np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-310, 1e308, -1.0, 709.9]",
    "int64": "[0, -1, 1, 2**63 - 1, -2**63]",
    "int32": "[0, -1, 1, 2**31 - 1, -2**31]",
    "uint8": "[0, 1, 255]",
    "bool": "[True, False]",
}


def size(rng: random.Random) -> int:
    """The length of one axis; 1 in 20 is empty, 1 in 50 long."""
    chance = rng.random()
    if chance < 0.05:
        return 0
    return rng.choice((100, 257)) if chance < 0.07 else rng.choice(SIZES)


def shape(rng: random.Random, most: int = 4) -> Shape:
    """A shape with at most `most` axes and 5,000 elements."""
    while True:
        axes = tuple(size(rng) for _ in range(rng.choice((0, 1, 1, 2, 2, 2, 3, 3, most))))
        if math.prod(axes) <= 5000:
            return axes


def array(rng: random.Random, dims: Shape, dtype: str, tame: bool = False) -> str:
    """A NumPy array of this shape and dtype; `tame`: contiguous, with ordinary values."""
    seed = rng.randrange(1000)
    chance = 1.0 if tame else rng.random()
    if chance < 0.05 and dtype != "bool":  # unaligned and read-only, with any bits
        count = math.prod(dims) * (8 if dtype.endswith("64") else 1 if dtype == "uint8" else 4)
        return f"np.ndarray({dims}, '{dtype}', np.random.default_rng({seed}).bytes({count + 1}), 1)"
    if chance < 0.1:
        return f"np.broadcast_to(np.array(1, '{dtype}'), {dims})"
    if chance < 0.2:
        return f"np.resize(np.array({SPECIAL[dtype]}, '{dtype}'), {dims})"
    if dtype in FLOATS:
        made = f"np.random.default_rng({seed}).normal(size={{}}).astype('{dtype}')"
    elif dtype == "bool":
        made = f"np.random.default_rng({seed}).integers(0, 2, {{}}).astype('bool')"
    else:
        made = f"np.random.default_rng({seed}).integers(0, 5, {{}}).astype('{dtype}')"
    if chance < 0.3:
        return made.format(dims[::-1]) + ".T"
    if chance < 0.35 and dims:
        return made.format((dims[0], *dims[1:])) + "[::-1]"
    if chance < 0.4 and dims:
        return made.format((2 * dims[0], *dims[1:])) + "[::2]"
    return made.format(dims)


def tensor(
    rng: random.Random, dims: Shape, dtype: str, *, tame: bool = False, gradient: bool | None = None
) -> str:
    """A tensor that owns, borrows or views its memory; a leaf or the result of an op."""
    wants = dtype in FLOATS and (rng.random() < 0.6 if gradient is None else gradient)
    values = array(rng, dims, dtype, tame)
    if rng.random() < 0.3:
        made = f"nncore.from_numpy({values})"
        return made + ".requires_grad_()" if wants and rng.random() < 0.9 else made
    made = f"nncore.tensor({values}{', requires_grad=True' if wants else ''})"
    if rng.random() < 0.1:
        return f"{made}.reshape({(1, *dims)}).squeeze(0)"
    if rng.random() < 0.1 and dtype in FLOATS:
        return f"({made} * 1)"
    return made


def indices(rng: random.Random, dims: Shape, limit: int, dtype: str = "int64") -> str:
    """Integers in [0, limit); in 1 of 30 arrays some are out of range by 1."""
    low, high = (-1, limit + 1) if rng.random() < 0.03 and dtype != "uint8" else (0, max(limit, 1))
    made = f"np.random.default_rng({rng.randrange(1000)}).integers({low}, {high}, {dims}).astype('{dtype}')"
    return f"nncore.{'tensor' if rng.random() < 0.7 else 'from_numpy'}({made})"
