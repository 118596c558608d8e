"""The numbers that `nncore train` prints, computed over all rows of a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import nn
from nncore.data.text_table import as_tensor
from nncore.train.metrics import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nncore._core import Tensor
    from nncore.train.metrics import Metric

DEFAULT = {"classification": ("accuracy",), "regression": ("mse", "mae", "r2")}


def metrics_of(names: Sequence[str] | None, task: str) -> list[Metric]:
    """The metrics of these names, or the default ones; ValueError for one that does not fit the task."""
    kind = "multiclass" if task == "classification" else task
    return resolve("--metrics", names or DEFAULT[task], kind)


def measure(names: Sequence[str] | None, task: str, output: Tensor, y: Any) -> dict[str, Any]:
    """The loss of a classification, and each metric, of scores and class numbers or of values and numbers."""
    classifies, metrics = task == "classification", metrics_of(names, task)
    target = as_tensor(y if classifies else y[:, None])
    for metric in metrics:
        metric.update(output, target)
    values = {metric.name: np.asarray(metric.compute()).tolist() for metric in metrics}
    return {"loss": nn.functional.cross_entropy(output, target).item(), **values} if classifies else values
