"""The contract of a captured step: changes found by the checks before a replay, and by audits."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

import nncore
from compile_twin import batches, bits, mlp
from nncore import Tensor, nn
from nncore.nn import functional as F
from nncore.nn.utils import parametrizations

Step = Callable[[Tensor], Any]


class Helper:
    shared = 2.0
    table: ClassVar[dict[str, float]] = {"k": 2.0, "l": 3.0}

    def __init__(self) -> None:
        self.own, self.kind, self.count = 2.0, "k", 0
        self.held = {"k": 2.0}

    def method(self, x: Tensor) -> Tensor:
        return x * self.own

    def outer(self, x: Tensor) -> Tensor:
        return self.method(x)

    @classmethod
    def of_class(cls, x: Tensor) -> Tensor:
        return x * cls.shared

    @property
    def value(self) -> float:
        return self.own

    def by_kind(self, x: Tensor) -> Tensor:
        return x * self.table[self.kind]

    def __getitem__(self, key: str) -> float:
        return self.held[key]

    def tick(self, x: Tensor) -> Tensor:
        self.count += 1
        return x * (2.0 if self.count < 100 else 3.0)


class Derived(Helper):
    def method(self, x: Tensor) -> Tensor:
        return super().method(x) + 1


class Slots:
    __slots__ = ("own",)

    def __init__(self) -> None:
        self.own = 2.0


class Encoder(nn.Module):
    scale = 2.0

    def __init__(self) -> None:
        super().__init__()
        self.held, self.kind = {"a": 2.0, "b": 3.0}, "a"
        self.flag: bool | None = None
        self.inner = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = x * self.scale * self.held[self.kind] if self.training else x
        return y if self.flag is None else self.inner(y)


module: Any = ModuleType("settings_of_a_step")


def deep(depth: int, s: Any) -> Step:
    """A function that reads a number through this many calls."""
    if depth == 0:
        return lambda x: x * s.number
    inner = deep(depth - 1, s)
    return lambda x: inner(x)


def state() -> SimpleNamespace:
    """The values that the rows below read and change."""
    module.FACTOR = 2.0
    Helper.shared, Encoder.scale = 2.0, 2.0
    s = SimpleNamespace(
        number=2.0, flag=None, helper=Helper(), slots=Slots(), encoder=Encoder(), layer=nn.Linear(4, 4),
        table={"a": 2.0, "b": 1.0}, kind="a", items=[2.0], w_0=2.0, derived=type("Derived", (Derived,), {})(),
        deeper=SimpleNamespace(number=2.0), tensors={"w": nncore.tensor([2.0])},
    )  # fmt: skip
    s.nested = nn.Sequential(nn.Identity(), s.encoder)
    return s


def put(**values: Any) -> Callable[[Any], Any]:
    return lambda s: vars(s).update(values)


# name -> a function that makes the step from the state, and a change of the state
Rows = dict[str, tuple[Callable[[Any], Step], Callable[[Any], Any]]]
NOTICED: Rows = {
    "closure": (lambda s: (lambda n: lambda x: x * n.number)(s), put(number=3.0)),
    "flag": (lambda s: lambda x: x if s.flag is None else x + 1, put(flag=True)),
    "attribute of an attribute": (
        lambda s: lambda x: x * s.deeper.number,
        lambda s: put(number=3.0)(s.deeper),
    ),
    "object replaced": (
        lambda s: lambda x: x * s.deeper.number,
        put(deeper=SimpleNamespace(number=3.0)),
    ),
    "global of a file": (lambda s: lambda x: x * module.FACTOR, lambda s: setattr(module, "FACTOR", 3.0)),
    "seven functions deep": (lambda s: deep(7, s), put(number=3.0)),
    "self": (lambda s: s.helper.method, lambda s: put(own=3.0)(s.helper)),
    "method": (lambda s: lambda x: s.helper.method(x), lambda s: put(own=3.0)(s.helper)),
    "method calling a method": (lambda s: lambda x: s.helper.outer(x), lambda s: put(own=3.0)(s.helper)),
    "method replaced": (
        lambda s: lambda x: s.helper.method(x),
        lambda s: put(method=lambda x: x * 3)(s.helper),
    ),
    "key": (lambda s: lambda x: s.helper.by_kind(x), lambda s: put(kind="l")(s.helper)),
    "instance above class": (lambda s: lambda x: x * s.helper.shared, lambda s: put(shared=3.0)(s.helper)),
    "number of a module": (lambda s: lambda x: s.encoder(x), lambda s: setattr(s.encoder, "kind", "b")),
    "module's number above its class": (
        lambda s: lambda x: s.encoder(x),
        lambda s: setattr(s.encoder, "scale", 3.0),
    ),
    "flag of a submodule": (lambda s: s.nested, lambda s: setattr(s.encoder, "flag", True)),
    "mode of a submodule": (lambda s: lambda x: s.nested(x), lambda s: s.encoder.eval()),
    "mode in a list": (lambda s: (lambda all: lambda x: all[0](x))([s.nested]), lambda s: s.nested.eval()),
    "hook": (
        lambda s: lambda x: s.encoder(x),
        lambda s: s.encoder.register_forward_hook(lambda module, args, y: y * 2),
    ),
    "parameter replaced": (
        lambda s: lambda x: s.layer(x),
        lambda s: setattr(s.layer, "weight", nn.Parameter(nncore.ones(4, 4))),
    ),
    "submodule replaced": (lambda s: s.nested, lambda s: s.nested.__setitem__(1, nn.Tanh())),
}
AUDITED: Rows = {
    "computed name": (lambda s: lambda x: x * getattr(s, f"w_{0}"), put(w_0=3.0)),
    "vars": (lambda s: lambda x: x * sum(vars(s.deeper).values()), lambda s: put(number=3.0)(s.deeper)),
    "dict": (lambda s: lambda x: x * s.table[s.kind], lambda s: s.table.update(a=3.0)),
    "tensor in a dict": (
        lambda s: lambda x: x * s.tensors["w"],
        lambda s: s.tensors.update(w=nncore.tensor([3.0])),
    ),
    "list": (lambda s: lambda x: x * s.items[-1], lambda s: s.items.append(3.0)),
    "length of a list": (lambda s: lambda x: x * len(s.items), lambda s: s.items.append(3.0)),
    "dict of a module": (lambda s: lambda x: s.encoder(x), lambda s: s.encoder.held.update(a=3.0)),
    "class": (lambda s: lambda x: x * s.helper.shared, lambda s: setattr(Helper, "shared", 3.0)),
    "class of a module": (lambda s: lambda x: s.encoder(x), lambda s: setattr(Encoder, "scale", 3.0)),
    "class method": (lambda s: lambda x: Helper.of_class(x), lambda s: setattr(Helper, "shared", 3.0)),
    "property": (lambda s: lambda x: x * s.helper.value, lambda s: put(own=3.0)(s.helper)),
    "operator": (lambda s: lambda x: x * s.helper["k"], lambda s: s.helper.held.update(k=3.0)),
    "super": (lambda s: lambda x: s.derived.method(x), lambda s: put(own=3.0)(s.derived)),
    "slots": (lambda s: lambda x: x * s.slots.own, lambda s: setattr(s.slots, "own", 3.0)),
    "function in a container": (lambda s: (lambda f: lambda x: f[0](x))([deep(0, s)]), put(number=3.0)),
}


def run(
    make: Callable[[Any], Step], change: Callable[[Any], Any], compiling: bool
) -> tuple[list[bytes], Any]:
    """The results of 20 runs of a step with a change before run 6, and the step."""
    nncore.manual_seed(5)
    s = state()
    step: Any = make(s)
    step = nncore.compile(step) if compiling else step
    found = []
    for i in range(20):
        if i == 6:
            change(s)
        found.append(bits(step(nncore.ones(2, 4))))
    return found, step


@pytest.mark.parametrize(("make", "change"), NOTICED.values(), ids=NOTICED)
def test_what_is_noticed_reaches_the_next_call(
    make: Callable[[Any], Step], change: Callable[[Any], Any]
) -> None:
    eager, _ = run(make, change, False)
    found, step = run(make, change, True)
    assert found == eager
    assert eager[5] != eager[6]
    assert (step.captures, step.plans) == (4, 2)


@pytest.mark.parametrize(("make", "change"), AUDITED.values(), ids=AUDITED)
def test_what_is_constant_changes_at_an_audit(
    make: Callable[[Any], Step], change: Callable[[Any], Any]
) -> None:
    eager, _ = run(make, change, False)
    says = r"compile: the step.* no longer does what its plan does: test_compile_contract.py, line \d+: "
    with pytest.warns(RuntimeWarning, match=says) as seen:
        found, step = run(make, change, True)
    assert len(seen) == 1
    assert found == eager[:6] + eager[5:6] + eager[7:]  # the audit is run 8
    assert (step.captures, step.plans) == (3, 1)


def test_a_strict_step_raises_at_the_audit() -> None:
    s = state()
    step = nncore.compile(lambda x: x * s.items[-1], strict=True)
    line = step.__wrapped__.__code__.co_firstlineno  # type: ignore[attr-defined]
    x = nncore.ones(1)
    for _ in range(6):
        step(x)
    s.items.append(3.0)
    assert step(x).item() == 2
    with pytest.raises(nncore.CaptureError, match=f"line {line}: a number, an index or a shape has changed"):
        step(x)
    assert [step(x).item() for _ in range(3)] == [3] * 3
    assert (step.captures, step.replays) == (3, 5)


def test_audits_are_runs_4_8_and_so_on() -> None:
    step = nncore.compile(lambda x: x * 2)
    x, audits = nncore.ones(1), []
    for i in range(1, 3001):
        before = step.audits
        step(x)
        if step.audits > before:
            audits.append(i)
    assert audits[:8] == [4, 8, 16, 32, 64, 128, 256, 512]
    assert [i % 1000 for i in audits[8:]] == [0] * len(audits[8:])
    assert step.captures == 2
    assert step.captures + step.audits + step.replays == 3000


def test_audits_take_little_time() -> None:
    step = nncore.compile(lambda x: x * 2)
    x = nncore.ones(1)
    for _ in range(512):
        step(x)
    before = step.audits
    for _ in range(20_000):
        step(x)
    assert step.audits - before < 20  # an audit takes far more than 20 such replays


def test_a_value_read_only_in_an_audit_is_a_difference() -> None:
    s = state()

    def step(x: Tensor) -> Tensor:
        y = x * 2
        if len(s.items) > 1:
            y.item()
        return y

    compiled = nncore.compile(step)
    for _ in range(6):
        compiled(nncore.ones(1))
    s.items.append(3.0)
    compiled(nncore.ones(1))
    with pytest.warns(RuntimeWarning, match="item: a value is read inside a compiled step"):
        compiled(nncore.ones(1))
    with pytest.raises(nncore.CaptureError, match="item: a value is read inside a compiled step"):
        compiled(nncore.ones(1))


def test_an_audit_is_a_real_step() -> None:
    """An audit has the effects of a step, and gradients stay in the memory that replays use."""
    results = []
    for compiling in (False, True):
        nncore.manual_seed(4)
        model = mlp()
        optimizer = nncore.optim.Adam(model.parameters(), lr=0.05)

        def step(x: Tensor, y: Tensor, model: Any = model) -> Tensor:
            loss = F.cross_entropy(model(x), y) / 2
            loss.backward()
            return loss

        run: Any = nncore.compile(step) if compiling else step
        found = []
        for i, (x, y) in enumerate(batches(40, nncore.float32)):
            found.append(bits(run(x, y)))
            if i % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
        results.append([*found, *(bits(parameter) for parameter in model.parameters())])
    assert results[0] == results[1]
    assert run.captures <= 6
    assert run.audits >= 4


def test_reset_forgets_all_plans() -> None:
    step = nncore.compile(lambda x: x * 2)
    for _ in range(3):
        step(nncore.ones(1))
    step.reset()
    assert step.plans == 0
    for _ in range(3):
        step(nncore.ones(1))
    assert (step.captures, step.replays, step.plans) == (4, 2, 1)


def test_modes_go_back_to_their_plans() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
    step = nncore.compile(lambda x: model(x))
    x = nncore.ones(2, 4)
    for _ in range(5):
        for mode in (True, False):
            model.train(mode)
            for _ in range(3):
                assert bool((step(x) == step(x)).all()) is not mode
    assert (step.captures, step.plans) == (4, 2)
    assert step.captures + step.audits + step.replays == 60


def test_a_mode_that_is_set_again_is_not_a_change() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
    step = nncore.compile(model)
    for _ in range(20):
        model.train()
        model.requires_grad_(True)
        step(nncore.ones(2, 4))
    assert step.captures == 2


def test_a_change_elsewhere_costs_one_eager_run() -> None:
    model, other = nn.Linear(4, 4), nn.Linear(4, 4)
    step = nncore.compile(lambda x: model(x))
    for _ in range(3):
        step(nncore.ones(2, 4))
    other.weight = nn.Parameter(nncore.ones(4, 4))
    for _ in range(3):
        step(nncore.ones(2, 4))
    assert (step.captures, step.plans) == (3, 1)
    loss = nn.MSELoss()  # a new module is not a change
    step(nncore.ones(2, 4))
    assert step.captures == 3
    assert loss.training


REFUSED: dict[str, tuple[Callable[[Any], Step], str]] = {
    "counter of an object": (lambda s: s.helper.tick, r"line \d+\) changes 'self.count' each time"),
    "counter of an object that it names": (
        lambda s: lambda x: s.helper.tick(x),
        r"line \d+\) changes 'self.count' each time",
    ),
    "counter of a module": (lambda s: counting(s.encoder), "changes 'encoder.calls' each time"),
    "counter in a list": (lambda s: popping([float(i) for i in range(50)]), "a number, an index or a shape"),
}


def counting(encoder: Any) -> Step:
    encoder.calls = 0

    def step(x: Tensor) -> Tensor:
        encoder.calls += 1
        return x * 2

    return step


def popping(numbers: list[float]) -> Step:
    return lambda x: x * numbers.pop()


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_what_a_replay_would_not_do_is_refused(make: Callable[[Any], Step], message: str) -> None:
    step = nncore.compile(make(state()))

    def repeat() -> None:
        for _ in range(12):
            step(nncore.ones(2, 4))

    with pytest.raises(nncore.CaptureError, match=message):
        repeat()
    assert step.replays == 0


def test_what_other_attributes_hold_does_not_matter() -> None:
    u, b = SimpleNamespace(net=nn.Linear(2, 2), data=iter([1])), SimpleNamespace(data=nncore.ones(2))
    step = nncore.compile(lambda x: u.net(x) + b.data)
    for _ in range(4):
        assert step(nncore.ones(1, 2)).shape == (1, 2)
    assert step.replays == 1
    assert next(u.data) == 1


def test_an_equal_number_is_no_change() -> None:
    s = state()
    step = nncore.compile(lambda x: x * float(s.kind) * s.number)
    for i in range(20):
        s.kind, s.number = np.float32(2), float(f"{2 + i // 10}")
        assert bits(step(nncore.ones(2))) == bits(nncore.ones(2) * 2 * s.number)
    assert (step.captures, step.plans) == (4, 2)
    s.number = -0.0
    first = step(nncore.ones(2))
    s.number = 0.0
    assert bits(step(nncore.ones(2))) != bits(first)


def test_a_warning_names_what_changes_from_call_to_call() -> None:
    s = state()
    step = nncore.compile(lambda x: x * s.helper.own)

    def repeat() -> None:
        for i in range(30):
            s.helper.own = float(i)
            assert step(nncore.ones(1)).tolist() == [i]

    with pytest.warns(UserWarning, match=r"ran eagerly, because 's\.helper\.own' changes from call to call"):
        repeat()


def test_computed_weights_are_compiled() -> None:
    results = []
    for compiling in (False, True):
        nncore.manual_seed(3)
        model = mlp()
        parametrizations.weight_norm(model[0])
        parametrizations.spectral_norm(model[2])
        optimizer = nncore.optim.SGD(model.parameters(), lr=0.1)

        def step(x: Tensor, y: Tensor, model: Any = model, optimizer: Any = optimizer) -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        run: Any = nncore.compile(step) if compiling else step
        losses = [bits(run(x, y)) for x, y in batches(10, nncore.float32)]
        results.append([*losses, *map(bits, model.state_dict().values()), bits(model[0].weight)])
    assert results[0] == results[1]
    assert run.captures == 2


SOURCE = """
SCALE, offsets = 1.0, [0.0]

def weigh(y):
    return y * SCALE + offsets[0]

def step(x):
    return weigh(x * 2)
"""
_numbers = itertools.count()


@pytest.fixture(params=["src", "site-packages", "site-packages/company"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A file of a user, in a folder of scripts or of installed packages."""
    name = f"program_{next(_numbers)}"
    (tmp_path / request.param).mkdir(parents=True)
    (tmp_path / request.param / f"{name}.py").write_text(SOURCE)
    root = tmp_path / request.param.partition("/")[0]
    package = request.param.partition("/")[2]
    sys.path.insert(0, str(root))
    yield importlib.import_module(f"{package}.{name}" if package else name)
    sys.path.remove(str(root))
    sys.modules.pop(package, None)


def test_the_folder_of_a_file_does_not_matter(program: Any) -> None:
    step = nncore.compile(program.step)

    def call(times: int) -> list[float]:
        return [step(nncore.ones(1)).item() for _ in range(times)]

    assert call(4) == [2.0] * 4
    program.SCALE = 2.0
    assert call(4) == [4.0] * 4
    program.offsets[0] = 1.0
    with pytest.warns(RuntimeWarning, match="line 5: a number, an index or a shape has changed"):
        found = call(4)
    assert found == [4.0, 4.0, 4.0, 5.0]  # the audit is run 8 of the second plan
