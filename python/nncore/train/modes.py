"""Copies of the state of a model, and contexts that restore it after a block."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nncore._core import Tensor, assign_, default_generator
from nncore.grad_mode import no_grad
from nncore.nn.running import Running
from nncore.train.interrupt import DeferredInterrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from nncore.nn import Module


def copied(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state dict with copies of its tensors."""
    return {name: value.clone() if isinstance(value, Tensor) else value for name, value in state.items()}


@contextmanager
def restored_mode(model: Module) -> Iterator[None]:
    """Restore the mode of each submodule after the block; some may be frozen in evaluation mode."""
    before = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        with DeferredInterrupt():
            for module, training in before:
                module.training = training


@contextmanager
def put_back(values: Iterable[tuple[Tensor, Tensor]], when: Callable[[], bool]) -> Iterator[None]:
    """After an exception, if `when()` is true, copy the second tensor of each pair into the first."""
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
    """Evaluation mode, except for layers with running statistics, which check their input only in training.

    After the block, running statistics and random numbers are as before.
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
    """Restore the state of the global generator after the block."""
    state = default_generator().get_state()
    try:
        yield
    finally:
        default_generator().set_state(state)
