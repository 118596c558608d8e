"""The forms of data that fit, evaluate and predict take, and those that they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.data import DataLoader, Dataset, TensorDataset
from nncore.train import evaluate, fit, predict, predict_proba

pd: Any = pytest.importorskip("pandas")
sp: Any = pytest.importorskip("scipy.sparse")
RNG = np.random.default_rng(0)
X = RNG.integers(-3, 4, (60, 4)).astype(np.float32)
Y = X[:, :3].argmax(1)
LABELS = np.array(["cat", "ant", "bee"])[Y]
CODES = np.array([2, 0, 1])[Y]
VALUES = X[:, 0] + X[:, 1]
LEFT, RIGHT = X[:, :2], X[:, 2:]


def network(outputs: int = 3) -> nn.Sequential:
    nncore.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, outputs))


class Two(nn.Module):
    """A model of two inputs."""

    def __init__(self) -> None:
        super().__init__()
        nncore.manual_seed(0)
        self.inner = network()

    def forward(self, left: nncore.Tensor, right: nncore.Tensor) -> nncore.Tensor:
        return self.inner(nncore.cat([left, right], 1))  # type: ignore[no-any-return]


def losses(x: Any, y: Any = None, model: nn.Module | None = None, **options: Any) -> Any:
    model = model or network()
    return fit(model, x, y, **{"epochs": 3, "seed": 0, "verbose": 0, **options})


FRAME = pd.DataFrame(
    {
        "integer": X[:, 0].astype(np.int16),
        "number": X[:, 1].astype(np.float64),
        "flag": pd.array(X[:, 2] > 0, "boolean"),
        "kind": pd.Categorical(np.where(X[:, 3] > 0, "v", "u")),
    }
)
TABLE = np.stack([X[:, 0], X[:, 1], X[:, 2] > 0, X[:, 3] > 0], 1).astype(np.float32)


class Pairs(Dataset[Any]):
    """Samples of two inputs, as a tuple or a dict, and a target."""

    def __init__(self, names: bool = False) -> None:
        self.names = names

    def __len__(self) -> int:
        return 60

    def __getitem__(self, i: int) -> Any:
        return ({"right": RIGHT[i], "left": LEFT[i]} if self.names else (LEFT[i], RIGHT[i])), int(Y[i])


def batches(size: int = 20) -> Iterator[Any]:
    return ((X[i : i + size], Y[i : i + size]) for i in range(0, 60, size))


def test_tables_are_numbers() -> None:
    assert losses(FRAME, Y).loss == losses(TABLE, Y).loss
    assert predict(network(), FRAME).tolist() == predict(network(), TABLE).tolist()
    target = pd.Series(Y).astype("Int64")
    assert losses(FRAME, target).loss == losses(FRAME, pd.DataFrame({"y": Y})).loss == losses(TABLE, Y).loss


@pytest.mark.parametrize("form", [sp.csr_matrix, sp.coo_array, sp.csc_matrix])
def test_sparse_rows_train_like_dense_ones(form: Any) -> None:
    dense, sparse = losses(X, Y, validation=(X, Y)), losses(form(X), Y, validation=(form(X), Y))
    assert sparse.loss == pytest.approx(dense.loss, rel=1e-6)
    assert sparse.val_loss == pytest.approx(dense.val_loss, rel=1e-6)
    assert predict(network(), form(X)).tolist() == predict(network(), X).tolist()
    assert evaluate(network(), form(X), Y) == evaluate(network(), X, Y)


LABEL_FORMS: dict[str, Any] = {
    "array": LABELS,
    "objects": LABELS.astype(object),
    "list": LABELS.tolist(),
    "series": pd.Series(LABELS),
    "categories": pd.Series(LABELS).astype("category"),
    "column": LABELS.reshape(-1, 1),
}


@pytest.mark.parametrize("labels", LABEL_FORMS.values(), ids=LABEL_FORMS)
def test_text_labels_are_sorted_and_remembered(labels: Any) -> None:
    history = losses(X, labels, validation=(X, labels))
    assert history.classes == ["ant", "bee", "cat"]
    assert history.val_loss == losses(X, CODES, validation=(X, CODES)).val_loss
    assert evaluate(network(), X, labels, classes=history.classes) == evaluate(network(), X, CODES)
    assert losses(X, Y).classes is None


ONE_OUTPUT: dict[str, tuple[Any, dict[str, Any]]] = {
    "bool": (VALUES > 0, {}),
    "integer": ((VALUES > 0).astype(int), {}),
    "text": (np.where(VALUES > 0, "yes", "no"), {}),
    "float with a loss": ((VALUES > 0).astype(float), {"loss": "bce_with_logits"}),
    "column": ((VALUES > 0).reshape(-1, 1), {"loss": nn.functional.binary_cross_entropy_with_logits}),
}


@pytest.mark.parametrize(("y", "options"), ONE_OUTPUT.values(), ids=ONE_OUTPUT)
def test_one_logit_has_an_accuracy(y: Any, options: dict[str, Any]) -> None:
    model = network(1)
    history = losses(X, y, model, epochs=30, optimizer="adam", lr=0.03, **options)
    right = (predict(model, X).numpy()[:, 0] > 0) == (VALUES > 0)
    known = {"classes": history.classes} if history.classes else {}
    assert evaluate(model, X, y, **options, **known).accuracy == right.mean() > 0.9
    both = predict_proba(model, X)
    assert both.shape == (60, 2)
    assert (both[:, 1] > 0.5).tolist() == (predict(model, X)[:, 0] > 0).tolist()


def test_probabilities_of_a_sigmoid() -> None:
    model = nn.Sequential(network(1), nn.Sigmoid())
    logits = losses(X, VALUES > 0, network(1))
    found = losses(X, VALUES > 0, model, loss="bce")
    assert found.loss == pytest.approx(logits.loss, rel=1e-5)
    assert found.accuracy == logits.accuracy
    assert predict_proba(model, X, loss="bce")[:, 1].tolist() == predict(model, X)[:, 0].tolist()


def test_several_labels_per_row() -> None:
    y = X[:, :3] > 0
    model = network()
    history = losses(X, y, model, loss="bce_with_logits", epochs=5)
    right = ((predict(model, X).numpy() > 0) == y).all(1)
    assert evaluate(model, X, y, loss="bce_with_logits").accuracy == right.mean()
    assert len(history.accuracy) == 5
    assert predict_proba(model, X, loss="bce_with_logits").shape == (60, 3)


@pytest.mark.parametrize("loss", ["mse", "l1", "huber", nn.SmoothL1Loss, nn.functional.mse_loss])
def test_integers_are_numbers_for_a_regression_loss(loss: Any) -> None:
    y = VALUES.astype(int)
    whole = losses(X, y, network(1), loss=loss)
    assert whole.loss == losses(X, y.astype(np.float32).reshape(-1, 1), network(1), loss=loss).loss
    assert whole.accuracy == []


def test_an_autoencoder_has_no_targets() -> None:
    expected = losses(X, X, network(4), loss="mse", validation=(X, X))
    forms: list[Any] = [X, nncore.from_numpy(X), pd.DataFrame(X), TensorDataset(X), sp.csr_matrix(X)]
    for x in forms:
        found = losses(x, None, network(4), loss="mse", validation=x)
        assert found.loss == pytest.approx(expected.loss, rel=1e-6)
        assert found.val_loss == pytest.approx(expected.val_loss, rel=1e-6)
    pixels = (np.abs(X) * 20).astype(np.uint8)
    assert (
        losses(pixels, None, network(4), loss="l1").loss == losses(pixels, pixels, network(4), loss="l1").loss
    )


SEVERAL: dict[str, Any] = {
    "dict": ({"right": RIGHT, "left": LEFT}, Y),
    "tuple": ((LEFT, RIGHT), Y),
    "dict of tables": ({"left": pd.DataFrame(LEFT), "right": sp.csr_matrix(RIGHT)}, Y),
    "samples": (Pairs(), None),
    "named samples": (Pairs(names=True), None),
    "loader": (DataLoader(Pairs(), 32), None),
}


@pytest.mark.parametrize("data", SEVERAL.values(), ids=SEVERAL)
def test_several_inputs(data: tuple[Any, Any]) -> None:
    model, x, y = Two(), *data
    held_out = data if y is not None else x
    history = losses(x, y, model, epochs=2, batch_size=32, shuffle=False, validation=held_out)
    expected = losses(X, Y, epochs=2, shuffle=False, validation=(X, Y))
    assert history.loss == pytest.approx(expected.loss, rel=1e-6)
    assert history.val_loss == pytest.approx(expected.val_loss, rel=1e-6)
    assert predict(model, x).tolist() == predict(model.inner, X).tolist()


def test_functions_that_return_iterators() -> None:
    expected = losses(DataLoader(TensorDataset(X, Y), 20), validation=(X, Y))
    found = losses(batches, validation=batches)
    assert (found.loss, found.val_accuracy) == (expected.loss, expected.val_accuracy)
    assert losses(batches(), epochs=1).loss == expected.loss[:1]
    assert losses(batches(), epochs=None, steps=3).loss == expected.loss[:1]
    assert evaluate(network(), batches()) == evaluate(network(), batches)
    whole = predict(network(), X).tolist()
    forms: list[Any] = [batches, batches(), DataLoader(TensorDataset(X, Y), 20), TensorDataset(X), (X,)]
    assert [predict(network(), form).tolist() for form in forms] == [whole] * len(forms)


def test_iterators_are_read_in_fixed_memory() -> None:
    alive = most = 0

    class Batch(np.ndarray[Any, Any]):
        def __array_finalize__(self, other: Any) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def many() -> Iterator[Any]:
        return ((X[:20].copy().view(Batch), Y[:20]) for _ in range(40))

    losses(many, epochs=2, validation=many)
    evaluate(network(), many)
    predict(network(), many)
    assert most < 10


@pytest.mark.parametrize(
    "y",
    [Y, LABELS, np.eye(3, dtype=np.float32)[Y], np.eye(3, dtype=bool)[Y]],
    ids=["numbers", "text", "one-hot", "bools"],
)
def test_the_split_is_stratified_and_seeded(y: Any) -> None:
    seen: list[Any] = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network()

        def forward(self, x: nncore.Tensor) -> nncore.Tensor:
            if not self.training and len(x) == 18:
                seen.append(x.detach().numpy().copy())
            return self.inner(x)  # type: ignore[no-any-return]

    for seed in (0, 0, 1):
        losses(X, y, Spy(), validation_split=0.3, seed=seed, compile=False, epochs=1)
    first, again, other = seen[::2]
    assert (first == again).all()
    assert not (first == other).all()
    for k in range(3):
        assert abs((first[:, :3].argmax(1) == k).sum() - 0.3 * np.bincount(Y)[k]) <= 1


def test_without_shuffling_the_last_rows_are_split_off() -> None:
    found = losses(X, Y, validation_split=0.25, shuffle=False)
    expected = losses(X[:45], Y[:45], validation=(X[45:], Y[45:]), shuffle=False)
    assert (found.loss, found.val_loss) == (expected.loss, expected.val_loss)


def test_drop_last() -> None:
    model, twin = network(), network()
    found = losses(X, Y, model, batch_size=25, drop_last=True, shuffle=False, epochs=2)
    expected = losses(X[:50], Y[:50], twin, batch_size=25, shuffle=False, epochs=2)
    assert found.loss == expected.loss
    assert model[0].weight.tolist() == twin[0].weight.tolist()
    stream = losses(Pairs(), None, Two(), batch_size=25, drop_last=True, shuffle=False, epochs=2)
    assert stream.loss == pytest.approx(expected.loss, rel=1e-6)


def same() -> Callable[[], Any]:
    iterator = batches()
    return lambda: iterator


class Twice(nn.Module):
    """A model that returns two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = network()

    def forward(self, x: nncore.Tensor) -> tuple[nncore.Tensor, nncore.Tensor]:
        return self.inner(x), self.inner(-x)


class Applied(nn.Module):
    """A model with a function of its outputs."""

    def __init__(self, inner: nn.Module, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.inner, self.function = inner, function

    def forward(self, x: nncore.Tensor) -> Any:
        return self.function(self.inner(x))


def first_loss(output: Any, target: nncore.Tensor) -> nncore.Tensor:
    return nn.functional.cross_entropy(output[0], target)


WITH_NAN = np.where(np.arange(240).reshape(60, 4) == 9, np.nan, X)
REFUSED: dict[str, tuple[Any, Any, dict[str, Any], type[Exception], str]] = {
    "text column": (
        FRAME.assign(town="x"), Y, {}, TypeError,
        "fit: column 'town' of x has dtype .*; expected numbers, bools or categories: drop the column, or",
    ),
    "missing category": (
        FRAME.assign(kind=FRAME.kind.where(FRAME.index != 7)), Y, {}, ValueError,
        "fit: column 'kind' of x has no value in row 7; remove or fill",
    ),
    "no inputs": (None, Y, {}, TypeError, "fit: x is a NoneType; expected an array, a table or a list"),
    "a path": ("data.csv", Y, {}, TypeError, "fit: x is a str; expected an array, a table or a list"),
    "complex inputs": (X * 1j, Y, {}, TypeError, "fit: x cannot be a tensor: .* complex64 is not supported"),
    "rows of different lengths": ([[1, 2, 3, 4], [1]], Y[:2], {}, ValueError, "fit: x cannot be a tensor: "),
    "a loader with targets": (
        DataLoader(Pairs(), 9), Y, {}, TypeError,
        "fit: y does not apply to a DataLoader, which has the targets itself; leave y out",
    ),
    "text as targets": (X, "abc", {}, TypeError, "fit: y is a str; expected an array, a table or a list"),
    "a dict of targets": (X, {"y": Y}, {}, TypeError, "fit: y is a dict; expected an array, a table or a li"),
    "unsigned labels": (X, Y.astype(np.uint64), {}, TypeError, "fit: y cannot be a tensor: .* uint64 is not"),
    "a list without a label": (X, [None, *LABELS[1:]], {}, TypeError, "y is None in row 0; expected labels"),
    "masked inputs": (np.ma.masked_greater(X, 2), Y, {}, ValueError, "fit: x has masked values; fill or rem"),
    "masked targets": (X, np.ma.masked_equal(Y, 1), {}, ValueError, "fit: y has masked values; fill or rem"),
    "several labels in a row": (
        X, X[:, :3] > 0, {}, ValueError,
        r"y has shape \(60, 3\); expected class numbers .*; several labels per row need loss='bce_with_log",
    ),
    "weights as text": (
        X, Y, {"sample_weight": "a"}, ValueError, "fit: sample_weight cannot be an array of numbers: could",
    ),
    "a tuple of outputs": (
        X, Y, {"model": Twice()}, TypeError,
        "fit: the model returned a tuple, and the loss compares one Tensor with the target; give loss=",
    ),
    "metrics of a tuple": (
        X, Y, {"model": Twice(), "loss": first_loss, "metrics": [first_loss]}, TypeError,
        "fit: metrics compare one Tensor with the target, but the model returned a tuple; leave metrics out",
    ),
    "a metric that does not fit": (
        X, Y, {"metrics": ["top5"]}, ValueError, "fit: top5: k is 5 but the model has 3 scores; expected",
    ),
    "nan in sparse rows": (sp.csr_matrix(WITH_NAN), Y, {}, ValueError, "x is nan at row 2, column 1"),
    "unequal inputs": ((LEFT, RIGHT[:5]), Y, {}, ValueError, r"x\[0\] has 60 rows but x\[1\] 5"),
    "numbers as names": ({1: LEFT}, Y, {}, TypeError, "x is a dict; expected names of the model's arguments"),
    "unknown label": (
        X, LABELS, {"validation": (X, np.where(Y == 1, "dog", LABELS))}, ValueError,
        "label 'dog' in the validation y, row .*, is not one of the classes of y: 'ant', 'bee', 'cat'",
    ),
    "numbers for labels": (
        X, LABELS, {"validation": (X, Y)}, TypeError,
        "the validation y has numbers; expected labels such as 'ant', as in training",
    ),
    "missing label": (X, np.where(Y == 1, None, LABELS), {}, TypeError, "y is None in row .*; expected"),
    "mixed labels": (X, np.where(Y == 1, 5, LABELS.astype(object)), {}, TypeError, "labels of different t"),
    "labels in a loader": (
        lambda: ((X, LABELS) for _ in range(1)), None, {}, TypeError,
        "labels such as 'ant' in a batch; the classes of a loader are not known: make them numbers",
    ),
    "two inputs without y": ((LEFT, RIGHT), None, {"loss": "mse"}, TypeError, "y is missing; with 2 inputs"),
    "no y": (X, None, {}, TypeError, "y is missing; .* for an autoencoder a loss that compares values, such"),
    "a generator": (batches(), None, {}, TypeError, "an iterator can be read once; .* a function"),
    "a generator to validate": (X, Y, {"validation": batches()}, TypeError, "an iterator can be read once"),
    "too few batches": (
        batches(), None, {"epochs": None, "steps": 9}, ValueError,
        "the iterator has ended before the training; give more batches, or a function",
    ),
    "one iterator": (same(), None, {}, TypeError, "returned the same iterator again; expected a new"),
    "no iterator": (lambda: 3, None, {}, TypeError, "returned an int; expected an iterator of pairs"),
    "no validation rows": (X, Y, {"validation": (X[:0], Y[:0])}, ValueError, "the validation x has no rows"),
    "empty split": (X, Y, {"validation_split": 0.001}, ValueError, "gives 0 of 60 rows to validation"),
    "whole split": (X, Y, {"validation_split": 1.0}, ValueError, "gives 60 of 60 rows to validation"),
    "both": (X, Y, {"validation_split": 0.1, "validation": (X, Y)}, ValueError, "not both"),
    "split of a loader": (
        Pairs(), None, {"validation_split": 0.1}, ValueError,
        "validation_split needs arrays; split a data set with nncore.data.random_split",
    ),
    "drop all": (X, Y, {"drop_last": True, "batch_size": 61}, ValueError, "60 rows, and with drop_last no"),
    "drop last of a loader": (
        DataLoader(Pairs(), 9), None, {"drop_last": True}, ValueError, "drop_last does not apply to a loader",
    ),
    "one output for labels": (
        X, Y, {"model": network(1)}, ValueError,
        "y has label 2 but the model has one output; expected 0 and 1, one output per class, or for reg",
    ),
    "labels for a binary loss": (
        X, Y, {"model": network(1), "loss": "bce_with_logits"}, ValueError,
        "y is 2 in row .*; binary cross-entropy needs values from 0 to 1",
    ),
    "logits for probabilities": (
        X, VALUES > 0, {"model": network(1), "loss": "bce"}, ValueError,
        r"of probabilities, but the model gives .*; end the model with nn.Sigmoid\(\), or use",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("x", "y", "options", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_data_that_is_refused(x: Any, y: Any, options: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        losses(x, y, **{"model": network(), **options})


def test_several_outputs_have_a_loss() -> None:
    assert len(losses(X, Y, Twice(), loss=first_loss).loss) == 3
    assert evaluate(Twice(), X, Y, loss=first_loss).accuracy is None
    whole, parts = predict(Twice(), X), predict(Twice(), X, batch_size=16)
    assert [part.tolist() for part in whole] == [part.tolist() for part in parts]
    assert [part.shape for part in parts] == [(60, 3), (60, 3)]
    named = Applied(Twice(), lambda outputs: {"first": outputs[0], "both": [*outputs]})
    assert predict(named, X, batch_size=16)["both"][1].tolist() == whole[1].tolist()
    with pytest.raises(TypeError, match="predict: the model returned a scalar; expected Tensors with a row"):
        predict(Applied(network(), nncore.mean), X)
    with pytest.raises(TypeError, match="predict_proba: the model returned a tuple; use predict"):
        predict_proba(Twice(), X)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.uint16, np.uint8, np.int32, bool])
def test_labels_of_any_integer_dtype(kind: Any) -> None:
    assert losses(X, Y.astype(kind)).loss == losses(X, Y.astype(kind).astype(np.int64)).loss


@pytest.mark.parametrize("loss", [None, "nll"])
@pytest.mark.parametrize("kind", [bool, np.int64, np.uint8])
def test_one_hot_rows_of_integers_are_class_numbers(kind: Any, loss: Any) -> None:
    rows = np.eye(3, dtype=kind)[Y]
    found = losses(X, rows, loss=loss, class_weight={1: 2.0}, validation=(X, rows))
    assert (
        found.val_accuracy == losses(X, Y, loss=loss, class_weight={1: 2.0}, validation=(X, Y)).val_accuracy
    )


def test_scores_on_another_axis_have_no_accuracy() -> None:
    """The loss knows that the classes are on the last axis."""

    def loss(output: nncore.Tensor, target: nncore.Tensor) -> nncore.Tensor:
        return nn.functional.cross_entropy(output.transpose(1, 2), target)

    model, x = nn.Embedding(9, 9), RNG.integers(0, 9, (20, 5))
    history = fit(model, x, x, loss=loss, epochs=1, verbose=0)
    assert not history.accuracy


def test_outputs_without_a_second_axis_are_logits() -> None:
    flat = nn.Sequential(network(1), nn.Flatten(0))
    assert losses(X, VALUES > 0, flat).accuracy == losses(X, VALUES > 0, network(1)).accuracy


def test_fit_is_not_part_of_a_captured_step() -> None:
    model = network()
    step = nncore.compile(lambda x: fit(model, x, Y, verbose=0).loss[-1])
    with pytest.raises(nncore.CaptureError, match="fit: it captures steps itself and cannot be part of"):
        step(X)


def test_evaluate_and_predict_refuse() -> None:
    with pytest.raises(ValueError, match=r"y has text labels, .*; give classes=history\.classes of fit"):
        evaluate(network(), X, LABELS)
    with pytest.raises(ValueError, match=r"trained with MSELoss\(\) are not probabilities; use predict"):
        predict_proba(network(), X, loss="mse")


def test_a_small_last_batch_of_a_loader_is_tried() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    data = [(X[i], int(Y[i])) for i in range(33)]
    with pytest.raises(
        ValueError, match=r"the last batch has 1 of the 33 rows \(batch_size 16\).*drop_last=True"
    ):
        fit(model, DataLoader(data, 16), verbose=0)
    fit(model, DataLoader(data, 16, drop_last=True), epochs=1, verbose=0)
