"""State in Python that a step reads or changes: the next call does as an eager one would, or refuses."""

from __future__ import annotations

import functools
import itertools
import operator
import os
import random
import weakref
from collections import Counter, OrderedDict, UserDict, deque
from collections.abc import Callable, Iterator
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

    @staticmethod
    def static(x: Tensor) -> Tensor:
        return x * Helper.shared

    @classmethod
    def of_class(cls, x: Tensor) -> Tensor:
        return x * cls.shared

    @property
    def value(self) -> float:
        return self.held["k"]

    def by_kind(self, x: Tensor) -> Tensor:
        return x * self.table[self.kind]

    def __getitem__(self, key: str) -> float:
        return self.held[key]

    def __float__(self) -> float:
        return self.own

    def tick(self) -> float:
        self.count += 1
        return 2.0 if self.count < 100 else 3.0


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
        self.held, self.items, self.table, self.kind = {"k": 2.0}, [2.0], {"a": 2.0, "b": 3.0}, "a"

    def encode(self, x: Tensor) -> Tensor:
        return x * self.held["k"] * self.items[-1]

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale * self.table[self.kind]


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder.encode(x)


module: Any = ModuleType("settings_of_a_step")


def deep(depth: int, s: Any) -> Step:
    """A function so many calls away from the number that it reads."""
    if depth == 0:
        return lambda x: x * s.number
    inner = deep(depth - 1, s)
    return lambda x: inner(x)


def nested(depth: int, s: Any) -> Any:
    return s if depth == 0 else SimpleNamespace(inner=nested(depth - 1, s))


def imported(x: Tensor) -> Tensor:
    from settings_of_a_step import FACTOR  # type: ignore[import-not-found]

    return x * float(FACTOR)


@functools.lru_cache
def cached() -> float:
    return float(module.FACTOR)


def entry(table: Any, key: str) -> float:
    return float(table[key])


def with_hook(s: Any, register: Callable[[nn.Module, Any], Any]) -> Step:
    register(s.layer, s)

    def step(x: Tensor) -> Tensor:
        s.layer.weight.grad = None
        y: Tensor = s.layer(x)
        y.sum().backward()
        total: Tensor = s.layer.weight.grad.sum() + y
        return total

    return step


def with_optimizer(s: Any) -> Step:
    def step(x: Tensor) -> Tensor:
        s.optimizer.zero_grad()
        s.layer(x).sum().backward()
        s.optimizer.step()
        bias: Tensor = s.layer.bias + 0
        return bias

    return step


def state() -> SimpleNamespace:
    """All that the rows below read and change."""
    module.FACTOR = 2.0
    Helper.shared, Encoder.scale = 2.0, 2.0
    os.environ["NNCORE_TEST_FACTOR"] = "2.0"
    cached.cache_clear()
    layer, helper = nn.Linear(4, 4), Helper()

    def function(x: Tensor, k: float = 2.0, *, more: float = 0.0) -> Tensor:
        return x * k + more

    vars(function).update(own=2.0)
    return SimpleNamespace(
        number=2.0, helper=helper, derived=type("Derived", (Derived,), {})(), function=function,
        weak=weakref.ref(helper), getter=operator.attrgetter("own"),
        made=type("Meta", (type,), {"shared": 2.0})("Made", (), {}),
        slots=Slots(), encoder=Encoder(), outer=Outer(),
        table={"a": 2.0, "b": 1.0}, kind="a", options={"beta": 2.0}, tensors={"w": nncore.tensor([2.0])},
        items=[2.0], many=[2.0] * 40, empty=[], queue=deque([2.0]), flags=set(), user=UserDict(a=2.0),
        ordered=OrderedDict(a=2.0, b=1.0), array=np.array([2.0]),
        mixed=np.array([[2.0], None], object), pair=([2.0], 1), numpy=np.float32(2), layer=layer,
        optimizer=nncore.optim.SGD([layer.weight], lr=0.1), raw=bytearray(b"\x02"),
        inner=SimpleNamespace(a=2.0), draw=lambda: np.random.rand() / 1e9,  # noqa: NPY002
    )  # fmt: skip


def put(**values: Any) -> Callable[[Any], Any]:
    return lambda s: vars(s).update(values)


# By name: a step made of the state, and what changes in it.
READ: dict[str, tuple[Callable[[Any], Step], Callable[[Any], Any]]] = {
    "method": (lambda s: lambda x: s.helper.method(x), lambda s: put(own=3.0)(s.helper)),
    "method calling a method": (lambda s: lambda x: s.helper.outer(x), lambda s: put(own=3.0)(s.helper)),
    "method replaced": (
        lambda s: lambda x: s.helper.method(x),
        lambda s: put(method=lambda x: x * 3)(s.helper),
    ),
    "super": (lambda s: lambda x: s.derived.method(x), lambda s: put(own=3.0)(s.derived)),
    "static method": (lambda s: lambda x: s.helper.static(x), lambda s: setattr(Helper, "shared", 3.0)),
    "class method": (lambda s: lambda x: Helper.of_class(x), lambda s: setattr(Helper, "shared", 3.0)),
    "property": (lambda s: lambda x: x * s.helper.value, lambda s: s.helper.held.update(k=3.0)),
    "operator": (lambda s: lambda x: x * s.helper["k"], lambda s: s.helper.held.update(k=3.0)),
    "conversion": (lambda s: lambda x: x * float(s.helper), lambda s: put(own=3.0)(s.helper)),
    "instance above class": (lambda s: lambda x: x * s.helper.shared, lambda s: put(shared=3.0)(s.helper)),
    "attribute of a class": (lambda s: lambda x: x * s.helper.shared, lambda s: setattr(Helper, "shared", 3)),
    "table of a class": (lambda s: lambda x: s.helper.by_kind(x), lambda s: put(kind="l")(s.helper)),
    "slots": (lambda s: lambda x: x * s.slots.own, lambda s: setattr(s.slots, "own", 3.0)),
    "getattr": (lambda s: lambda x: x * getattr(s, "number"), put(number=3.0)),  # noqa: B009
    "getattr of what is not there": (lambda s: lambda x: x * getattr(s, "later", 2.0), put(later=3.0)),
    "vars": (lambda s: lambda x: x * sum(vars(s.inner).values()), lambda s: put(a=3.0)(s.inner)),
    "module's class": (lambda s: lambda x: s.encoder(x), lambda s: setattr(Encoder, "scale", 3.0)),
    "module's table": (lambda s: lambda x: s.encoder(x), lambda s: s.encoder.table.update(a=3.0)),
    "module's kind": (lambda s: lambda x: s.encoder(x), lambda s: setattr(s.encoder, "kind", "b")),
    "module's method, dict": (
        lambda s: lambda x: s.encoder.encode(x),
        lambda s: s.encoder.held.update(k=3.0),
    ),
    "module's method, list": (lambda s: lambda x: s.encoder.encode(x), lambda s: s.encoder.items.append(3.0)),
    "method of a submodule": (lambda s: s.outer, lambda s: s.outer.encoder.held.update(k=3.0)),
    "module as argument": (
        lambda s: lambda x: (lambda m, x: m.encode(x))(s.encoder, x),
        lambda s: s.encoder.held.update(k=3.0),
    ),
    "keys in a loop": (
        lambda s: lambda x: sum(x * s.table[k] for k in s.table),
        lambda s: s.table.update(b=3),
    ),
    "key from a variable": (lambda s: lambda x: x * s.table[s.kind], lambda s: s.table.update(a=3.0)),
    "key as an argument": (lambda s: lambda x: x * entry(s.table, s.kind), lambda s: s.table.update(a=3.0)),
    "values": (lambda s: lambda x: x * sum(s.table.values()), lambda s: s.table.update(c=3.0)),
    "keywords": (
        lambda s: lambda x: F.smooth_l1_loss(x, x * 2, **s.options),
        lambda s: s.options.update(beta=3),
    ),
    "tensor in a dict": (
        lambda s: lambda x: x * s.tensors["w"],
        lambda s: s.tensors.update(w=nncore.tensor([3.0])),
    ),
    "user's dict": (lambda s: lambda x: x * s.user["a"], lambda s: s.user.update(a=3.0)),
    "ordered dict": (lambda s: lambda x: x * s.ordered["a"], lambda s: s.ordered.update(a=3.0)),
    "last of a list": (lambda s: lambda x: x * s.items[-1], lambda s: s.items.append(3.0)),
    "length of a list": (lambda s: lambda x: x * len(s.empty), lambda s: s.empty.append(3.0)),
    "long list": (lambda s: lambda x: x * s.many[20], lambda s: s.many.__setitem__(20, 3.0)),
    "list in a tuple": (lambda s: lambda x: x * s.pair[0][0], lambda s: s.pair[0].__setitem__(0, 3.0)),
    "deque": (lambda s: lambda x: x * s.queue[0], lambda s: s.queue.__setitem__(0, 3.0)),
    "set": (lambda s: lambda x: x * (3.0 if "on" in s.flags else 2.0), lambda s: s.flags.add("on")),
    "bytearray": (lambda s: lambda x: x * s.raw[0], lambda s: s.raw.__setitem__(0, 3)),
    "array": (lambda s: lambda x: x * float(s.array[0]), lambda s: s.array.fill(3.0)),
    "array of objects": (lambda s: lambda x: x * s.mixed[0][0], lambda s: s.mixed[0].__setitem__(0, 3.0)),
    "partial": (
        lambda s: functools.partial(lambda options, x: x * options["beta"], s.options),
        lambda s: s.options.update(beta=3.0),
    ),
    "attribute of a module": (
        lambda s: lambda x: x * module.FACTOR,
        lambda s: setattr(module, "FACTOR", 3.0),
    ),
    "import inside": (lambda s: imported, lambda s: setattr(module, "FACTOR", 3.0)),
    "environment": (
        lambda s: lambda x: x * float(os.environ["NNCORE_TEST_FACTOR"]),
        lambda s: os.environ.update(NNCORE_TEST_FACTOR="3.0"),
    ),
    "cached function": (
        lambda s: lambda x: x * cached(),
        lambda s: [forget() for forget in (lambda: vars(module).update(FACTOR=3.0), cached.cache_clear)],
    ),
    "seven calls deep": (lambda s: deep(7, s), put(number=3.0)),
    "seven attributes deep": (
        lambda s: (lambda n: lambda x: x * n.inner.inner.inner.inner.inner.inner.inner.number)(nested(7, s)),
        put(number=3.0),
    ),
    "hook on a gradient": (
        lambda s: with_hook(s, lambda layer, s: layer.weight.register_hook(lambda g: g * s.number)),
        put(number=3.0),
    ),
    "hook on forward": (
        lambda s: with_hook(s, lambda layer, s: layer.register_forward_hook(lambda m, x, y: y * s.number)),
        put(number=3.0),
    ),
    "hook on backward": (
        lambda s: with_hook(
            s, lambda layer, s: layer.register_full_backward_pre_hook(lambda m, g: (g[0] * s.number,))
        ),
        put(number=3.0),
    ),
    "code of a function": (
        lambda s: lambda x: s.function(x),
        lambda s: setattr(s.function, "__code__", (lambda x, k=2.0: x * (k + 1)).__code__),
    ),
    "default of a keyword": (
        lambda s: lambda x: s.function(x),
        lambda s: setattr(s.function, "__kwdefaults__", {"more": 3.0}),
    ),
    "order of a dict": (
        lambda s: lambda x: x * list(s.ordered.values())[0],  # noqa: RUF015
        lambda s: s.ordered.move_to_end("a"),
    ),
    "default of a function": (
        lambda s: lambda x: s.function(x),
        lambda s: setattr(s.function, "__defaults__", (3.0,)),
    ),
    "attribute of a function": (lambda s: lambda x: x * s.function.own, lambda s: put(own=3.0)(s.function)),
    "nearer class": (
        lambda s: lambda x: s.derived.outer(x),
        lambda s: setattr(type(s.derived), "outer", lambda self, x: x * 9),
    ),
    "class of a class": (
        lambda s: lambda x: x * s.made.shared,
        lambda s: setattr(type(s.made), "shared", 3.0),
    ),
    "weak reference": (lambda s: lambda x: x * s.weak().own, lambda s: put(own=3.0)(s.helper)),
    "attrgetter": (lambda s: lambda x: x * s.getter(s.helper), lambda s: put(own=3.0)(s.helper)),
    "generator made inside": (
        lambda s: lambda x: sum(x * item for item in (i for i in s.items)),
        lambda s: s.items.append(3.0),
    ),
    "parameter appended": (
        with_optimizer,
        lambda s: s.optimizer.param_groups[0]["params"].append(s.layer.bias),
    ),
    "parameters replaced in place": (
        with_optimizer,
        lambda s: s.optimizer.param_groups[0]["params"].__setitem__(slice(None), [s.layer.bias]),
    ),
}


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
    monkeypatch.setenv("NNCORE_TEST_FACTOR", "2.0")


@pytest.mark.parametrize(("make", "change"), READ.values(), ids=READ)
def test_what_a_step_reads_may_change(make: Callable[[Any], Step], change: Callable[[Any], Any]) -> None:
    results = []
    for compiling in (False, True):
        nncore.manual_seed(5)
        s = state()
        step: Any = make(s)
        step = nncore.compile(step) if compiling else step
        found = []
        for i in range(12):
            if i == 6:
                change(s)
            found.append(bits(step(nncore.ones(2, 4))))
        results.append(found)
    assert results[0] == results[1]
    assert results[0][5] != results[0][-1]
    assert step.replays >= 7


def numbers() -> Iterator[int]:
    yield from range(100)


class Schedule:
    def __init__(self) -> None:
        self.time, self.value = 0, 2.0

    def step(self) -> None:
        self.time += 1
        self.value = 2.0 if self.time < 100 else 3.0


def counting(s: Any) -> Step:
    counter: Counter[str] = Counter()

    def step(x: Tensor) -> Tensor:
        counter["n"] += 1
        return x * 2

    return step


def scheduled(s: Any) -> Step:
    schedule = Schedule()

    def step(x: Tensor) -> Tensor:
        y = x * schedule.value
        schedule.step()
        return y

    return step


def toggling(s: Any) -> Step:
    def step(x: Tensor) -> Tensor:
        s.number = 5.0 - s.number
        return x * float(s.number)

    return step


def drawing(draw: Callable[[], float]) -> Callable[[Any], Step]:
    return lambda s: lambda x: x * (3.0 if draw() < 1e-9 else 2.0)


def reading(value: Any) -> Callable[[Any], Step]:
    return lambda s: lambda x: x * (3.0 if next(value) > 99 else 2.0)


HERE = r"\(test_compile_honesty_state.py, line \d+\)"
REFUSED: dict[str, tuple[Callable[[Any], Step], str]] = {
    "counter of an object": (lambda s: lambda x: x * s.helper.tick(), f"{HERE} changes 's.helper.count'"),
    "counter of its own": (counting, r"changes 'counter\['n'\]' each time"),
    "schedule of its own": (scheduled, "changes 'schedule.time' each time"),
    "to and fro": (toggling, "changes 's.number' each time"),
    "random": (lambda s: lambda x: x * (3.0 if random.random() < 1e-9 else 2.0), f"Python's random {HERE}"),
    "shuffle": (lambda s: lambda x: x * (2.0 + 0 * random.choice([1, 2])), f"Python's random {HERE}"),
    "numpy": (lambda s: lambda x: x * s.draw(), "draws from numpy.random"),
    "generator": (drawing(np.random.default_rng(0).random), "draws from 'draw'"),
    "own random": (drawing(random.Random(0).random), "draws from 'draw'"),
    "count": (reading(itertools.count()), f"the step {HERE} reaches the iterator 'value'"),
    "generator function": (reading(numbers()), "reaches the iterator 'value', which a replay would"),
    "large array": (
        lambda s: (lambda a: lambda x: x * float(a[0]))(np.ones(100_000)),
        r"reaches the array 'a' of 800000 bytes.*setflags\(write=False\)",
    ),
    "many places": (
        lambda s: (lambda a: lambda x: x * a[0])([1.0] * 30_000),
        "reaches more than 20000 places in Python, the last through 'a'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_what_a_replay_would_not_do_is_refused(make: Callable[[Any], Step], message: str) -> None:
    step = nncore.compile(make(state()))

    def repeat() -> None:
        for _ in range(12):
            step(nncore.ones(2, 4))

    with pytest.raises(nncore.CaptureError, match=message):
        repeat()
    assert step.replays == 0


def test_a_large_array_that_does_not_change_is_no_hindrance() -> None:
    array = np.ones(100_000)
    array.setflags(write=False)
    step = nncore.compile(lambda x: x * float(array[0]))
    for _ in range(4):
        step(nncore.ones(2))
    assert step.replays == 2


def test_an_equal_number_is_no_change() -> None:
    s = state()
    step = nncore.compile(lambda x: x * float(s.numpy) * s.number)
    for i in range(20):
        s.numpy, s.number = np.float32(2), float(f"{2 + i // 10}")
        assert bits(step(nncore.ones(2))) == bits(nncore.ones(2) * 2 * s.number)
    assert (step.captures, step.replays) == (4, 16)
    s.numpy = np.float32(-0.0)
    first = step(nncore.ones(2))
    s.numpy = np.float32(0.0)
    assert bits(step(nncore.ones(2))) != bits(first)


def test_a_warning_names_what_changes_from_call_to_call() -> None:
    s = state()
    step = nncore.compile(lambda x: x * s.helper.own)

    def repeat() -> None:
        for i in range(30):
            s.helper.own = float(i)
            assert step(nncore.ones(1)).tolist() == [i]

    with pytest.warns(UserWarning, match=r"ran eagerly, as 's\.helper\.own' changes from call to call"):
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
    assert run.replays == 8
