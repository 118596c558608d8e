"""Run a model on data without training it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore.errors import arguments
from nncore.grad_mode import no_grad
from nncore.train import choices, prepare
from nncore.train.measures import Measures
from nncore.train.modes import restored_mode
from nncore.train.objective import Objective
from nncore.train.source import Reading, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nncore.nn import Module
    from nncore.train.choices import Loss
    from nncore.train.layout import Batch, Layout


class _Numbers(NamedTuple):
    loss: float
    accuracy: float | None


class Evaluation(_Numbers):
    """The mean loss and the fraction of correct targets (None in regression); `metrics` has all by name."""

    metrics: dict[str, Any]


def evaluate(
    model: Module,
    x: Any,
    y: Any = None,
    *,
    loss: Loss | str | type[Module] | None = None,
    metrics: Any = None,
    batch_size: int = 1024,
    classes: Any = None,
) -> Evaluation:
    """Mean loss and metrics on x and y, a data set of pairs or a loader; the model does not change.

    Data, `loss` and `metrics` are those of `fit`. `classes` are the classes of text labels, as in the history
    of `fit`. Batches of an iterator are read one at a time. Errors: those of `fit`.

    >>> import nncore
    >>> from nncore.train import evaluate
    >>> evaluate(nncore.nn.Linear(2, 3), nncore.zeros(4, 2), nncore.zeros(4, 3)).accuracy is None
    True
    """
    size = arguments.size("evaluate", "batch_size", batch_size, 1)
    prepare.check_model("evaluate", model)
    criterion = choices.loss_of("evaluate", loss)
    known = None if classes is None else np.asarray(classes)
    reading = Reading(size, reconstructs=choices.reconstructs(criterion), repeats=False)
    source = source_of("evaluate", model, x, y, reading, classes=known)
    if source.classes is not None and known is None:
        raise ValueError(
            "evaluate: y has text labels, whose numbers are not known; give classes=history.classes of fit"
        )
    objective = Objective("evaluate", model, criterion, source)
    measures = Measures("evaluate", metrics, objective)
    return evaluate_ready(model, source.layout, source.batches(size), objective, measures)


def evaluate_ready(
    model: Module, layout: Layout, batches: Iterable[Batch], objective: Objective, measures: Measures
) -> Evaluation:
    """`evaluate` for checked batches."""
    measures.reset()
    with restored_mode(model), no_grad():
        model.eval()
        for batch in batches:
            output = layout.output(model, batch)
            value = objective.value(layout, output, batch)
            prepare.check_loss("evaluate", value)
            measures.add(value.item(), output, batch[layout.target])
    numbers = measures.numbers() | measures.others()
    result = Evaluation(numbers["loss"], numbers.get("accuracy"))
    result.metrics = numbers
    return result
