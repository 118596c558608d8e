"""Mini-batches: one native gather per tensor and batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nncore._core import Tensor, arange, randperm
from nncore.data.dataset import columns_of
from nncore.errors import arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nncore._core import Generator
    from nncore.data.dataset import Dataset


class DataLoader:
    """Iterate over a data set in mini-batches, as in `torch.utils.data`, in memory and in this process.

    Yields a list with one tensor (batch, ...) per tensor of the data set. With `shuffle` each epoch draws a
    permutation from `generator` (by default the global one), so that a seed fixes the order of all epochs.
    Errors: ValueError or TypeError for a batch size that is not a positive integer.

    >>> import nncore
    >>> from nncore.data import DataLoader, TensorDataset
    >>> data = TensorDataset(nncore.arange(5))
    >>> [batch.tolist() for (batch,) in DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = arguments.size("DataLoader", "batch_size", batch_size, 1)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = generator

    def __len__(self) -> int:
        rows = len(self.dataset)
        return rows // self.batch_size if self.drop_last else -(-rows // self.batch_size)

    def __iter__(self) -> Iterator[list[Tensor]]:
        rows, size, dataset = len(self.dataset), self.batch_size, self.dataset
        order = randperm(rows, generator=self.generator) if self.shuffle else arange(rows)
        for start in range(0, len(self) * size, size):
            yield columns_of("DataLoader", dataset, order[start : start + size])
