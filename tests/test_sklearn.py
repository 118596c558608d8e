"""The estimators of nncore.sklearn: equal to scikit-learn's MLP step by step, and what only they can do."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import warnings
from typing import Any
from unittest import mock

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")

import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nncore
from nncore import nn
from nncore.captured.epoch import Epoch
from nncore.sklearn import NNClassifier, NNRegressor, NNTransformer, rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, DIGITS = load_digits(return_X_y=True)
X, DIGITS = X[:450] / 16, DIGITS[:450]
NUMBERS = np.stack([X[:, 20:30].sum(axis=1), np.sin(X[:, 36] * 3)], axis=1)
WEIGHTS = np.random.RandomState(0).randint(1, 5, len(X)) / 2

TASKS: dict[str, tuple[Any, Any, Any, Any, dict[str, Any]]] = {
    "classes": (NNClassifier, MLPClassifier, DIGITS, None, {}),
    "weighted classes": (NNClassifier, MLPClassifier, DIGITS, WEIGHTS, {}),
    "two classes": (NNClassifier, MLPClassifier, np.where(DIGITS > 4, "high", "low"), WEIGHTS, {}),
    "labels": (NNClassifier, MLPClassifier, np.stack([DIGITS > 4, DIGITS % 2 == 0], 1) * 1, None, {}),
    "number": (NNRegressor, MLPRegressor, NUMBERS[:, 0], WEIGHTS, {}),
    "numbers": (NNRegressor, MLPRegressor, NUMBERS, None, {}),
    "counts": (NNRegressor, MLPRegressor, NUMBERS[:, 0].round(), None, {"loss": "poisson"}),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "adam": {"solver": "adam", "activation": "tanh", "beta_2": 0.99, "batch_size": 64},
    "adam, early stopping": {"early_stopping": True, "learning_rate_init": 0.01, "n_iter_no_change": 3},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.002, "hidden_layer_sizes": (20, 10)},
    "sgd, plain": {"solver": "sgd", "momentum": 0, "activation": "logistic", "shuffle": False},
    "sgd, invscaling": {"solver": "sgd", "learning_rate": "invscaling", "nesterovs_momentum": False},
    "sgd, adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 1},
    "lbfgs": {"solver": "lbfgs", "alpha": 0.1},
}


def predictions(model: Any) -> Any:
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("task", TASKS)
def test_equal_to_scikit_learn(task: str, settings: str) -> None:
    """Equal parameters and random state give the same weights, losses and predictions in float64."""
    if (task, settings) == ("numbers", "lbfgs"):
        pytest.skip("scikit-learn gives lbfgs the mean over the outputs with the gradient of their sum")
    ours, theirs, y, weights, more = TASKS[task]
    given = {"max_iter": 6, "random_state": 3, "alpha": 0.01, **more, **SETTINGS[settings]}
    mine, other = (kind(**given).fit(X, y, sample_weight=weights) for kind in (ours, theirs))
    assert predictions(mine) == pytest.approx(predictions(other), rel=1e-6, abs=1e-9)
    for found, expected in zip(mine.coefs_ + mine.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-8)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(mine, name) == getattr(other, name), name
    for name in ("loss_", "loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_"):
        value = getattr(other, name, None)
        assert getattr(mine, name, None) == (None if value is None else pytest.approx(value, rel=1e-6)), name


def test_partial_fit_continues_as_in_scikit_learn() -> None:
    mine, other = (kind(random_state=1) for kind in (NNClassifier, MLPClassifier))
    for start in range(0, 300, 100):
        for model in (mine, other):
            part = slice(start, start + 100)
            model.partial_fit(X[part], DIGITS[part], classes=np.arange(10))
        mine = pickle.loads(pickle.dumps(mine))  # with the state of the optimizer
    assert predictions(mine) == pytest.approx(predictions(other), rel=1e-6)


def test_warm_start_with_another_solver() -> None:
    model = NNClassifier(solver="lbfgs", max_iter=5, warm_start=True, random_state=0).fit(X, DIGITS)
    loss = model.loss_
    model.set_params(solver="adam", early_stopping=True).fit(X, DIGITS)
    assert len(model.validation_scores_) == model.n_iter_ == 5
    assert model.loss_ < loss
    assert len(model.set_params(early_stopping=False).fit(X, DIGITS).loss_curve_) == 5


def test_weights_are_live() -> None:
    """coefs_ and the network share memory, also after a copy and after a change by hand."""
    model = copy.deepcopy(NNRegressor(hidden_layer_sizes=5, max_iter=2, random_state=0).fit(X, NUMBERS[:, 0]))
    before = model.predict(X[:3])
    for array in model.coefs_:
        array *= 0
    assert np.allclose(model.predict(X[:3]), model.intercepts_[1])
    model.intercepts_[1] = np.array([7.0])
    assert model.predict(X[:3]).tolist() == [7.0] * 3
    assert not np.allclose(before, 7)


@pytest.mark.parametrize("limit", [rows.SMALL, 0], ids=["dense", "by batches"])
def test_sparse_rows_give_the_same(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "SMALL", limit)
    sparse = scipy.sparse.csc_array(X)
    dense, other = (NNClassifier(max_iter=3, random_state=0).fit(x, DIGITS) for x in (X, sparse))
    assert np.array_equal(dense.predict_proba(X), other.predict_proba(sparse))


class TwoPaths(nn.Module):
    """A network that is not a stack."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Linear(features, outputs), nn.Linear(features, 4)
        self.last = nn.Linear(4, outputs)

    def forward(self, x: Any) -> Any:
        return self.wide(x) + self.last(self.narrow(x).tanh())


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.3},
        {"batch_norm": True, "activation": "gelu"},
        {"batch_norm": True, "solver": "lbfgs"},
        {"activation": nn.LeakyReLU(0.2), "hidden_layer_sizes": (30, 10)},
        {"activation": nn.SiLU, "early_stopping": True, "dropout": 0.1},
        {"module": TwoPaths},
        {"module": nn.Sequential(nn.Linear(64, 20), nn.ReLU(), nn.Dropout(0.1), nn.Linear(20, 10))},
        {"hidden_layer_sizes": ()},
    ],
    ids=str,
)
def test_networks_of_any_kind(settings: dict[str, Any]) -> None:
    """They learn; random_state makes them reproducible and leaves nncore's own random numbers alone."""
    model = NNClassifier(max_iter=40, learning_rate_init=0.01, random_state=0, **settings)
    state = nncore.get_rng_state()
    proba = model.fit(X, DIGITS).predict_proba(X)
    assert np.array_equal(state, nncore.get_rng_state())
    nncore.rand(3)
    again = clone(model).fit(X, DIGITS)
    assert model.score(X, DIGITS) > 0.9
    assert np.array_equal(proba, again.predict_proba(X))
    assert np.array_equal(proba, pickle.loads(pickle.dumps(model)).predict_proba(X))
    assert hasattr(model, "coefs_") == ("module" not in settings)


def test_autoencoder_restores_the_plane() -> None:
    """With linear layers it spans the plane of the principal components."""
    random = np.random.RandomState(0)
    flat = random.normal(size=(200, 2)) @ random.normal(size=(2, 6)) + 0.01 * random.normal(size=(200, 6))
    model = NNTransformer(2, (), "identity", solver="lbfgs", alpha=0, random_state=0).fit(flat)
    restored = model.inverse_transform(model.transform(flat))
    assert model.transform(flat).shape == (200, 2)
    left = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False)[2:]
    assert np.square(flat - restored).sum() == pytest.approx(np.square(left).sum(), rel=0.05)
    assert model.score(flat) > 0.999


def test_transformer_in_a_pipeline_of_frames() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(X.shape[1])])
    pipeline = make_pipeline(StandardScaler(), NNTransformer(3, (8,), max_iter=2)).set_output(
        transform="pandas"
    )
    assert list(pipeline.fit_transform(frame).columns) == [f"nntransformer{i}" for i in range(3)]
    model = NNClassifier(max_iter=1).fit(frame, DIGITS)
    assert list(model.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])


def test_grid_search_in_processes() -> None:
    search = GridSearchCV(
        NNClassifier((20,), max_iter=20, random_state=0, learning_rate_init=0.02),
        {"dropout": [0.0, 0.2]},
        n_jobs=2,
        cv=2,
    )
    search.fit(X, DIGITS)
    assert search.best_score_ > 0.7


def test_metadata_routing() -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        model = (
            NNRegressor(max_iter=2).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        )
        with mock.patch.object(NNRegressor, "_fit", autospec=True, side_effect=NNRegressor._fit) as fit:
            cross_validate(model, X, NUMBERS[:, 0], params={"sample_weight": WEIGHTS}, cv=2)
    assert all(call.args[3] is not None for call in fit.call_args_list)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_ctrl_c_keeps_the_weights_so_far(solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from nncore.sklearn.lbfgs import Problem

    kind, name = (Epoch, "run") if solver == "adam" else (Problem, "__call__")
    run, calls = getattr(kind, name), 0

    def interrupted(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise KeyboardInterrupt
        return run(*args)

    monkeypatch.setattr(kind, name, interrupted)
    model = NNClassifier(solver=solver, random_state=0, learning_rate_init=0.02, early_stopping=True)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, DIGITS)
    assert 1 < model.n_iter_ <= 5
    assert model.score(X, DIGITS) > 0.3


def test_a_batch_without_weight_changes_nothing() -> None:
    given: dict[str, Any] = {"solver": "sgd", "momentum": 0, "alpha": 0, "max_iter": 3, "shuffle": False}
    weights = np.r_[np.zeros(50), np.ones(len(X) - 50)]
    whole, rest = (NNRegressor(batch_size=50, random_state=0, **given) for _ in range(2))
    found = whole.fit(X, NUMBERS, weights).predict(X)
    assert np.array_equal(found, rest.fit(X[50:], NUMBERS[50:], weights[50:]).predict(X))


BAD: dict[str, tuple[Any, Any, str]] = {
    "alpha": (NNClassifier(alpha=-1), DIGITS, "NNClassifier: alpha must be a number of at least 0, got -1"),
    "solver": (NNClassifier(solver="Adam"), DIGITS, "solver must be one of lbfgs, sgd, adam, got 'Adam'"),
    "batch_size": (
        NNClassifier(batch_size=0),
        DIGITS,
        "batch_size must be 'auto' or an int of at least 1, got 0",
    ),
    "hidden": (
        NNRegressor(hidden_layer_sizes=(5, 0)),
        DIGITS,
        "hidden_layer_sizes must be an int of at least 1",
    ),
    "activation": (
        NNRegressor(activation="rlu"),
        DIGITS,
        "activation is 'rlu'; expected a module or one of celu",
    ),
    "loss": (NNRegressor(loss="mse"), DIGITS, "loss must be one of squared_error, poisson, got 'mse'"),
    "counts": (NNRegressor(loss="poisson"), DIGITS - 1.0, "loss='poisson' needs y of at least 0, got -1.0"),
    "dropout": (NNClassifier(dropout=0.5, solver="lbfgs"), DIGITS, "dropout needs solver='sgd' or 'adam'"),
    "batch norm": (NNClassifier(batch_norm=True, batch_size=449), DIGITS, "last batch of 450 rows has 1"),
    "batches of one": (NNClassifier(batch_norm=True, batch_size=1), DIGITS, "last batch of 450 rows has 1"),
    "module": (
        NNClassifier(module=nn.Linear(64, 3)),
        DIGITS,
        "expected (1, 10)",
    ),
    "validation": (NNRegressor(early_stopping=True, validation_fraction=0.002), DIGITS, "set is too small"),
    "fraction": (
        NNClassifier(early_stopping=True, validation_fraction=0),
        DIGITS,
        "needs a validation_fraction above 0, got 0",
    ),
    "text": (NNRegressor(), DIGITS.astype(str), "NNRegressor: y must be numbers, got <U"),
    "sparse": (NNRegressor(), scipy.sparse.csr_matrix(NUMBERS), "NNRegressor: y is sparse; pass y.toarray()"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    model, y, text = BAD[case]
    with pytest.raises(ValueError, match=".*") as caught:
        model.fit(X, y)
    assert text in str(caught.value)


def test_other_bad_input() -> None:
    with pytest.raises(TypeError, match="without submodules encoder and decoder"):
        NNTransformer(module=nn.Linear(64, 64)).fit(X)
    for activation in (nn.Linear(100, 100), lambda: 3):
        with pytest.raises(TypeError, match="expected a module without linear layers; .* use module="):
            NNClassifier(activation=activation).fit(X, DIGITS)
    with pytest.raises(TypeError, match=r"module\(64, 10\) returned str; expected an nncore.nn.Module"):
        NNClassifier(module=lambda features, outputs: "net").fit(X, DIGITS)
    model = NNClassifier(max_iter=1).partial_fit(X, DIGITS, classes=np.arange(10))
    with pytest.raises(ValueError, match=r"y has the classes \[11\]"):
        model.partial_fit(X, DIGITS * 0 + 11)
    with pytest.raises(ValueError, match="y has 2 outputs, the fitted network 1"):
        NNRegressor(max_iter=1).partial_fit(X, NUMBERS[:, 0]).partial_fit(X, NUMBERS)


def test_end_of_training_is_reported() -> None:
    with pytest.warns(ConvergenceWarning, match="training ended after max_iter=1 epochs"):
        NNClassifier(max_iter=1).fit(X, DIGITS)
    with pytest.warns(UserWarning, match="batch_size 1000 is larger than the number of training rows, 450"):
        NNClassifier(max_iter=1, batch_size=1000).fit(X, DIGITS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NNClassifier(max_iter=100, tol=10).fit(X, DIGITS)


def test_missing_scikit_learn_is_named() -> None:
    program = """if True:
        import sys
        sys.modules["sklearn"] = None
        import nncore
        try:
            nncore.sklearn
        except ImportError as error:
            assert 'pip install "nncore[sklearn]"' in str(error), error
        else:
            raise SystemExit("no error")
    """
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
