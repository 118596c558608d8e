"""Metrics over an epoch of batches against scikit-learn, and against values worked out by hand."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import Tensor, nn
from nncore.train import EarlyStopping, Metric, evaluate, fit, predict
from nncore.train.metrics import F1, Accuracy, Precision, TopK, resolve

Array = np.ndarray[Any, Any]


def over(metric: Metric, output: Array, target: Array, size: int = 7) -> Any:
    """The metric over batches of `size` rows, whose memory is written again."""
    metric.reset()
    rows, targets = np.empty_like(output[:size]), np.empty_like(target[:size])
    for start in range(0, len(output), size):
        count = len(output[start : start + size])
        rows[:count], targets[:count] = output[start : start + size], target[start : start + size]
        metric.update(nncore.from_numpy(rows[:count]), nncore.from_numpy(targets[:count]))
    return metric.compute()


def softmax(scores: Array) -> Array:
    """Exact sums, so that permuted scores give equal probabilities."""
    powers = np.exp(scores.astype(np.float64) - scores.max(1, keepdims=True))
    return np.asarray(powers / np.array([[math.fsum(row)] for row in powers]))


def data(task: str, seed: int) -> tuple[Array, Array]:
    """Outputs with ties, and targets of the task."""
    rng = np.random.default_rng(seed)
    shape = {"multiclass": (60, 4), "binary": (60,), "multilabel": (60, 3), "regression": (60, 2)}[task]
    output = np.round(2 * rng.standard_normal(shape)).astype(np.float32) / 2
    if task == "multiclass":
        return output, rng.integers(0, 4, 60)
    if task == "regression":
        return output, (output + rng.standard_normal(shape) + 100).astype(np.float32)
    return output, (output + rng.standard_normal(shape) > 0).astype(np.float32)


def truths() -> Iterator[tuple[str, str, Callable[[Array, Array], Any]]]:
    """(task, metric, what scikit-learn computes from outputs and targets)."""
    sk: Any = pytest.importorskip("sklearn.metrics")
    from sklearn.preprocessing import label_binarize

    def classes(function: Callable[..., Any], **options: Any) -> Callable[[Array, Array], Any]:
        def truth(output: Array, target: Array) -> Any:
            multiclass = output.ndim == 2 and target.ndim == 1
            return function(target, output.argmax(1) if multiclass else output > 0, **options)

        return truth

    for task in ("multiclass", "binary", "multilabel"):
        yield task, "accuracy", classes(sk.accuracy_score)
        for name in ("precision", "recall", "f1"):
            function = getattr(sk, f"{name}_score")
            usual = "binary" if task == "binary" else "macro"
            yield task, name, classes(function, average=usual)
            for average in ("macro", "micro", "weighted"):
                yield task, f"{name}_{average}", classes(function, average=average)
        if task != "multiclass":
            yield task, "roc_auc", lambda output, target: sk.roc_auc_score(target, output)
            yield task, "average_precision", lambda output, target: sk.average_precision_score(target, output)
        if task != "multilabel":
            yield task, "confusion_matrix", classes(sk.confusion_matrix)
    yield "multiclass", "roc_auc", lambda o, t: sk.roc_auc_score(t, softmax(o), multi_class="ovr")
    yield (
        "multiclass",
        "average_precision",
        lambda o, t: sk.average_precision_score(label_binarize(t, classes=range(4)), softmax(o)),
    )
    yield "multiclass", "top1", lambda o, t: sk.top_k_accuracy_score(t, o, k=1)
    yield "multiclass", "top3", lambda o, t: sk.top_k_accuracy_score(t, o, k=3)
    yield "multiclass", "perplexity", lambda o, t: np.exp(sk.log_loss(t, softmax(o)))
    yield "regression", "mae", lambda o, t: sk.mean_absolute_error(t.astype(np.float64), o)
    yield "regression", "mse", lambda o, t: sk.mean_squared_error(t.astype(np.float64), o)
    yield "regression", "r2", lambda o, t: sk.r2_score(t.astype(np.float64), o)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_against_scikit_learn(seed: int) -> None:
    for task, name, truth in truths():
        output, target = data(task, seed)
        (metric,) = resolve("fit", [name], task)
        found = over(metric, output, target)
        np.testing.assert_allclose(found, truth(output, target), rtol=1e-12, err_msg=f"{task} {name}")
        if task != "regression":
            metric.task = None  # the shapes say it
            np.testing.assert_array_equal(over(metric, output, target), found)


def test_rare_cases_against_scikit_learn() -> None:
    """Classes that do not occur, one class alone, constant targets and equal scores."""
    sk: Any = pytest.importorskip("sklearn.metrics")
    scores, target = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 2]], np.array([0, 1, 1, 1, 0])
    ones, column = np.ones(4, np.float32), np.ones((4, 1), np.float32)
    cases: list[tuple[str, str, Array, Array, Any]] = [
        *[
            (f"{name}_{average}", "multiclass", scores, target, partial(function, average=average))
            for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score))
            for average in ("macro", "micro", "weighted")
        ],
        ("f1", "binary", -ones, 0 * ones, sk.f1_score),
        ("f1_macro", "binary", -ones, 0 * ones, partial(sk.f1_score, average="macro")),
        ("roc_auc", "binary", ones, ones, sk.roc_auc_score),
        ("roc_auc", "binary", ones, np.array([0, 1, 1, 0]), sk.roc_auc_score),
        ("average_precision", "binary", ones, 0 * ones, sk.average_precision_score),
        ("r2", "regression", column, column, sk.r2_score),
        ("r2", "regression", column, 2 * column, sk.r2_score),
        ("r2", "regression", column[:1], column[:1], sk.r2_score),
    ]
    for name, task, output, right, truth in cases:
        (metric,) = resolve("fit", [name], task)
        given = output
        if not name.startswith(("roc", "average", "r2")):
            given = output.argmax(1) if task == "multiclass" else output > 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = truth(right, given)
        np.testing.assert_allclose(over(metric, output, right, 2), expected, rtol=1e-12, err_msg=name)


SCORES = np.array([[1, 2, 3], [3, 2, 1], [1, 3, 2], [2, 1, 0]], np.float32)
BY_HAND: dict[str, tuple[str | Metric, str, Any, Any, Any]] = {  # metric, task, output, target, value
    "accuracy": ("accuracy", "multiclass", SCORES, [2, 0, 0, 1], 0.5),
    "accuracy of one-hot targets": ("accuracy", "multiclass", SCORES, np.eye(3)[[2, 0, 0, 1]], 0.5),
    "accuracy of one logit": ("accuracy", "binary", [[2.0], [-1], [0.5], [0]], [1, 1, 1, 0], 0.75),
    "accuracy without ignored targets": ("accuracy", "multiclass", SCORES, [2, -100, 0, -100], 0.5),
    "accuracy of rows of labels": (
        "accuracy",
        "multilabel",
        [[1.0, -1], [1, 1]],
        [[1, 0], [1, 0]],
        0.5,
    ),
    "accuracy of sequences": ("accuracy", "multiclass", SCORES[:, :, None], [[2], [0], [0], [1]], 0.5),
    "top 2": ("top2", "multiclass", SCORES, [2, 1, 0, 0], 0.75),
    "the later of equal scores": ("top1", "multiclass", [[0.0, 0, 0]], [2], 1.0),
    "the earlier of equal scores": ("top1", "multiclass", [[0.0, 0, 0]], [0], 0.0),
    "precision of two classes": (
        Precision("binary"),
        "multiclass",
        SCORES[:, :2],
        [1, 1, 1, 0],
        1.0,
    ),
    "F1 of each class": (F1(None), "multiclass", SCORES, [2, 0, 0, 1], [0.5, 0.0, 1.0]),
    "perplexity": ("perplexity", "multiclass", np.zeros((3, 5)), [0, 4, -100], 5.0),
    "perplexity of one-hot targets": ("perplexity", "multiclass", np.zeros((2, 5)), np.eye(5)[:2], 5.0),
    "perplexity without bound": ("perplexity", "multiclass", [[0.0, 1000]], [0], math.inf),
    "an r2 with a large offset": ("r2", "regression", [1e8, 1e8 + 2], [1e8, 1e8 + 1], -1.0),
}


@pytest.mark.parametrize(("metric", "task", "output", "target", "value"), BY_HAND.values(), ids=BY_HAND)
def test_by_hand(metric: str | Metric, task: str, output: Any, target: Any, value: Any) -> None:
    (found,) = resolve("fit", [metric], task)
    np.testing.assert_allclose(over(found, np.asarray(output), np.asarray(target), 3), value, rtol=1e-12)


def test_a_threshold_for_probabilities() -> None:
    (metric,) = resolve("fit", ["accuracy"], "binary", threshold=0.5)
    assert over(metric, np.array([0.4, 0.6, 0.5]), np.array([0, 1, 0])) == 1.0


def test_reset_forgets_and_nothing_is_nan() -> None:
    for task in ("multiclass", "binary", "multilabel", "regression"):
        output, target = data(task, 0)
        names = [name for t, name, _ in truths() if t == task and name != "confusion_matrix"]
        for metric in resolve("fit", names, task):
            assert math.isnan(metric.compute())
            first = over(metric, output, target)
            assert over(metric, output, target) == first


def largest(output: Tensor, target: Tensor) -> Tensor:
    return (output - target).abs().amax()


def test_a_function_gets_the_whole_epoch() -> None:
    output, target = data("regression", 0)
    named = resolve("fit", [largest, partial(np.mean, axis=None), lambda o, t: len(o)], "regression")
    assert [metric.name for metric in named] == ["largest", "mean", "lambda"]
    assert over(named[0], output, target) == np.abs(output - target).max()
    assert over(named[2], output, target) == 60.0


def test_in_fit_and_evaluate() -> None:
    """The numbers of the best epoch are those of scikit-learn for its weights, which are restored."""
    sk: Any = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 6)).astype(np.float32)
    y = (x @ rng.standard_normal((6, 4))).argmax(1)
    x_held, y_held = x[200:], y[200:]
    model = nn.Linear(6, 4)
    stop = EarlyStopping("val_f1", patience=9)
    names = ["accuracy", "f1", "roc_auc", "confusion_matrix"]
    history = fit(
        model, x[:200], y[:200], epochs=5, validation=(x_held, y_held), metrics=names, verbose=0,
        callbacks=[stop],
    )  # fmt: skip
    output = predict(model, x_held).numpy()
    found = output.argmax(1)
    expected = [
        sk.accuracy_score(y_held, found),
        sk.f1_score(y_held, found, average="macro"),
        sk.roc_auc_score(y_held, softmax(output), multi_class="ovr"),
        sk.confusion_matrix(y_held, found),
    ]
    again = evaluate(model, x_held, y_held, metrics=names, batch_size=7).metrics
    for name, value in zip(names, expected, strict=True):
        np.testing.assert_allclose(history[f"val_{name}"][stop.best_epoch - 1], value, rtol=1e-12)
        np.testing.assert_allclose(again[name], value, rtol=1e-12)
        assert len(history[name]) == 5
    before = model.weight.tolist()
    with pytest.raises(ValueError, match="top5: k is 5 but the model has 4 scores"):
        fit(model, x, y, metrics=["top5"], verbose=0)
    assert model.weight.tolist() == before


REFUSED: list[tuple[Any, str, type[Exception], str]] = [  # metrics, task, error, text
    ("accuracy", "multiclass", TypeError, r"fit: metrics is 'accuracy'; expected a list, such as \['acc"),
    (["acc"], "multiclass", ValueError, "fit: 'acc' is not a metric; expected one of 'accuracy', 'prec"),
    (["top0"], "multiclass", ValueError, "'top0' is not a metric"),
    (["mae"], "multiclass", ValueError, "metric 'mae' does not fit multiclass targets; expected one of 'acc"),
    (
        ["f1"],
        "regression",
        ValueError,
        "metric 'f1' does not fit regression targets; expected one of 'mae', 'mse', 'r2'$",
    ),
    (["top5"], "binary", ValueError, "metric 'top5' does not fit binary targets"),
    (["confusion_matrix"], "multilabel", ValueError, "'confusion_matrix' does not fit multilabel"),
    ([F1], "multiclass", TypeError, r"fit: metrics\[0\] is the class F1; expected an object: F1\(\)"),
    ([5], "multiclass", TypeError, r"metrics\[0\] is 5; expected a name, a function of output and target"),
    (["f1", F1()], "multiclass", ValueError, "'f1' is the name of two metrics in the history; give the"),
    ([F1(name="loss")], "multiclass", ValueError, "'loss' has another meaning in the history; give the"),
    ([F1(name="plot")], "multiclass", ValueError, "'plot' has another meaning in the history; give the"),
]


@pytest.mark.parametrize(("given", "task", "error", "text"), REFUSED)
def test_refused_metrics(given: Any, task: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        resolve("fit", given, task)


THREE = np.zeros((2, 3), np.float32)
WRONG: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: TopK(0), ValueError, "TopK: k must be at least 1, got 0"),
    (lambda: F1("median"), ValueError, "F1: average is 'median'; expected one of 'macro', 'micro', 'weight"),
    (lambda: Accuracy(5), TypeError, "Accuracy: name must be a str"),  # type: ignore[arg-type]
    (
        lambda: over(TopK(3), THREE, np.array([0, 1])),
        ValueError,
        "top3: k is 3 but the model has 3 scores; expected fewer",
    ),
    (
        lambda: over(F1("binary"), THREE, np.array([0, 1])),
        ValueError,
        "f1: average='binary' does not apply to 3 classes; expected 'macro'",
    ),
    (lambda: over(Accuracy(), THREE, np.array([0, 3])), ValueError, r"label 3 in target is outside 0\.\.2"),
    (
        lambda: over(Accuracy(), THREE[:, 0], np.array([0, 0.5])),
        ValueError,
        "accuracy: target has the value 0.5; expected labels 0 and 1",
    ),
    (
        lambda: over(resolve("fit", ["mse"], "regression")[0], THREE, THREE[:, :2]),
        ValueError,
        r"mse: output has shape \(2, 3\) but target \(2, 2\); expected equal shapes",
    ),
    (
        lambda: over(resolve("fit", ["f1"], "multiclass")[0], THREE, np.zeros((2, 2), int)),
        ValueError,
        r"f1: output has shape \(2, 3\) but target \(2, 2\); expected scores \(n, classes\) and class",
    ),
    (
        lambda: over(resolve("fit", [lambda o, t: "high"], "multiclass")[0], THREE, np.array([0, 1])),
        TypeError,
        "the metric lambda returned a str; expected one number",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), WRONG)
def test_wrong_arguments(call: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
