"""`nncore predict`: the class or value of each row of a file."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import softmax
from nncore._core import Tensor
from nncore.cli.model import open_model
from nncore.cli.source import delimiter_of, without_index
from nncore.data import load_npz, read_idx
from nncore.data.tables import arrays_in
from nncore.data.text_table import as_tensor, encode, read_text_table, texts
from nncore.models.table import listed
from nncore.train import predict

if TYPE_CHECKING:
    import argparse

    from nncore.models import TableModel

    Array = np.ndarray[Any, Any]


def run(options: argparse.Namespace) -> int:
    model, _ = open_model(options.model)
    if options.probabilities and model.classes is None:
        raise ValueError(f"--probabilities: {options.model} predicts numbers, which have no probabilities")
    x, targets = read(options.file, model, options)
    outputs = predict(model, x)
    found = _names(model, outputs)
    chances = softmax(outputs, 1).tolist() if options.probabilities else None
    if options.json:
        for i, name in enumerate(found):
            row: dict[str, Any] = {"prediction": name}
            if chances:
                row["probabilities"] = dict(zip(model.classes or (), chances[i], strict=True))
            print(json.dumps(row))
    elif chances:
        print(",".join(["class", *(model.classes or ())]))
        for name, numbers in zip(found, chances, strict=True):
            print(",".join([name, *(f"{p:.6f}" for p in numbers)]))
    else:
        print("\n".join(map(str, found)))
    if targets is not None:
        _compare(model, outputs.numpy(), found, targets)
    return 0


def _names(model: TableModel, outputs: Tensor) -> list[Any]:
    if model.classes is None:
        return [float(f"{value:.7g}") for value in outputs.reshape(-1).tolist()]
    return [model.classes[i] for i in outputs.argmax(1).tolist()]


def _compare(model: TableModel, outputs: Array, found: list[Any], targets: Array) -> None:
    """Print to stderr how the predictions agree with the targets in the file."""
    if model.classes is None:
        error = np.abs(outputs.reshape(-1) - targets.astype(np.float64)).mean()
        print(f"mean absolute error {error:.6g} in {len(targets)} rows", file=sys.stderr)
        return
    right = sum(a == b for a, b in zip(found, targets.tolist(), strict=True))
    print(f"{right} of {len(targets)} as labeled ({right / len(targets):.2%})", file=sys.stderr)


def read(path: str, model: TableModel, options: argparse.Namespace) -> tuple[Tensor, Array | None]:
    """The rows for the model, and their targets as text if the file has them."""
    targets: Array | None = None
    lower = path.lower()
    if lower.endswith(".npz"):
        has_labels = "y" in arrays_in(path)
        table = load_npz(path, labels=has_labels)
        x = table.x
        if has_labels:
            targets = np.array(table.classes, np.str_)[table.y.numpy()]
    elif path == "-" or lower.endswith((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")):
        x, targets = _read_text(path, model, options)
    else:
        x = as_tensor(read_idx(path))
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"{path}: no rows")
    if x[:1].numel() != model.features:
        raise ValueError(f"{path}: rows have {x[:1].numel()} features but the model expects {model.features}")
    return x, targets


def _read_text(path: str, model: TableModel, options: argparse.Namespace) -> tuple[Tensor, Array | None]:
    """Columns by their names in any order or, without a header, by their positions in training."""
    where = "standard input" if path == "-" else path
    delimiter = delimiter_of(path, options.delimiter)
    table = read_text_table(
        path, header=options.header, delimiter=delimiter, known=model.names if model.named else ()
    )
    cells, _ = without_index(table)
    wanted = model.names or [str(i + 1) for i in range(model.features)]
    if table.named and model.named:
        targets = cells.pop(model.target, None) if model.target not in wanted else None
    else:
        values = list(cells.values())
        targets = values.pop(model.position) if len(values) == len(wanted) + 1 else None
        if len(values) != len(wanted):
            raise ValueError(f"{where}: rows have {len(values)} features but the model expects {len(wanted)}")
        cells = dict(zip(wanted, values, strict=True))
    if set(cells) != set(wanted):
        raise ValueError(
            f"{where}: the columns are {listed(list(cells))}, but the model was trained on "
            f"{listed(wanted)} and the target {model.target}; rename or add columns, or remove the header"
        )
    labels = None if targets is None else texts(targets)
    if model.columns is None:
        columns = [(name, None) for name in wanted]
        return as_tensor(model.filled(encode(where, columns, cells), where)), labels
    return model.encode(cells, where), labels
