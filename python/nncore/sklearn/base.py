"""What the three estimators share: `fit` and the network behind it."""

from __future__ import annotations

import inspect
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, validate_data

from nncore import _core
from nncore._core import from_numpy
from nncore.grad_mode import no_grad
from nncore.nn import Module
from nncore.train.modes import restored_mode, same_random

from .lbfgs import minimise
from .losses import Objective
from .network import custom, initial, share, stack
from .parameters import STOCHASTIC, check_parameters, hidden_sizes
from .rows import blocks
from .solver import Solver
from .stochastic import Validation, descend

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FLOATS", "SHARED", "NNEstimator"]

FLOATS = (np.float64, np.float32)


class NNEstimator(BaseEstimator):  # type: ignore[misc]
    """Base of the estimators. A subclass prepares the targets and names the loss."""

    n_outputs_: int

    def __init__(
        self,
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.module = module

    def _is_stochastic(self) -> bool:
        """Whether there is a `partial_fit`; AttributeError if not."""
        if self.solver not in STOCHASTIC:
            raise AttributeError(f"partial_fit needs solver='sgd' or 'adam', got {self.solver!r}")
        return True

    def _prepared(self, X: Any, y: Any, first: bool, incremental: bool) -> tuple[Any, Any, int]:
        """The checked rows, the targets, and the number of outputs."""
        raise NotImplementedError

    def _loss_kind(self) -> str:
        """A key of `losses.KINDS`."""
        raise NotImplementedError

    def _targets(self, y: Any, dtype: Any) -> Any:
        """The prepared targets as the loss expects them."""
        return np.ascontiguousarray(y, dtype)

    def _stratify(self, y: Any) -> Any:
        """The targets by which the validation set is stratified."""
        return None

    def _validation_score(self, X: Any, y: Any, weight: Any) -> float:
        """The score of the validation set."""
        raise NotImplementedError

    def _layer_sizes(self) -> list[int]:
        """Inputs, hidden layers and outputs."""
        return [self.n_features_in_, *hidden_sizes(self), self.n_outputs_]

    def _build(self) -> Module:
        """A network with these layers."""
        return stack(self._layer_sizes(), self.activation, self.dropout, self.batch_norm)

    def _custom(self) -> Module:
        """The user's network."""
        return custom(self.module, self.n_features_in_, self.n_outputs_)

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool = False) -> Any:
        check_parameters(self)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: it does one epoch")
        is_fitted = hasattr(self, "module_") or hasattr(self, "coefs_")
        first = not is_fitted or not (self.warm_start or incremental)
        X, y, outputs = self._prepared(X, y, first, incremental)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        if not first and outputs != self.n_outputs_:
            raise ValueError(
                f"{type(self).__name__}: y has {outputs} outputs, the fitted network {self.n_outputs_}"
            )
        self._random_state = check_random_state(self.random_state)
        self.n_outputs_ = outputs
        with self._random_numbers(first):
            if first:
                self._start(X.dtype)
            elif not hasattr(self, "module_"):  # the weights were set by hand
                self.module_ = self._built(X.dtype)
            self._tie()
            self._train(X, y, weight, incremental)
        self.module_.eval()
        if not all(bool(param.isfinite().all()) for param in self.module_.parameters()):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and "
                "need to be preprocessed."
            )
        return self

    @contextmanager
    def _random_numbers(self, first: bool) -> Iterator[None]:
        """Let `random_state` determine what the network draws, and leave nncore's generator as it was."""
        draws = self.dropout > 0 or self.module is not None
        with same_random():
            if draws:
                seen = 0 if first else self.t_
                _core.manual_seed(int(self._random_state.randint(2**31 - 1)) + seen)
            yield

    def _start(self, dtype: Any) -> None:
        """Make the network and reset what training records."""
        self.n_iter_ = self.t_ = 0
        for name in ("coefs_", "intercepts_", "n_layers_", "loss_curve_", "_optimizer", "_best_state"):
            self.__dict__.pop(name, None)
        if self.module is None:
            sizes = self._layer_sizes()
            self.n_layers_ = len(sizes)
            self.coefs_, self.intercepts_ = initial(sizes, self.activation, self._random_state, dtype)
        self.module_ = self._built(dtype)

    def _start_record(self) -> None:
        """Reset what the epochs are judged by."""
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_: Any = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None

    def _built(self, dtype: Any) -> Module:
        """The network of the estimator's parameters, with float64 or float32 weights."""
        made = self._build() if self.module is None else self._custom()
        made.to(getattr(_core, np.dtype(dtype).name))
        if self.module is not None:
            self._try(made, dtype)
        return made

    def _try(self, network: Module, dtype: Any) -> None:
        """Raise ValueError if the user's network does not give a row of outputs for a row."""
        with no_grad(), restored_mode(network):
            found = network.eval()(from_numpy(np.zeros((1, self.n_features_in_), dtype))).shape
        if found != (1, self.n_outputs_):
            raise ValueError(
                f"{type(self).__name__}: module gives {found} for an input of shape "
                f"(1, {self.n_features_in_}); expected (1, {self.n_outputs_})"
            )

    def _tie(self) -> None:
        """Let the network use the memory of `coefs_` and `intercepts_`."""
        if hasattr(self, "coefs_"):
            share(self.module_, self.coefs_, self.intercepts_)

    def _train(self, X: Any, y: Any, weight: Any, incremental: bool) -> None:
        has_modes = self.dropout > 0 or self.batch_norm or self.module is not None
        self.module_.train(has_modes or not isinstance(self.activation, str))
        weights = [param for param in self.module_.parameters() if param.ndim > 1]
        objective = Objective(self._loss_kind(), self.alpha, weights)
        if self.solver == "lbfgs":
            return minimise(self, objective, X, self._others(y, weight, X.dtype))
        is_judged_by_score = getattr(self, "validation_scores_", None) is not None
        if not hasattr(self, "loss_curve_") or is_judged_by_score != self.early_stopping:
            self._start_record()
        if not incremental or not hasattr(self, "_optimizer"):
            self._optimizer = Solver(self.module_, objective, self)
        self._optimizer.set_alpha(self.alpha)
        validation: Validation | None = None
        if self.early_stopping:
            X, y, weight, validation = self._split(X, y, weight)
            if not hasattr(self, "_best_state"):
                self._keep_state()
        descend(self, self._optimizer, [X, *self._others(y, weight, X.dtype)], validation, incremental)

    def _others(self, y: Any, weight: Any, dtype: Any) -> list[Any]:
        """What a step takes beside the rows."""
        return [self._targets(y, dtype), *([] if weight is None else [np.ascontiguousarray(weight, dtype)])]

    def _split(self, X: Any, y: Any, weight: Any) -> tuple[Any, Any, Any, Validation]:
        """The training data and the validation data."""
        given = [X, y] if weight is None else [X, y, weight]
        parts = train_test_split(
            *given,
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=self._stratify(y),
        )
        if parts[1].shape[0] < 2:
            raise ValueError(
                f"The validation set is too small: it has {parts[1].shape[0]} row; increase "
                "validation_fraction or give more rows"
            )
        train, test = [*parts[::2], None], [*parts[1::2], None]
        return train[0], train[1], train[2], (test[0], test[1], test[2])

    def _keep_state(self) -> None:
        """Remember the values of the network as the best so far."""
        self._best_state = {name: value.clone() for name, value in self.module_.state_dict().items()}

    def _output(self, X: Any, network: Module | None = None) -> Any:
        """The output of the network, or of a part of it, for checked rows."""
        network = network or self.module_
        with no_grad(), restored_mode(network) if network.training else nullcontext():
            if network.training:
                network.eval()
            parts = [network(block).numpy() for block in blocks(X)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _checked(self, X: Any) -> Any:
        """The rows for `predict`, in the dtype of the network."""
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False, dtype=FLOATS)
        self._tie()
        return self._in_dtype(X)

    def _in_dtype(self, X: Any) -> Any:
        """The rows in the dtype of the network."""
        return X.astype(str(next(self.module_.parameters()).dtype).rpartition(".")[2], copy=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "module_"):
            self._tie()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


SHARED = tuple(inspect.signature(NNEstimator).parameters)  # the parameters that all estimators have
