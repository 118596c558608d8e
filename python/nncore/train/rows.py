"""Rows in memory: the inputs, targets and weights of `fit` and `evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore._core import Tensor
from nncore.train.columns import Column, Sparse
from nncore.train.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nncore.train.layout import Batch
    from nncore.train.source import Reading
    from nncore.train.targets import Classes


class Rows:
    """Columns of equal length; `layout` says which are inputs, target and weights."""

    def __init__(self, columns: list[Column], layout: Layout, classes: Classes | None = None) -> None:
        self.columns, self.layout, self.classes = columns, layout, classes
        self.samples = len(columns[0])

    @property
    def is_dense(self) -> bool:
        """Whether all columns are tensors."""
        return not any(isinstance(column, Sparse) for column in self.columns)

    @property
    def target(self) -> Tensor:
        """The targets; of a sparse input that is its own target, the first."""
        target = self.columns[self.layout.target]
        return target if isinstance(target, Tensor) else target[:1]

    def head(self, rows: int | None) -> Batch:
        """The first rows, or all."""
        return tuple(column[:rows] for column in self.columns)

    complete = head  # the rows as the loss sees them

    def last_batch(self, reading: Reading) -> tuple[int, int]:
        """The rows of a batch, and of a smaller last one or 0."""
        rest = self.samples % reading.size
        return reading.size, 0 if reading.drop_last or self.samples < reading.size else rest

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[Batch]:
        """The rows, in this order, `size` at a time."""
        for start in range(0, self.samples if order is None else len(order), size):
            rows = slice(start, start + size)
            if order is None:
                yield tuple(column[rows] for column in self.columns)
            else:
                yield tuple(column.index_select(0, order[rows]) for column in self.columns)

    def take(self, rows: Tensor) -> Rows:
        """The rows with these numbers."""
        taken: list[Column] = [
            column.take(rows) if isinstance(column, Sparse) else column.index_select(0, rows)
            for column in self.columns
        ]
        return Rows(taken, self.layout, self.classes)

    def set_form(self, form: Callable[[Tensor], Tensor]) -> None:
        """Give the target the dtype and shape that `form` returns."""
        target = self.columns[self.layout.target]
        if isinstance(target, Sparse) or (new := form(target)) is target:
            return
        if self.layout.target < self.layout.inputs:  # an input stays as it is
            self.columns.append(new)
            self.layout = self.layout._replace(target=self.layout.inputs)
        else:
            self.columns[self.layout.target] = new

    def weigh(self, weigh: Callable[[Tensor], Tensor]) -> None:
        """Add the weights of the rows, which `weigh` computes from the target."""
        target: Any = self.columns[self.layout.target]
        self.columns.append(weigh(target))
        self.layout = self.layout._replace(weighted=True)


def check_lengths(
    where: str, columns: list[Column], names: list[str], target: Tensor | None, name: str
) -> None:
    """Raise ValueError unless all columns have the same number of rows, at least one."""
    rows = len(columns[0])
    for column, other in zip(columns, names, strict=True):
        if len(column) != rows:
            raise ValueError(
                f"{where}: {names[0]} has {rows} rows but {other} {len(column)}; expected equal lengths"
            )
    if target is not None and (target.ndim == 0 or len(target) != rows):
        has = "is a scalar" if target.ndim == 0 else f"has {len(target)}"
        raise ValueError(f"{where}: {names[0]} has {rows} rows but {name} {has}; expected one target per row")
    if rows == 0:
        raise ValueError(f"{where}: {names[0]} has no rows; expected at least one sample")
