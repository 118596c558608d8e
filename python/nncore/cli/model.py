"""The model files of the command line."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from nncore.errors import CheckpointError
from nncore.files.models import KIND, read_model
from nncore.files.serialization import load
from nncore.models import TableModel

OLD_KIND = "nncore classifier"  # files without architecture as data


def open_model(path: str) -> tuple[TableModel, dict[str, Any]]:
    """The model in evaluation mode and its training record; CheckpointError for any other file."""
    contents = load(path)
    kind = contents.get("kind") if isinstance(contents, dict) else None
    if kind not in (KIND, OLD_KIND):
        raise CheckpointError(f"{path}: not a model written by nncore train")
    model, more = (_old(path, contents), contents) if kind == OLD_KIND else read_model(path)
    if not isinstance(model, TableModel) or not isinstance(more.get("trained"), dict):
        raise CheckpointError(f"{path}: a {type(model).__name__}, which nncore train did not write")
    return model.eval(), more["trained"]


def digest(model: TableModel) -> str:
    """The first 16 digits of the SHA-256 of all parameters."""
    total = hashlib.sha256()
    for name, value in model.net.state_dict().items():
        total.update(name.encode() + value.numpy().tobytes())
    return total.hexdigest()[:16]


def _old(path: str, contents: dict[str, Any]) -> TableModel:
    try:
        sizes, state = contents["arch"]["sizes"], contents["state_dict"]
        weights = [value.shape for value in state.values() if value.ndim == 2]
        if weights != list(zip(sizes[1:], sizes[:-1], strict=True)) or len(contents["classes"]) != sizes[-1]:
            raise ValueError(f"layers {sizes} with weights {weights} and {len(contents['classes'])} classes")
        names = contents.get("columns")
        columns = sizes[0] if names is None else [(name, None) for name in names]
        classes = [str(label) for label in contents["classes"]]
        model = TableModel(columns, classes, sizes[1:-1], contents["arch"]["activation"], position=sizes[0])
        scaling = {name: np.broadcast_to(contents[name], (sizes[0],)) for name in ("offset", "scale")}
        target = {"target_offset": np.zeros(1), "target_scale": np.ones(1)}
        model.load_state_dict({f"net.{name}": value for name, value in state.items()} | scaling | target)
        return model
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise CheckpointError(f"{path}: the parts of this model do not fit: {error}") from None
