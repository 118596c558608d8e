"""The parts of a batch: which of its tensors the model, the loss and the weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nncore._core import Tensor
    from nncore.nn import Module

    Batch = tuple[Tensor, ...]


class Layout(NamedTuple):
    """A batch has `inputs` inputs, then the target, unless that is an input, then the weights of the rows.

    `names` are the model's keywords for the inputs; without names they are given by position.
    """

    inputs: int = 1
    names: tuple[str, ...] | None = None
    target: int = 1
    weighted: bool = False

    def output(self, model: Module, batch: Batch) -> Tensor:
        """The model's output for the inputs of the batch."""
        given = batch[: self.inputs]
        return model(*given) if self.names is None else model(**dict(zip(self.names, given, strict=True)))  # type: ignore[no-any-return]
