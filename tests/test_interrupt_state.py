"""State after an interrupt: memory that outlives a call or a captured step is never half written."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

import numpy as np
import pytest

import nncore
from interrupt_alarm import Alarm, Enough, installed
from nncore import Tensor, _core, nn, optim
from nncore.nn import functional as F
from nncore.train import fit


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    with installed() as alarm:
        yield alarm


def interrupted(alarm: Alarm, n: int, work: Callable[[], object]) -> None:
    """Repeat the work until signal number n ends it."""
    with suppress(Enough):
        alarm.start(number=n)
        while True:
            work()


def only_value(t: Tensor) -> float:
    array = t.detach().numpy()
    assert array.min() == array.max()
    return float(array.min())


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW], ids=lambda make: make.__name__)
def test_an_update_is_finished(make: Any, n: int, alarm: Alarm) -> None:
    params = [nn.Parameter(nncore.ones(2**21)) for _ in range(4)]
    settings = {"momentum": 0.9} if make is optim.SGD else {}
    optimizer = make(params, lr=0.01, **settings)
    for p in params:
        p.grad = nncore.ones(2**21)
    optimizer.step()
    interrupted(alarm, n, optimizer.step)
    assert len({only_value(p) for p in params}) == 1
    states = [{key: only_value(value) for key, value in optimizer.state[p].items()} for p in params]
    assert all(state == states[0] for state in states)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_running_statistics_are_whole(n: int, alarm: Alarm) -> None:
    norm, x = nn.BatchNorm1d(64), nncore.ones(2**15, 64)
    x = x * nncore.arange(2**15).reshape(-1, 1)
    norm(x)
    interrupted(alarm, n, lambda: norm(x))
    batches = int(norm.num_batches_tracked.item())  # type: ignore[union-attr]
    expected = nn.BatchNorm1d(64)
    for _ in range(batches):
        expected(x)
    assert norm.running_mean.tolist() == expected.running_mean.tolist()  # type: ignore[union-attr]
    assert norm.running_var.tolist() == expected.running_var.tolist()  # type: ignore[union-attr]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_gradients_are_added_whole(n: int, alarm: Alarm) -> None:
    p = nn.Parameter(nncore.ones(2**23))
    p.sum().backward()
    interrupted(alarm, n, lambda: (2 * p).sum().backward())
    assert p.grad is not None
    assert only_value(p.grad) % 2 == 1


@pytest.mark.parametrize("n", [1, 2, 3])
def test_assigned_values_are_whole(n: int, alarm: Alarm) -> None:
    layer = nn.Linear(2048, 2048)
    states = [
        {"weight": nncore.full((2048, 2048), value), "bias": nncore.full((2048,), value)}
        for value in (1.0, 2.0)
    ]

    def load() -> None:
        for state in states:
            layer.load_state_dict(state)

    load()
    interrupted(alarm, n, load)
    assert only_value(layer.weight) in (1, 2)


class Net(nn.Module):
    """Running statistics and random numbers, followed by a long computation."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(1024)
        self.drop = nn.Dropout(0.2)
        self.layers = nn.Sequential(*[nn.Linear(1024, 1024) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.drop(self.norm(x)))  # type: ignore[no-any-return]


class Training:
    """A captured step and all state that it changes."""

    def __init__(self, rows: int, **settings: Any) -> None:
        nncore.manual_seed(0)
        self.model = Net()
        self.optimizer = optim.Adam(self.model.parameters(), lr=1e-3, **settings)
        self.x = nncore.randn(rows, 1024)
        self.step = nncore.compile(self.one)
        for _ in range(8):  # the next audit, which is an eager step, is run 16
            self.step(self.x)
        assert self.step.audits == 2

    def one(self, x: Tensor) -> Tensor:
        self.optimizer.zero_grad()
        loss = F.mse_loss(self.model(x), x)
        loss.backward()
        self.optimizer.step()
        return loss

    def state(self) -> bytes:
        tensors = list(self.model.state_dict().values())
        for values in self.optimizer.state_dict()["state"].values():
            tensors += values.values()
        random = _core.default_generator().get_state()
        return b"".join(t.detach().numpy().tobytes() for t in (*tensors, random))

    def gradients(self) -> list[bytes | None]:
        return [None if p.grad is None else p.grad.numpy().tobytes() for p in self.model.parameters()]


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 4, 40])
def test_a_captured_step_is_undone_or_finished(n: int, alarm: Alarm) -> None:
    rows = 4096
    training = Training(rows)
    before = training.state()
    rng = _core.default_generator().get_state()
    steps = 0
    with suppress(Enough):
        alarm.start(number=n)
        while True:
            training.step(training.x)
            steps += 1
    reached = training.state()
    gradients = training.gradients()

    other = Training(rows)
    _core.default_generator().set_state(rng)
    assert other.state() == before
    states, gradients_at = [before], [other.gradients()]
    for _ in range(steps + 1):
        other.step(other.x)
        states.append(other.state())
        gradients_at.append(other.gradients())
    assert reached in states[steps:]
    whole = states.index(reached)
    for mine, expected in zip(gradients, gradients_at[whole], strict=True):
        assert mine is None or mine == expected
    _core.default_generator().set_state(rng)


@pytest.mark.slow
def test_training_continues_after_an_undone_step(alarm: Alarm) -> None:
    other = Training(4096)
    training = Training(4096)  # last: its new structure makes the next step of other models eager
    start = _core.default_generator().get_state()
    for n in (1, 8):
        interrupted(alarm, n, lambda: training.step(training.x))
    captures = training.step.captures
    training.step(training.x)
    assert training.step.captures == captures
    reached = training.state()
    _core.default_generator().set_state(start)
    for _ in range(100):
        other.step(other.x)
        if other.state() == reached:
            return
    pytest.fail("the state is not that of a whole number of steps")


@pytest.mark.slow
def test_a_long_step_is_undone(alarm: Alarm) -> None:
    """The handler runs more than once within one call, so that the call was not finished."""
    rows = 4096
    while rows <= 2**17:
        training = Training(rows)
        before = training.state()
        alarm.start(repeats=3)
        try:
            training.step(training.x)
            alarm.stop()
        except Enough:
            assert training.state() == before
            return
        rows *= 2
    pytest.fail("no step was abandoned")


def test_fit_ends_within_a_step() -> None:
    """After the first Ctrl-C a long step may run for 0.5 s; then it is undone."""
    nncore.manual_seed(0)
    model = nn.Sequential(*[nn.Linear(2048, 2048) for _ in range(4)])
    x = np.ones((2**14, 2048), np.float32)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presses: list[int] = []

    def press(number: int, frame: FrameType | None) -> None:
        presses.append(number)
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGALRM, press)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            fit(model, x, x, epochs=1000, batch_size=2**14, progress=False)
        assert presses
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGINT, before)
    assert all(np.isfinite(p.detach().numpy()).all() for p in model.parameters())
