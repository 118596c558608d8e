"""The model that `nncore train` writes: a perceptron with the names of its columns and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import nn
from nncore._core import Tensor, float32, ones, zeros
from nncore.data.text_table import as_tensor, encode

if TYPE_CHECKING:
    from nncore.data.text_table import Column

__all__ = ["TableModel"]

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU}


class TableModel(nn.Module):
    """A perceptron on the columns of a table: scores = net((x - offset) / scale).

    `columns` are pairs (name, categories), with None for a column of numbers, or the number of unnamed
    features; `named` is whether the names come from the header of a file. The output has one score per class
    or, if `classes` is None, the target's value (n, 1), net(...) * target_scale + target_offset. With `fills`
    a missing value counts as the mean of the training rows, which is `offset`; otherwise it is refused.
    `target` and `position` are the name and the number of the target's column. `nncore train` sets the
    buffers and the parameters.

    Shapes: x (n, ...) with `features` values per row. Errors: ValueError for another activation.

    >>> model = nncore.models.TableModel([("age", None), ("city", ("Bern", "Rome"))], ["no", "yes"], [4])
    >>> x = model.encode({"age": [30, 41], "city": ["Rome", "Bern"]})
    >>> x.tolist()
    [[30.0, 0.0, 1.0], [41.0, 1.0, 0.0]]
    >>> model(x).shape
    (2, 2)
    """

    offset: Tensor
    scale: Tensor
    target_offset: Tensor
    target_scale: Tensor

    def __init__(
        self,
        columns: Sequence[Column] | int,
        classes: Sequence[str] | None = None,
        layers: Sequence[int] = (256,),
        activation: str = "relu",
        *,
        named: bool = True,
        fills: bool = False,
        target: str = "target",
        position: int = -1,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"TableModel: activation is {activation!r}; expected one of {', '.join(ACTIVATIONS)}"
            )
        self.columns = None if isinstance(columns, int) else [(name, kept) for name, kept in columns]
        self.classes = None if classes is None else list(classes)
        self.activation, self.fills, self.target, self.position = activation, fills, target, position
        self.named = named and self.columns is not None
        widths = [len(categories) if categories else 1 for _, categories in self.columns or ()]
        self.features = columns if isinstance(columns, int) else sum(widths)
        self.sizes = [self.features, *layers, 1 if classes is None else len(classes)]
        parts: list[nn.Module] = []
        for inputs, outputs in pairwise(self.sizes):
            parts += [nn.Linear(inputs, outputs), ACTIVATIONS[activation]()]
        self.net = nn.Sequential(*parts[:-1])
        self.register_buffer("offset", zeros(self.features))
        self.register_buffer("scale", ones(self.features))
        self.register_buffer("target_offset", zeros(1))
        self.register_buffer("target_scale", ones(1))

    def scaled(self, x: Tensor) -> Tensor:
        """x (n, ...) of any dtype as the input of `net`."""
        return (x.reshape(len(x), -1).to(float32) - self.offset) / self.scale

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(self.scaled(x))
        return y if self.classes is not None else y * self.target_scale + self.target_offset

    def encode(self, table: Mapping[str, Any], name: str = "encode") -> Tensor:
        """The columns of a dict or DataFrame as x (n, features); `name` begins the messages.

        Errors: ValueError for missing columns, for texts that are not categories of their column, and for
        missing values unless the model fills them.
        """
        if self.columns is None:
            raise ValueError(f"{name}: the model has {self.features} features without names; give an array")
        lacks = [column for column, _ in self.columns if column not in table]
        if lacks:
            raise ValueError(f"{name}: the column {lacks[0]!r} is missing; expected {listed(self.names)}")
        return as_tensor(self.filled(encode(name, self.columns, table), name))

    def filled(self, x: Any, name: str) -> Any:
        """x with the means of the training rows in place of NaN. Errors: ValueError unless `fills`."""
        gaps = np.isnan(x)
        if gaps.any() and not self.fills:
            row = int(np.argwhere(gaps)[0, 0])
            raise ValueError(
                f"{name}: row {row + 1} has a missing value; fill it, or train with --missing mean, which "
                "fills it with the mean of the training rows"
            )
        return np.where(gaps, self.offset.numpy(), x)

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [name for name, _ in self.columns or ()]

    def extra_repr(self) -> str:
        target = "numbers" if self.classes is None else f"{len(self.classes)} classes"
        return f"{self.features} features, {self.target!r}: {target}"


def listed(names: Sequence[str]) -> str:
    """Names for a message, at most 20."""
    return ", ".join(names[:20]) + (f", ... ({len(names)})" if len(names) > 20 else "")
