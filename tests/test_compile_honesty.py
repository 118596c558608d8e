"""A step that a replay cannot repeat raises with the line, and values that the user keeps do not change."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import pickle
import random
import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import batches, bits, mlp, pair, plain, train
from nncore import Tensor, nn
from nncore.nn import functional as F

Bad = Callable[[Tensor], Any]  # a function that the step applies to the loss
held: list[Any] = []


def keep_a_result(loss: Tensor) -> Tensor:
    held.append(loss)
    return loss


READ = "a value is read inside a compiled step, at {line}; a replay would not see it change"
MADE = "a tensor is made from Python data inside a compiled step, at {line}; "
KEPT = r"a tensor made in the step, at test_compile_honesty.py, line \d+, is kept after it by something other"
BAD: dict[str, tuple[Bad, str]] = {  # name -> (function of the loss, words of the error)
    "item": (lambda loss: loss.item(), f"item: {READ}"),
    "float": (lambda loss: float(loss), f"item: {READ}"),
    "int": (lambda loss: int(loss), f"item: {READ}"),
    "branch": (lambda loss: 1 if loss > 0 else 2, f"{READ}.*choose between values with nncore.where"),
    "truth": (lambda loss: bool(loss), READ),
    "numpy": (lambda loss: loss.detach().numpy(), f"numpy: {READ}"),
    "array": (lambda loss: np.asarray(loss.detach()), f"numpy: {READ}"),
    "buffer": (lambda loss: memoryview(loss.detach()), "Error getting buffer"),  # type: ignore[arg-type]
    "dlpack": (lambda loss: np.from_dlpack(loss.detach()), f"__dlpack__: {READ}"),
    "list": (lambda loss: loss.tolist(), f"numpy: {READ}"),
    "print": (lambda loss: print(loss), f"repr: {READ}"),
    "pickle": (lambda loss: pickle.dumps(loss), READ),
    "tensor": (lambda loss: loss * nncore.tensor([2.0]), f"tensor: {MADE}.*pass it as an argument"),
    "from_numpy": (lambda loss: loss * nncore.from_numpy(np.ones(1)), f"from_numpy: {MADE}"),
    "seed": (
        lambda loss: nncore.manual_seed(1),
        "manual_seed: called inside a compiled step, at {line}.*Do it before the step",
    ),
    "mask": (lambda loss: nncore.ones(3)[nncore.ones(3) > 0], f"its shape depends on values: {READ}"),
    "keep": (lambda loss: held.append(loss.detach()), KEPT),
    "keep a result": (keep_a_result, KEPT),
}


def line_of(function: Bad) -> str:
    return f"test_compile_honesty.py, line {function.__code__.co_firstlineno}"


@pytest.mark.parametrize("name", BAD)
def test_what_a_replay_could_not_repeat_names_its_line(name: str) -> None:
    held.clear()
    bad, message = BAD[name]
    error = BufferError if name == "buffer" else RuntimeError
    model = mlp()
    optimizer = nncore.optim.SGD(model.parameters(), lr=0.1)

    def step(x: Tensor, y: Tensor) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        changed = bad(loss)
        optimizer.step()
        return loss if changed is None else changed

    compiled = nncore.compile(step)
    ((x, y),) = batches(1, nncore.float32)
    for _ in range(2):
        with pytest.raises(error, match=message.format(line=re.escape(line_of(bad)))):
            compiled(x, y)
    assert compiled.plans == 0
    usable(model, optimizer)


def usable(model: nn.Module, optimizer: nncore.optim.Optimizer) -> None:
    """Eager steps work, and another step can be compiled, with the same result."""
    twin, twin_optimizer = copy.deepcopy((model, optimizer))
    again, step = nncore.compile(train(model, optimizer)), train(twin, twin_optimizer)
    for x, y in batches(8, nncore.float32):
        assert bits(again(x, y)) == bits(step(x, y))
    assert again.replays > 0


def repeated(step: Callable[[Tensor], Any], times: int = 12) -> list[Any]:
    """The results of repeated calls of a compiled step."""
    compiled = nncore.compile(step)
    return [compiled(nncore.ones(2)) for _ in range(times)]


def test_a_number_from_elsewhere_that_changes_is_refused() -> None:
    def step(x: Tensor) -> Tensor:
        return x * time.perf_counter()

    with pytest.raises(
        RuntimeError, match=rf"line {step.__code__.co_firstlineno + 1}: a number, an index or a"
    ):
        repeated(step)


def test_a_counter_is_refused_by_name() -> None:
    count = 0

    def nonlocal_counter(x: Tensor) -> Tensor:
        nonlocal count
        count += 1
        return x * count

    class Trainer:
        count = 0

        def step(self, x: Tensor) -> Tensor:
            self.count += 1
            return x * self.count

    for step, name in (
        (nonlocal_counter, "'count'"),
        (Trainer().step, r"'self\.count'"),
    ):
        line = step.__code__.co_firstlineno
        with pytest.raises(
            RuntimeError, match=rf"\(test_compile_honesty.py, line {line}\) changes {name} each"
        ):
            repeated(step)


def test_a_number_in_the_result_that_changes_is_refused() -> None:
    with pytest.raises(RuntimeError, match="its result has another form, or a number in it changes"):
        repeated(lambda x: (x * 2, time.perf_counter()))


def test_a_step_of_alternating_operations_is_refused() -> None:
    turns = ctypes.c_int()  # its value cannot be observed

    def step(x: Tensor) -> Tensor:
        turns.value += 1
        return x.exp() if turns.value % 2 else x.sum()

    with pytest.raises(RuntimeError, match="another operation is called"):
        repeated(step)


def test_a_refusal_that_the_step_catches_is_said_at_its_end() -> None:
    def step(x: Tensor) -> Tensor:
        with contextlib.suppress(RuntimeError):
            x.sum().item()
        return x * 2

    line = step.__code__.co_firstlineno + 2
    with pytest.raises(RuntimeError, match=f"item: a value is read .* test_compile_honesty.py, line {line}"):
        repeated(step)


def test_a_step_that_begins_with_the_last_gradients_is_refused_with_the_remedy() -> None:
    model = nn.Linear(5, 3)
    optimizer = nncore.optim.SGD(model.parameters(), lr=0.1)

    @nncore.compile
    def step(x: nncore.Tensor) -> None:
        optimizer.step()
        optimizer.zero_grad()
        model(x).sum().backward()

    def repeat() -> None:
        for _ in range(10):
            step(nncore.ones(2, 5))

    with pytest.raises(nncore.CaptureError, match=r"call backward\(\) before optimizer.step\(\)"):
        repeat()


NAN = float("nan")
CONSTANTS: dict[str, Callable[[nncore.Tensor], nncore.Tensor]] = {
    "where": lambda x: nncore.where(x > 0, x, NAN),
    "full": lambda x: x + nncore.full((3,), NAN),
    "masked_fill": lambda x: nncore.masked_fill(x, x > 0, NAN),
    "operand": lambda x: x * NAN,
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_nan_is_the_same_constant_in_every_run(name: str) -> None:
    step = nncore.compile(CONSTANTS[name])
    x = nncore.tensor([-1.0, 0.0, 1.0])
    assert len({bits(step(x)) for _ in range(8)}) == 1
    assert step.replays >= 4


def test_arguments_that_change_every_time_are_said_once() -> None:
    step = nncore.compile(lambda x, i: x * i)
    x = nncore.ones(2)
    says = r"argument 1 is a number.*pass a number that changes as a tensor"
    with pytest.warns(UserWarning, match=says) as seen:
        found = [step(x, i)[0].item() for i in range(30)]
    assert found == list(range(30))
    assert len(seen) == 1
    assert (step.captures, step.replays) == (30, 0)


def test_a_kept_argument_is_refused() -> None:
    kept: list[Tensor] = []

    def step(x: Tensor) -> Tensor:
        kept.append(x)
        return x * 2

    with pytest.raises(
        RuntimeError, match="argument 0, is kept after it by something other than the step's result"
    ):
        repeated(step)


def test_an_argument_with_a_gradient_is_refused() -> None:
    compiled = nncore.compile(lambda x: x * 2)
    for _ in range(4):
        with pytest.raises(ValueError, match=r"argument of the step requires a gradient; pass x.detach\(\)"):
            compiled(nncore.ones(2, requires_grad=True))
        compiled(nncore.ones(2))
    assert (compiled.captures, compiled.audits, compiled.replays) == (2, 1, 1)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            [nncore.ones(2)],
            "an argument is a list; a step takes tensors, arrays, numbers, strings and modules",
        ),
        ({"x": 1}, "an argument is a dict"),
        ((nncore.ones(2), 1), "a tuple with a tensor in it; pass the tensors one by one"),
        (random.Random(0), "an argument is a Random"),
    ],
)
def test_arguments_that_could_change_unseen_are_refused(argument: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        nncore.compile(lambda x: nncore.ones(1))(argument)


@pytest.mark.parametrize("bad", [0, -1])
def test_bad_cache_sizes(bad: int) -> None:
    with pytest.raises(ValueError, match="compile: cache_size must be at least 1"):
        nncore.compile(plain, cache_size=bad)


@pytest.mark.parametrize(("given", "shown"), [(3, "3"), (nn.Linear, "<class .*Linear.>")])
def test_what_is_no_function_is_refused(given: Any, shown: str) -> None:
    with pytest.raises(TypeError, match=f"compile: expected a function or a Module, got {shown}"):
        nncore.compile(given)


def test_a_method_is_compiled_on_its_object() -> None:
    class Trainer:
        @nncore.compile
        def step(self, x: Tensor) -> Tensor:
            return x

    with pytest.raises(
        TypeError, match="compile the bound one, for example in __init__: self.step = nncore.compile"
    ):
        Trainer().step(nncore.ones(1))


def test_an_exception_in_the_step_leaves_everything_usable() -> None:
    run = plain()

    def step(x: Tensor, y: Tensor, fails: bool) -> Tensor:
        loss: Tensor = run.step(x, y)
        if fails:
            raise KeyError("mine")
        return loss

    compiled = nncore.compile(step)
    for i, (x, y) in enumerate(batches(12, nncore.float32)):
        if i % 3 == 1:
            with pytest.raises(KeyError, match="mine") as caught:
                compiled(x, y, True)
            held.append(caught.value)  # keeps its frames alive
        else:
            compiled(x, y, False)
    assert (compiled.captures, compiled.audits, compiled.replays) == (2, 2, 4)
    usable(run.model, run.optimizers[0])
    held.clear()
    usable(run.model, run.optimizers[0])


def test_a_bad_label_in_a_replay_is_an_index_error() -> None:
    eager, compiled = pair(plain)
    for i, (x, y) in enumerate(batches(20, nncore.float32)):
        if i > 3 and i % 4 == 0:
            for run in (eager, compiled):
                with pytest.raises(IndexError, match="label"):
                    run.step(x, nncore.full((8,), 3))
        assert bits(eager.step(x, y)) == bits(compiled.step(x, y))
    assert eager.state() == compiled.state()


def test_a_bad_rate_stops_a_step_before_it_changes_a_parameter() -> None:
    def kept(run: Any) -> dict[str, bytes]:
        return {name: value for name, value in run.state().items() if not name.endswith(".grad")}

    run = plain().compiled()
    for x, y in batches(5, nncore.float32):
        run.step(x, y)
    before = kept(run)
    run.optimizers[0].param_groups[0]["lr"] = float("nan")
    with pytest.raises(ValueError, match="Invalid learning rate: nan"):
        run.step(x, y)
    assert kept(run) == before
