"""Data sets, samplers and loaders with `torch.utils.data`'s names, and readers of data files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nncore.data.cifar import CIFAR10, CIFAR100
from nncore.data.collate import default_collate, default_convert
from nncore.data.csv_file import load_csv
from nncore.data.dataloader import DataLoader
from nncore.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from nncore.data.digits import load_digits
from nncore.data.distributed import DistributedSampler
from nncore.data.folder import ImageFolder
from nncore.data.idx import read_idx
from nncore.data.images import ImageDataset
from nncore.data.mnist import MNIST, FashionMNIST
from nncore.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from nncore.data.tables import Table, load_npz
from nncore.data.worker_info import get_worker_info
from nncore.errors import absent

if TYPE_CHECKING:
    from nncore.data import transforms as transforms

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "FashionMNIST",
    "ImageDataset",
    "ImageFolder",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "Table",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "load_csv",
    "load_digits",
    "load_npz",
    "random_split",
    "read_idx",
]

absent.answer_in(globals(), "utils.data.", lazy=("transforms",))
