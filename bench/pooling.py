"""Pooling of images, compared with PyTorch and with the memory limit.

    python bench/pooling.py --threads 1 --json pooling.jsonl

The columns and the limit are those of layers.py. The indices that a maximum keeps for backward, four bytes
per output, count as an operand.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch.nn.functional as TF

from compare import main
from layers import Layer, each_case
from nncore.nn import functional as F

# shape, kernel, stride, padding: Nielsen's and LeNet's, AlexNet's and ResNet's layers, and one without stride
SHAPES = [
    ((64, 32, 32, 32), 2, 2, 0),
    ((128, 6, 28, 28), 2, 2, 0),
    ((16, 96, 55, 55), 3, 2, 0),
    ((8, 64, 112, 112), 3, 2, 1),
    ((32, 64, 28, 28), 3, 1, 1),
]


def pools() -> Iterator[Layer]:
    rng = np.random.default_rng(0)
    for kind in ("max", "avg"):
        for shape, kernel, stride, padding in SHAPES:
            name = f"{kind}_pool2d"
            options = {"kernel_size": kernel, "stride": stride, "padding": padding}
            outputs = ((shape[-1] + 2 * padding - kernel) // stride + 1) ** 2 / shape[-1] ** 2
            indices = outputs if kind == "max" else 0
            yield Layer(
                f"{name} {shape} {kernel}x{kernel} s{stride} p{padding}",
                partial(getattr(F, name), **options),
                partial(getattr(TF, name), **options),
                [rng.normal(size=shape).astype(np.float32)],
                [True],
                (1 + outputs, 2 + 2 * outputs + 2 * indices),
            )
    yield Layer(
        "adaptive_avg_pool2d (64, 512, 7, 7) to 1x1",
        partial(F.adaptive_avg_pool2d, output_size=1),
        partial(TF.adaptive_avg_pool2d, output_size=1),
        [rng.normal(size=(64, 512, 7, 7)).astype(np.float32)],
        [True],
        (1, 2),
    )


if __name__ == "__main__":
    main(__doc__, lambda limits: each_case(pools(), limits), seconds=0.1)
