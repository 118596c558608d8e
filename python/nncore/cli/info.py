"""`nncore info`: the installed version, or the contents of a model file."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import numpy as np

import nncore
from nncore.cli.model import Classifier

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    if options.model is None:
        print(nncore.show_config())
        print(f"Python {platform.python_version()}, NumPy {np.__version__}")
        return 0
    model, trained = Classifier.load(options.model)
    print(f"{options.model}: {'-'.join(map(str, model.sizes))}, {model.activation} between the layers")
    for name, value in model.net.state_dict().items():
        print(f"  {name} {value.shape} {value.dtype}")
    print(f"parameters: {sum(p.numel() for p in model.net.parameters()):,}, sha256 {model.digest()}")
    if model.columns:
        print(f"columns: {', '.join(model.columns)}")
    print(f"classes: {', '.join(map(str, model.classes))}")
    print("trained: " + ", ".join(f"{key} {value}" for key, value in trained.items()))
    return 0
