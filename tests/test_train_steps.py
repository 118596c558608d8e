"""The steps of fit against loops by hand: accumulation, clipping, averages, schedules, weights."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.captured.step import CompiledStep
from nncore.data import DataLoader, TensorDataset
from nncore.optim import lr_scheduler
from nncore.train import Average, Callback, Checkpoint, TrainingState, evaluate, fit, resume

RNG = np.random.default_rng(0)
X = RNG.standard_normal((50, 4)).astype(np.float32)
Y = RNG.integers(0, 3, 50)
ROWS = [slice(start, start + 10) for start in range(0, 50, 10)]


def network() -> nn.Sequential:
    nncore.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def weights(model: nn.Module) -> Any:
    return [parameter.tolist() for parameter in model.parameters()]


def close(ours: Any, theirs: Any) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def trained(model: nn.Module | None = None, x: Any = X, y: Any = Y, **options: Any) -> Any:
    model = model or network()
    settings = {"epochs": 6, "batch_size": 10, "shuffle": False, "verbose": 0, "optimizer": "sgd", "lr": 0.1}
    history = fit(model, x, y, **{**settings, **options})
    return weights(model), history


def by_hand(change: Any, after: Any = lambda model: None, epochs: int = 6) -> Any:
    """The parameters after steps that `change(model, optimizer)` completes."""
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(epochs):
        for rows in ROWS:
            optimizer.zero_grad()
            nn.functional.cross_entropy(
                model(nncore.from_numpy(X[rows])), nncore.from_numpy(Y[rows])
            ).backward()
            change(model, optimizer)
            optimizer.step()
            after(model)
    return weights(model)


NAMES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"optimizer": "adam", "lr": 0.02}, {"optimizer": lambda p: optim.Adam(p, lr=0.02), "lr": None}),
    ({"optimizer": optim.AdamW, "lr": 0.02}, {"optimizer": "AdamW", "lr": 0.02}),
    ({"optimizer": None, "lr": None}, {"optimizer": optim.Adam, "lr": None}),
    ({"loss": "cross_entropy"}, {"loss": nn.CrossEntropyLoss()}),
    ({"loss": nn.CrossEntropyLoss}, {"loss": nn.functional.cross_entropy}),
    ({"loss": "mse_loss", "y": X[:, :3]}, {"loss": nn.MSELoss(), "y": X[:, :3]}),
    ({"loss": "huber", "y": X[:, :3]}, {"loss": nn.functional.huber_loss, "y": X[:, :3]}),
    ({"loss": "l1", "y": X[:, :3]}, {"loss": "mae", "y": X[:, :3]}),
]


@pytest.mark.parametrize(("ours", "theirs"), NAMES)
def test_names_classes_and_objects_are_the_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert trained(**ours)[0] == trained(**theirs)[0]


@pytest.mark.parametrize("compile", [True, False])
def test_clipping(compile: bool) -> None:
    expected = by_hand(lambda model, _: nn.utils.clip_grad_norm_(model.parameters(), 0.05))
    assert trained(max_norm=0.05, compile=compile)[0] == expected
    assert trained(max_norm=0.05)[0] != trained()[0]


ACCUMULATED: dict[str, dict[str, Any]] = {
    "plain": {},
    "clipped": {"max_norm": 0.05},
    "weighted": {"sample_weight": np.where(np.arange(50) < 20, 0, np.arange(50) % 4)},
    "weighted classes": {"class_weight": {1: 2.0}},
    "with an average": {"ema": 0.9, "validation": (X, Y), "metrics": ["accuracy", "f1"]},
    "schedule of steps": {
        "scheduler": lambda o: lr_scheduler.StepLR(o, 2, 0.5), "scheduler_interval": "batch",
    },
}  # fmt: skip


@pytest.mark.parametrize("compile", [True, False])
@pytest.mark.parametrize("options", ACCUMULATED.values(), ids=ACCUMULATED)
def test_accumulated_batches_are_one_step(options: dict[str, Any], compile: bool) -> None:
    """Also the smaller last batch and step: 50 rows are steps of 24, 24 and 2 rows."""
    whole, history = trained(batch_size=24, epochs=12, compile=compile, **options)
    found, other = trained(batch_size=8, epochs=12, accumulate=3, compile=compile, **options)
    close(found, whole)
    assert other.accuracy == history.accuracy
    if not options.keys() & {"sample_weight", "class_weight"}:
        assert other.loss == pytest.approx(history.loss, rel=1e-5)


@pytest.mark.parametrize("options", [{"batch_size": 20}, {"batch_size": 10, "accumulate": 2}], ids=str)
def test_a_callback_may_add_parameters(options: dict[str, Any]) -> None:
    """They are clipped, and their gradients are those of all rows of a step."""
    added: list[nn.Linear] = []

    def add(state: TrainingState) -> None:
        if state.epoch == 1:
            added.append(nn.Linear(3, 3))
            added[-1].load_state_dict({"weight": nncore.eye(3), "bias": nncore.zeros(3)})
            state.model.append(added[-1])
            state.optimizer.add_param_group({"params": added[-1].parameters(), "lr": 1.0})

    expected = trained(max_norm=0.01, callbacks=[add], compile=False, batch_size=20)[0]
    found = trained(max_norm=0.01, callbacks=[add], **options)[0]
    close(found, expected)
    assert 0 < np.linalg.norm(found[-1]) < 15 * 0.01  # the new bias after five epochs of three steps


def test_accumulation_of_a_loader_and_of_float64() -> None:
    loader = DataLoader(TensorDataset(X, Y), 10)
    assert trained(None, loader, None, accumulate=2)[0] == trained(accumulate=2)[0]
    own = {"x": X.astype(np.float64), "sample_weight": np.arange(50)}
    whole, parts = (network().double() for _ in range(2))
    trained(whole, batch_size=20, **own)
    trained(parts, batch_size=10, accumulate=2, **own)
    for one, other in zip(weights(whole), weights(parts), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_accumulated_steps_are_counted_and_captured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is an update: 50 rows in batches of 10, two of them per step, are three steps per epoch."""
    made: list[Any] = []

    def captured(step: Any) -> Any:
        made.append(CompiledStep(step, cache_size=8, strict=True))
        return made[-1]

    monkeypatch.setattr("nncore.train.step.captured", captured)
    seen: list[int] = []

    class Counter(Callback):
        def on_batch_end(self, state: TrainingState) -> None:
            seen.append(state.step)

    trained(accumulate=2, steps=100, epochs=None, callbacks=[Counter()])
    assert seen == list(range(1, 101))
    assert made[0].replays > 100


def test_accumulation_needs_the_memory_of_one_batch() -> None:
    """When a batch comes, the results of the one before no longer exist."""
    living: list[Any] = []

    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network()

        def forward(self, x: nncore.Tensor) -> nncore.Tensor:
            if self.training:
                assert len(x) <= 10
                assert not any(hidden() is not None for hidden in living)
            hidden = self.inner[0](x)
            living.append(weakref.ref(hidden))
            return self.inner[2](self.inner[1](hidden))  # type: ignore[no-any-return]

    trained(Watched(), accumulate=5, compile=False)
    assert len(living) >= 30


def test_averages_are_validated_and_kept() -> None:
    averages: list[nncore.Tensor] = []

    def average(model: nn.Module) -> None:
        values = [parameter.detach().clone() for parameter in model.parameters()]
        for mine, value in zip(averages, values, strict=False):
            mine.lerp_(value, 1 - 0.9)
        if not averages:
            first = [parameter.detach().clone() for parameter in network().parameters()]
            averages.extend(mine.lerp_(value, 1 - 0.9) for mine, value in zip(first, values, strict=True))

    live = by_hand(lambda model, _: None, average)
    model = network()
    found, history = trained(model, ema=0.9, validation=(X, Y))
    assert found == [value.tolist() for value in averages] != live
    assert history.val_loss[-1] == evaluate(model, X, Y).loss
    assert trained()[0] == live


def test_an_average_continues() -> None:
    model, twin = network(), network()
    averages = [Average(model, 0.9), Average(twin, 0.9)]
    trained(model, epochs=6, ema=averages[0])
    trained(twin, epochs=2, ema=averages[1])
    other, again = network(), network()
    other.load_state_dict(twin.state_dict())
    average = Average(again, 0.9)
    again.load_state_dict(twin.state_dict())
    average.load_state_dict(averages[1].state_dict())
    assert trained(again, epochs=4, ema=average)[0] == weights(model)
    with pytest.raises(ValueError, match="Average: the state has values of shapes"):
        average.load_state_dict(Average(nn.Linear(2, 2), 0.9).state_dict())


def test_a_checkpoint_has_the_average(tmp_path: Path) -> None:
    def start() -> tuple[nn.Module, dict[str, Any]]:
        model = network()
        optimizer = optim.Adam(model.parameters(), lr=0.02)
        parts = {"optimizer": optimizer, "generator": nncore.Generator(seed=4), "ema": Average(model, 0.9)}
        return model, {**parts, "scheduler": lr_scheduler.StepLR(optimizer, 2, 0.5)}

    whole, options = start()
    expected = trained(whole, **options, lr=None, shuffle=True)[0]
    model, options = start()
    saved = Checkpoint(tmp_path / "a.nnz")
    trained(model, **options, lr=None, shuffle=True, epochs=3, callbacks=[saved])
    model, options = start()
    assert resume(tmp_path / "a.nnz", model, **options) == 3
    assert trained(model, **options, lr=None, shuffle=True, epochs=3)[0] == expected


def test_an_average_given_as_a_number_is_resumed(tmp_path: Path) -> None:
    path, expected = tmp_path / "a.nnz", trained(ema=0.9)[0]
    trained(ema=0.9, epochs=3, callbacks=[Checkpoint(path)])
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(nncore.CheckpointError, match=r"averaged model; give resume and fit ema=Average\("):
        resume(path, model, optimizer)
    average = Average(model, 0.9)
    resume(path, model, optimizer, ema=average)
    assert trained(model, optimizer=optimizer, lr=None, ema=average, epochs=3)[0] == expected


def test_schedules_of_epochs_and_of_steps() -> None:
    def scheduled(interval: str) -> Any:
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        schedule = lr_scheduler.StepLR(optimizer, 2, 0.5)
        for _ in range(6):
            for rows in ROWS:
                optimizer.zero_grad()
                nn.functional.cross_entropy(
                    model(nncore.from_numpy(X[rows])), nncore.from_numpy(Y[rows])
                ).backward()
                optimizer.step()
                if interval == "batch":
                    schedule.step()
            if interval == "epoch":
                schedule.step()
        return weights(model)

    for interval in ("epoch", "batch"):
        found = trained(scheduler=lambda o: lr_scheduler.StepLR(o, 2, 0.5), scheduler_interval=interval)
        assert found[0] == scheduled(interval)
    assert trained(scheduler=lambda o: lr_scheduler.StepLR(o, 2, 0.5))[0] == scheduled("epoch")


def test_a_plateau_gets_the_validation_loss() -> None:
    seen: list[float] = []

    class Spy(lr_scheduler.ReduceLROnPlateau):
        def step(self, metrics: Any) -> None:  # type: ignore[override]
            seen.append(metrics)
            super().step(metrics)

    history = trained(scheduler=Spy, validation=(X[:9], Y[:9]))[1]
    assert seen == history.val_loss
    seen.clear()
    assert trained(scheduler=Spy)[1].loss == seen


def test_weights_of_samples() -> None:
    """Weight 0 leaves a row out, and weight 2 repeats it, in a step on all rows."""
    counts = np.arange(50) % 3
    rows = np.repeat(np.arange(50), counts)
    weighted = trained(sample_weight=counts, batch_size=50)
    repeated = trained(None, X[rows], Y[rows], batch_size=len(rows))
    assert weighted[1].loss == pytest.approx(repeated[1].loss, rel=1e-5)
    close(weighted[0], repeated[0])
    everything = trained(sample_weight=np.where(np.arange(50) < 10, 0, 1))[0]
    assert np.isfinite(everything[0]).all(), "a batch without weight does not change the parameters"


def test_weights_of_classes() -> None:
    loss = nn.CrossEntropyLoss(weight=nncore.tensor([1.0, 2.0, 0.5]))
    expected = trained(loss=loss)
    found = trained(class_weight={1: 2.0, 2: 0.5})
    labels = trained(y=np.array(["a", "b", "c"])[Y], class_weight={"b": 2, "c": 0.5})
    loader = trained(None, DataLoader(TensorDataset(X, Y), 10), None, class_weight={1: 2.0, 2: 0.5})
    assert found[0] == labels[0] == loader[0]
    close(found[0], expected[0])
    counts = np.bincount(Y)
    balanced = dict(enumerate(50 / (3 * counts)))
    assert trained(class_weight="balanced")[0] == trained(class_weight=balanced)[0]
    both = trained(class_weight={1: 2.0}, sample_weight=np.full(50, 3.0))[1]
    assert both.loss == pytest.approx(trained(class_weight={1: 2.0})[1].loss, rel=1e-6)


def test_validation_is_not_weighted() -> None:
    model = network()
    history = trained(model, sample_weight=np.arange(50), validation=(X, Y))[1]
    assert history.val_loss[-1] == evaluate(model, X, Y).loss


def custom(output: nncore.Tensor, target: nncore.Tensor) -> nncore.Tensor:
    return nn.functional.cross_entropy(output, target)


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "weights of another length": (
        {"sample_weight": np.ones(3)}, ValueError,
        r"sample_weight has shape \(3,\); expected \(50,\), one weight per row of x",
    ),
    "negative weights": ({"sample_weight": -np.ones(50)}, ValueError, "sample_weight is -1.0 in row 0"),
    "no weights": ({"sample_weight": np.zeros(50)}, ValueError, "all values of sample_weight are 0"),
    "weights of a loader": (
        {"x": DataLoader(TensorDataset(X, Y), 10), "y": None, "sample_weight": np.ones(50)}, ValueError,
        "sample_weight needs arrays x and y; in a loader, weigh the rows in the loss",
    ),
    "weights of a function": (
        {"sample_weight": np.ones(50), "loss": custom}, ValueError,
        "weights of rows need a loss with an argument or attribute 'reduction'",
    ),
    "unknown class": (
        {"y": np.array(["a", "b", "c"])[Y], "class_weight": {"d": 2}}, ValueError,
        "class_weight has 'd', which is not one of the classes of y: 'a', 'b', 'c'",
    ),
    "class name for numbers": ({"class_weight": {"a": 2}}, ValueError, "has the key 'a'; expected class"),
    "class weight": ({"class_weight": {1: -2}}, ValueError, r"class_weight\[1\] is -2; expected a finite"),
    "class weights": ({"class_weight": "even"}, ValueError, "class_weight is 'even'; expected a dict"),
    "list of class weights": ({"class_weight": [1, 2]}, TypeError, "class_weight is a list; expected a dict"),
    "balanced loader": (
        {"x": DataLoader(TensorDataset(X, Y), 10), "y": None, "class_weight": "balanced"}, ValueError,
        "class_weight='balanced' needs arrays; give a dict of weights by class",
    ),
    "class weights in regression": (
        {"y": X[:, :3], "class_weight": {0: 1}}, ValueError, "needs one class label per row; the task is r",
    ),
    "interval": (
        {"scheduler": lambda o: lr_scheduler.StepLR(o, 2), "scheduler_interval": "step"}, ValueError,
        "scheduler_interval is 'step'; expected 'epoch' or 'batch'",
    ),
    "plateau in steps": (
        {"scheduler": lr_scheduler.ReduceLROnPlateau, "scheduler_interval": "batch"}, ValueError,
        "ReduceLROnPlateau needs scheduler_interval='epoch'",
    ),
    "schedule of another": (
        {"scheduler": lr_scheduler.StepLR(optim.SGD(network().parameters()), 2)}, ValueError,
        "the schedule belongs to another optimizer; make it from the one that is given, or give a function",
    ),
    "schedule": ({"scheduler": 3}, TypeError, "scheduler is an int; expected a schedule of optim"),
    "schedule without settings": (
        {"scheduler": lr_scheduler.StepLR}, TypeError, "scheduler StepLR cannot be made with its defaults: ",
    ),
    "ema": ({"ema": 1.5}, ValueError, "fit: ema must be finite, at least 0, at most 1, got 1.5"),
    "kind of ema": ({"ema": "0.9"}, TypeError, "fit: ema is a str; expected a decay, or an Average of"),
    "ema of another": ({"ema": Average(network(), 0.9)}, ValueError, "fit: ema averages another model; make"),
    "max_norm": ({"max_norm": 0}, ValueError, "max_norm must be finite, above 0, got 0.0"),
    "accumulate": ({"accumulate": 0}, ValueError, "accumulate must be at least 1, got 0"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(options: dict[str, Any], error: type[Exception], text: str) -> None:
    model = network()
    before = weights(model)
    with pytest.raises(error, match=text):
        trained(model, **options)
    assert weights(model) == before
