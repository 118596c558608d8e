"""What a block changes of a model for its own length, or only when it ends well."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nncore._core import assign_, default_generator
from nncore._grad_mode import no_grad
from nncore.nn.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nncore._core import Tensor
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


@contextmanager
def put_back(values: Iterable[tuple[Tensor, Tensor]], when: Callable[[], bool]) -> Iterator[None]:
    """Copy the second tensor of each pair into the first after an exception, if `when()`."""
    try:
        yield
    except BaseException:
        if when():
            with no_grad():
                for tensor, value in values:
                    assign_(tensor, value)
        raise


@contextmanager
def trial_mode(model: Module) -> Iterator[None]:
    """Evaluation mode, but for the library's normalisation, which checks its input in training mode alone.

    Running statistics and random numbers are those from before the block after it.
    """
    with restored_mode(model), same_random(), no_grad():
        model.train()
        trained = [module for module in model.modules() if isinstance(module, Running) and module.training]
        model.eval()
        before = [(buffer, buffer.clone()) for module in trained for buffer in module.buffers()]
        for module in trained:
            module.training = True
        try:
            yield
        finally:
            for buffer, value in before:
                assign_(buffer, value)


@contextmanager
def same_random() -> Iterator[None]:
    """Random numbers after the block are those from before it."""
    state = default_generator().get_state()
    try:
        yield
    finally:
        default_generator().set_state(state)
