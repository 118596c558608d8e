"""The validation of `fit`: data that are evaluated after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore.train.evaluate import evaluate_ready
from nncore.train.modes import same_random
from nncore.train.rows import Rows
from nncore.train.source import Reading, source_of

if TYPE_CHECKING:
    from nncore.nn import Module
    from nncore.train.measures import Measures
    from nncore.train.objective import Objective
    from nncore.train.source import Source
    from nncore.train.targets import Classes

BATCH = 1024
NAMES = ("the validation x", "the validation y")


def held_out_of(
    where: str, model: Module, given: Any, reading: Reading, classes: Classes | None
) -> Source | None:
    """The validation data: a pair (x, y), a data set, a loader, or inputs that are their own targets."""
    if given is None:
        return None
    is_pair = isinstance(given, (tuple, list))
    if is_pair and len(given) != 2:
        raise ValueError(f"{where}: validation has {len(given)} parts; expected (x, y) or a data set")
    x, y = given if is_pair else (given, None)
    kind = Reading(reading.size, reconstructs=reading.reconstructs, continues=False)
    with same_random():
        return source_of(where, model, x, y, kind, NAMES, classes)


class HeldOut:
    """Evaluates validation data; errors occur at once, for one batch of each size."""

    def __init__(self, model: Module, source: Source, objective: Objective, measures: Measures) -> None:
        self._model, self._source, self._objective, self._measures = model, source, objective, measures
        objective.adapt(source, NAMES[1])
        if isinstance(source, Rows):
            with same_random():
                for rows in {min(source.samples, BATCH), source.samples % BATCH} - {0}:
                    evaluate_ready(model, source.layout, [source.head(rows)], objective, measures)

    def numbers(self) -> dict[str, Any]:
        """The numbers of an evaluation, by the names of their lists in the history."""
        source = self._source
        batches = source.batches(BATCH)
        found = evaluate_ready(self._model, source.layout, batches, self._objective, self._measures)
        return {f"val_{name}": value for name, value in found.metrics.items()}
