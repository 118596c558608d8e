"""Fits of the estimators of nncore.sklearn, compared with scikit-learn's MLP.

Both start with the same weights, take the same batches in the same order and stop after the same number of
epochs (iterations of lbfgs). The losses and predictions after 3 epochs are compared first. The estimators
take turns in one process and use the same number of threads. A time is that of one `fit`, from the arrays to
the fitted estimator, so it includes the capture of the step. The limit is the time of the multiply-adds of
the layers, forward and backward, at the rate of registers, measured in the same run.

    python bench/estimators.py --threads 1 --json estimators.jsonl
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from compare import Case, main
from nncore.bench.timing import relative_error
from nncore.sklearn import NNClassifier, NNRegressor
from report import Call

TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
CHECKED = 3  # epochs, after which float32 still agrees


class Fit(NamedTuple):
    """A data set (rows, features, outputs; 1 output is a regression) and settings of a fit of `epochs`."""

    name: str
    rows: int
    features: int
    outputs: int
    epochs: int
    settings: dict[str, Any]

    def data(self, dtype: str) -> tuple[Any, Any]:
        """Digits, or random rows of which the targets are a nonlinear function."""
        if self.name.startswith("digits"):
            x, y = load_digits(return_X_y=True)
            return (x / 16).astype(dtype), y
        random = np.random.default_rng(0)
        x = random.normal(size=(self.rows, self.features))
        scores = np.tanh(x @ random.normal(size=(self.features, self.outputs)))
        y = scores.argmax(axis=1) if self.outputs > 1 else scores[:, 0]
        return x.astype(dtype), y.astype(dtype) if self.outputs == 1 else y

    def flops(self) -> float:
        sizes = (self.features, 100, self.outputs)
        products = sum(m * n for m, n in pairwise(sizes))
        return 2.0 * self.rows * self.epochs * (3 * products - self.features * 100)


FITS = (
    Fit("digits adam", 1797, 64, 10, 100, {"solver": "adam"}),
    Fit("digits sgd", 1797, 64, 10, 100, {"solver": "sgd", "learning_rate_init": 0.1}),
    Fit("digits adam, early stopping", 1797, 64, 10, 100, {"solver": "adam", "early_stopping": True}),
    Fit("digits lbfgs", 1797, 64, 10, 100, {"solver": "lbfgs"}),
    Fit("covertype-like adam", 50_000, 54, 7, 4, {"solver": "adam"}),
    Fit("California-like adam", 20_640, 8, 1, 8, {"solver": "adam"}),
)


def estimators(fit: Fit) -> dict[str, Any]:
    kinds = {"nncore": NNRegressor, "scikit-learn": MLPRegressor}
    if fit.outputs > 1:
        kinds = {"nncore": NNClassifier, "scikit-learn": MLPClassifier}
    settings = {"max_iter": fit.epochs, "random_state": 0, "tol": 0.0, "n_iter_no_change": 1000}
    return {name: kind(**settings, **fit.settings) for name, kind in kinds.items()}


def calls(fit: Fit, dtype: str) -> dict[str, Call]:
    """The fit of each library, after a comparison of their losses and predictions."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    x, y = fit.data(dtype)
    made = estimators(fit)
    ours, theirs = (clone(made[name]).set_params(max_iter=CHECKED).fit(x, y) for name in made)
    predict = "predict_proba" if fit.outputs > 1 else "predict"
    found = {
        "loss": (np.asarray(ours.loss_), np.asarray(theirs.loss_)),
        "predictions": (getattr(ours, predict)(x), getattr(theirs, predict)(x)),
    }
    for what, (mine, other) in found.items():
        error = relative_error(mine, other)
        if not error <= TOLERANCE[dtype]:
            raise ValueError(f"{fit.name} {dtype}: {what} differ by {error}, allowed {TOLERANCE[dtype]}")
    return {name: partial(estimator.fit, x, y) for name, estimator in made.items()}


def cases(limits: dict[str, float]) -> Iterator[Case]:
    for fit in FITS:
        for dtype, rate in (("float64", "fma_f64"), ("float32", "fma_f32")):
            yield Case(fit.name, dtype, partial(calls, fit, dtype), fit.flops() / limits[rate])


if __name__ == "__main__":
    main(__doc__, cases, seconds=2.0)
