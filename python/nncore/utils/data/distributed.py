"""`nncore.data.distributed` under PyTorch's name."""

from __future__ import annotations

from nncore.data.distributed import DistributedSampler

__all__ = ["DistributedSampler"]
