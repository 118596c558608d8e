"""Elementwise calls of a captured step that run by pieces: the same bits in less memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import nncore
from compile_twin import Run, bits, pair
from nncore import Tensor, _core, nn

SIZE = 2**16 + 64  # several pieces; the last is shorter

# name -> (function of two tensors, least number of its calls in one group)
CHAINS: dict[str, tuple[Callable[[Tensor, Tensor], object], int]] = {
    "activation": (lambda x, y: x * nncore.sigmoid(x) * 0.5 + y, 4),
    "two results": (lambda x, y: (nncore.exp(x) + y, x - y), 3),
    "one made twice": (lambda x, y: (x + y) * (x + y), 3),
    "choice": (lambda x, y: nncore.where(x > y, x * 2.0, -y), 3),
    "types": (lambda x, y: (x > 0).to(y.dtype) * y, 3),
    "sum": (lambda x, y: (x * y).sum(), 2),
    "mean": (lambda x, y: ((x - y) * (x - y)).mean(), 3),
    "largest, least": (lambda x, y: ((x * y).max(), (x + y).min(), (x - y).sum()), 6),
    "sum that is read": (lambda x, y: x * y / (x * y).sum() + 1.0, 2),
    "one number": (lambda x, y: (x - y[0]) * y[1] + 3.0, 3),
    "rows": (lambda x, y: (x * y + x).reshape(64, -1).sum(1) * 2.0, 2),
    "another length": (lambda x, y: ((x * y).sum() + 1.0, y[:40000] * 2.0 + 1.0), 2),
}


@pytest.mark.parametrize("dtype", [nncore.float32, nncore.float64], ids=str)
@pytest.mark.parametrize("name", CHAINS)
def test_values(name: str, dtype: nncore.dtype, isa: str, threads: int) -> None:
    function, least = CHAINS[name]
    step = nncore.compile(function)
    for seed in range(5):
        nncore.manual_seed(seed)
        x, y = nncore.randn(SIZE, dtype=dtype), nncore.randn(SIZE, dtype=dtype)
        found, expected = step(x, y), function(x, y)
        assert [bits(t) for t in as_list(found)] == [bits(t) for t in as_list(expected)]
    assert (step.audits, step.replays) == (1, 4 - step.captures)
    groups = [call["group"] for call in step.explain().calls]
    assert max(groups.count(g) for g in groups) >= least


def as_list(result: object) -> list[Tensor]:
    return [result] if isinstance(result, Tensor) else list(result)  # type: ignore[call-overload]


WIDTH = 200  # the squares of this size have several pieces


class Gated(nn.Module):
    """A layer with an activation and a loss that consist of several ops."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        z = self.layer(x)
        d = z * nncore.sigmoid(z * 1.7) + x - y
        return (d * d).mean()  # type: ignore[no-any-return]


def gated(clip: Callable[[list[nn.Parameter]], object]) -> Run:
    model = Gated()
    optimizer = nncore.optim.SGD(model.parameters(), lr=0.3)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = model(x, y)
        loss.backward()
        clip(list(model.parameters()))
        optimizer.step()
        return loss

    return Run(step, model, [optimizer])


CLIPS: dict[str, Callable[[list[nn.Parameter]], object]] = {
    "not clipped": lambda parameters: None,
    "norm": lambda parameters: nn.utils.clip_grad_norm_(parameters, 0.01),
    "value": lambda parameters: nn.utils.clip_grad_value_(parameters, 1e-6),
}


@pytest.mark.parametrize("clip", CLIPS)
def test_training(clip: str, isa: str, threads: int) -> None:
    eager, compiled = pair(lambda: gated(CLIPS[clip]))
    for _ in range(6):
        x, y = nncore.randn(WIDTH, WIDTH), nncore.randn(WIDTH, WIDTH)
        assert bits(eager.step(x, y)) == bits(compiled.step(x, y))
    assert eager.state() == compiled.state()


def test_what_lives_within_a_piece_needs_no_memory() -> None:
    def long(x: Tensor) -> Tensor:
        for _ in range(20):
            x = nncore.tanh(x * 1.5 + 0.1)
        return x

    step = nncore.compile(long)
    for _ in range(4):
        step(nncore.randn(SIZE))
    assert step.explain().memory["arena"] == 0
    assert {call["group"] for call in step.explain().calls} == {0}


def test_an_argument_may_be_what_the_step_writes() -> None:
    state = nncore.randn(SIZE)

    def update(x: Tensor) -> Tensor:
        y = x * 2.0 + 1.0
        _core.assign_(state, y)
        return y * 0.5

    step = nncore.compile(update)
    for _ in range(4):
        step(nncore.randn(SIZE))
    x = state.detach() * 1.0
    found = step(state)
    assert step.replays > 0
    assert bits(found) == bits((x * 2.0 + 1.0) * 0.5)
    assert bits(state) == bits(x * 2.0 + 1.0)
