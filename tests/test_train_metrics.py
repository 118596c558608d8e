"""accuracy, confusion_matrix, predict and evaluate against plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.data import TensorDataset
from nncore.train import accuracy, confusion_matrix, evaluate, predict


@pytest.fixture
def case(rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    return rng.standard_normal((200, 5)).astype(np.float32), rng.integers(0, 5, 200)


@pytest.mark.parametrize("form", ["scores", "numbers", "tensors", "one-hot"])
def test_accuracy_and_confusion(case: tuple[Any, Any], form: str) -> None:
    scores, target = case
    found = scores.argmax(1)
    arguments: Any = {
        "scores": (scores, target),
        "numbers": (found, target.tolist()),
        "tensors": (nncore.from_numpy(scores), nncore.from_numpy(target)),
        "one-hot": (scores, np.eye(5, dtype=np.float32)[target]),
    }[form]
    expected = np.zeros((5, 5), np.int64)
    np.add.at(expected, (target, found), 1)
    assert accuracy(*arguments) == np.mean(found == target)
    np.testing.assert_array_equal(confusion_matrix(*arguments).numpy(), expected)


@pytest.mark.parametrize("target", [[1, 0, 0, 1], [[1.0], [0.0], [0.0], [1.0]]], ids=["numbers", "a column"])
def test_one_logit(target: Any) -> None:
    logits = [[0.5], [-2.0], [3.0], [-1.0]]
    assert accuracy(logits, target) == 0.5
    assert confusion_matrix(logits, target).tolist() == [[1, 1], [1, 1]]
    assert confusion_matrix([[-1.0]], [0]).shape == (2, 2)


def test_confusion_has_a_row_for_every_class() -> None:
    assert confusion_matrix([0, 0], [0, 0], 3).shape == (3, 3)
    assert confusion_matrix(np.zeros((1, 4), np.float32), [0]).shape == (4, 4)


BAD: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    (
        "lengths",
        lambda: accuracy([1, 2], [1]),
        ValueError,
        r"accuracy: output gives classes of shape \(2,\) but target",
    ),
    ("no rows", lambda: accuracy(np.zeros((0, 3)), np.zeros(0, int)), ValueError, "accuracy: no rows"),
    ("floats", lambda: accuracy([1.0], [1]), TypeError, "class numbers must be integers"),
    ("label too large", lambda: confusion_matrix([0], [3], 3), ValueError, r"label 3 is outside 0\.\.2"),
    ("label negative", lambda: confusion_matrix([0], [-1]), ValueError, "label -1 is outside"),
    (
        "predict nothing",
        lambda: predict(nn.Linear(2, 1), np.zeros((0, 2))),
        ValueError,
        "predict: x has no rows",
    ),
    ("predict scalar", lambda: predict(nn.Linear(2, 1), 1.0), ValueError, "predict: x is a scalar"),
    (
        "predict nan",
        lambda: predict(nn.Linear(1, 1), [[0.0], [np.nan]]),
        ValueError,
        "x is nan at row 1, column 0",
    ),
    (
        "predict batch",
        lambda: predict(nn.Linear(1, 1), [[0.0]], batch_size=0),
        ValueError,
        "at least 1, got 0",
    ),
    (
        "evaluate lengths",
        lambda: evaluate(nn.Linear(1, 1), [[0.0]], [[0.0]] * 2),
        ValueError,
        "x has 1 rows but y has 2",
    ),
    ("evaluate no y", lambda: evaluate(nn.Linear(1, 1), [[0.0]]), TypeError, "evaluate: y is missing"),
]


@pytest.mark.parametrize(("call", "error", "text"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_arguments(call: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()


def test_predict_does_not_depend_on_the_batch_size(rng: np.random.Generator) -> None:
    model = nn.Sequential(nn.Linear(7, 33), nn.Tanh(), nn.Linear(33, 5))
    x = rng.standard_normal((101, 7)).astype(np.float32)
    whole = predict(model, x)
    assert not whole.requires_grad
    for size in (1, 6, 100, 10**12):
        assert predict(model, x, batch_size=size).numpy().tobytes() == whole.numpy().tobytes()


def test_evaluate_is_loss_and_accuracy_over_all_rows(case: tuple[Any, Any]) -> None:
    x, target = case
    model = nn.Linear(5, 5)
    weight, bias = (p.detach().numpy().astype(np.float64) for p in (model.weight, model.bias))  # type: ignore[union-attr]
    scores = x @ weight.T + bias
    log_sum = np.log(np.exp(scores).sum(1))
    loss = (log_sum - scores[np.arange(200), target]).mean()
    for size in (7, 1000):
        found = evaluate(model, x, target, batch_size=size)
        assert found.loss == pytest.approx(loss, rel=1e-5)
        assert found.accuracy == np.mean(scores.argmax(1) == target)
    assert evaluate(model, TensorDataset(x, target), batch_size=1000) == found
    regression = evaluate(model, x, x)
    assert regression.loss == pytest.approx(((scores - x) ** 2).mean(), rel=1e-5)
    assert regression.accuracy is None
    one_hot = evaluate(model, x, np.eye(5, dtype=np.float32)[target])
    assert one_hot.accuracy == found.accuracy


def test_the_mode_of_every_submodule_comes_back() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2)))
    model[1].eval()
    before = [module.training for module in model.modules()]
    assert len(set(before)) == 2
    predict(model, [[1.0, 2.0]])
    evaluate(model, [[1.0, 2.0]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="features"):
        predict(model, [[1.0, 2.0, 3.0]])
    assert [module.training for module in model.modules()] == before
