"""NNClassifier: a classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data

from nncore._core import from_numpy
from nncore.nn import functional as F

from .base import FLOATS, NNEstimator
from .documentation import described

__all__ = ["NNClassifier"]


@described
class NNClassifier(ClassifierMixin, NNEstimator):  # type: ignore[misc]
    """A network that predicts classes or labels.

    It minimises the cross-entropy of softmax for several classes, and of the logistic function for two
    classes and for labels. With equal parameters and `random_state` it does the steps of scikit-learn's
    `MLPClassifier`.

    {parameters}

    {attributes}
    classes_ has the classes in the order of `predict_proba`.

    Errors: ValueError for a parameter that is not valid, for rows or labels that scikit-learn's estimators
    refuse, and if training diverges.
    Source: Hinton 1989, "Connectionist learning procedures"; Glorot and Bengio 2010 (first weights).

    >>> from nncore.sklearn import NNClassifier
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["same", "other", "other", "same"]
    >>> NNClassifier((8,), "tanh", solver="lbfgs", random_state=0).fit(X, y).predict(X).tolist()
    ['same', 'other', 'other', 'same']
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NNClassifier:
        """Train on X (n, features) and y, classes (n,) or labels (n, labels) of 0 and 1; returns self."""
        self._fit(X, y, sample_weight)
        return self

    @available_if(lambda self: self._is_stochastic())  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> NNClassifier:
        """Train for one epoch on these rows; the first call needs all `classes`; returns self."""
        is_known = hasattr(self, "classes_")
        if classes is None and not is_known:
            raise ValueError("NNClassifier: the first call of partial_fit needs classes, all that y may have")
        if classes is not None and is_known and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(
                f"NNClassifier: partial_fit got classes {classes!r}, but earlier calls {self.classes_!r}"
            )
        if not is_known:
            is_multilabel = type_of_target(y, input_name="y").startswith("multilabel")
            self._learn_classes(y if is_multilabel else classes)
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def _learn_classes(self, y: Any) -> None:
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError(
                "NNClassifier: y has several columns of classes; expected one column, or labels of 0 and 1"
            )
        self.classes_ = unique_labels(y)
        self._kind = "multiclass" if len(self.classes_) > 2 else "binary"
        if kind.startswith("multilabel"):
            self._kind = "multilabel"

    def _prepared(self, X: Any, y: Any, first: bool, incremental: bool) -> tuple[Any, Any, int]:
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=FLOATS, reset=first
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if first and not incremental:
            self._learn_classes(y)
        if self._kind == "multilabel":
            y = (y.toarray() if issparse(y) else y).astype(bool)
            return X, y, y.shape[1]
        codes = self._codes(y, self.warm_start and not incremental)
        if self._kind == "multiclass":
            return X, codes, len(self.classes_)
        return X, codes[:, None] == 1, 1

    def _codes(self, y: Any, needs_all: bool) -> Any:
        """The positions in `classes_` of the targets (n,)."""
        if y.ndim != 1:
            raise ValueError(f"NNClassifier: y has shape {y.shape}; expected (n,), as in the first call")
        found, codes = np.unique(y, return_inverse=True)
        places = {value: i for i, value in enumerate(self.classes_.tolist())}
        is_known = [value in places for value in found.tolist()]
        if needs_all and (len(found) < len(places) or not all(is_known)):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {found}"
            )
        if not all(is_known):
            new = [value for value in found.tolist() if value not in places]
            raise ValueError(f"NNClassifier: y has the classes {new}, but classes_ is {self.classes_}")
        return np.array([places[value] for value in found.tolist()])[codes]

    def _loss_kind(self) -> str:
        is_multiclass = self._kind == "multiclass"
        self.out_activation_ = "softmax" if is_multiclass else "logistic"
        return "log_loss" if is_multiclass else "binary_log_loss"

    def _targets(self, y: Any, dtype: Any) -> Any:
        return y if self._kind == "multiclass" else super()._targets(y, dtype)

    def _stratify(self, y: Any) -> Any:
        return y if self._kind == "binary" else None  # as in scikit-learn

    def _validation_score(self, X: Any, y: Any, weight: Any) -> float:
        scores = self._output(X)
        if not np.isfinite(scores).all():
            return float("nan")
        is_right = (
            scores.argmax(axis=1) == y if self._kind == "multiclass" else ((scores > 0) == y).all(axis=1)
        )
        return float(np.average(is_right, weights=weight))

    def _logits(self, X: Any) -> Any:
        check_is_fitted(self)
        return self._output(self._checked(X))

    def predict(self, X: Any) -> Any:
        """The classes (n,), or 0 and 1 for each label (n, labels)."""
        logits = self._logits(X)
        if self._kind == "multilabel":
            return (logits > 0).astype(int)
        codes = logits.argmax(axis=1) if self._kind == "multiclass" else (logits[:, 0] > 0).astype(int)
        return self.classes_[np.minimum(codes, len(self.classes_) - 1)]  # there may be a single class

    def predict_proba(self, X: Any) -> Any:
        """The probabilities (n, classes) in the order of `classes_`, or of each label (n, labels)."""
        logits = from_numpy(self._logits(X))
        found = (F.softmax(logits, 1) if self._kind == "multiclass" else logits.sigmoid()).numpy()
        return np.hstack([1 - found, found]) if self.n_outputs_ == 1 else found

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
