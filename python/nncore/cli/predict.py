"""`nncore predict`: the class of each row of a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from nncore import softmax
from nncore._core import Tensor, from_numpy
from nncore.cli.model import Classifier
from nncore.data import load_csv, load_npz, read_idx
from nncore.data.tables import arrays_in, columns_in

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    model, _ = Classifier.load(options.model)
    x, labels = read(options.file, model.sizes[0])
    scores = model.scores(x)
    found = [str(model.classes[i]) for i in scores.argmax(1).tolist()]
    lines = found
    if options.probabilities:
        chances = softmax(scores, 1).tolist()
        lines = [
            ",".join([name, *(f"{p:.6f}" for p in row)]) for name, row in zip(found, chances, strict=True)
        ]
        lines.insert(0, ",".join(["class", *map(str, model.classes)]))
    print("\n".join(lines))
    if labels:
        right = sum(a == b for a, b in zip(found, labels, strict=True))
        print(f"{right} of {len(labels)} as labelled ({right / len(labels):.2%})", file=sys.stderr)
    return 0


def read(path: str, features: int) -> tuple[Tensor, list[str]]:
    """Rows with this many features, and their labels where the file has some."""
    lower = path.lower()
    if lower.endswith((".csv", ".csv.gz")):
        columns = columns_in(path)
        table = load_csv(path, labels=columns == features + 1)
    elif lower.endswith(".npz"):
        table = load_npz(path, labels="y" in arrays_in(path))
    else:
        images = read_idx(path)
        table = None
        x = from_numpy(np.ascontiguousarray(images))
    if table is not None:
        x = table.x
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"{path}: no rows")
    if x[:1].numel() != features:
        raise ValueError(f"{path}: rows have {x[:1].numel()} features but the model expects {features}")
    labels = [str(table.classes[i]) for i in table.y.tolist()] if table is not None else []
    return x, labels
