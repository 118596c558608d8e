"""The solver lbfgs: SciPy's L-BFGS-B on the loss and gradient of all rows, which are one captured step."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from nncore._core import Tensor, assign_, from_numpy
from nncore.captured.step import CompiledStep
from nncore.grad_mode import no_grad
from nncore.nn import Module

from .losses import Objective
from .rows import dense

__all__ = ["minimise"]


class Problem:
    """The objective as a function of one vector of all parameters."""

    def __init__(self, network: Module, objective: Objective, x: Any, others: list[Any]) -> None:
        self._network, self._objective = network, objective
        self._params = list(network.parameters())
        self._ends = np.cumsum([param.numel() for param in self._params])[:-1]
        self._data = [dense(x), *map(from_numpy, others)]
        self._step = CompiledStep(self._run, falls_back=True)
        self.loss = np.nan  # to report, at the point evaluated last

    def _run(self, x: Tensor, y: Tensor, *weight: Tensor) -> tuple[Tensor, ...]:
        for param in self._params:
            param.grad = None
        loss, shown = self._objective.loss(self._network(x), y, *weight)
        penalty = self._objective.penalty(self._objective.decay(y, *weight))
        (loss + penalty).backward()
        return loss + penalty, shown + penalty, *(param.grad for param in self._params)

    def point(self) -> Any:
        """The parameters as one float64 vector."""
        return _joined([param.detach() for param in self._params])

    def move(self, point: Any) -> None:
        """Set the parameters."""
        with no_grad():
            for param, part in zip(self._params, np.split(point, self._ends), strict=True):
                array = part.reshape(param.shape).astype(str(param.dtype).rpartition(".")[2])
                assign_(param, from_numpy(array))

    def __call__(self, point: Any) -> tuple[float, Any]:
        """Value and gradient."""
        self.move(point)
        value, shown, *gradient = self._step(*self._data)
        self.loss = shown.item()
        return value.item(), _joined(gradient)


def _joined(tensors: list[Tensor]) -> Any:
    return np.concatenate([tensor.numpy().ravel() for tensor in tensors]).astype(np.float64, copy=False)


def minimise(estimator: Any, objective: Objective, x: Any, others: list[Any]) -> None:
    """Train until the gradient is below `tol`, for at most `max_iter` iterations and `max_fun` evaluations.

    Ctrl-C ends training with a warning and keeps the last iterate.
    """
    problem = Problem(estimator.module_, objective, x, others)
    last, iterations = problem.point(), 0

    def keep(point: Any) -> None:
        nonlocal last, iterations
        last, iterations = point.copy(), iterations + 1
        if estimator.verbose:
            print(f"Iteration {iterations}, loss = {problem.loss:.8f}")

    options = {"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol}
    try:
        found = minimize(problem, last, method="L-BFGS-B", jac=True, callback=keep, options=options)
    except KeyboardInterrupt:
        warnings.warn("Training interrupted by user; the weights so far are kept.", stacklevel=4)
    else:
        last, iterations = found.x, min(found.nit, estimator.max_iter)
        if not found.success:
            warnings.warn(
                f"{type(estimator).__name__}: lbfgs has not converged ({found.message}); increase "
                "max_iter or max_fun, or scale the data",
                ConvergenceWarning,
                stacklevel=4,
            )
    estimator.n_iter_ = iterations
    problem(last)
    estimator.loss_ = problem.loss
