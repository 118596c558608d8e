"""NNTransformer: an autoencoder, a nonlinear relative of principal component analysis."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from nncore import nn

from .base import FLOATS, SHARED, NNEstimator
from .documentation import described
from .network import custom, stack
from .parameters import hidden_sizes
from .rows import dense

__all__ = ["NNTransformer"]


class Autoencoder(nn.Module):
    """An encoder, and a decoder of its outputs."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: Any) -> Any:
        return self.decoder(self.encoder(x))


@described
class NNTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NNEstimator):  # type: ignore[misc]
    """An autoencoder: a network that restores its input from a bottleneck of `n_components` numbers.

    `transform` gives the bottleneck and `inverse_transform` the rows that the decoder makes of it. The
    encoder has the hidden layers `hidden_layer_sizes`, the decoder the same in reverse order. With a linear
    activation the bottleneck spans the subspace of principal component analysis. Training minimises half the
    squared error of the restored rows, so scale the columns first.

    * n_components=2: the size of the bottleneck.

    {parameters}
      Here the module needs the submodules `encoder` and `decoder`, and the function gets (n_features,
      n_components).

    {attributes}

    Errors: ValueError for a parameter that is not valid, for rows that scikit-learn's estimators refuse, and
    if training diverges.
    Source: Hinton and Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks".

    >>> from nncore.sklearn import NNTransformer
    >>> X = np.outer(np.linspace(-1, 1, 50), [1.0, 2.0, -1.0])
    >>> model = NNTransformer(1, (), "identity", solver="lbfgs", random_state=0).fit(X)
    >>> model.transform(X).shape, bool(np.allclose(model.inverse_transform(model.transform(X)), X, atol=0.01))
    ((50, 1), True)
    """

    def __init__(
        self,
        n_components: int = 2,
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
        self.n_components = n_components

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> NNTransformer:
        """Train to restore X (n, features); y is ignored; returns self."""
        self._fit(X, None, sample_weight)
        return self

    @available_if(lambda self: self._is_stochastic())  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> NNTransformer:
        """Train for one epoch on these rows; y is ignored; returns self."""
        self._fit(X, None, sample_weight, incremental=True)
        return self

    def _layer_sizes(self) -> list[int]:
        hidden, ends = hidden_sizes(self), self.n_features_in_
        return [ends, *hidden, self.n_components, *reversed(hidden), ends]

    def _build(self) -> nn.Module:
        sizes = self._layer_sizes()
        middle = len(sizes) // 2
        halves = (sizes[: middle + 1], sizes[middle:])
        return Autoencoder(*(stack(half, self.activation, self.dropout, self.batch_norm) for half in halves))

    def _custom(self) -> nn.Module:
        made = custom(self.module, self.n_features_in_, self.n_components)
        if not all(isinstance(getattr(made, name, None), nn.Module) for name in ("encoder", "decoder")):
            raise TypeError(
                f"NNTransformer: module is {type(made).__name__} without submodules encoder and decoder"
            )
        return Autoencoder(made.encoder, made.decoder)

    def _prepared(self, X: Any, y: Any, first: bool, incremental: bool) -> tuple[Any, Any, int]:
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=FLOATS, reset=first)
        return X, dense(X).numpy(), X.shape[1]

    def _loss_kind(self) -> str:
        self.out_activation_ = "identity"
        return "squared_error"

    @property
    def _n_features_out(self) -> int:
        return int(self.n_components)

    def _validation_score(self, X: Any, y: Any, weight: Any) -> float:
        found = self._output(X)
        if not np.isfinite(found).all():
            return float("nan")
        return float(r2_score(y, found, sample_weight=weight, multioutput="variance_weighted"))

    def transform(self, X: Any) -> Any:
        """The outputs of the bottleneck (n, n_components)."""
        check_is_fitted(self)
        return self._output(self._checked(X), self.module_.encoder)

    def inverse_transform(self, X: Any) -> Any:
        """The rows (n, features) that the decoder makes of X (n, n_components)."""
        check_is_fitted(self)
        X = check_array(X, dtype=FLOATS, input_name="X")
        return self._output(self._in_dtype(X), self.module_.decoder)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The part of the variance of X that the network restores, R2 weighted by variance; y is ignored."""
        check_is_fitted(self)
        X = self._checked(X)
        return self._validation_score(X, dense(X).numpy(), sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
