"""Check and convert the arguments of the training loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import nn
from nncore._core import Generator, Tensor, uint8
from nncore.data.dataset import as_tensor
from nncore.grad_mode import no_grad
from nncore.train.metrics import classifies
from nncore.train.modes import restored_mode, trial_mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from nncore.nn import Module

    Loss = Callable[[Tensor, Tensor], Tensor]


def objects(where: str, model: Any, loss: Any, optimizer: Any, generator: Any) -> None:
    """Raise TypeError if an argument has another type, such as a class in place of an instance."""
    needed = (
        ("model", model, hasattr(model, "named_parameters"), "an nncore.nn.Module"),
        ("loss", loss, loss is None or callable(loss), "a function of output and target"),
        (
            "optimizer",
            optimizer,
            optimizer is None or hasattr(optimizer, "param_groups"),
            "an nncore.optim.Optimizer",
        ),
        (
            "generator",
            generator,
            generator is None or isinstance(generator, Generator),
            "an nncore.Generator",
        ),
    )
    for name, value, right, expected in needed:
        if isinstance(value, type) or not right:
            raise TypeError(f"{where}: {name} is {_described(value)}; expected {expected}")


def _described(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def inputs(where: str, model: Module, x: Any, name: str = "x") -> Tensor:
    """x as a tensor (n, ...), floats and pixels in the parameters' dtype; ValueError for NaN or infinity."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"{where}: model is {_described(model)}; expected an nncore.nn.Module")
    tensor = as_tensor(x)
    if tensor.ndim == 0:
        raise ValueError(f"{where}: {name} is a scalar; expected rows, shape (n, ...)")
    if tensor.dtype.is_floating_point:
        finite(where, name, tensor)
    parameter = next(iter(model.parameters()), None)
    if parameter is None or not (tensor.dtype.is_floating_point or tensor.dtype == uint8):
        return tensor.detach()
    cast = tensor.detach().to(parameter.dtype)
    if cast.dtype != tensor.dtype and tensor.dtype.is_floating_point:
        finite(where, f"{name} as {parameter.dtype}", cast)
    return cast


def pair(
    where: str, model: Module, x: Any, y: Any, names: tuple[str, str] = ("x", "y")
) -> tuple[Tensor, Tensor]:
    """x and y as tensors of equal length, cast for the model."""
    data = inputs(where, model, x, names[0])
    target = as_tensor(y).detach()
    if target.ndim == 0 or len(data) != len(target):
        rows = "is a scalar" if target.ndim == 0 else f"has {len(target)}"
        raise ValueError(
            f"{where}: {names[0]} has {len(data)} rows but {names[1]} {rows}; expected one target per row"
        )
    if len(data) == 0:
        raise ValueError(f"{where}: {names[0]} has no rows; expected at least one sample")
    if target.dtype.is_floating_point:
        finite(where, names[1], target)
        if data.dtype.is_floating_point:
            target = target.to(data.dtype)
    return data, target


def finite(where: str, name: str, tensor: Tensor) -> None:
    """Raise ValueError that names the first row with a NaN or an infinity."""
    values = tensor.detach().numpy()
    good = np.isfinite(values)
    if not good.all():
        at = tuple(int(i) for i in np.argwhere(~good)[0])
        place = f"row {at[0]}" + (
            f", column {at[1]}" if len(at) == 2 else f", index {list(at[1:])}" if at[1:] else ""
        )
        raise ValueError(f"{where}: {name} is {values[at]} at {place}; remove or fill such values")


def loss_of(where: str, loss: Loss, output: Tensor, target: Tensor) -> Tensor:
    """loss(output, target); raises unless it is one floating-point number."""
    value = loss(output, target)
    check_loss(where, value)
    return value


def check_loss(where: str, value: Any) -> None:
    """Raise TypeError or ValueError unless a loss is one floating-point number."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{where}: the loss returned {_described(value)}; expected a Tensor")
    if value.numel() != 1 or not value.dtype.is_floating_point:
        raise ValueError(
            f"{where}: the loss returned {value.dtype} of shape {value.shape}; expected one floating-point "
            "number, such as the mean over the samples"
        )


def is_class_loss(loss: Loss) -> bool:
    """Whether the targets of the loss are class numbers."""
    functional = nn.functional
    return isinstance(loss, (nn.CrossEntropyLoss, nn.NLLLoss)) or loss in (
        functional.cross_entropy,
        functional.nll_loss,
    )


def default_loss(y: Tensor) -> Loss:
    """Cross-entropy for integer targets, the mean squared error for floats."""
    return nn.MSELoss() if y.dtype.is_floating_point else nn.CrossEntropyLoss()


def targets_fit(where: str, model: Module, loss: Loss, x: Tensor, y: Tensor, name: str = "y") -> bool:
    """Run the model on one row, so that errors occur before training; return whether there is an accuracy."""
    with restored_mode(model), no_grad():
        model.eval()
        output = model(x[:1])
    if not isinstance(output, Tensor) or output.ndim == 0:
        return False
    if is_class_loss(loss) and y.ndim == output.ndim - 1:
        _check_labels(where, name, y, output.shape[1], getattr(loss, "ignore_index", None))
    elif isinstance(loss, nn.MSELoss) and output.shape[1:] != y.shape[1:]:
        raise ValueError(
            f"{where}: {name} has shape {y.shape} but the model gives {(len(x), *output.shape[1:])}; "
            f"reshape {name}, or "
            "give integer class labels of shape (n,) for classification"
        )
    return classifies(output, y)


def last_batch(where: str, model: Module, loss: Loss, x: Tensor, y: Tensor, size: int) -> None:
    """Run the model on the smaller last batch of an epoch, so that its error occurs before training.

    Errors that a full batch raises too are ignored here; the first step raises them.
    """
    rows, rest = len(x), len(x) % size
    if rows < size or not rest:
        return
    with trial_mode(model):
        try:
            output = model(x[:size])
        except Exception:
            return
        with_loss = True
        try:
            loss(output, y[:size])
        except Exception:  # the model may return another output in training mode
            with_loss = False
        try:
            output = model(x[:rest])
            if with_loss:
                loss(output, y[:rest])
        except Exception as error:
            raise ValueError(
                f"{where}: the last batch has {rest} of the {rows} rows (batch_size {size}), and a step with "
                f"it fails: {error}; choose another batch_size, or leave out {rest} of the rows"
            ) from error


def _check_labels(where: str, name: str, y: Tensor, classes: int, ignored: int | None) -> None:
    if y.dtype.is_floating_point:
        raise TypeError(
            f"{where}: the labels in {name} are {y.dtype}; expected integers 0..{classes - 1}, e.g. "
            f"{name}.long()"
        )
    values = y.numpy()
    bad = (values < 0) | (values >= classes)
    if ignored is not None:
        bad &= values != ignored
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{where}: label {values[at]} in {name}, row {at[0]}, is outside 0..{classes - 1}; the model "
            f"has {classes} outputs"
        )
