"""fit and evaluate on data sets that are read sample by sample, and on loaders."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import nncore
from loader_samples import Count, Squares
from nncore import nn, optim
from nncore.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset, load_digits
from nncore.train import Checkpoint, evaluate, fit, resume

X = load_digits()[0].numpy()[:100].reshape(100, 64).astype(np.float32) / 16
Y = load_digits()[1].numpy()[:100]


class Rows(Dataset[Any]):
    """X and Y row by row; with noise if `generator` is given."""

    def __init__(self, generator: np.random.Generator | None = None) -> None:
        self.generator, self.read = generator, 0

    def __len__(self) -> int:
        return 100

    def __getitem__(self, i: int) -> tuple[Any, int]:
        self.read += 1
        noise = self.generator.normal(0, 0.1, 64).astype("f4") if self.generator else np.float32(0)
        return X[i] + noise, int(Y[i])


class Stream(IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        return zip(X, Y.tolist(), strict=True)


class Batches:
    def __iter__(self) -> Iterator[Any]:
        return iter(DataLoader(Rows(), 32))


def network() -> nn.Sequential:
    nncore.manual_seed(1)
    return nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10))


def trained(data: Any, target: Any = None, **options: Any) -> tuple[Any, Any]:
    """The weights and the numbers of the history."""
    model = network()
    history = fit(model, data, target, epochs=2, progress=False, **options)
    numbers = {name: values for name, values in vars(history).items() if name != "samples_per_second"}
    return model.state_dict()["0.weight"].tolist(), numbers


FORMS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "data set": (Rows, {"batch_size": 32, "shuffle": False}),
    "subset": (lambda: Subset(Rows(), range(100)), {"batch_size": 32, "shuffle": False}),
    "stream": (Stream, {"batch_size": 32}),
    "loader": (lambda: DataLoader(Rows(), 32), {}),
    "loader of arrays": (lambda: DataLoader(TensorDataset(X, Y), 32), {}),
    "loader of a stream": (lambda: DataLoader(Stream(), 32), {}),
    "loader with workers": (lambda: DataLoader(Rows(), 32, num_workers=2, persistent_workers=True), {}),
    "iterable of batches": (Batches, {}),
}


@pytest.mark.parametrize(("make", "options"), FORMS.values(), ids=FORMS)
def test_all_forms_train_like_arrays(make: Callable[[], Any], options: dict[str, Any]) -> None:
    data = make()
    weights, numbers = trained(X, Y, batch_size=32, shuffle=False, validation=(X, Y))
    found, found_numbers = trained(data, validation=data, **options)
    assert found == weights
    assert found_numbers["accuracy"] == numbers["accuracy"]
    assert found_numbers["val_accuracy"] == numbers["val_accuracy"]
    for name in ("loss", "val_loss"):
        assert found_numbers[name] == pytest.approx(numbers[name], rel=1e-6)
    model = network()
    assert evaluate(model, data) == pytest.approx(evaluate(model, X, Y), rel=1e-6)


def test_each_epoch_reads_the_samples_anew() -> None:
    """The same steps as a loop by hand with the same noise."""
    model, dataset = network(), Rows(np.random.default_rng(5))
    fit(
        model,
        dataset,
        epochs=3,
        batch_size=30,
        seed=2,
        progress=False,
        optimizer=optim.SGD(model.parameters()),
    )
    assert dataset.read == 300

    theirs, noisy = network(), Rows(np.random.default_rng(5))
    loader = DataLoader(noisy, 30, shuffle=True, generator=nncore.Generator(seed=2))
    optimizer = optim.SGD(theirs.parameters())
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(theirs(x), y).backward()
            optimizer.step()
    for ours, other in zip(model.parameters(), theirs.parameters(), strict=True):
        assert ours.tolist() == other.tolist()


def test_augmented_arrays_are_read_sample_by_sample() -> None:
    class Shifted(TensorDataset):
        def __getitem__(self, index: Any, /) -> Any:
            x, y = super().__getitem__(index)
            return x + 1, y

    assert (
        trained(Shifted(X, Y), seed=1)[0]
        == trained(DataLoader(TensorDataset(X + 1, Y), 32, shuffle=True, generator=nncore.Generator(seed=1)))[
            0
        ]
    )
    assert trained(Subset(TensorDataset(X, Y), range(50)), seed=1) == trained(X[:50], Y[:50], seed=1)


def test_seed_with_a_loader_seeds_the_global_generator() -> None:
    """It decides dropout, and the order of a loader without a generator; a generator keeps its order."""

    def run(seed: int, **own: Any) -> Any:
        nncore.manual_seed(0)
        model = nn.Sequential(nn.Linear(X.shape[1], 8), nn.Dropout(), nn.Linear(8, 10))
        loader = DataLoader(TensorDataset(X, Y), 20, shuffle=True, **own)
        fit(model, loader, epochs=1, seed=seed, progress=False)
        return [p.tolist() for p in model.parameters()]

    assert run(1) == run(1) != run(2)
    ordered = [run(seed, generator=nncore.Generator(seed=5)) for seed in (1, 1, 2)]
    assert ordered[0] == ordered[1] != ordered[2]


def test_resume_has_the_bits_of_an_uninterrupted_run(tmp_path: Any) -> None:
    def start() -> tuple[nn.Sequential, dict[str, Any]]:
        model = network()
        return model, {"optimizer": optim.Adam(model.parameters()), "generator": nncore.Generator(seed=9)}

    whole, options = start()
    fit(whole, Rows(), epochs=4, progress=False, **options)
    model, options = start()
    fit(model, Rows(), epochs=2, progress=False, callbacks=[Checkpoint(tmp_path / "a.nnz")], **options)
    model, options = start()
    resume(tmp_path / "a.nnz", model, **options)
    fit(model, Rows(), epochs=2, progress=False, **options)
    assert [p.tolist() for p in model.parameters()] == [p.tolist() for p in whole.parameters()]


@pytest.mark.parametrize("data", [Rows(), Stream()], ids=["known length", "unknown length"])
def test_the_progress_line(
    data: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fit(network(), data, epochs=2)
    shown = capsys.readouterr().err
    assert "epoch 2/2" in shown
    assert "200" in shown
    assert ("100%" in shown) == isinstance(data, Rows)


def test_python_numbers_become_floats_of_the_model() -> None:
    """default_collate makes float64 tensors of them, as in PyTorch."""
    pairs = type(
        "Pairs", (Dataset,), {"__len__": lambda self: 8, "__getitem__": lambda self, i: ([i / 8], [i / 4])}
    )
    model = nn.Linear(1, 1)

    def columns(batch: Any) -> Any:
        return nncore.tensor([x for x, _ in batch]).double(), nncore.tensor([y for _, y in batch]).double()

    history = fit(
        model,
        DataLoader(pairs(), 4, collate_fn=columns),
        optimizer=optim.SGD(model.parameters(), lr=0.5),
        epochs=50,
        progress=False,
    )
    assert history.loss[-1] < 1e-2


class Late(Rows):
    def __getitem__(self, i: int) -> tuple[Any, int]:
        x, y = super().__getitem__(i)
        return (x * np.float32("nan") if i == 50 else x), y


REFUSED: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "dicts": (Squares(), {}, TypeError, r"fit: a batch is a dict of 3; expected a pair \(x, y\)"),
    "one column": (TensorDataset(X), {}, ValueError, "the data set has 1 columns; expected two, x and y"),
    "one tensor": (Count(3), {}, TypeError, "fit: a batch is a Tensor of 3; expected a pair"),
    "empty": (Subset(Rows(), []), {}, ValueError, "fit: the data set has no samples"),
    "no batches": (DataLoader(Count(0)), {}, ValueError, "fit: the data set or loader has no batches"),
    "an iterator": (iter(DataLoader(Rows())), {}, TypeError, "fit: an iterator can be read once"),
    "a number": (3, {}, TypeError, "fit: y is missing; give x and y, a data set of pairs or a loader"),
    "generator": (
        DataLoader(Rows()),
        {"generator": nncore.Generator(seed=1)},
        ValueError,
        "generator does not apply to a loader",
    ),
    "validation": (Rows(), {"validation": Squares()}, TypeError, "fit: a batch is a dict"),
    "labels": (Rows(), {"validation": (X, Y + 1)}, ValueError, "in the validation y, row .* is outside 0..9"),
    "nan": (Late(), {"shuffle": False}, ValueError, "fit: x is nan at row 18"),
}


@pytest.mark.parametrize(("data", "options", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_data_that_does_not_fit(
    data: Any, options: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        fit(network(), data, progress=False, **options)
