"""What the estimators minimise: a mean loss of the rows plus a penalty on large weights."""

from __future__ import annotations

from typing import Any

from nncore import _core
from nncore._core import Tensor
from nncore.nn import functional as F

__all__ = ["Objective"]


def _mean(rows: Tensor, weight: Tensor | None) -> Tensor:
    """The weighted mean of (n,)."""
    return rows.mean() if weight is None else (rows * weight).sum() / _total(weight)


def _total(weight: Tensor) -> Tensor:
    """The sum of the weights; 1 if it is 0, so that a batch without weight has a loss of 0."""
    total = weight.sum()
    return _core.where(total == 0, 1.0, total)


def log_loss(z: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """Cross-entropy of the logits z (n, classes) and the classes y (n,)."""
    if weight is None:
        return F.cross_entropy(z, y)
    return _mean(F.cross_entropy(z, y, reduction="none"), weight)


def binary_log_loss(z: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """Cross-entropy of the logits z and y in {0, 1}, both (n, labels), summed over the labels."""
    if weight is None:
        return F.binary_cross_entropy_with_logits(z, y) * z.shape[1]
    return _mean(F.binary_cross_entropy_with_logits(z, y, reduction="none").sum(1), weight)


def squared_error(z: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """Half the squared error of z and y, both (n, outputs), summed over the outputs."""
    if weight is None:
        return F.mse_loss(z, y) * (0.5 * z.shape[1])
    return _mean(F.mse_loss(z, y, reduction="none").sum(1), weight) * 0.5


def poisson(z: Tensor, y: Tensor, weight: Tensor | None) -> Tensor:
    """Half the Poisson deviance, y log(y / p) - y + p with p = exp(z), summed over the outputs."""
    constant = y * _core.where(y > 0, y, 1.0).log() - y
    return _mean((constant - y * z + z.exp()).sum(1), weight)


KINDS = {
    "log_loss": log_loss,
    "binary_log_loss": binary_log_loss,
    "squared_error": squared_error,
    "poisson": poisson,
}


class Objective:
    """The function to minimise: the loss of a batch plus the penalty."""

    def __init__(self, kind: str, alpha: float, weights: list[Any]) -> None:
        self.kind, self.alpha, self.weights = kind, alpha, weights

    def loss(self, z: Tensor, y: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(the loss to minimise, the loss to report) of the outputs z (n, outputs).

        A squared error of several outputs is minimised as their sum and reported as their mean, as in
        scikit-learn.
        """
        loss = KINDS[self.kind](z, y, weight)
        is_mean = self.kind == "squared_error" and z.shape[1] > 1
        return loss, loss / z.shape[1] if is_mean else loss

    def decay(self, y: Tensor, weight: Tensor | None = None) -> float | Tensor:
        """`alpha` divided by the number of rows, or by the sum of their weights."""
        return self.alpha / (len(y) if weight is None else _total(weight))

    def penalty(self, decay: float | Tensor) -> Any:
        """Half the sum of the squared weights times `decay`."""
        squares: Any = sum((w.square().sum() for w in self.weights), 0.0)
        return squares * (0.5 * decay)
