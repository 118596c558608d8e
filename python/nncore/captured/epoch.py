"""Passes over arrays in memory with a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nncore import _core
from nncore._core import Generator, Tensor
from nncore.captured.tree import flatten

__all__ = ["Epoch", "order_of", "sources"]


class Epoch:
    """Passes over data in batches, with the results of the steps.

    `done` counts steps. `results` has the layout of the step's result, with an array (steps,) in place of
    each tensor of one element and None in place of each larger tensor. The next pass writes into the same
    arrays.
    """

    def __init__(
        self, step: Callable[..., Any], sources: list[Tensor], size: int, drop_last: bool = False
    ) -> None:
        self._step, self._sources, self._size = step, sources, size
        rows = len(sources[0])
        self.steps = rows // size if drop_last else -(-rows // size)
        self.done = 0
        self._numbers: list[np.ndarray[Any, Any] | None] | None = None
        self._sinks: list[Tensor | None] = []  # the memory of _numbers, as tensors
        self._build: Callable[[list[Any]], Any] = list

    @property
    def results(self) -> Any:
        """The results of the steps so far."""
        return self._build([None if s is None else s[: self.done] for s in self._sinks])

    def run(self, order: Tensor, progress: Callable[[int], object] | None = None) -> None:
        """Run one pass over the rows in this order; if a step raises, `done` counts the completed steps."""

        def show(steps: int) -> None:
            self.done = steps
            if progress is not None:
                progress(steps)

        self.done = 0
        replay: Any = getattr(self._step, "_replay_epoch", None)  # only captured steps have it
        while self.done < self.steps:
            if replay and self._numbers is not None:
                data = self._sources, order, self._size, self.done, self.steps - self.done, self._sinks
                self.done += replay(*data, show)
            if self.done < self.steps:  # the step must be captured or audited, or is not compiled
                self._one(order[self.done * self._size : (self.done + 1) * self._size])
                show(self.done + 1)

    def _one(self, rows: Tensor) -> None:
        """Run one step by a call from Python."""
        layout, tensors = flatten(self._step(*(source[rows] for source in self._sources)))
        if self._numbers is None:
            self._build = layout.build
            self._numbers = [
                np.zeros(self.steps, str(t.dtype).rpartition(".")[2]) if t.numel() == 1 else None
                for t in tensors
            ]
            self._sinks = [None if n is None else _core.from_numpy(n) for n in self._numbers]
        for numbers, tensor in zip(self._numbers, tensors, strict=True):
            if numbers is not None:
                numbers[self.done] = tensor.item()


def order_of(rows: int, shuffle: bool, generator: Generator | None) -> Tensor:
    """The row numbers in the order of one pass."""
    return _core.randperm(rows, generator=generator) if shuffle else _core.arange(rows)


def sources(x: Any, y: Any) -> list[Tensor]:
    """The arguments of the step as tensors of one length; NumPy arrays share their memory."""
    given = [x] if y is None else [x, y]
    tensors = [v if isinstance(v, Tensor) else _core.from_numpy(np.ascontiguousarray(v)) for v in given]
    for name, tensor in zip("xy", tensors, strict=False):
        if tensor.ndim == 0 or len(tensor) == 0:
            raise ValueError(f"run_epoch: {name} has shape {tensor.shape}; expected rows, (n, ...)")
        if len(tensor) != len(tensors[0]):
            raise ValueError(f"run_epoch: x has {len(tensors[0])} rows but y has {len(tensor)}")
    return tensors
