"""The state of the default generator of random numbers, as in PyTorch's `torch.random`.

One generator serves all devices. A state has two int64 elements: the seed and the position in the sequence.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import numpy as np

from nncore import Tensor, manual_seed
from nncore._core import default_generator
from nncore.errors import absent
from nncore.errors.arguments import size

__all__ = [
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "seed_everything",
    "set_rng_state",
]


def get_rng_state() -> Tensor:
    """The state of the default generator, for `set_rng_state`.

    >>> state = nncore.get_rng_state()
    >>> first = nncore.rand(3)
    >>> nncore.set_rng_state(state)
    >>> nncore.equal(nncore.rand(3), first)
    True
    """
    return default_generator().get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Set the default generator to a state from `get_rng_state`, which then repeats its numbers.

    Errors: TypeError or ValueError for a tensor of another kind.
    """
    default_generator().set_state(new_state)


def initial_seed() -> int:
    """The seed of the default generator.

    >>> nncore.manual_seed(7)
    >>> nncore.initial_seed()
    7
    """
    return default_generator().initial_seed()


def seed() -> int:
    """Restart the default generator with a random seed from the operating system, and return the seed.

    >>> nncore.seed() == nncore.initial_seed()
    True
    """
    chosen = secrets.randbits(63)
    manual_seed(chosen)
    return chosen


def seed_everything(seed: int) -> int:
    """Seed Python's `random`, NumPy's global generator and nncore's default generator; returns the seed.

    It decides everything that is random in a program and does not have a generator of its own: initial
    weights, dropout and the order of batches.

    Errors: TypeError or ValueError unless 0 <= seed < 2**32, the range of NumPy's generator.

    >>> nncore.seed_everything(7)
    7
    >>> first = nncore.rand(3)
    >>> _ = nncore.seed_everything(7)
    >>> nncore.equal(nncore.rand(3), first)
    True
    """
    chosen = size("seed_everything", "seed", seed, 0, 2**32 - 1)
    random.seed(chosen)
    np.random.seed(chosen)  # noqa: NPY002 programs use it
    manual_seed(chosen)
    return chosen


@contextmanager
def fork_rng(
    devices: Iterable[object] | None = None, enabled: bool = True, device_type: str | None = None
) -> Generator[None, None, None]:
    """Context that restores the state of the default generator at its end.

    `devices` and `device_type` have no effect: one generator serves all devices.

    >>> with nncore.random.fork_rng():
    ...     a = nncore.rand(1)
    >>> nncore.equal(nncore.rand(1), a)
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


absent.answer_in(globals())
