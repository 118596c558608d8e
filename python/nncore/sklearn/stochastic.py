"""Training by epochs of batches, with the stopping rules of scikit-learn's MLP."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from nncore._core import from_numpy
from nncore.captured.epoch import Epoch

from .network import adopt
from .rows import SparseRows, as_source
from .solver import Solver

__all__ = ["Validation", "descend"]

Validation = tuple[Any, Any, Any]  # rows, targets, weights


def descend(
    estimator: Any, solver: Solver, data: list[Any], validation: Validation | None, once: bool
) -> None:
    """Train for up to `max_iter` epochs, or for one, on the rows of x, y and perhaps weights.

    Ctrl-C ends training with a warning and keeps the weights so far.
    """
    try:
        _run_epochs(estimator, solver, data, validation, 1 if once else estimator.max_iter)
        if not once and estimator.n_iter_ == estimator.max_iter and not estimator._has_stopped:
            warnings.warn(
                f"{type(estimator).__name__}: training ended after max_iter={estimator.max_iter} epochs "
                "before it converged",
                ConvergenceWarning,
                stacklevel=4,
            )
    except KeyboardInterrupt:
        warnings.warn("Training interrupted by user; the weights so far are kept.", stacklevel=4)
    if validation is not None:
        adopt(estimator.module_, estimator._best_state)


def _run_epochs(
    estimator: Any, solver: Solver, data: list[Any], validation: Validation | None, epochs: int
) -> None:
    x, *others = data
    sources = [as_source(x), *map(from_numpy, others)]
    rows = x.shape[0]
    size = batch_rows(estimator, rows)
    replay = None if isinstance(sources[0], SparseRows) else solver.step._replay_epoch
    epoch = Epoch(solver.step, replay, sources, size)
    order, counts = np.arange(rows), np.minimum(size, rows - size * np.arange(epoch.steps))
    estimator.n_iter_, estimator._has_stopped = 0, False
    for _ in range(epochs):
        if estimator.shuffle:
            drawn = np.arange(rows)
            estimator._random_state.shuffle(drawn)
            order = order[drawn]
        epoch.run(from_numpy(order))
        estimator.n_iter_ += 1
        estimator.t_ += rows
        estimator.loss_ = float(np.dot(epoch.numbers[0], counts) / rows)
        estimator.loss_curve_.append(estimator.loss_)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        _judge(estimator, validation)
        solver.end_epoch(estimator.t_)
        if estimator._no_improvement_count > estimator.n_iter_no_change and _stops(estimator, solver):
            estimator._has_stopped = True
            return


def batch_rows(estimator: Any, rows: int) -> int:
    """The rows of a batch; a warning for more than there are."""
    if estimator.batch_size == "auto":
        size = min(200, rows)
    else:
        if estimator.batch_size > rows:
            warnings.warn(
                f"{type(estimator).__name__}: batch_size {estimator.batch_size} is larger than the number of "
                f"training rows, {rows}, which is used instead",
                stacklevel=6,
            )
        size = min(estimator.batch_size, rows)
    if estimator.batch_norm and min(size, rows % size or size) == 1:
        raise ValueError(
            f"{type(estimator).__name__}: batch norm needs 2 rows in each batch, but with batch_size {size} "
            f"the last batch of {rows} rows has 1; choose another batch_size"
        )
    return size


def _judge(estimator: Any, validation: Validation | None) -> None:
    """Compare the epoch with the best one so far."""
    if validation is None:
        loss = estimator.loss_
        is_better = not loss > estimator.best_loss_ - estimator.tol
        estimator.best_loss_ = min(estimator.best_loss_, loss)
    else:
        score = estimator._validation_score(*validation)
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        is_better = not score < estimator.best_validation_score_ + estimator.tol
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            estimator._keep_state()
    estimator._no_improvement_count = 0 if is_better else estimator._no_improvement_count + 1


def _stops(estimator: Any, solver: Solver) -> bool:
    """Whether training ends; otherwise the learning rate has been reduced."""
    is_slower = solver.slow_down()
    if estimator.verbose:
        what = "the validation score" if estimator.early_stopping else "the training loss"
        then = f"learning rate {solver.learning_rate:g} from now on" if is_slower else "training ends"
        print(f"No gain of tol={estimator.tol:g} in {what} for {estimator.n_iter_no_change} epochs: {then}")
    if is_slower:
        estimator._no_improvement_count = 0
    return not is_slower
