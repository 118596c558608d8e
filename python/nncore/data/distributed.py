"""The part of a data set that one of several processes reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore._core import Generator, Tensor, arange, from_numpy, randperm
from nncore.data.sampler import OrderSampler
from nncore.errors import arguments


class DistributedSampler(OrderSampler):
    """Every num_replicas-th index from `rank` on, of an order that all processes share.

    As in `torch.utils.data.distributed`, with num_replicas and rank given. With `shuffle` the order follows
    from `seed` and the epoch: call `set_epoch(epoch)` before each one. Indices from the start repeat at the
    end, or with `drop_last` the last ones are left out, so that all processes get equally many.
    Errors: ValueError without num_replicas or rank, and for a rank outside 0..num_replicas-1.

    >>> from nncore.data import DistributedSampler
    >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in range(2)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError("DistributedSampler: expected num_replicas and rank of this process")
        self.dataset = dataset
        self.num_replicas = arguments.size("DistributedSampler", "num_replicas", num_replicas, 1)
        self.rank = arguments.size("DistributedSampler", "rank", rank, 0, num_replicas - 1)
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0
        rows = len(dataset)
        self.num_samples = rows // num_replicas if drop_last else -(-rows // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def order(self) -> Tensor:
        rows = len(self.dataset)
        shuffled = self.shuffle and rows > 0
        every = randperm(rows, generator=Generator(self.seed + self.epoch)) if shuffled else arange(rows)
        places = np.arange(self.rank, self.total_size, self.num_replicas) % max(rows, 1)
        return every[from_numpy(places)]

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next epoch."""
        self.epoch = epoch
