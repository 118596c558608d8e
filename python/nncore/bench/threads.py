"""The same number of threads for each library that allows it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def same_threads(count: int) -> Iterator[str]:
    """Set NumPy's BLAS and PyTorch to `count` threads; yields a text about the libraries that are set."""
    held, free = [], []
    with ExitStack() as stack:
        if find_spec("threadpoolctl"):
            from threadpoolctl import threadpool_limits

            stack.enter_context(threadpool_limits(count))
            held.append("NumPy")
        else:
            free.append("NumPy (pip install threadpoolctl)")
        if find_spec("torch"):
            import torch

            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(count)
            held.append("PyTorch")
        if find_spec("jax"):
            free.append("JAX")
        words = f"held to {count} thread{'s' * (count > 1)}: {', '.join(['nncore', *held])}"
        yield words + (f"; using its own number: {', '.join(free)}" if free else "")
