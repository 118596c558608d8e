"""`nncore info`: the installed version, or the contents of a model file."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

import numpy as np

import nncore
from nncore.cli.model import digest, open_model

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    if options.model is None:
        print(nncore.show_config())
        print(f"Python {platform.python_version()}, NumPy {np.__version__}")
        return 0
    model, trained = open_model(options.model)
    state = model.net.state_dict()
    count = sum(parameter.numel() for parameter in model.parameters())
    if options.json:
        columns = dict(model.columns or ())
        about = {"sizes": model.sizes, "activation": model.activation, "parameters": count}
        names = {"columns": columns, "target": model.target, "classes": model.classes}
        print(json.dumps({**about, "sha256": digest(model), **names, "trained": trained}))
        return 0
    print(f"{options.model}: {'-'.join(map(str, model.sizes))}, {model.activation} between the layers")
    for name, value in state.items():
        print(f"  {name} {value.shape} {value.dtype}")
    print(f"parameters: {count:,}, sha256 {digest(model)}")
    if model.columns:
        print(f"columns: {', '.join(map(_described, model.columns))}")
    print(f"classes: {', '.join(model.classes)}" if model.classes else f"target: {model.target}, a number")
    print("trained: " + ", ".join(f"{key} {value}" for key, value in trained.items()))
    return 0


def _described(column: tuple[str, tuple[str, ...] | None]) -> str:
    name, categories = column
    return name if categories is None else f"{name} ({'|'.join(categories)})"
