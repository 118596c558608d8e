"""A program: the lines of one case, and a text that runs it alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HEADER = """\
import gzip, os, tempfile
from pathlib import Path
import numpy as np
import nncore
import nncore.nn.functional as F
from nncore import data, distributions, nn, optim
from nncore.optim import lr_scheduler

folder = tempfile.mkdtemp()


class Bad:
    \"\"\"Raises from every conversion.\"\"\"

    def refuse(self, *args):
        raise ArithmeticError("mine")

    __index__ = __int__ = __float__ = __len__ = __bool__ = __iter__ = __array__ = refuse
    __eq__ = __getitem__ = refuse
    __hash__ = None


def array(x):
    \"\"\"The values of a tensor; NumPy has no bfloat16.\"\"\"
    return (x.float() if x.dtype is nncore.bfloat16 else x).detach().numpy()


def same(a, b):
    \"\"\"Whether two tensors, or nests of them, have the same bits; all NaNs are equal.\"\"\"
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if not isinstance(a, (nncore.Tensor, np.ndarray, int, float)):
        return type(a) is type(b)
    a, b = (np.asarray(array(x) if isinstance(x, nncore.Tensor) else x) for x in (a, b))
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    nan = (a != a) & (b != b)
    return bool(np.all((a == b) & (np.signbit(a) == np.signbit(b)) | nan if a.dtype.kind == "f" else a == b))
"""


@dataclass(frozen=True)
class Program:
    """One case. `inert`: variables whose values must not change if it raises."""

    name: str
    lines: tuple[str, ...]
    repeatable: bool = True  # the same bits for all thread counts and levels
    inert: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines) + "\n"

    @property
    def alone(self) -> str:
        """A program that only needs nncore and NumPy."""
        return f"{HEADER}\n\n{self.text}"


def namespace(folder: str) -> dict[str, Any]:
    """The names that HEADER defines, with an existing folder."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(HEADER.replace("tempfile.mkdtemp()", repr(folder)), names)
    return names
