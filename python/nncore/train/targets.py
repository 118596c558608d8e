"""Targets: labels become class numbers, and numbers get the dtype and shape that the loss compares with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import nn
from nncore._core import Tensor, from_numpy, int8, int16, uint16
from nncore._core import bool as bool_
from nncore.train import choices
from nncore.train.choices import is_one_of
from nncore.train.columns import NUMBERS, finite, is_sparse, is_table, table, tensor_of, unmasked
from nncore.train.metrics import classifies, is_one_hot

if TYPE_CHECKING:
    from nncore.train.choices import Loss

Classes = np.ndarray[Any, Any]
STORED = (bool_, int8, int16, uint16)  # no labels for a loss


def target_of(
    where: str, y: Any, name: str = "y", classes: Classes | None = None
) -> tuple[Tensor, Classes | None]:
    """y as a tensor and, if it has text labels, their classes; labels become positions in the classes.

    The classes are the sorted distinct labels, unless they are given.
    """
    values = _values(where, y, name)
    if isinstance(values, np.ndarray) and values.dtype.kind not in NUMBERS:
        codes, classes = _encoded(where, values, name, classes)
        return from_numpy(codes), classes
    if classes is not None:
        raise TypeError(
            f"{where}: {name} has numbers; expected labels such as {classes.tolist()[0]!r}, as in training"
        )
    target = tensor_of(where, name, values)
    if target.dtype.is_floating_point:
        finite(where, name, target.numpy())
    return target, None


def with_class_numbers(where: str, y: Any) -> tuple[Any, Classes | None]:
    """y, or of text labels their class numbers and the classes."""
    if y is None or isinstance(y, Tensor):
        return y, None
    values = _values(where, y, "y")
    if not isinstance(values, np.ndarray) or values.dtype.kind in NUMBERS:
        return values, None
    return target_of(where, values)


def _values(where: str, y: Any, name: str) -> Any:
    if is_table(y):
        return np.asarray(y.iloc[:, 0]) if len(y.columns) == 1 else table(where, y, name)
    if is_sparse(y):
        return y.toarray()
    if isinstance(y, (list, tuple)) and any(isinstance(label, str) for label in y):
        return np.array(y, object)
    if isinstance(y, Tensor) or not hasattr(y, "__array__"):
        return y
    return np.asarray(unmasked(where, name, y))


def _encoded(where: str, values: Classes, name: str, classes: Classes | None) -> tuple[Classes, Classes]:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"{where}: {name} has labels of shape {values.shape}; expected (n,), one label per row"
        )
    for row, value in enumerate(values):
        if not isinstance(value, (str, bool, int, np.integer, np.bool_)):
            raise TypeError(
                f"{where}: {name} is {value!r} in row {row}; expected labels, text or whole numbers"
            )
    if all(isinstance(value, str) for value in values):
        values = values.astype(str)
    try:
        found, codes = np.unique(values, return_inverse=True)
    except TypeError:
        raise TypeError(
            f"{where}: {name} has labels of different types; expected only text or only whole numbers"
        ) from None
    if classes is None:
        return codes, found
    places = np.searchsorted(classes, found)
    known = classes[np.minimum(places, len(classes) - 1)] == found
    if not known.all():
        row = int(np.argmin(known[codes]))
        raise ValueError(
            f"{where}: label {values.tolist()[row]!r} in {name}, row {row}, is not one of the classes of y: "
            f"{', '.join(map(repr, classes.tolist()))}"
        )
    return places[codes], classes


def default_loss(where: str, output: Any, y: Tensor) -> Loss:
    """The mean squared error for floats; for labels cross-entropy, with one logit the binary one."""
    if y.dtype.is_floating_point:
        return nn.MSELoss()
    if isinstance(output, Tensor) and output.ndim in (1, 2) and output[:1].numel() == y[:1].numel() == 1:
        highest = int(y.max().item()) if y.numel() else 0
        if highest > 1:
            raise ValueError(
                f"{where}: y has label {highest} but the model has one output; expected 0 and 1, one output "
                "per class, or for regression loss='mse'"
            )
        return nn.BCEWithLogitsLoss()
    return nn.CrossEntropyLoss()


def fitted(where: str, loss: Loss, output: Any, y: Tensor, name: str) -> Tensor:
    """y in the dtype and shape that the loss compares with the output; ValueError if it does not fit."""
    if not isinstance(output, Tensor) or output.ndim == 0:
        return y
    is_float = y.dtype.is_floating_point
    if is_one_of(loss, choices.OF_CLASSES):
        if not is_float and y.ndim == output.ndim == 2:
            y = y.flatten() if y.shape[1] == 1 else _of_one_hot(where, name, y, output.shape[1])
        if y.ndim == output.ndim - 1:
            y = y.long() if y.dtype in STORED else y
            _check_labels(where, name, y, output.shape[1], getattr(loss, "ignore_index", None))
    elif is_one_of(loss, (*choices.OF_VALUES, *choices.OF_PROBABILITIES, *choices.OF_LOGITS)):
        if y[:1].numel() == output[:1].numel() == 1:
            y = y.reshape(len(y), *output.shape[1:])
        if isinstance(loss, nn.MSELoss) and output.shape[1:] != y.shape[1:]:
            raise ValueError(
                f"{where}: {name} has shape {y.shape} but the model gives {(len(y), *output.shape[1:])}; "
                f"reshape {name}, or give integer class labels of shape (n,) for classification"
            )
        y = y.to(output.dtype)
        if is_one_of(loss, (*choices.OF_PROBABILITIES, *choices.OF_LOGITS)):
            _check_probabilities(where, name, y)
        if is_one_of(loss, choices.OF_PROBABILITIES) and ((output < 0) | (output > 1)).any():
            raise ValueError(
                f"{where}: the loss is a binary cross-entropy of probabilities, but the model gives "
                f"{output.flatten()[0].item():.4g}; end the model with nn.Sigmoid(), or use 'bce_with_logits'"
            )
    return y


def _of_one_hot(where: str, name: str, y: Tensor, classes: int) -> Tensor:
    """The class numbers of one-hot rows of integers or bools."""
    if y.shape[1] != classes or not is_one_hot(y.float()):
        raise ValueError(
            f"{where}: {name} has shape {y.shape}; expected class numbers (n,) or one-hot rows "
            f"(n, {classes}); several labels per row need loss='bce_with_logits'"
        )
    return y.float().argmax(1)


def task_of(loss: Loss, output: Any, y: Tensor) -> str:
    """The kind of the task: "multiclass", "binary", "multilabel" or "regression"."""
    if not isinstance(output, Tensor) or output.ndim == 0:
        return "regression"
    if is_one_of(loss, choices.OF_CLASSES) or classifies(output, y):
        return "multiclass"
    if is_one_of(loss, (*choices.OF_PROBABILITIES, *choices.OF_LOGITS)):
        return "binary" if output[:1].numel() == 1 else "multilabel"
    return "regression"


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


def _check_probabilities(where: str, name: str, y: Tensor) -> None:
    values = y.numpy()
    bad = (values < 0) | (values > 1)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{where}: {name} is {values[at]:g} in row {at[0]}; binary cross-entropy needs values from 0 to 1"
        )
