"""The state of the default generator of random numbers, as in PyTorch's `torch.random`.

One generator serves all devices. A state has two int64 elements: the seed and the position in the sequence.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from nncore import Tensor, manual_seed
from nncore._core import default_generator
from nncore.errors import absent

__all__ = ["fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


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
