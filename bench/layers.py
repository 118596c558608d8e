"""Softmax, norms, losses, dropout and embeddings, compared with PyTorch and with the memory limit.

    python bench/layers.py --threads 1 --json layers.jsonl

"forward" runs without gradients; "both" is forward and backward. Results are checked against float64 first.
The memory limit counts each operand once and uses the bandwidth of a streaming triad, measured in the same
run. Operands in a cache can beat it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as TF

import nncore
from compare import Case, checked_calls, main
from nncore.nn import functional as F
from report import Call


class Layer(NamedTuple):
    """A function in both libraries. `wanted` says which inputs get gradients."""

    name: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    inputs: list[Any]
    wanted: list[bool]
    passes: tuple[float, float]  # bytes moved by forward, and by forward and backward, in sizes of inputs[0]
    random: bool = False


def layers() -> Iterator[Layer]:
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> Any:
        return rng.normal(size=shape).astype(np.float32)

    for shape in ((2560, 20), (8192, 64), (1536, 128), (16384, 1024)):
        yield Layer(
            f"softmax {shape}",
            lambda x: nncore.softmax(x, -1),
            lambda x: torch.softmax(x, -1),
            [normal(*shape)],
            [True],
            (2, 5),
        )
    for shape in ((768, 128), (256, 768), (16384, 384)):
        yield Layer(
            f"layer_norm {shape}",
            lambda x, w, b: F.layer_norm(x, w.shape, w, b),
            lambda x, w, b: TF.layer_norm(x, w.shape, w, b),
            [normal(*shape), normal(shape[1]), normal(shape[1])],
            [True] * 3,
            (2, 5),
        )
    for shape in ((128, 10), (768, 65), (256, 50304)):
        yield Layer(
            f"cross_entropy {shape}",
            F.cross_entropy,
            TF.cross_entropy,
            [normal(*shape), rng.integers(0, shape[1], shape[0])],
            [True, False],
            (1, 3),
        )
    images = (64, 64, 32, 32)
    yield Layer(
        f"group_norm {images}",
        lambda x, w, b: F.group_norm(x, 8, w, b),
        lambda x, w, b: TF.group_norm(x, 8, w, b),
        [normal(*images), normal(64), normal(64)],
        [True] * 3,
        (2, 5),
    )
    for size in ((128, 1024), images):
        yield Layer(
            f"batch_norm {size}",
            lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
            lambda x, w, b: TF.batch_norm(x, None, None, w, b, training=True),
            [normal(*size), normal(size[1]), normal(size[1])],
            [True] * 3,
            (2, 5),
        )
    for name in ("mse_loss", "smooth_l1_loss", "binary_cross_entropy_with_logits"):
        for shape in ((128, 10), (4096, 1024)):
            yield Layer(
                f"{name} {shape}",
                getattr(F, name),
                getattr(TF, name),
                [normal(*shape), rng.uniform(0, 1, shape).astype(np.float32)],
                [True, False],
                (2, 5),
            )
    for shape in ((768, 128), (4096, 1024)):
        yield Layer(f"dropout {shape}", F.dropout, TF.dropout, [normal(*shape)], [True], (2, 4), True)
    for rows, count, columns in ((65, 768, 128), (50304, 1024, 768)):
        yield Layer(
            f"embedding {count} of {rows}x{columns}",
            lambda w, i: F.embedding(i, w),
            lambda w, i: TF.embedding(i, w),
            [normal(rows, columns), rng.integers(0, rows, count)],
            [True, False],
            (2 * count / rows, 1 + 3 * count / rows),
        )


def calls(layer: Layer, backward: bool) -> dict[str, Call]:
    functions = {"nncore": layer.ours, "pytorch": layer.theirs}
    tolerance = math.inf if layer.random else 1e-4
    return checked_calls(functions, layer.inputs, layer.wanted if backward else None, tolerance)


def each_case(rows: Iterator[Layer], limits: dict[str, float]) -> Iterator[Case]:
    for layer in rows:
        for backward, moved in zip((False, True), layer.passes, strict=True):
            seconds = moved * layer.inputs[0].nbytes / limits["triad"]
            column = "both" if backward else "forward"
            yield Case(layer.name, column, partial(calls, layer, backward), seconds)


if __name__ == "__main__":
    main(__doc__, lambda limits: each_case(layers(), limits), seconds=0.1)
