"""Ctrl-C during training acts between two steps, so that the state is consistent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn, optim
from nncore.train import Average, fit
from nncore.train.interrupt import DeferredInterrupt


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Install Python's handler: shells start background jobs with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupting(nn.Module):
    """A layer that receives Ctrl-C in the middle of its third training step."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 2)
        self.calls = 0

    def forward(self, x: nncore.Tensor) -> nncore.Tensor:
        if self.training:
            self.calls += 1
            if self.calls == 3:
                signal.raise_signal(signal.SIGINT)
        return self.inner(x)  # type: ignore[no-any-return]


def test_the_step_under_way_is_finished() -> None:
    x = np.ones((100, 2), np.float32)
    nncore.manual_seed(0)
    model = Interrupting()
    adam = optim.Adam(model.parameters())
    model.eval()
    with pytest.raises(KeyboardInterrupt):
        fit(model, x, x, optimizer=adam, batch_size=10, seed=0, progress=False)
    assert model.calls == 3
    assert not model.training
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    nncore.manual_seed(0)
    other = Interrupting()
    other.calls = 10
    rows = nncore.from_numpy(x)
    order = nncore.randperm(100, generator=nncore.Generator(seed=0))
    adam = optim.Adam(other.parameters())
    for start in (0, 10, 20):
        loss = nn.functional.mse_loss(other(rows[order[start : start + 10]]), rows[order[start : start + 10]])
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert [p.tolist() for p in model.parameters()] == [p.tolist() for p in other.parameters()]


def press_twice() -> None:
    with DeferredInterrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.pressed
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second press must raise")


def test_the_second_press_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_after_the_last_check_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt), DeferredInterrupt():
        signal.raise_signal(signal.SIGINT)


def press_before_the_block_is_lifted() -> None:
    with DeferredInterrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        with interrupt.lifted():
            pytest.fail("the press in the block must raise")


def test_ctrl_c_in_a_callback_acts_at_once() -> None:
    handlers: list[Any] = []

    def press(state: Any) -> None:
        handlers.append(signal.getsignal(signal.SIGINT))
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the press must raise")

    x = np.ones((10, 2), np.float32)
    with pytest.raises(KeyboardInterrupt):
        fit(nn.Linear(2, 2), x, x, callbacks=[press], progress=False)
    assert handlers == [signal.default_int_handler]
    with pytest.raises(KeyboardInterrupt):
        press_before_the_block_is_lifted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_handler_is_left_alone() -> None:
    presses: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: presses.append(number))
    try:
        with DeferredInterrupt() as interrupt:
            signal.raise_signal(signal.SIGINT)
            assert not interrupt.pressed
        assert presses == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_fit_in_a_thread() -> None:
    results: list[Any] = []
    x = np.ones((10, 2), np.float32)
    thread = threading.Thread(
        target=lambda: results.append(fit(nn.Linear(2, 2), x, x, epochs=1, progress=False))
    )
    thread.start()
    thread.join()
    assert len(results) == 1


PROGRAM = """
import numpy as np, nncore
from nncore import nn
from nncore.train import fit
x = np.ones((5000, 20), np.float32)
model = nn.Sequential(nn.Linear(20, 64), nn.Tanh(), nn.Linear(64, 20))
try:
    print("ready", flush=True)
    fit(model, x, x, epochs=10**6, progress=False)
except KeyboardInterrupt:
    print("stopped", all(np.isfinite(p.detach().numpy()).all() for p in model.parameters()), flush=True)
"""


def test_ctrl_c_from_outside_within_a_second(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGINT)
    started = time.monotonic()
    output, _ = process.communicate(timeout=30)
    assert output == "stopped True\n"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8])
def test_an_exchange_with_averages_is_finished(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at each assignment before and after the validation of the first epoch."""
    calls = 0

    def assign(tensor: nncore.Tensor, value: nncore.Tensor) -> None:
        nonlocal calls
        calls += 1
        if calls == n:
            signal.raise_signal(signal.SIGINT)
        _core.assign_(tensor, value)

    def trained(epochs: int) -> Any:
        nncore.manual_seed(0)
        model, x = nn.Linear(2, 2), np.ones((8, 2), np.float32)
        options: dict[str, Any] = {"ema": Average(model, 0.5), "validation": (x, x), "verbose": 0}
        try:
            fit(model, x, -x, epochs=epochs, optimizer="sgd", lr=0.1, **options)
        except KeyboardInterrupt:
            assert calls >= n
        assert options["ema"].is_exchanged
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        return [parameter.tolist() for parameter in model.parameters()]

    expected = trained(1)
    monkeypatch.setattr("nncore.train.average.assign_", assign)
    assert trained(2) == expected
