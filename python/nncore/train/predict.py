"""The outputs of a model for data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nncore._core import Tensor, cat, stack
from nncore.data.dataloader import DataLoader
from nncore.data.dataset import IterableDataset
from nncore.errors import arguments
from nncore.grad_mode import no_grad
from nncore.nn import functional
from nncore.train import choices, prepare
from nncore.train.columns import inputs_of
from nncore.train.layout import Layout
from nncore.train.modes import restored_mode
from nncore.train.rows import Rows, check_lengths
from nncore.train.source import is_rows
from nncore.train.stream import Factory, several

if TYPE_CHECKING:
    from nncore.nn import Module
    from nncore.train.choices import Loss
    from nncore.train.layout import Batch


def predict(model: Module, x: Any, *, batch_size: int = 1024) -> Tensor:
    """The model's outputs for x, computed in batches, in evaluation mode and without gradients.

    x are inputs as in `fit`: arrays, tables, sparse rows, a dict or tuple of inputs, or a loader, an iterator
    or a function that returns one. Of a batch (x, y) only x is used; batches are read one at a time.
    Of a model that returns a tuple, list or dict of tensors the result is such a one.
    Errors: ValueError for no rows and for NaN or infinity in x; TypeError for a batch size that is not an
    integer, and for a model that returns something else.

    >>> import nncore
    >>> from nncore.train import predict
    >>> predict(nncore.nn.Linear(3, 2), nncore.zeros(5, 3)).shape
    (5, 2)
    """
    return _predicted("predict", model, x, batch_size)  # type: ignore[no-any-return]


def predict_proba(
    model: Module, x: Any, *, loss: Loss | str | type[Module] | None = None, batch_size: int = 1024
) -> Tensor:
    """The probabilities of the classes, (n, classes), for x as in `predict`.

    `loss` is the loss that the model was trained with. Cross-entropy gives softmax(outputs), "nll" their
    exponential. "bce_with_logits" gives sigmoid(outputs) and "bce" the outputs: (n, labels) for several
    labels, and for one output (n, 2), the probabilities of 0 and 1. Without `loss`, one output is a logit and
    several are logits of classes.
    Errors: those of `predict`; ValueError for a loss without probabilities.

    >>> import nncore
    >>> from nncore.train import predict_proba
    >>> predict_proba(nncore.nn.Linear(3, 2), nncore.zeros(5, 3)).sum(1).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    criterion = choices.loss_of("predict_proba", loss)
    outputs = _predicted("predict_proba", model, x, batch_size)
    if not isinstance(outputs, Tensor):
        raise TypeError(f"predict_proba: the model returned {choices.described(outputs)}; use predict")
    is_one = outputs[:1].numel() == 1
    if criterion is None:
        criterion = choices.LOSSES["bce_with_logits" if is_one else "cross_entropy"]()
    if choices.is_one_of(criterion, choices.OF_CLASSES):
        is_log = choices.is_one_of(criterion, choices.OF_LOG_PROBABILITIES)
        return outputs.exp() if is_log else functional.softmax(outputs, 1)
    if choices.is_one_of(criterion, choices.OF_LOGITS):
        outputs = outputs.sigmoid()
    elif not choices.is_one_of(criterion, choices.OF_PROBABILITIES):
        raise ValueError(
            f"predict_proba: outputs of a model trained with {criterion!r} are not probabilities; use predict"
        )
    return stack([1 - outputs.flatten(), outputs.flatten()], 1) if is_one else outputs


def _predicted(where: str, model: Module, x: Any, batch_size: int) -> Any:
    size = arguments.size(where, "batch_size", batch_size, 1)
    prepare.check_model(where, model)
    with restored_mode(model), no_grad():
        model.eval()
        parts = [layout.output(model, batch) for layout, batch in _batches(where, model, x, size)]
    if not parts:
        raise ValueError(f"{where}: x has no batches; expected at least one")
    return _joined(where, parts)


def _joined(where: str, parts: list[Any]) -> Any:
    """The outputs of all batches as one: a tensor, or a tuple, list or dict of them."""
    first = parts[0]
    if isinstance(first, Mapping):
        return {key: _joined(where, [part[key] for part in parts]) for key in first}
    if isinstance(first, (tuple, list)):
        columns = [_joined(where, list(column)) for column in zip(*parts, strict=True)]
        return columns if isinstance(first, list) else tuple(columns)
    if not isinstance(first, Tensor) or first.ndim == 0:
        shown = "a scalar" if isinstance(first, Tensor) else choices.described(first)
        raise TypeError(f"{where}: the model returned {shown}; expected Tensors with a row per sample")
    return first if len(parts) == 1 else cat(parts)


def _batches(where: str, model: Module, x: Any, size: int) -> Iterator[tuple[Layout, Batch]]:
    """The inputs of rows in memory, or of the batches of a loader."""
    if is_rows(x) or hasattr(x, "__array__"):
        yield from _rows(where, model, x, size)
        return
    if isinstance(x, IterableDataset) or (hasattr(x, "__getitem__") and hasattr(x, "__len__")):
        x = DataLoader(x, size)
    elif not isinstance(x, Iterable):
        if not callable(x):
            raise ValueError(f"{where}: x is a scalar; expected rows, shape (n, ...), or batches of them")
        x = Factory(where, x)
    for batch in x:
        inputs = batch[0] if isinstance(batch, (tuple, list)) and len(batch) == 2 else batch
        yield from _rows(where, model, several(inputs), None)


def _rows(where: str, model: Module, x: Any, size: int | None) -> Iterator[tuple[Layout, Batch]]:
    columns, keys = inputs_of(where, model, x)
    names = ["x"] * len(columns) if keys is None else [f"x[{key!r}]" for key in keys]
    check_lengths(where, columns, names, None, "y")
    layout = Layout(len(columns), keys)
    for batch in Rows(columns, layout).batches(size or len(columns[0])):
        yield layout, batch
