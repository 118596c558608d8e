"""Passes over arrays in memory with a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from nncore import _core
from nncore._core import Generator, Tensor

__all__ = ["Epoch", "order_of", "sources"]

Step = Callable[..., Iterable[Tensor]]


class Epoch:
    """Passes over data with `step(*batch)`, which returns tensors, and with `replay` if it is compiled.

    `done` counts the steps of a pass. `results` has a tensor (steps,) for each result of one element and None
    for larger ones; `numbers` shows the same memory. The next pass writes into it again.
    """

    def __init__(
        self, step: Step, replay: Any, sources: list[Tensor], size: int, drop_last: bool = False
    ) -> None:
        self._step, self._replay, self._sources, self._size = step, replay, sources, size
        rows = len(sources[0])
        self.steps = rows // size if drop_last else -(-rows // size)
        self.done = 0
        self.results: list[Tensor | None] | None = None  # until a step has run
        self.numbers: list[Any] = []

    def run(self, order: Tensor, progress: Callable[[int], object] | None = None) -> None:
        """Run one pass over the rows in this order; if a step raises, `done` counts the completed steps."""

        def show(steps: int) -> None:
            self.done = steps
            if progress is not None:
                progress(steps)

        self.done = 0
        while self.done < self.steps:
            if self._replay and self.results is not None:
                data = self._sources, order, self._size, self.done, self.steps - self.done, self.results
                self.done += self._replay(*data, show)
            if self.done < self.steps:  # a step to capture or to audit, or one that is not compiled
                self._run_one(order)
                show(self.done + 1)

    def _run_one(self, order: Tensor) -> None:
        """One step by a call from Python."""
        first = self.done * self._size
        rows = order.narrow(0, first, min(self._size, len(order) - first))
        tensors = self._step(*[source.index_select(0, rows) for source in self._sources])
        if self.results is None:
            rooms = [self._room(tensor) for tensor in tensors]
            self.results = [None if room is None else _core.from_numpy(room) for room in rooms]
            self.numbers = [None if room is None else memoryview(room) for room in rooms]
        for numbers, tensor in zip(self.numbers, tensors, strict=True):
            if numbers is not None:
                numbers[self.done] = tensor.item()

    def _room(self, tensor: Tensor) -> Any:
        dtype = str(tensor.dtype).rpartition(".")[2]
        return np.zeros(self.steps, dtype) if tensor.numel() == 1 else None


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
