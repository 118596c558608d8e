"""Estimators for scikit-learn: networks with the parameters, methods and attributes of its MLP.

This module needs scikit-learn: `pip install "nncore[sklearn]"`. `import nncore` does not load it.
"""

from __future__ import annotations

try:
    import sklearn as _sklearn
except ImportError as error:
    raise ImportError(
        'nncore.sklearn needs scikit-learn 1.6 or later; run: pip install "nncore[sklearn]"'
    ) from error

from .classifier import NNClassifier as NNClassifier
from .regressor import NNRegressor as NNRegressor
from .transformer import NNTransformer as NNTransformer

__all__ = ["NNClassifier", "NNRegressor", "NNTransformer"]


def __dir__() -> list[str]:
    return __all__
