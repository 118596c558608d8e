"""Signals during one long call: handlers run on time, and their exceptions end the call."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import numpy as np
import pytest

import nncore
from interrupt_alarm import Alarm, Enough, installed
from nncore import Tensor, _core, nn
from nncore.nn import functional as F

Job = Callable[[], object]
LARGEST = 64  # the most enlargements of a job that is too short for two signals


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    with installed() as alarm:
        yield alarm


def values(*shape: int) -> Tensor:
    return nncore.rand(*shape, generator=nncore.Generator(seed=1)) - 0.5


def whole_numbers(high: int, *size: int) -> Tensor:
    return nncore.randint(high, size, generator=nncore.Generator(seed=2))


def backward_of(y: Tensor, leaf: Tensor) -> Job:
    dy = nncore.ones_like(y)

    def job() -> object:
        return nncore.autograd.grad(y, [leaf], [dy], retain_graph=True)

    return job


def product(n: int) -> Job:
    a = values(1024, 1024)
    b = values(1024, 1024 * n)
    return lambda: a @ b


def tall_product(n: int) -> Job:
    a, b = values(2**17 * n, 256), values(256, 256)
    return lambda: a @ b


def long_product(n: int) -> Job:
    a, b = values(512, 2**16 * n), values(512, 2**16 * n)
    return lambda: a @ b.T


def batched_product(n: int) -> Job:
    a = values(32 * n, 256, 256)
    return lambda: a @ a


def linear_backward(n: int) -> Job:
    x, w = values(4096 * n, 512), values(512, 512).requires_grad_()
    return backward_of(F.linear(x, w), w)


def sort(n: int) -> Job:
    x = values(2**20 * n)
    return lambda: nncore.sort(x)


def sort_of_lanes(n: int) -> Job:
    x = values(2**14 * n, 100)
    return lambda: nncore.sort(x)


def attention(n: int) -> Job:
    q = values(1, 2, 1024 * n, 64)
    return lambda: F.scaled_dot_product_attention(q, q, q)


def attention_backward(n: int) -> Job:
    q = values(1, 2, 1024 * n, 64).requires_grad_()
    return backward_of(F.scaled_dot_product_attention(q, q, q), q)


def permutation(n: int) -> Job:
    return lambda: nncore.randperm(2**21 * n)


def random_numbers(n: int) -> Job:
    return lambda: nncore.randn(2**22 * n)


def lookup_backward(n: int) -> Job:
    w = values(1000, 16).requires_grad_()
    return backward_of(F.embedding(whole_numbers(1000, 2**20 * n), w), w)


def lookup_backward_of_one_row(n: int) -> Job:
    w = values(1, 16).requires_grad_()
    return backward_of(F.embedding(nncore.zeros(2**22 * n, dtype=nncore.int64), w), w)


def bags(n: int) -> Job:
    w, ids = values(1000, 16), whole_numbers(1000, 1, 2**21 * n)
    return lambda: F.embedding_bag(ids, w)


def largest_of_bags_backward(n: int) -> Job:
    w = values(1000, 16).requires_grad_()
    return backward_of(F.embedding_bag(whole_numbers(1000, 2**14 * n, 32), w, mode="max"), w)


def lstm(n: int) -> Job:
    layer, x = nn.LSTM(16, 64), values(1024 * n, 8, 16)
    return lambda: layer(x)


def gru_backward(n: int) -> Job:
    layer, x = nn.GRU(16, 64), values(1024 * n, 8, 16).requires_grad_()
    return backward_of(layer(x)[0], x)


def running_sum(n: int) -> Job:
    x = values(2**24 * n)
    return lambda: nncore.cumsum(x, 0)


def product_of_all_backward(n: int) -> Job:
    x = (1 + values(2**23 * n) * 1e-6).requires_grad_()
    return backward_of(nncore.prod(x, 0), x)


def sum_of_integers(n: int) -> Job:
    x = nncore.zeros(2**16 * n, 2**10, dtype=nncore.uint8)
    return lambda: nncore.sum(x, 0)


def largest_integer(n: int) -> Job:
    x = nncore.zeros(2**16 * n, 2**10, dtype=nncore.uint8)
    return lambda: nncore.argmax(x, 0)


def added_by_index(n: int) -> Job:
    x, index, source = values(1000, 1), whole_numbers(1000, 2**22 * n, 1), values(2**22 * n, 1)
    return lambda: nncore.scatter_add(x, 0, index, source)


def ctc(n: int) -> Job:
    steps, labels = 2**12 * n, 256
    x = nncore.log_softmax(values(steps, 1, 20), -1)
    targets = 1 + whole_numbers(19, 1, labels)
    return lambda: F.ctc_loss(x, targets, nncore.tensor([steps]), nncore.tensor([labels]))


JOBS = (
    product, tall_product, long_product, batched_product, linear_backward, sort, sort_of_lanes, attention,
    attention_backward, permutation, random_numbers, lookup_backward, lookup_backward_of_one_row, bags,
    largest_of_bags_backward, lstm, gru_backward, running_sum, product_of_all_backward, sum_of_integers,
    largest_integer, added_by_index, ctc,
)  # fmt: skip


ALONE = (product, tall_product, random_numbers, permutation)  # the ways to check for signals on one thread
# Jobs whose operands take seconds to make; others check for signals in the same way.
LARGE = (
    tall_product, batched_product, lookup_backward_of_one_row, bags, product_of_all_backward, added_by_index,
)  # fmt: skip


def cases() -> Iterator[object]:
    slow = [pytest.mark.slow]
    for make in JOBS:
        yield pytest.param(make, 2, id=make.__name__, marks=slow if make in LARGE else [])
        name = f"{make.__name__} on one thread"
        yield pytest.param(make, 1, id=name, marks=[] if make in ALONE else slow)


@pytest.fixture
def with_threads() -> Iterator[Callable[[int], None]]:
    before = nncore.get_num_threads()
    yield nncore.set_num_threads
    nncore.set_num_threads(before)


@pytest.mark.parametrize(("make", "threads"), list(cases()))
def test_a_handler_ends_a_long_call(
    make: Callable[[int], Job], threads: int, with_threads: Callable[[int], None], alarm: Alarm
) -> None:
    with_threads(threads)
    n = 1
    while n <= LARGEST:
        job = make(n)
        alarm.start(repeats=3)
        try:
            job()
            alarm.stop()
        except Enough:
            return
        n *= 2
    pytest.fail(f"{alarm.longest} signals were handled during one call")


@pytest.mark.parametrize(
    "make", [product, attention, sort, lstm, permutation], ids=lambda make: make.__name__
)
def test_a_handler_that_returns_changes_nothing(make: Callable[[int], Job], alarm: Alarm) -> None:
    def result(job: Job) -> bytes:
        nncore.manual_seed(3)
        y = job()
        first = y[0] if isinstance(y, tuple) else y
        assert isinstance(first, Tensor)
        return first.detach().numpy().tobytes()

    nncore.manual_seed(0)
    job = make(2)
    expected = result(job)
    alarm.start()
    assert result(job) == expected


def test_a_handler_may_compute(alarm: Alarm) -> None:
    a, b = values(1024, 1024), values(1024, 4096)
    small, results = values(200, 200), []

    def handler(number: int, frame: FrameType | None) -> None:
        results.append((small @ small).numpy().tobytes())

    expected = (a @ b).numpy().tobytes()
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    for _ in range(5):
        assert (a @ b).numpy().tobytes() == expected
    alarm.stop()
    assert results
    assert set(results) == {(small @ small).numpy().tobytes()}


def test_subnormal_numbers_exist_in_handlers(alarm: Alarm) -> None:
    found: list[float] = []
    least = 2.2250738585072014e-308
    signal.signal(signal.SIGALRM, lambda number, frame: found.append(least / 2))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    for _ in range(5):
        product(4)()
    alarm.stop()
    assert set(found) == {least / 2}
    assert least / 2 > 0


def test_calls_of_other_threads_go_on(alarm: Alarm) -> None:
    a, b = values(1024, 1024), values(1024, 2048)
    expected = (a @ b).numpy().tobytes()
    results: list[bytes] = []
    ended = threading.Event()

    def work() -> None:
        results.extend((a @ b).numpy().tobytes() for _ in range(3))
        ended.set()

    threading.Thread(target=work).start()
    alarm.start(number=2)
    with pytest.raises(Enough):  # noqa: PT012
        while True:
            a @ b
    ended.wait()
    assert results == [expected] * 3


def test_memory_of_an_abandoned_call_is_released(alarm: Alarm) -> None:
    before = _core.memory_stats()["in_use"]
    for n in (4, 8, 16, 32, 64):
        a, b = values(1024, 1024), values(1024, 1024 * n)
        alarm.start(repeats=3)
        try:
            a @ b
            alarm.stop()
        except Enough:
            break
    else:
        pytest.fail("no call was abandoned")
    del a, b
    assert _core.memory_stats()["in_use"] == before
    x = np.arange(6.0).reshape(2, 3)
    assert (nncore.from_numpy(x) @ nncore.from_numpy(x.T)).tolist() == (x @ x.T).tolist()
