"""Runs scikit-learn's own tests of its MLP on the estimators of nncore."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

pytest.importorskip("sklearn", minversion="1.6")

import sklearn.neural_network
from sklearn.neural_network import tests as theirs

from nncore.sklearn import NNClassifier, NNRegressor

# Cases of that file that are not run, with the reason.
LEFT_OUT = {
    "test_gradient": "calls the private method _loss_grad_lbfgs; test_sklearn compares steps and losses",
}


def load() -> ModuleType:
    """The installed test module, which imports nncore's estimators under the names of scikit-learn's."""
    spec = importlib.util.spec_from_file_location(
        "exchanged_test_mlp", Path(theirs.__path__[0]) / "test_mlp.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    exchanged: dict[str, Any] = {"MLPClassifier": NNClassifier, "MLPRegressor": NNRegressor}
    with mock.patch.multiple(sklearn.neural_network, **exchanged):
        spec.loader.exec_module(module)
    return module


CASES = {name: value for name, value in vars(load()).items() if name.startswith("test_")}
globals().update({name: case for name, case in CASES.items() if name not in LEFT_OUT})
pytestmark = pytest.mark.filterwarnings("default")  # as in scikit-learn's own runs


@pytest.fixture
def global_random_seed() -> int:
    """The seed that scikit-learn's tests use by default."""
    return 42


def test_the_cases_that_are_left_out_exist() -> None:
    assert set(LEFT_OUT) <= set(CASES)
