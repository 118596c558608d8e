"""scikit-learn's checks of estimators, without expected failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("sklearn", minversion="1.6")

from sklearn.utils.estimator_checks import parametrize_with_checks

from nncore.sklearn import NNClassifier, NNRegressor, NNTransformer


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [NNClassifier(), NNRegressor(), NNTransformer(max_iter=20)]
)
@pytest.mark.filterwarnings("default")
def test_check(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)
