"""Threads that capture, replay and fit at the same time do not affect each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import Run, batches, bits, mlp, train
from nncore import nn, optim
from nncore.train import fit

THREADS = 4


def at_once(work: Callable[[int, threading.Barrier], Any], count: int = THREADS) -> list[Any]:
    """The results of `work(i, barrier)` in `count` threads; raises an exception of a thread."""
    barrier = threading.Barrier(count, timeout=60)
    results: list[Any] = [None] * count

    def run(i: int) -> None:
        try:
            results[i] = work(i, barrier)
        except BaseException as error:
            results[i] = error
            barrier.abort()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    errors = [result for result in results if isinstance(result, BaseException)]
    for error in sorted(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
        raise error
    return results


def adam(seed: int) -> Run:
    model = mlp()
    generator = nncore.Generator(seed=seed)
    for parameter in model.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5, generator=generator)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    return Run(train(model, optimizer), model, [optimizer])


def states(run: Run, barrier: threading.Barrier | None, steps: int = 8) -> list[dict[str, bytes]]:
    found = []
    for x, y in batches(steps, nncore.float32):
        if barrier:
            barrier.wait()
        run.step(x, y)
        found.append(run.state())
    return found


@pytest.mark.parametrize("repeat", range(5))
def test_each_thread_captures_a_step_of_its_own(repeat: int) -> None:
    expected = [states(adam(i), None) for i in range(THREADS)]
    assert at_once(lambda i, barrier: states(adam(i).compiled(), barrier)) == expected


@pytest.mark.parametrize("repeat", range(5))
def test_each_thread_fits_a_model_of_its_own(repeat: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 5), "f4"), rng.integers(0, 3, 64)

    def work(i: int, barrier: threading.Barrier | None) -> tuple[list[float], dict[str, bytes]]:
        run = adam(i)
        history = fit(
            run.model, x, y, optimizer=run.optimizers[0], epochs=3, batch_size=8, seed=i, progress=False,
            callbacks=[lambda state: None if barrier is None else barrier.wait() < 0],
        )  # fmt: skip
        return history.loss, run.state()

    assert at_once(work) == [work(i, None) for i in range(THREADS)]


@pytest.mark.parametrize("shape", [(4, 5), (400, 5)])
def test_threads_that_share_a_step_take_turns(shape: tuple[int, int]) -> None:
    """The losses of all calls, in any order, equal those of one thread."""
    x = nncore.randn(*shape, generator=nncore.Generator(seed=1))
    y = nncore.zeros(shape[0]).long()
    alone, shared = adam(0), adam(0).compiled()
    calls = 6

    def work(i: int, barrier: threading.Barrier) -> list[float]:
        losses = []
        for _ in range(calls):
            barrier.wait()
            losses.append(shared.step(x, y).item())
        return losses

    losses = [loss for found in at_once(work) for loss in found]
    assert sorted(losses, reverse=True) == [alone.step(x, y).item() for _ in range(calls * THREADS)]
    assert shared.state() == alone.state()


def test_threads_that_share_an_epoch_take_turns() -> None:
    x = nncore.randn(96, 5, generator=nncore.Generator(seed=1))
    y = nncore.zeros(96).long()
    shared: Any = adam(0).compiled()

    def work(i: int, barrier: threading.Barrier) -> int:
        barrier.wait()
        return len(shared.step.run_epoch(x, y, batch_size=8, shuffle=False))

    for _ in range(3):
        assert at_once(work) == [12] * THREADS
    step = shared.step
    assert step.captures + step.audits + step.replays == 12 * THREADS * 3


def test_steps_that_call_each_other_do_not_wait_for_each_other() -> None:
    def inner(x: Any) -> Any:
        return x * 2

    def make(i: int) -> tuple[Any, Any]:
        first = nncore.compile(lambda x: inner(x) + i)
        return first, nncore.compile(lambda x: first(x) * 3)

    one, two = make(1)
    other = nncore.compile(lambda x: two(x) + one(x))
    x = nncore.ones(3)

    def work(i: int, barrier: threading.Barrier) -> list[float]:
        found = []
        for _ in range(6):
            barrier.wait()
            found.append((other if i % 2 else two)(x).sum().item())
        return found

    assert at_once(work) == [[27.0] * 6, [36.0] * 6] * (THREADS // 2)


def test_another_threads_random_numbers_are_not_the_steps() -> None:
    stop = threading.Event()
    started = threading.Event()

    def draw() -> None:
        while not stop.is_set():
            np.random.rand()  # noqa: NPY002
            started.set()

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        started.wait(60)
        for _ in range(20):
            run = adam(0).compiled()
            states(run, None, 3)
    finally:
        stop.set()
        thread.join(60)


def test_a_step_inside_what_is_done_once_is_a_step_of_its_own() -> None:
    from nncore import _core

    double = nncore.compile(lambda x: x * 2)
    kept: list[Any] = []

    def step(x: Any) -> Any:
        if not kept:
            with _core.once():
                kept.append(double(nncore.ones(2)))
        return x * kept[0]

    outer = nncore.compile(step)
    for i in range(4):
        assert bits(outer(nncore.full((2,), float(i)))) == bits(nncore.full((2,), 2.0 * i))
