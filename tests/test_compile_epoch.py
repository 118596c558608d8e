"""Epochs in one native call, and the description of a plan."""

from __future__ import annotations

import json
import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import bits, pair, plain
from nncore import Tensor, nn, optim


def data(rows: int = 43) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(1)
    x = nncore.from_numpy(rng.standard_normal((rows, 5)).astype(np.float32))
    return x, nncore.from_numpy(rng.integers(0, 3, rows))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("drop_last", [False, True])
def test_epochs_are_the_eager_loop_to_the_last_bit(isa: str, shuffle: bool, drop_last: bool) -> None:
    eager, compiled = pair(plain)
    step: Any = compiled.step
    x, y = data()
    ours, theirs = nncore.Generator(seed=7), nncore.Generator(seed=7)
    for _ in range(4):
        order = nncore.randperm(43, generator=ours) if shuffle else nncore.arange(43)
        losses = []
        for start in range(0, 40 if drop_last else 43, 8):
            rows = order[start : start + 8]
            losses.append(eager.step(x[rows], y[rows]).item())
        found = step.run_epoch(x, y, 8, shuffle=shuffle, generator=theirs, drop_last=drop_last)
        assert found.tolist() == losses
    assert eager.state() == compiled.state()
    assert step.captures == (2 if drop_last else 4)
    assert step.captures + step.audits + step.replays == 4 * len(losses)


def test_epochs_take_numpy_arrays_and_single_arguments() -> None:
    model = nn.Linear(5, 2)
    sgd = optim.SGD(model.parameters(), lr=0.1)

    def step(x: Tensor) -> dict[str, Tensor]:
        sgd.zero_grad()
        y = model(x)
        loss = (y * y).mean()
        loss.backward()
        sgd.step()
        return {"loss": loss, "outputs": y, "count": (y > 0).sum()}

    found = nncore.compile(step).run_epoch(np.ones((12, 5), np.float32), batch_size=4)
    assert found["outputs"] is None
    assert found["loss"].shape == found["count"].shape == (3,)
    assert found["count"].dtype == nncore.int64
    assert found["loss"][2].item() < found["loss"][0].item()


def test_a_scheduler_in_the_step_moves_on_in_every_batch() -> None:
    model = nn.Linear(5, 1)
    sgd = optim.SGD(model.parameters(), lr=1.0)
    schedule = optim.lr_scheduler.ExponentialLR(sgd, 0.5)

    def step(x: Tensor) -> Tensor:
        sgd.zero_grad()
        loss: Tensor = model(x).sum()
        loss.backward()
        sgd.step()
        schedule.step()
        return loss

    nncore.compile(step).run_epoch(nncore.ones(20, 5), batch_size=2)
    assert sgd.param_groups[0]["lr"] == 0.5**10


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((np.zeros((0, 5), np.float32),), "expected rows"),
        ((np.zeros((3, 5), np.float32), np.zeros(2, np.int64)), "x has 3 rows but y has 2"),
        ((np.zeros((3, 5), np.float32), None, 0), "batch_size must be at least 1, got 0"),
        ((np.zeros((3, 5), np.float32), None, 1.5), "batch_size must be an int, got 1.5"),
    ],
)
def test_bad_epochs_are_refused(arguments: tuple[Any, ...], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        nncore.compile(nn.Linear(5, 1)).run_epoch(*arguments)


def test_a_progress_that_is_not_a_function_is_refused_before_the_first_step() -> None:
    step: Any = nncore.compile(nn.Linear(5, 1))
    with pytest.raises(TypeError, match="run_epoch: progress is 3; expected a function"):
        step.run_epoch(nncore.ones(4, 5), progress=3)
    assert step.captures == 0


def test_a_bad_label_stops_the_epoch_at_a_step_boundary() -> None:
    eager, compiled = pair(plain)
    step: Any = compiled.step
    x, y = data(80)
    labels = y.numpy().copy()
    labels[50] = 9
    for start in range(0, 48, 8):
        eager.step(x[start : start + 8], y[start : start + 8])
    seen: list[int] = []
    with pytest.raises(IndexError, match="target 9"):
        step.run_epoch(x, labels, 8, shuffle=False, progress=seen.append)
    assert seen[-1] == 6
    before, after = eager.state(), compiled.state()
    assert {n: b for n, b in before.items() if "grad" not in n} == {
        n: b for n, b in after.items() if "grad" not in n
    }


def test_progress_may_stop_an_epoch_and_ctrl_c_does() -> None:
    step: Any = pair(plain)[1].step
    x, y = data(64)
    many = nncore.cat([x] * 16_000), nncore.cat([y] * 16_000)

    def stop(steps: int) -> None:
        if steps > 2:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        step.run_epoch(*many, 1, progress=stop)
    # CPU time is measured, so that a late thread or a busy machine has no effect.
    before = signal.signal(signal.SIGVTALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            step.run_epoch(*many, 1)  # a million steps
    finally:
        signal.signal(signal.SIGVTALRM, before)
    assert bits(step(x[:8], y[:8])) != b""


def test_calls_of_the_optimizers_run_as_one_unless_one_needs_another() -> None:
    first, second = nn.Linear(3, 4), nn.Linear(4, 2)
    weight: Any = second.weight
    both = [optim.Adam(first.parameters()), optim.SGD(second.parameters(), lr=0.1)]
    again = optim.SGD([weight], lr=0.1)  # changes the weight again

    def update(x: nncore.Tensor) -> None:
        for optimizer in both:
            optimizer.zero_grad()
        second(first(x)).sum().backward()
        for optimizer in both:
            optimizer.step()
        again.step()

    step = nncore.compile(update)
    for _ in range(6):
        step(nncore.ones(2, 3))
    groups = [c["group"] for c in step.explain().calls if c["name"] == "optimizer_step"]
    assert groups == [groups[0]] * 4 + [groups[0] + 1]


def test_explain_accounts_for_every_call(tmp_path: Path) -> None:
    step: Any = pair(plain)[1].step
    with pytest.raises(RuntimeError, match="there is no plan yet"):
        step.explain()
    x, y = data(8)
    for _ in range(12):
        step(x, y)
    told = step.explain()
    of_products = sum(call["flops"] for call in told.calls if call["name"] in ("matmul", "linear_bwd"))
    assert of_products == 2 * 8 * (5 * 7 * 2 + 7 * 3 * 3)
    assert all(call["flops"] > 0 for call in told.calls if call["name"] not in ("copy", "fill", "cast"))
    assert all(call["measured_ns"] > 0 for call in told.calls)
    assert {Path(__file__).with_name("compile_twin.py").name} == {
        c["where"].split(",")[0] for c in told.calls
    }
    assert 0 < told.memory["arena"] <= told.memory["eager_peak"] + 64 * len(told.calls)  # whole cache lines
    assert told.memory["replays"] == 8  # two runs were captured, two were audits
    text = str(told)
    assert "8x7x5 NT tanh" in text
    assert f"{len(told.calls)} calls" in text
    told.save_trace(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [event["name"].split()[0] for event in events] == [call["name"] for call in told.calls]
    assert all(a["ts"] + a["dur"] <= b["ts"] + 1e-6 for a, b in pairwise(events))
