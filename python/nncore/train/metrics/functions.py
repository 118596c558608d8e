"""Accuracy and the confusion matrix of arrays, and the class numbers in scores and targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore._core import Tensor, from_numpy
from nncore.data.dataset import as_tensor
from nncore.errors import arguments


def class_numbers(values: Tensor) -> Tensor:
    """Class numbers: integers unchanged, or the index of the largest of the scores (n, classes, ...).

    Of one score (n, 1), a logit, class 1 if it is above 0.
    """
    if values.ndim < 2 or not values.dtype.is_floating_point:
        return values
    return (values > 0).flatten().long() if values.shape[1:] == (1,) else values.argmax(1)


def is_one_hot(y: Tensor) -> bool:
    """Whether each row of y (n, classes) has one 1 and otherwise zeros."""
    if not y.dtype.is_floating_point or y.ndim != 2 or y.shape[1] < 2:
        return False
    values = y.numpy()
    return bool(((values == 0) | (values == 1)).all() and (values.sum(1) == 1).all())


def classifies(output: Tensor, y: Tensor) -> bool:
    """Whether there is an accuracy: the output has scores, y has class numbers or one-hot rows."""
    if y.dtype.is_floating_point:
        return output.ndim == 2 and output.shape[1:] == y.shape[1:] and is_one_hot(y)
    return output.ndim == y.ndim + 1 and output.shape[2:] == y.shape[1:]


def hits(output: Tensor, target: Tensor) -> Tensor:
    """The number of targets with the largest score, as one int64."""
    return (output.argmax(1) == class_numbers(target)).sum()


def targets_per_row(y: Tensor) -> int:
    """The number of targets per row: for class numbers (n, ...) the product of the sizes after n, else 1."""
    return 1 if y.dtype.is_floating_point else int(y[:1].numel())


def accuracy(output: Any, target: Any) -> float:
    """The fraction of rows with the correct class.

    output: scores (n, classes), one logit (n, 1) or class numbers (n,); target: class numbers (n,), one-hot
    (n, classes) or one column of 0.0 and 1.0.
    Errors: ValueError for different lengths and for no rows.

    >>> from nncore.train import accuracy
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    found, right = _both("accuracy", output, target)
    return float(np.mean(found == right))


def confusion_matrix(output: Any, target: Any, classes: int | None = None) -> Tensor:
    """Counts (classes, classes) int64: row = true class, column = predicted class.

    Arguments are those of `accuracy`; `classes` is by default the number of scores, or the largest label plus
    1. Errors: ValueError for a label outside 0..classes-1.

    >>> from nncore.train import confusion_matrix
    >>> confusion_matrix([0, 1, 1], [0, 1, 0]).tolist()
    [[1, 1], [0, 1]]
    """
    if classes is not None:
        classes = arguments.size("confusion_matrix", "classes", classes, 0, 2**31)
    found, right = _both("confusion_matrix", output, target)
    lowest, highest = int(min(found.min(), right.min())), int(max(found.max(), right.max()))
    if classes is None:
        scores = as_tensor(output)
        classes = max(scores.shape[1], 2) if scores.ndim > 1 else highest + 1
    if lowest < 0 or highest >= classes:
        raise ValueError(f"confusion_matrix: label {min(lowest, 0) or highest} is outside 0..{classes - 1}")
    counts = np.bincount(right * classes + found, minlength=classes * classes)
    return from_numpy(counts.astype(np.int64).reshape(classes, classes))


def _both(where: str, output: Any, target: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    found, right = (np.asarray(class_numbers(as_tensor(v)).numpy()) for v in (output, target))
    if found.shape != right.shape or found.ndim != 1:
        raise ValueError(f"{where}: output gives classes of shape {found.shape} but target {right.shape}")
    if not len(found):
        raise ValueError(f"{where}: no rows")
    if found.dtype.kind not in "iub" or right.dtype.kind not in "iub":
        raise TypeError(f"{where}: class numbers must be integers, got {found.dtype} and {right.dtype}")
    return found.astype(np.int64), right.astype(np.int64)
