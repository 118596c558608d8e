"""Run a model on data without training it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nncore._core import Tensor, cat
from nncore.errors import arguments
from nncore.grad_mode import no_grad
from nncore.train import prepare
from nncore.train.metrics import hits, targets_per_row
from nncore.train.modes import restored_mode
from nncore.train.source import source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nncore.nn import Module
    from nncore.train.prepare import Loss
    from nncore.train.source import Pair


class Evaluation(NamedTuple):
    """The mean loss and the fraction of correct classes (None in regression)."""

    loss: float
    accuracy: float | None


def predict(model: Module, x: Any, *, batch_size: int = 1024) -> Tensor:
    """The model's outputs for x (n, ...), computed in batches, in evaluation mode and without gradients.

    Errors: ValueError for no rows and for NaN or infinity in x; TypeError for a batch size that is not an
    integer.

    >>> import nncore
    >>> from nncore.train import predict
    >>> predict(nncore.nn.Linear(3, 2), nncore.zeros(5, 3)).shape
    (5, 2)
    """
    size = arguments.size("predict", "batch_size", batch_size, 1)
    data = prepare.inputs("predict", model, x)
    if len(data) == 0:
        raise ValueError("predict: x has no rows; expected at least one sample")
    with restored_mode(model), no_grad():
        model.eval()
        parts = [model(data[start : start + size]) for start in range(0, len(data), size)]
    return parts[0] if len(parts) == 1 else cat(parts)


def evaluate(
    model: Module, x: Any, y: Any = None, *, loss: Loss | None = None, batch_size: int = 1024
) -> Evaluation:
    """Mean loss and accuracy on x (n, ...) and y, a data set of pairs or a loader; the model does not change.

    `loss` is by default cross-entropy for integer y and the mean squared error for floats. Errors: those of
    `fit`.

    >>> import nncore
    >>> from nncore.train import evaluate
    >>> evaluate(nncore.nn.Linear(2, 3), nncore.zeros(4, 2), nncore.zeros(4, 3)).accuracy is None
    True
    """
    size = arguments.size("evaluate", "batch_size", batch_size, 1)
    source = source_of("evaluate", model, x, y, size)
    criterion = loss if loss is not None else prepare.default_loss(source.first[1])
    classes = prepare.targets_fit("evaluate", model, criterion, *source.first)
    return evaluate_ready(model, source.batches(size), criterion, classes)


def evaluate_ready(model: Module, batches: Iterable[Pair], loss: Loss, classes: bool) -> Evaluation:
    """`evaluate` for checked batches."""
    total, right, rows, targets = 0.0, 0, 0, 0
    with restored_mode(model), no_grad():
        model.eval()
        for x, target in batches:
            output = model(x)
            rows += len(target)
            total += prepare.loss_of("evaluate", loss, output, target).item() * len(target)
            if classes:
                right += int(hits(output, target).item())
                targets += len(target) * targets_per_row(target)
    return Evaluation(total / rows, right / targets if classes else None)
