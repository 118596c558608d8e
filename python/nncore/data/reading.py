"""How a loader, or one of its workers, reads a batch."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from nncore.data.dataset import IterableDataset, samples_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Reader(NamedTuple):
    """Reads batches of a data set; with `batched` a task is a list of indices, else one index."""

    dataset: Any
    batched: bool
    drop_last: bool
    collate: Callable[[Any], Any]

    def start(self) -> Callable[[Any], Any]:
        """The function that reads the batch of a task in one epoch.

        For an IterableDataset a task is the number of samples. The function raises StopIteration at the end.
        """
        return self._stream() if isinstance(self.dataset, IterableDataset) else self._read

    def _read(self, task: Any) -> Any:
        try:
            return self.collate(samples_of(self.dataset, task) if self.batched else self.dataset[task])
        except StopIteration as error:  # which would end the epoch
            raise RuntimeError("DataLoader: the data set or collate_fn raised StopIteration") from error

    def _stream(self) -> Callable[[Any], Any]:
        samples = iter(self.dataset)

        def read(size: int) -> Any:
            if not self.batched:
                return self.collate(next(samples))
            batch = list(itertools.islice(samples, size))
            if len(batch) < (size if self.drop_last else 1):
                raise StopIteration
            return self.collate(batch)

        return read
