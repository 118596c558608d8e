"""A step or a load that fails at any point changes nothing, and the optimizer remains usable."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import bits
from interrupt_alarm import InterruptAt
from nncore import _core, nn
from nncore.errors import CheckpointError
from nncore.optim import SGD, Adam, AdamW, Optimizer
from nncore.optim import lr_scheduler as lrs
from nncore.optim.lr_scheduler.base import OPTIONAL
from nncore.optim.swa_utils import SWALR
from nncore.train import Checkpoint, fit, resume
from optim_table import SETTINGS

KINDS: dict[str, tuple[Callable[..., Optimizer], dict[str, Any]]] = {
    "SGD": (SGD, {}),
    "momentum": (SGD, {"momentum": 0.9}),
    "dampening": (SGD, {"momentum": 0.9, "dampening": 0.3}),
    "Adam": (Adam, {}),
    "amsgrad": (AdamW, {"amsgrad": True}),
    **{f"{kind.__name__} of the table": (kind, settings) for kind, settings in SETTINGS},
}
kinds = pytest.mark.parametrize("name", KINDS)


def parameters() -> list[nn.Parameter]:
    rng = np.random.default_rng(0)
    return [
        nn.Parameter(nncore.tensor(rng.standard_normal(shape), dtype=nncore.float32)) for shape in (3, 4, 2)
    ]


def optimizer_of(name: str, params: list[nn.Parameter]) -> Optimizer:
    kind, settings = KINDS[name]
    return kind([{"params": params[:2]}, {"params": params[2:], "lr": 0.2}], lr=0.1, **settings)


def feed(params: list[nn.Parameter], seed: int = 1) -> None:
    rng = np.random.default_rng(seed)
    for param in params:
        param.grad = nncore.tensor(rng.standard_normal(param.shape), dtype=param.dtype)


def values(params: list[nn.Parameter]) -> list[bytes]:
    return [bits(param) for param in params]


def steps(name: str, count: int) -> list[list[bytes]]:
    """The parameters before and after each of `count` steps without failures."""
    params = parameters()
    optimizer = optimizer_of(name, params)
    found = [values(params)]
    for i in range(count):
        feed(params, i)
        optimizer.step()
        found.append(values(params))
    return found


def whole(optimizer: Optimizer) -> bool:
    """Whether each state is complete, so that another optimizer can load it."""
    other = copy.deepcopy(optimizer)
    other.load_state_dict(optimizer.state_dict())
    return [len(state) for state in other.state.values()] == [len(s) for s in optimizer.state.values()]


class Failing:
    """Replaces `_core` in the optimizers; creating the n-th tensor fails."""

    def __init__(self, n: int, error: BaseException) -> None:
        self.left, self.error = n, error

    def __getattr__(self, name: str) -> Any:
        function = getattr(_core, name)
        if name not in ("tensor", "zeros_like", "zeros", "empty_like", "full"):
            return function

        def make(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise self.error
            return function(*args, **kwargs)

        return make


@pytest.mark.parametrize("kind", [MemoryError, KeyboardInterrupt])
@kinds
def test_a_first_step_without_memory_for_its_state_changes_nothing(
    name: str, kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = steps(name, 2)
    for n in range(1, 20):
        params = parameters()
        optimizer = optimizer_of(name, params)
        feed(params, 0)
        failed = False
        with monkeypatch.context() as patch:
            patch.setattr("nncore.optim.optimizer._core", Failing(n, kind()))
            try:
                optimizer.step()
            except kind:
                failed = True
        if failed:
            assert values(params) == expected[0]
            assert not optimizer.state
            optimizer.step()
        assert values(params) == expected[1]
        feed(params, 1)
        optimizer.step()
        assert values(params) == expected[2]
        if not failed:
            return
    pytest.fail("the state takes more tensors than that")


@kinds
@pytest.mark.parametrize("warm", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_an_interrupt_at_any_line_of_a_step_leaves_it_undone_or_done(name: str, warm: int) -> None:
    expected = steps(name, warm + 2)
    n = 0
    while True:
        n += 1
        params = parameters()
        optimizer = optimizer_of(name, params)
        for i in range(warm):
            feed(params, i)
            optimizer.step()
        feed(params, warm)
        try:
            with InterruptAt(n, "optim"):
                optimizer.step()
            break
        except KeyboardInterrupt:
            assert values(params) in expected[warm : warm + 2], n
            assert whole(optimizer), n
        if values(params) == expected[warm]:
            optimizer.step()
        feed(params, warm + 1)
        optimizer.step()
        assert values(params) == expected[warm + 2], n
    assert n > 10


def read_only(params: list[Any], optimizer: Optimizer) -> None:
    array = params[2].detach().numpy().copy()
    array.setflags(write=False)
    params[2] = nncore.from_numpy(array).requires_grad_()
    optimizer.param_groups[1]["params"] = params[2:]
    params[2].grad = nncore.ones(2)


def bad_rate(params: list[nn.Parameter], optimizer: Optimizer) -> None:
    optimizer.param_groups[1]["lr"] = -1.0


def last_setting(optimizer: Optimizer) -> str:
    """Rprop has no decay of weights."""
    return "weight_decay" if "weight_decay" in optimizer.defaults else "etas"


def bad_setting(params: list[nn.Parameter], optimizer: Optimizer) -> None:
    optimizer.param_groups[1][last_setting(optimizer)] = float("nan")


def no_number(params: list[nn.Parameter], optimizer: Optimizer) -> None:
    optimizer.param_groups[1]["lr"] = "fast"


def missing(params: list[nn.Parameter], optimizer: Optimizer) -> None:
    del optimizer.param_groups[1][last_setting(optimizer)]


def bad_state(params: list[nn.Parameter], optimizer: Optimizer) -> None:
    state = optimizer.state[params[2]]
    for key in [key for key in state if key != "step"]:
        state[key] = nncore.ones(7)
    if not state:
        bad_rate(params, optimizer)


BREAKS = [read_only, bad_rate, bad_setting, no_number, missing, bad_state]


@pytest.mark.parametrize("warm", [0, 1])
@pytest.mark.parametrize("damage", BREAKS, ids=lambda damage: damage.__name__)
@kinds
def test_a_step_that_fails_for_one_group_changes_no_group(
    name: str, damage: Callable[[list[nn.Parameter], Optimizer], None], warm: int
) -> None:
    """The error is in the second group; the first group must not change either."""
    params = parameters()
    optimizer = optimizer_of(name, params)
    for i in range(warm):
        feed(params, i)
        optimizer.step()
    feed(params, 2)
    damage(params, optimizer)
    before = values(params), {p: {n: bits(v) for n, v in s.items()} for p, s in optimizer.state.items() if s}
    with pytest.raises((ValueError, TypeError, KeyError)):
        optimizer.step()
    after = values(params), {p: {n: bits(v) for n, v in s.items()} for p, s in optimizer.state.items() if s}
    assert after == before


def test_a_model_in_read_only_memory_is_not_half_loaded() -> None:
    array = np.zeros(2, "f4")
    array.setflags(write=False)
    model = nn.Linear(3, 2)
    model.register_buffer("offset", nncore.from_numpy(array))
    before = bits(model.weight)
    with pytest.raises(ValueError, match="read-only array"):
        model.load_state_dict({"weight": np.ones((2, 3)), "bias": np.ones(2), "offset": np.ones(2)})
    assert bits(model.weight) == before


def optimizer_states() -> dict[str, Callable[[dict[str, Any]], Any]]:
    def at(*path: Any) -> Callable[[Any], Callable[[dict[str, Any]], None]]:
        def put(value: Any) -> Callable[[dict[str, Any]], None]:
            def change(saved: dict[str, Any]) -> None:
                place: Any = saved
                for key in path[:-1]:
                    place = place[key]
                place[path[-1]] = value

            return change

        return put

    return {
        "shape": at("state", 2, "exp_avg")(nncore.ones(5)),
        "no number": at("state", 2, "step")("many"),
        "missing": at("state", 2)({"step": 1.0}),
        "unknown": at("state", 9)({}),
        "rate": at("param_groups", 1, "lr")(-1.0),
        "groups": at("param_groups")([]),
        "parameters": at("param_groups", 1, "params")([2, 3]),
    }


@pytest.mark.parametrize("name", optimizer_states())
def test_an_optimizer_that_cannot_load_all_loads_nothing(name: str) -> None:
    params = parameters()
    optimizer = optimizer_of("Adam", params)
    feed(params)
    optimizer.step()
    saved = copy.deepcopy(optimizer.state_dict())
    optimizer_states()[name](saved)
    groups, state = optimizer.param_groups, optimizer.state
    before = {p: {n: bits(v) for n, v in s.items()} for p, s in state.items()}
    with pytest.raises((ValueError, TypeError, KeyError)):
        optimizer.load_state_dict(saved)
    assert optimizer.param_groups is groups
    assert optimizer.state is state
    assert {p: {n: bits(v) for n, v in s.items()} for p, s in state.items()} == before


class Halving:
    def __init__(self) -> None:
        self.power = 1

    def __call__(self, epoch: float) -> float:
        return float(0.5 ** (self.power * epoch))


SCHEDULES: dict[str, Callable[[Optimizer], lrs.LRScheduler]] = {
    "StepLR": lambda o: lrs.StepLR(o, 2),
    "MultiStepLR": lambda o: lrs.MultiStepLR(o, [2, 4]),
    "CosineAnnealingLR": lambda o: lrs.CosineAnnealingLR(o, 9),
    "LambdaLR": lambda o: lrs.LambdaLR(o, [Halving(), Halving()]),
    "CosineAnnealingWarmRestarts": lambda o: lrs.CosineAnnealingWarmRestarts(o, 3),
    "CyclicLR": lambda o: lrs.CyclicLR(o, 0.1, 0.2, scale_fn=Halving()),
    "OneCycleLR": lambda o: lrs.OneCycleLR(o, 0.1, 9),
    "SWALR": lambda o: SWALR(o, 0.1),
    "SequentialLR": lambda o: lrs.SequentialLR(o, [lrs.ConstantLR(o), lrs.StepLR(o, 2)], [3]),
    "ReduceLROnPlateau": lrs.ReduceLROnPlateau,
}


def schedule_state(schedule: lrs.LRScheduler) -> str:
    return repr(schedule.state_dict())


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_that_cannot_load_all_loads_nothing(name: str) -> None:
    """One value of the state at a time is missing or has another type."""
    optimizer = optimizer_of("SGD", parameters())
    schedule = SCHEDULES[name](optimizer)
    good = copy.deepcopy(schedule.state_dict())
    before = schedule_state(schedule)
    moved = {key: value + 1 if type(value) is int else value for key, value in good.items()}
    for key in good:
        without = {k: v for k, v in moved.items() if k != key}
        wrong = [{**moved, key: object()}, {**moved, key: ["x"] * 9}]
        for bad in wrong if key in OPTIONAL else [without, *wrong]:
            with pytest.raises((ValueError, TypeError), match=r"state_dict"):
                schedule.load_state_dict(bad)
            assert schedule_state(schedule) == before
    schedule.load_state_dict(good)
    assert schedule_state(schedule) == before


def test_a_part_of_a_sequence_that_does_not_fit_changes_no_other_part() -> None:
    optimizer = optimizer_of("SGD", parameters())
    schedule = SCHEDULES["SequentialLR"](optimizer)
    saved = copy.deepcopy(schedule.state_dict())
    saved["_schedulers"][0]["last_epoch"] = 7
    del saved["_schedulers"][1]["gamma"]
    before = schedule_state(schedule)
    with pytest.raises(ValueError, match="gamma"):
        schedule.load_state_dict(saved)
    assert schedule_state(schedule) == before


DAMAGE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "generator": lambda saved: saved.update(generator=nncore.ones(3)),
    "global generator": lambda saved: saved.update(global_generator=nncore.ones(3)),
    "no global generator": lambda saved: saved.update(global_generator=None),
    "epoch": lambda saved: saved.update(epoch="three"),
    "optimizer": lambda saved: saved["optimizer"]["state"][0].update(exp_avg=nncore.ones(9)),
    "model": lambda saved: saved["model"].update(bias=nncore.ones(9)),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_resume_changes_nothing_unless_all_fits(name: str, tmp_path: Path) -> None:
    def make() -> tuple[Any, Optimizer, nncore.Generator]:
        model = nn.Linear(3, 2)
        return model, Adam(model.parameters()), nncore.Generator(seed=1)

    path = tmp_path / "run.nnz"
    model, optimizer, generator = make()
    x, y = np.ones((8, 3), "f4"), np.ones((8, 2), "f4")
    fit(
        model, x, y, optimizer=optimizer, epochs=1, progress=False, generator=generator,
        callbacks=[Checkpoint(path)],
    )  # fmt: skip
    saved: Any = nncore.load(path)
    DAMAGE[name](saved)
    nncore.save(saved, path)
    model, optimizer, generator = make()
    for param in model.parameters():
        param.grad = nncore.ones(*param.shape)
    optimizer.step()

    def all_values() -> list[Any]:
        parts = [bits(value) for value in model.state_dict().values()]
        parts += [bits(value) for state in optimizer.state.values() for value in state.values()]
        return [*parts, generator.get_state().tolist(), _core.default_generator().get_state().tolist()]

    before = all_values()
    with pytest.raises((CheckpointError, ValueError, TypeError)):
        resume(path, model, optimizer, generator)
    assert all_values() == before


def test_a_state_that_is_not_a_tensor_is_named() -> None:
    weight = nn.Parameter(nncore.zeros(2, 3))
    optimizer = nncore.optim.Adam([weight])
    weight.grad = nncore.ones(2, 3)
    optimizer.step()
    optimizer.state[weight]["step"] = 100
    with pytest.raises(TypeError, match=r"state 'step' of a parameter of shape \(2, 3\) must be"):
        optimizer.step()
    optimizer.state[weight]["step"] = nncore.tensor(1.0)
    optimizer.step()
