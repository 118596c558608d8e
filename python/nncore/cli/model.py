"""The model file of the command line: a perceptron, its classes and the scaling of its inputs."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import nn
from nncore._core import Tensor, from_numpy
from nncore.cli.arguments import ACTIVATIONS
from nncore.errors import CheckpointError
from nncore.files.serialization import load, save
from nncore.train import predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, Any]

KIND = "nncore classifier"
LAYERS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU}


class Classifier:
    """Linear layers with one activation between them; scores = net((x - offset) / scale).

    `columns` are the names of the features, or None.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str,
        classes: Sequence[int | str],
        offset: Array,
        scale: Array,
        columns: Sequence[str] | None = None,
    ) -> None:
        self.sizes = list(sizes)
        self.activation = activation
        self.classes = list(classes)
        self.offset = offset
        self.scale = scale
        self.columns = None if columns is None else list(columns)
        parts: list[nn.Module] = []
        for inputs, outputs in pairwise(self.sizes):
            parts += [nn.Linear(inputs, outputs), LAYERS[activation]()]
        self.net = nn.Sequential(*parts[:-1])

    def scaled(self, x: Tensor) -> Tensor:
        """x (n, ...) of any dtype as (n, features) float32."""
        rows = x.numpy().reshape(len(x), -1).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # the caller rejects infinities
            return from_numpy((rows - self.offset) / self.scale)

    def scores(self, x: Tensor) -> Tensor:
        return predict(self.net, self.scaled(x))

    def digest(self) -> str:
        """The first 16 digits of the SHA-256 of all parameters."""
        total = hashlib.sha256()
        for name, value in self.net.state_dict().items():
            total.update(name.encode() + value.numpy().tobytes())
        return total.hexdigest()[:16]

    def save(self, path: str, trained: dict[str, Any]) -> None:
        arch = {"sizes": self.sizes, "activation": self.activation}
        state = dict(self.net.state_dict())
        contents: dict[str, Any] = {"kind": KIND, "arch": arch, "state_dict": state, "classes": self.classes}
        if self.columns is not None:
            contents["columns"] = self.columns
        save({**contents, "offset": self.offset, "scale": self.scale, "trained": trained}, path)

    @staticmethod
    def load(path: str) -> tuple[Classifier, dict[str, Any]]:
        """Return the classifier and its training record; raise CheckpointError for any other file."""
        contents = load(path)
        if not isinstance(contents, dict) or contents.get("kind") != KIND:
            raise CheckpointError(f"{path}: not a model written by nncore train")
        try:
            _check(contents)
            arch = contents["arch"]
            model = Classifier(
                arch["sizes"],
                arch["activation"],
                contents["classes"],
                contents["offset"],
                contents["scale"],
                contents.get("columns"),
            )
            model.net.load_state_dict(contents["state_dict"])
            return model, dict(contents["trained"])
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise CheckpointError(f"{path}: the parts of this model do not fit: {error}") from None


def _check(contents: dict[str, Any]) -> None:
    """Check, before the model is built, that the sizes agree with the arrays."""
    sizes, state = contents["arch"]["sizes"], contents["state_dict"]
    if contents["arch"]["activation"] not in ACTIVATIONS:
        raise ValueError(f"unknown activation {contents['arch']['activation']!r}")
    weights = [value.shape for value in state.values() if value.ndim == 2]
    if weights != list(zip(sizes[1:], sizes[:-1], strict=True)) or not weights:
        raise ValueError(f"layers {sizes} with weights {weights}")
    if len(contents["classes"]) != sizes[-1]:
        raise ValueError(f"{len(contents['classes'])} classes for {sizes[-1]} outputs")
    columns = contents.get("columns")
    if columns is not None and (len(columns) != sizes[0] or not all(isinstance(c, str) for c in columns)):
        raise ValueError(f"{len(columns)} columns for {sizes[0]} inputs")
    for name in ("offset", "scale"):
        if contents[name].shape not in ((), (sizes[0],)) or contents[name].dtype != np.float32:
            raise ValueError(f"{name} is {contents[name].shape} {contents[name].dtype}")
