"""An optimizer of the user's own in a captured step: settings and state are never frozen."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import Run, batches, bits, mlp, plain, train
from nncore import _core, nn
from nncore.optim import SGD, Adam, Optimizer
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


@pytest.mark.xfail(strict=True, reason="captured steps")
@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_that_changes_in_each_step_is_data(kind: Any) -> None:
    compiled: Any = make(kind).compiled()
    for i, (x, y) in enumerate(batches(9, nncore.float32)):
        compiled.optimizers[0].param_groups[0]["lr"] = 0.1 / (i + 1)
        compiled.step(x, y)
    assert compiled.step.replays >= 5


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
    with pytest.raises(nncore.CaptureError, match="the step .*changes"):
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
    assert compiled.step.replays >= 5  # type: ignore[attr-defined]


PACKAGE = {
    "__init__.py": "",
    "config.py": "SCALE = 1.0\nclass Options:\n    power = 1\noptions = Options()\n",
    "model.py": """
import nncore
from nncore import nn, optim
from . import config

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 3)
        self.drop = nn.Dropout(0.5)
        self.factor = 1.0

    def forward(self, x):
        return self.factor * config.SCALE * self.drop(self.layer(x))

model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.1)
offsets = [0.0]

def weigh(loss):
    return loss ** config.options.power + offsets[0]

def step(x, y):
    optimizer.zero_grad()
    loss = weigh(nn.functional.cross_entropy(model(x), y))
    loss.backward()
    optimizer.step()
    return loss
""",
}
_numbers = itertools.count()


@pytest.fixture(params=["script", "site-packages", "namespace"])
def package(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """Two copies of a user's package, for eager and compiled runs, in a folder of scripts or of packages."""
    root = tmp_path / ("src" if request.param == "script" else "site-packages")
    names = [f"own_package_{next(_numbers)}" for _ in range(2)]
    shared = "own_company_" if request.param == "namespace" else ""
    for name in names:
        folder = root / shared / name
        folder.mkdir(parents=True)
        for file, text in PACKAGE.items():
            (folder / file).write_text(text)
    sys.path.insert(0, str(root))
    prefix = f"{shared}." if shared else ""
    modules = []
    for name in names:
        nncore.manual_seed(1)
        modules.append(importlib.import_module(f"{prefix}{name}.model"))
    yield modules[0], modules[1]
    sys.path.remove(str(root))
    for name in [name for name in sys.modules if name.startswith(("own_package_", "own_company_"))]:
        del sys.modules[name]


def rate(module: Any) -> None:
    module.optimizer.param_groups[0]["lr"] = 0.5


def own_weigh(module: Any) -> None:
    module.weigh = lambda loss: loss * 2


PACKAGE_CHANGES: dict[str, Callable[[Any], Any]] = {
    "eval": lambda module: module.model.eval(),
    "rate": rate,
    "factor": lambda module: setattr(module.model, "factor", 2.0),
    "scale": lambda module: setattr(module.config, "SCALE", 2.0),
    "power": lambda module: setattr(module.config.options, "power", 2),
    "offset": lambda module: module.offsets.__setitem__(0, 1.0),
    "function": own_weigh,
    "layer": lambda module: setattr(module.model, "drop", nn.Identity()),
    "frozen": lambda module: module.model.layer.bias.requires_grad_(False),
    "optimizer": lambda module: setattr(module, "optimizer", Adam(module.model.parameters())),
}


@pytest.mark.parametrize("name", PACKAGE_CHANGES)
def test_an_installed_package_that_uses_nncore_is_watched_like_a_script(
    package: tuple[Any, Any], name: str
) -> None:
    eager, other = package
    compiled = nncore.compile(other.step)
    generators = [nncore.Generator(seed=2), nncore.Generator(seed=2)]
    default = _core.default_generator()
    for i, (x, y) in enumerate(batches(8, nncore.float32)):
        if i == 4:
            PACKAGE_CHANGES[name](eager)
            PACKAGE_CHANGES[name](other)
        losses = []
        for k, step in enumerate((eager.step, compiled)):
            default.set_state(generators[k].get_state())
            losses.append(bits(step(x, y)))
            generators[k].set_state(default.get_state())
        assert losses[0] == losses[1], i
    assert compiled.replays >= 2
