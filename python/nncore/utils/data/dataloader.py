"""`nncore.data.dataloader` under PyTorch's name."""

from __future__ import annotations

from nncore.data.collate import default_collate, default_convert
from nncore.data.dataloader import DataLoader

__all__ = ["DataLoader", "default_collate", "default_convert"]
