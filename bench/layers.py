"""Softmax, norms, losses, dropout and embeddings, compared with PyTorch and with the memory limit.

    python bench/layers.py --threads 1 --json bench/results/layers.jsonl

"forward" runs without gradients; "and back" is forward and backward. The memory limit counts each operand
once and uses the bandwidth of a streaming triad, measured in the same run. Operands in a cache can beat it.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as TF

import nncore
from nncore import _core
from nncore.bench.records import append
from nncore.bench.timing import alternate, quartiles
from nncore.nn import functional as F


class Layer(NamedTuple):
    """One function in both libraries. `wanted` says which inputs require gradients."""

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


def runs(layer: Layer) -> Iterator[tuple[str, dict[str, Callable[[], Any]], float]]:
    """Yield forward without gradients, then forward and backward, each with the bytes that it must move."""
    ours = [nncore.tensor(a, requires_grad=w) for a, w in zip(layer.inputs, layer.wanted, strict=True)]
    theirs = [torch.tensor(a, requires_grad=w) for a, w in zip(layer.inputs, layer.wanted, strict=True)]
    with nncore.no_grad(), torch.no_grad():
        y, z = layer.ours(*ours), layer.theirs(*theirs)
        if not layer.random and not np.allclose(y.numpy(), z.numpy(), rtol=1e-4, atol=1e-4):
            sys.exit(f"{layer.name}: nncore and PyTorch differ")
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    given = nncore.tensor(dy), torch.tensor(dy)

    def forward(function: Callable[..., Any], inputs: list[Any], library: Any) -> Callable[[], Any]:
        def run() -> None:
            with library.no_grad():
                function(*inputs)

        return run

    def both(function: Callable[..., Any], inputs: list[Any], dy: Any) -> Callable[[], Any]:
        def run() -> None:
            for x in inputs:
                x.grad = None
            function(*inputs).backward(dy)

        return run

    size = layer.inputs[0].nbytes
    calls = {
        "nncore": forward(layer.ours, ours, nncore),
        "pytorch": forward(layer.theirs, theirs, torch),
    }
    yield "forward", calls, layer.passes[0] * size
    calls = {"nncore": both(layer.ours, ours, given[0]), "pytorch": both(layer.theirs, theirs, given[1])}
    yield "and back", calls, layer.passes[1] * size


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.1, help="measuring time per library and layer")
    parser.add_argument("--json", type=Path, help="append one JSON line per layer")
    parser.add_argument("--only", default="", help="measure only layers whose name contains this text")
    options = parser.parse_args()
    nncore.set_num_threads(options.threads)
    torch.set_num_threads(options.threads)
    limits = _core.measure_limits(threads=options.threads, seconds=0.2)
    print(nncore.show_config())
    print(f"triad {limits['triad'] / 1e9:.1f} GB/s")
    rows = []
    for layer in layers():
        if options.only not in layer.name:
            continue
        for what, calls, size in runs(layer):
            times = {name: quartiles(t)[1] for name, t in alternate(calls, options.seconds).items()}
            row = {
                "layer": layer.name,
                "what": what,
                "us": {name: t * 1e6 for name, t in times.items()},
                "of_limit": size / limits["triad"] / times["nncore"],
                "ratio": times["pytorch"] / times["nncore"],
            }
            rows.append(row)
            speeds = " ".join(f"{name} {t * 1e6:9.1f} us" for name, t in times.items())
            print(
                f"{layer.name:48s} {what:8s} {speeds}  of limit {row['of_limit']:4.0%}"
                f"  ratio {row['ratio']:5.2f}",
                flush=True,
            )
    if rows:
        mean = math.exp(sum(math.log(row["ratio"]) for row in rows) / len(rows))
        print(f"geometric mean {mean:.2f}")
    if options.json:
        append(options.json, rows, options.threads, limits=limits)


if __name__ == "__main__":
    main()
