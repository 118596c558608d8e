"""Metrics of numbers: errors of regression, and perplexity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.nn import functional as F
from nncore.train.metrics.base import Metric, values_of

if TYPE_CHECKING:
    from nncore._core import Tensor

    Array = np.ndarray[Any, Any]


class _Mean(Metric):
    """Base: the mean of a term over all elements, in float64."""

    tasks: tuple[str, ...] = ("regression",)
    larger_is_better = False

    def reset(self) -> None:
        self._sum, self._count = 0.0, 0

    def update(self, output: Tensor, target: Tensor) -> None:
        found, right = _pair(self, output, target)
        self._sum += float(self._term(found - right).sum())
        self._count += found.size

    def compute(self) -> float:
        return self._sum / self._count if self._count else math.nan

    def _term(self, difference: Array) -> Array:
        raise NotImplementedError


class MAE(_Mean):
    """The mean of |output - target|. Source: scikit-learn's `mean_absolute_error`.

    >>> from nncore.train.metrics import MAE
    >>> metric = MAE()
    >>> metric.update(nncore.tensor([1.0, 2.0]), nncore.tensor([1.0, 5.0]))
    >>> metric.compute()
    1.5
    """

    name = "mae"

    def _term(self, difference: Array) -> Array:
        return np.abs(difference)


class MSE(_Mean):
    """The mean of (output - target)^2. Source: scikit-learn's `mean_squared_error`.

    >>> from nncore.train.metrics import MSE
    >>> metric = MSE()
    >>> metric.update(nncore.tensor([1.0, 2.0]), nncore.tensor([1.0, 5.0]))
    >>> metric.compute()
    4.5
    """

    name = "mse"

    def _term(self, difference: Array) -> Array:
        return np.square(difference)


class R2(Metric):
    """1 - sum (output - target)^2 / sum (target - its mean)^2; for several outputs the mean over them.

    A constant target gives 1 if the output equals it and 0 otherwise. Less than two rows give NaN.
    Source: scikit-learn's `r2_score`.

    >>> from nncore.train.metrics import R2
    >>> metric = R2()
    >>> metric.update(nncore.tensor([1.0, 2.0, 4.0]), nncore.tensor([1.0, 2.0, 3.0]))
    >>> metric.compute()
    0.5
    """

    name = "r2"
    tasks = ("regression",)

    def reset(self) -> None:
        self._rows = 0
        self._error: Any = 0.0  # per output
        self._mean: Any = 0.0
        self._spread: Any = 0.0  # sum of squared distances from the mean

    def update(self, output: Tensor, target: Tensor) -> None:
        found, right = _pair(self, output, target)
        rows, total = len(right), self._rows + len(right)
        if not rows:
            return
        mean = right.mean(0)
        step = mean - self._mean
        self._error = self._error + np.square(found - right).sum(0)
        self._spread = self._spread + np.square(right - mean).sum(0) + step**2 * self._rows * rows / total
        self._mean = self._mean + step * rows / total
        self._rows = total

    def compute(self) -> float:
        if self._rows < 2:
            return math.nan
        ratio = np.divide(self._error, self._spread, out=np.ones_like(self._error), where=self._spread > 0)
        return float(np.mean(np.where(self._error == 0, 1.0, 1 - ratio)))


class Perplexity(_Mean):
    """exp of the mean cross-entropy of scores (n, classes, ...) in natural logarithms; 1 is the best.

    >>> from nncore.train.metrics import Perplexity
    >>> metric = Perplexity()
    >>> metric.update(nncore.zeros(2, 4), nncore.tensor([1, 3]))
    >>> round(metric.compute(), 4)
    4.0
    """

    name = "perplexity"
    tasks = ("multiclass",)

    def update(self, output: Tensor, target: Tensor) -> None:
        scores = output.detach().double()
        if target.dtype.is_floating_point:
            self._sum += F.cross_entropy(scores, target.double(), reduction="sum").item()
            self._count += len(target)
        else:
            loss = F.cross_entropy(scores, target, reduction="sum", ignore_index=self.ignored)
            self._sum += loss.item()
            self._count += int((target != self.ignored).sum().item())

    def compute(self) -> float:
        mean = super().compute()
        return math.exp(mean) if mean < 709 else mean * math.inf  # NaN stays NaN


def _pair(metric: Metric, output: Tensor, target: Tensor) -> tuple[Array, Array]:
    """Output and target as float64 (n, outputs)."""
    if output.numel() != target.numel() or output.shape[:1] != target.shape[:1]:
        raise ValueError(
            f"{metric.name}: output has shape {output.shape} but target {target.shape}; expected equal shapes"
        )
    found, right = (values_of(v).astype(np.float64).reshape(len(target), -1) for v in (output, target))
    return found, right
