"""Unused objects are freed: at once if they are in no cycle, otherwise by the garbage collector."""

from __future__ import annotations

import gc
import inspect
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn, optim
from nncore.optim import lr_scheduler as lrs
from nncore.train import fit

Made = tuple[Any, ...]  # the objects that must be freed


class Box:
    """An object with attributes."""


@pytest.fixture(scope="module", autouse=True)
def _collector_visits_only_what_these_tests_make() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _collector_runs_when_told() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def weak(make: Callable[[], Made]) -> list[weakref.ref[Any]]:
    return [weakref.ref(part) for part in make()]


def step_of(model: nn.Module, optimizer: optim.Optimizer) -> Callable[[Any], Any]:
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = model(x).sum()
        loss.backward()
        optimizer.step()
        return loss

    return step


def stepped(kind: Any, **settings: Any) -> Callable[[], Made]:
    def make() -> Made:
        model = nn.Linear(3, 2)
        optimizer = kind(model.parameters(), lr=0.1, **settings)
        step = step_of(model, optimizer)
        for _ in range(2):
            step(nncore.ones(4, 3))
        states = list(optimizer.state.values())
        return (model, model.weight, optimizer, *states)

    return make


def fitted() -> Made:
    model = nn.Linear(3, 2)
    optimizer = optim.Adam(model.parameters())
    fit(model, np.ones((32, 3), "f4"), np.zeros((32, 2), "f4"), optimizer=optimizer, epochs=3, progress=False)
    return model, model.weight, optimizer


def compiled_function() -> Made:
    model = nn.Linear(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    step = nncore.compile(step_of(model, optimizer))
    for _ in range(4):
        step(nncore.ones(4, 3))
    assert step.replays > 0
    return model, model.weight, optimizer, step


def scheduled() -> Made:
    model = nn.Linear(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    schedule = lrs.StepLR(optimizer, 2)
    train = step_of(model, optimizer)

    def step(x: Any) -> Any:
        loss = train(x)
        schedule.step()
        return loss

    step = nncore.compile(step)
    for _ in range(4):
        step(nncore.ones(4, 3))
    return model, optimizer, schedule


AT_ONCE: dict[str, Callable[[], Made]] = {
    "SGD": stepped(optim.SGD),
    "SGD with momentum": stepped(optim.SGD, momentum=0.9, dampening=0.1),
    "Adam": stepped(optim.Adam),
    "AdamW with amsgrad": stepped(optim.AdamW, amsgrad=True),
    "fit": fitted,
    "compiled step": compiled_function,
    "schedule in a compiled step": scheduled,
}


@pytest.mark.parametrize("name", AT_ONCE)
def test_trained_objects_are_freed_without_the_collector(name: str) -> None:
    assert [ref() for ref in weak(AT_ONCE[name])] == [None] * len(weak(AT_ONCE[name]))


def test_training_again_and_again_takes_no_more_memory() -> None:
    def once() -> int:
        model = nn.Linear(200, 200)
        step_of(model, optim.Adam(model.parameters()))(nncore.ones(2, 200))
        fit(model, np.ones((8, 200), "f4"), np.ones((8, 200), "f4"), epochs=1, progress=False)
        return int(_core.memory_stats()["in_use"])

    first = once()
    assert [once() for _ in range(5)] == [first] * 5


def holder_of(make: Callable[[], Any]) -> Callable[[], Made]:
    """(an object that refers to itself through an attribute, its parts)."""

    def cycle() -> Made:
        found = make()
        found.me = found
        return (found,)

    return cycle


def compiled_method() -> Made:
    class Trainer:
        def __init__(self) -> None:
            self.model = nn.Linear(3, 2)
            self.optimizer = optim.Adam(self.model.parameters())
            self.step = nncore.compile(self.step_once)

        def step_once(self, x: Any) -> Any:
            return step_of(self.model, self.optimizer)(x)

    trainer = Trainer()
    for _ in range(4):
        trainer.step(nncore.ones(4, 3))
    assert trainer.step.replays > 0
    return trainer, trainer.model, trainer.model.weight, trainer.optimizer


def compiled_method_of_slots() -> Made:
    class Trainer:
        __slots__ = ("__weakref__", "model", "optimizer", "step")

        def __init__(self) -> None:
            self.model = nn.Linear(3, 2)
            self.optimizer = optim.Adam(self.model.parameters())
            self.step = nncore.compile(self._step)

        def _step(self, x: Any) -> Any:
            return step_of(self.model, self.optimizer)(x)

    trainer = Trainer()
    for _ in range(9):  # with audits
        trainer.step(nncore.ones(4, 3))
    assert trainer.step.audits == 2
    return trainer, trainer.model, trainer.optimizer


def compiled_module() -> Made:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 2)
            self.fast = nncore.compile(self)

        def forward(self, x: Any) -> Any:
            return self.layer(x)

    net = Net()
    for _ in range(4):
        net.fast(nncore.ones(4, 3))
    return net, net.layer, net.fast


def compiled_once() -> Made:
    """A step with a record but no plan yet."""
    model = nn.Linear(3, 2)
    model.step = nncore.compile(step_of(model, optim.SGD(model.parameters())))
    model.weight.register_hook(lambda gradient: print(model))
    model.step(nncore.ones(4, 3))
    return model, model.weight


def compiled_with_hook() -> Made:
    model = nn.Linear(3, 2)
    model.step = nncore.compile(step_of(model, optim.SGD(model.parameters())))
    model.weight.register_hook(lambda gradient: model.scale * gradient)
    model.scale = 0.5
    for _ in range(4):
        model.step(nncore.ones(4, 3))
    assert model.step.replays > 0
    return model, model.weight


def parameter_hook() -> Made:
    model = nn.Linear(3, 2)
    model.handle = model.weight.register_hook(lambda gradient: print(model))
    model(nncore.ones(4, 3)).sum().backward()
    return model, model.weight


def tensor_hook() -> Made:
    box: Any = Box()
    x = nncore.ones(2, requires_grad=True)
    x.register_hook(lambda gradient: print(x, box))
    return (box,)


def result_hook() -> Made:
    box: Any = Box()
    y = nncore.ones(2, requires_grad=True) * 2
    y.register_hook(lambda gradient: print(y, box))
    y.sum().backward()
    return (box,)


def module_hooks() -> Made:
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    model.handles = [
        model[0].register_forward_pre_hook(lambda *_: print(model)),
        model[0].register_forward_hook(lambda *_: print(model)),
        model[1].register_full_backward_pre_hook(lambda *_: print(model)),
        model[1].register_full_backward_hook(lambda *_: print(model)),
    ]
    return model, model[0], model[0].weight


def result_of_hooked_module() -> Made:
    model = nn.ReLU()
    model.register_full_backward_hook(lambda *_: print(model))
    model.result = model(nncore.ones(2, requires_grad=True))
    model.result.sum().backward()
    return (model,)


def optimizer_and_schedule() -> Made:
    model = nn.Linear(3, 2)
    optimizer: Any = optim.Adam(model.parameters())
    optimizer.schedule = lrs.SequentialLR(
        optimizer, [lrs.ConstantLR(optimizer), lrs.StepLR(optimizer, 2)], [3]
    )
    step_of(model, optimizer)(nncore.ones(4, 3))
    optimizer.schedule.step()
    return model, model.weight, optimizer, optimizer.schedule


def parameter_group() -> Made:
    box: Any = Box()
    optimizer = optim.SGD([nn.Parameter(nncore.ones(1))])
    optimizer.param_groups[0]["box"] = box
    box.group = optimizer.param_groups[0]
    return (box, optimizer)


def callback() -> Made:
    model = nn.Linear(3, 2)
    model.callback = lambda state: model is None
    fit(
        model,
        np.ones((8, 3), "f4"),
        np.ones((8, 2), "f4"),
        epochs=2,
        progress=False,
        callbacks=[model.callback],
    )
    return model, model.weight


def data_set() -> Made:
    from nncore.data import DataLoader, TensorDataset

    data: Any = TensorDataset(nncore.ones(4, 2), nncore.ones(4))
    data.loader = DataLoader(data, batch_size=2)
    assert len(list(data.loader)) == 2
    return data, data.loader


CYCLES: dict[str, Callable[[], Made]] = {
    "compiled method": compiled_method,
    "compiled method of slots": compiled_method_of_slots,
    "compiled module": compiled_module,
    "compiled once": compiled_once,
    "compiled with a hook": compiled_with_hook,
    "step": holder_of(lambda: nncore.compile(lambda x: x)),
    "parameter": holder_of(lambda: nn.Parameter(nncore.ones(2))),
    "parameter hook": parameter_hook,
    "tensor hook": tensor_hook,
    "result hook": result_hook,
    "module": holder_of(lambda: Box()),
    "module hooks": module_hooks,
    "result of a module with hooks": result_of_hooked_module,
    "optimizer and schedule": optimizer_and_schedule,
    "parameter group": parameter_group,
    "callback": callback,
    "data set": data_set,
}


@pytest.mark.parametrize("name", CYCLES)
def test_a_cycle_is_freed_by_the_collector(name: str) -> None:
    refs = weak(CYCLES[name])
    gc.collect()
    assert [ref() for ref in refs] == [None] * len(refs)


EXTENSION = [
    kind for _, kind in inspect.getmembers(_core, inspect.isclass) if kind.__module__ == "nncore._core"
]
PYTHON_FREE = {_core.dtype, _core.device, _core.Generator, _core.once, _core.HookHandle}


@pytest.mark.parametrize("kind", EXTENSION, ids=lambda kind: kind.__name__)
def test_extension_types_that_hold_python_objects_take_part_in_collection(kind: type) -> None:
    """A new class must be in PYTHON_FREE, or bind/collect.h must set up its type."""
    has_gc = bool(kind.__flags__ & (1 << 14))  # Py_TPFLAGS_HAVE_GC
    assert has_gc == (kind not in PYTHON_FREE)


def test_tensors_cost_the_collector_nothing_until_they_have_a_hook() -> None:
    x = nncore.ones(2, requires_grad=True)
    y = x * 2
    assert not gc.is_tracked(y)
    y.register_hook(lambda gradient: None)
    assert gc.is_tracked(y)


def test_hooks_stay_while_the_graph_needs_them() -> None:
    seen: list[float] = []

    def loss() -> Any:
        x = nncore.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(lambda gradient: seen.append(len((y, gradient))))
        x.register_hook(lambda gradient: seen.append(len((x, gradient))))
        return (y * y).sum()

    total = loss()
    gc.collect()
    total.backward()
    assert seen == [2, 2]


def test_a_handle_does_not_keep_its_hooks() -> None:
    x = nncore.ones(2, requires_grad=True)
    handle = x.register_hook(lambda gradient: None)
    del x
    handle.remove()


def test_a_cleared_plan_is_not_replayed() -> None:
    model = nn.Linear(3, 2)
    step = nncore.compile(lambda x: model(x))
    for _ in range(4):
        step(nncore.ones(1, 3))
    plan = step._recent[0]
    assert any(isinstance(part, tuple) and len(part) > 0 for part in gc.get_referents(plan))
    assert step._replay((nncore.ones(1, 3),), ()) is not NotImplemented
