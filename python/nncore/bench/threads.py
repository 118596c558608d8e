"""The same number of threads for everyone."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def same_threads(count: int) -> Iterator[str]:
    """Hold NumPy's BLAS and PyTorch to `count` threads; says in words what could not be held."""
    notes = [f"NumPy and the rest held to {count} thread{'s' * (count > 1)}"]
    before = None
    if find_spec("torch"):
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(count)
    try:
        if find_spec("threadpoolctl"):
            from threadpoolctl import threadpool_limits

            with threadpool_limits(count):
                yield "; ".join(notes)
        else:
            notes = ["NumPy's threads are its own: pip install threadpoolctl, or set OPENBLAS_NUM_THREADS"]
            yield notes[0]
    finally:
        if before is not None:
            sys.modules["torch"].set_num_threads(before)
