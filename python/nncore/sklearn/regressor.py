"""NNRegressor: regression with one output or several."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from .base import FLOATS, SHARED, NNEstimator
from .documentation import described

__all__ = ["NNRegressor"]


@described
class NNRegressor(RegressorMixin, NNEstimator):  # type: ignore[misc]
    """A network that predicts numbers.

    It minimises half the squared error, or with `loss="poisson"` half the Poisson deviance of y of at least 0
    with the prediction exp(output). With equal parameters and `random_state` it does the steps of
    scikit-learn's `MLPRegressor`. For several outputs lbfgs minimises the sum of their errors.

    * loss="squared_error": or "poisson".

    {parameters}

    {attributes}

    Errors: ValueError for a parameter that is not valid, for rows or targets that scikit-learn's estimators
    refuse, for negative targets with `loss="poisson"`, and if training diverges.
    Source: Hinton 1989, "Connectionist learning procedures"; Glorot and Bengio 2010 (first weights).

    >>> from nncore.sklearn import NNRegressor
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> model = NNRegressor(activation="tanh", solver="lbfgs", random_state=0).fit(X, X[:, 0] ** 2)
    >>> bool(model.score(X, X[:, 0] ** 2) > 0.99)
    True
    """

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: Any = 10,
        max_fun: int = 15000,
        dropout: float = 0.0,
        batch_norm: bool = False,
        module: Any = None,
    ) -> None:
        given = locals()
        super().__init__(**{name: given[name] for name in SHARED})
        self.loss = loss

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NNRegressor:
        """Train on X (n, features) and y (n,) or (n, outputs); returns self."""
        self._fit(X, y, sample_weight)
        return self

    @available_if(lambda self: self._is_stochastic())  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> NNRegressor:
        """Train for one epoch on these rows; returns self."""
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def _prepared(self, X: Any, y: Any, first: bool, incremental: bool) -> tuple[Any, Any, int]:
        if issparse(y):
            raise ValueError("NNRegressor: y is sparse; pass y.toarray()")
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=FLOATS,
            reset=first,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if y.dtype.kind not in "biuf":
            raise ValueError(f"NNRegressor: y must be numbers, got {y.dtype}; for classes use NNClassifier")
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"NNRegressor: loss='poisson' needs y of at least 0, got {y.min()}")
        y = y.reshape(len(y), -1)
        return X, y, y.shape[1]

    def _loss_kind(self) -> str:
        self.out_activation_ = "exp" if self.loss == "poisson" else "identity"
        return self.loss

    def _predicted(self, X: Any) -> Any:
        found = self._output(X)
        if self.loss == "poisson":
            found = np.exp(found)
        return found.ravel() if self.n_outputs_ == 1 else found

    def _validation_score(self, X: Any, y: Any, weight: Any) -> float:
        found = self._predicted(X)
        return float(r2_score(y, found, sample_weight=weight)) if np.isfinite(found).all() else float("nan")

    def predict(self, X: Any) -> Any:
        """The numbers (n,), or (n, outputs)."""
        check_is_fitted(self)
        return self._predicted(self._checked(X))
