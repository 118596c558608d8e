"""An optimizer of the user's own in a captured step: settings and state are never frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import Run, batches, bits, mlp, plain, train
from nncore import _core
from nncore.optim import SGD, Optimizer
from nncore.train import fit

KEY = "lr"


class Own(Optimizer):
    """Plain descent, written in Python."""

    def __init__(self, params: Any, lr: float = 0.1, decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "decay": decay})

    def _check(self, group: dict[str, Any]) -> None:
        pass

    def descend(self, param: Any, grad: Any, lr: float, decay: float = 0.0) -> None:
        with nncore.no_grad():
            _core.assign_(param, param.detach() * (1 - lr * decay) - lr * grad)


class ByKey(Own):
    def _update(self, group: dict[str, Any], params: list[Any], grads: list[Any]) -> None:
        for param, grad in zip(params, grads, strict=True):
            self.descend(param, grad, group["lr"], group["decay"])


class ByGlobalKey(Own):
    def _update(self, group: dict[str, Any], params: list[Any], grads: list[Any]) -> None:
        for param, grad in zip(params, grads, strict=True):
            self.descend(param, grad, group.get(KEY, 0.0), group["decay"])


class ByKeywords(Own):
    def _update(self, group: dict[str, Any], params: list[Any], grads: list[Any]) -> None:
        for param, grad in zip(params, grads, strict=True):
            self.descend(param, grad, **{key: value for key, value in group.items() if key != "params"})


class ByStep(Own):
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    self.descend(param, param.grad, group["lr"], group["decay"])


class Warming(SGD):
    """Sets another setting before the rule of its base."""

    def _update_all(self, batches: Any) -> None:
        for group, _, _ in batches:
            group["weight_decay"] = 0.1 * group["lr"]
        super()._update_all(batches)


KINDS = [ByKey, ByGlobalKey, ByKeywords, ByStep, Warming]


def run_steps(run: Run, count: int) -> None:
    for x, y in batches(count, nncore.float32):
        run.step(x, y)


def make(kind: Any) -> Run:
    nncore.manual_seed(3)
    model = mlp()
    optimizer = kind(model.parameters(), lr=0.1)
    return Run(train(model, optimizer), model, [optimizer])


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_that_changes_reaches_the_step(kind: Any) -> None:
    eager, compiled = make(kind), make(kind).compiled()
    for i, (x, y) in enumerate(batches(12, nncore.float32)):
        for run in (eager, compiled):
            run.optimizers[0].param_groups[0]["lr"] = 0.1 if i < 4 else 0.05 if i < 8 else 0.01
            if "decay" in run.optimizers[0].param_groups[0]:
                run.optimizers[0].param_groups[0]["decay"] = 0.5 if i > 9 else 0.0
        eager.step(x, y)
        compiled.step(x, y)
        assert compiled.state() == eager.state(), i


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_a_setting_that_changes_in_each_step_is_noticed_and_said(kind: Any) -> None:
    """Python code computes with it, so each step must run eagerly."""
    eager, compiled = make(kind), make(kind).compiled()

    def run_all() -> None:
        for i, (x, y) in enumerate(batches(12, nncore.float32)):
            for run in (eager, compiled):
                run.optimizers[0].param_groups[0]["lr"] = 0.1 / (i + 1)
                run.step(x, y)
            assert compiled.state() == eager.state(), i

    says = r"ran eagerly, because 'optimizer.param_groups\[0\]\['lr'\]'.* changes from call to call"
    with pytest.warns(UserWarning, match=says):
        run_all()


def test_a_setting_that_each_step_sets_anew_is_refused() -> None:
    compiled = make(Warming).compiled()

    def run_all() -> None:
        for i, (x, y) in enumerate(batches(12, nncore.float32)):
            compiled.optimizers[0].param_groups[0]["lr"] = 0.1 / (i + 1)
            compiled.step(x, y)

    with pytest.raises(nncore.CaptureError, match=r"changes 'optimizer.param_groups\[0\]\['weight_decay'\]'"):
        run_all()


class FromState(Own):
    """Keeps its rate in a tensor, which is data."""

    rate: Any

    def _update(self, group: dict[str, Any], params: list[Any], grads: list[Any]) -> None:
        for param, grad in zip(params, grads, strict=True):
            with nncore.no_grad():
                _core.assign_(param, param.detach() - self.rate * grad)


def test_a_rate_in_a_tensor_that_changes_in_each_step_is_data() -> None:
    eager, compiled = make(FromState), make(FromState).compiled()
    optimizers: list[Any] = [eager.optimizers[0], compiled.optimizers[0]]
    for optimizer in optimizers:
        optimizer.rate = nncore.tensor([0.1])
    for i, (x, y) in enumerate(batches(12, nncore.float32)):
        for run, optimizer in zip((eager, compiled), optimizers, strict=True):
            _core.assign_(optimizer.rate, 0.1 / (i + 1))
            run.step(x, y)
        assert compiled.state() == eager.state(), i
    step: Any = compiled.step
    assert (step.captures, step.audits, step.replays) == (2, 2, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_that_changes_reaches_fit(kind: Any) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((48, 5), "f4"), rng.integers(0, 3, 48)

    def halve(state: Any) -> None:
        state.optimizer.param_groups[0]["lr"] *= 0.5

    fitted, eager = make(kind), make(kind)
    fit(
        fitted.model, x, y, optimizer=fitted.optimizers[0], epochs=3, batch_size=8, shuffle=False,
        progress=False, callbacks=[halve],
    )  # fmt: skip
    for _ in range(3):
        for i in range(0, 48, 8):
            eager.step(nncore.tensor(x[i : i + 8]), nncore.tensor(y[i : i + 8]))
        eager.optimizers[0].param_groups[0]["lr"] *= 0.5
    mine, theirs = fitted.model.state_dict(), eager.model.state_dict()
    assert {name: bits(value) for name, value in mine.items()} == {n: bits(v) for n, v in theirs.items()}


class Counting(Own):
    """Keeps a Python number for each parameter."""

    def _update(self, group: dict[str, Any], params: list[Any], grads: list[Any]) -> None:
        for param, grad in zip(params, grads, strict=True):
            state = self.state[param]
            state["step"] = state.get("step", 0) + 1
            self.descend(param, grad, group["lr"] / state["step"])


def test_a_number_that_a_step_counts_in_the_state_is_refused() -> None:
    compiled = make(Counting).compiled()
    with pytest.raises(nncore.CaptureError, match=r"the step \(.*\) changes a module or an optimizer"):
        run_steps(compiled, 8)


def new_groups(run: Run) -> None:
    optimizer = run.optimizers[0]
    group = optimizer.param_groups[0]
    first, later = group["params"][:2], group["params"][2:]
    optimizer.param_groups = [{**group, "params": first, "lr": 0.5}, {**group, "params": later}]


def new_group(run: Run) -> None:
    run.optimizers[0].param_groups[0] = {**run.optimizers[0].param_groups[0], "lr": 0.3}


def new_tensor(run: Run) -> None:
    for values in run.optimizers[0].state.values():
        values["exp_avg"] = values["exp_avg"] * 0.5


def updated(run: Run) -> None:
    for values in run.optimizers[0].state.values():
        values.update(exp_avg=values["exp_avg"] * 0.5, exp_avg_sq=values["exp_avg_sq"] * 0.5)


def merged(run: Run) -> None:
    for values in run.optimizers[0].state.values():
        values |= {"exp_avg": values["exp_avg"] * 0.5}


def new_step_count(run: Run) -> None:
    for values in run.optimizers[0].state.values():
        values["step"] = nncore.tensor(100.0)


def taken_out(run: Run) -> None:
    for values in run.optimizers[0].state.values():
        del values["exp_avg"]


def new_state(run: Run) -> None:
    for param, values in list(run.optimizers[0].state.items()):
        run.optimizers[0].state[param] = {name: 0.5 * value for name, value in values.items()}


def cleared(run: Run) -> None:
    run.optimizers[0].state.clear()


CHANGES: list[Callable[[Run], None]] = [
    new_groups, new_group, new_tensor, updated, merged, new_step_count, taken_out, new_state, cleared,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_groups_and_state_that_are_assigned_are_noticed(change: Callable[[Run], None]) -> None:
    nncore.manual_seed(3)
    eager = plain()
    nncore.manual_seed(3)
    compiled = plain().compiled()
    for i, (x, y) in enumerate(batches(10, nncore.float32)):
        if i == 5:
            change(eager)
            change(compiled)
        eager.step(x, y)
        compiled.step(x, y)
        assert compiled.state() == eager.state(), i
    assert compiled.step.replays >= 3  # type: ignore[attr-defined]
