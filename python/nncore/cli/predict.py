"""`nncore predict`: the class of each row of a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from nncore import softmax
from nncore._core import Tensor, from_numpy
from nncore.cli.model import Classifier
from nncore.data import load_npz, read_idx
from nncore.data.csv_file import first_cells, read_csv
from nncore.data.tables import Table, arrays_in

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def run(options: argparse.Namespace) -> int:
    model, _ = Classifier.load(options.model)
    x, labels = read(options.file, model.sizes[0], model.columns, options.header)
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
        print(f"{right} of {len(labels)} as labeled ({right / len(labels):.2%})", file=sys.stderr)
    return 0


def read(
    path: str, features: int, columns: Sequence[str] | None = None, header: bool | None = None
) -> tuple[Tensor, list[str]]:
    """Read rows with `features` features, and their labels if the file has labels.

    If `columns` are the names used in training and a CSV file has a header, its columns take their order.
    """
    lower = path.lower()
    if lower.endswith((".csv", ".csv.gz")):
        table: Table | None = _read_csv(path, features, columns, header)
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


def _read_csv(path: str, features: int, columns: Sequence[str] | None, header: bool | None) -> Table:
    first = first_cells(path)
    labels = len(first) == features + 1
    if header is None and columns is not None and sorted(first[:features]) == sorted(columns):
        header = True
    table, named = read_csv(path, labels=labels, header=header)
    given = list(table.columns)
    if columns is None or not named or given == list(columns) or len(given) != features:
        return table
    if sorted(given) != sorted(columns) or len(set(given)) < len(given):
        raise ValueError(
            f"{path}: the columns are {_listed(given)}, but the model was trained on {_listed(columns)}"
            f"{' and the label last' if labels else ''}; rename or reorder them, or remove the header"
        )
    order = [given.index(column) for column in columns]
    return table._replace(
        x=from_numpy(np.ascontiguousarray(table.x.numpy()[:, order])), columns=tuple(columns)
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown}, ... ({len(names)})"
