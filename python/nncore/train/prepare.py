"""Trials before training, so that errors occur before the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore._core import Generator, Tensor
from nncore.grad_mode import no_grad
from nncore.train.choices import described
from nncore.train.modes import restored_mode, trial_mode
from nncore.train.source import rows_of

if TYPE_CHECKING:
    from nncore.nn import Module
    from nncore.train.layout import Batch, Layout
    from nncore.train.objective import Objective
    from nncore.train.source import Reading, Source


def check_model(where: str, model: Any) -> None:
    """Raise TypeError unless the model is a Module."""
    if isinstance(model, type) or not hasattr(model, "named_parameters"):
        raise TypeError(f"{where}: model is {described(model)}; expected an nncore.nn.Module")


def check_trainable(where: str, model: Module) -> None:
    """Raise ValueError if no parameter of the model is trained."""
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(f"{where}: the model has no parameters to train")


def generator_of(where: str, generator: Any, seed: int | None, own_order: bool) -> Generator | None:
    """The generator that decides the order of the samples, unless a loader decides it (`own_order`)."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"{where}: generator is {described(generator)}; expected an nncore.Generator")
    if generator is not None and seed is not None:
        raise ValueError(f"{where}: give generator or seed, not both")
    if generator is not None and own_order:
        raise ValueError(
            f"{where}: generator does not apply to a loader; give it to the DataLoader, or give seed"
        )
    return Generator(seed=seed) if seed is not None and not own_order else generator


def pair(where: str, model: Module, x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """x and y as tensors of equal length, cast for the model."""
    x_rows, y_rows = rows_of(where, model, x, y).head(None)
    return x_rows, y_rows


def trial_output(model: Module, layout: Layout, batch: Batch) -> Any:
    """The output for the first rows in evaluation mode."""
    with restored_mode(model), no_grad():
        model.eval()
        return layout.output(model, batch)


def check_loss(where: str, value: Any) -> None:
    """Raise TypeError or ValueError unless a loss is one floating-point number."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{where}: the loss returned {described(value)}; expected a Tensor")
    if value.numel() != 1 or not value.dtype.is_floating_point:
        raise ValueError(
            f"{where}: the loss returned {value.dtype} of shape {value.shape}; expected one floating-point "
            "number, such as the mean over the samples"
        )


def last_batch(where: str, model: Module, objective: Objective, source: Source, reading: Reading) -> None:
    """Run the model on the smaller last batch of an epoch, so that its error occurs before training.

    Errors that a full batch raises too are ignored here; the first step raises them.
    """
    size, rest = source.last_batch(reading)
    if not rest:
        return
    layout = source.layout
    full, last = source.complete(size), source.complete(rest)
    with trial_mode(model):
        try:
            output = layout.output(model, full)
        except Exception:
            return
        with_loss = True
        try:
            objective.value(layout, output, full)
        except Exception:  # the model may return another output in training mode
            with_loss = False
        try:
            output = layout.output(model, last)
            if with_loss:
                objective.value(layout, output, last)
        except Exception as error:
            raise ValueError(
                f"{where}: the last batch has {rest} of the {source.samples} rows (batch_size {size}), and a "
                f"step with it fails: {error}; choose another batch_size, or drop_last=True"
            ) from error
