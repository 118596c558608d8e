"""Training and evaluation mode for the length of a block."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nncore.nn import Module


@contextmanager
def restored_mode(model: Module) -> Iterator[None]:
    """Give every submodule the mode back that it had, each its own: some may be frozen in evaluation mode."""
    before = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
