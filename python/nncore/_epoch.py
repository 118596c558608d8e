"""One pass over arrays in memory with a compiled step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _core
from nncore._capture import flatten
from nncore._core import Generator, Tensor

if TYPE_CHECKING:
    from nncore.compiled import CompiledStep

__all__ = ["Epoch", "sources"]


class Epoch:
    """The batches of one epoch and what the step returned for each.

    `done` counts steps; `results` has the step's layout with an array of (steps,) in place of each tensor of
    one element, and None in place of larger ones.
    """

    def __init__(
        self,
        step: CompiledStep,
        sources: list[Tensor],
        size: int,
        shuffle: bool,
        generator: Generator | None,
        drop_last: bool = False,
    ) -> None:
        rows = self._rows = len(sources[0])
        self._step, self._sources, self._size = step, sources, size
        self._order = _core.randperm(rows, generator=generator) if shuffle else _core.arange(rows)
        self.full = rows // size
        self.steps = self.full + (rows % size > 0 and not drop_last)
        self.done = 0
        self._numbers: list[np.ndarray[Any, Any] | None] | None = None
        self._sinks: list[Tensor | None] = []  # the same memory
        self._build: Callable[[list[Any]], Any] = list

    @property
    def results(self) -> Any:
        """What the steps so far returned."""
        return self._build([None if s is None else s[: self.done] for s in self._sinks])

    def run(self, progress: Callable[[int], object] | None) -> None:
        """Take the remaining steps; when one raises, `done` says how many went well."""
        while self.done < self.steps:
            if self.done < self.full and self._replay(progress):
                continue
            self._one()
            if progress is not None:
                progress(self.done)

    def _replay(self, progress: Callable[[int], object] | None) -> bool:
        """Native steps as far as one plan goes; False where none fits."""
        plan = self._step.current_plan()
        if plan is None or self._numbers is None:
            return False
        before = self.done

        def show(steps: int) -> None:
            self.done = steps
            if progress is not None:
                progress(steps)

        steps = self.full - before
        ran = plan.run_epoch(
            self._step, self._sources, self._order, self._size, before, steps, self._sinks, show
        )
        self.done = before + ran
        return ran > 0

    def _one(self) -> None:
        """One step as Python makes it: eager while it is captured, or a batch of another size."""
        start = self.done * self._size
        rows = self._order[start : min(start + self._size, self._rows)]
        result = self._step(*(source[rows] for source in self._sources))
        layout, tensors = flatten(result)
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
        self.done += 1


def sources(x: Any, y: Any) -> list[Tensor]:
    """The arguments of the step as tensors of one length; NumPy arrays keep their memory."""
    given = [x] if y is None else [x, y]
    tensors = [v if isinstance(v, Tensor) else _core.from_numpy(np.ascontiguousarray(v)) for v in given]
    for name, tensor in zip("xy", tensors, strict=False):
        if tensor.ndim == 0 or len(tensor) == 0:
            raise ValueError(f"run_epoch: {name} has shape {tensor.shape}; expected rows, (n, ...)")
        if len(tensor) != len(tensors[0]):
            raise ValueError(f"run_epoch: x has {len(tensors[0])} rows but y has {len(tensor)}")
    return tensors
