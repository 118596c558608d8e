"""Data sets in memory, mini-batches, and readers of data files."""

from __future__ import annotations

from nncore.data.csv_file import load_csv
from nncore.data.dataset import Dataset, Subset, TensorDataset, random_split
from nncore.data.digits import load_digits
from nncore.data.idx import read_idx
from nncore.data.loader import DataLoader
from nncore.data.mnist import MNIST, FashionMNIST
from nncore.data.tables import Table, load_npz
from nncore.errors import absent

__all__ = [
    "MNIST",
    "DataLoader",
    "Dataset",
    "FashionMNIST",
    "Subset",
    "Table",
    "TensorDataset",
    "load_csv",
    "load_digits",
    "load_npz",
    "random_split",
    "read_idx",
]

absent.answer_in(globals(), "utils.data.")
