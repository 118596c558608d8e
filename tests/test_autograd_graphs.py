"""Gradients of random graphs that use leaves and nodes several times, against complex-step derivatives."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore

# A sum passes one gradient to both operands; products and functions compute new gradients.
OPERATIONS: list[Callable[[Any, Any], Any]] = [operator.add, operator.add, operator.sub, operator.mul]
Step = tuple[int, int, int]


def random_graph(rng: np.random.Generator, leaves: int) -> list[Step]:
    """Steps of (operation, the two earlier values that it takes)."""
    steps: list[Step] = []
    for i in range(8):
        a, b = rng.integers(leaves + i, size=2).tolist()
        steps.append((int(rng.integers(len(OPERATIONS))), a, b))
    return steps


def value(graph: list[Step], leaves: list[Any]) -> Any:
    values = list(leaves)
    for operation, a, b in graph:
        values.append(OPERATIONS[operation](values[a], values[b]))
    return (sum(values[1:], start=values[0])).sum()


@pytest.mark.parametrize("seed", range(60))
def test_shared_leaves_get_the_sum_over_all_paths(seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(0.5, 1, 2) * rng.choice([-1, 1], 2) for _ in range(2)]
    graph = random_graph(rng, len(arrays))
    leaves = [nncore.tensor(a, requires_grad=True) for a in arrays]
    for times in (1, 2):  # the second backward adds to the first
        value(graph, leaves).backward()
        for k, leaf in enumerate(leaves):
            for i in range(2):
                shifted = [a.astype(complex) for a in arrays]
                shifted[k][i] += 1e-30j
                exact = times * value(graph, shifted).imag / 1e-30
                assert leaf.grad is not None
                assert leaf.grad[i].item() == pytest.approx(exact, rel=1e-12, abs=1e-12)


def test_gradients_that_others_hold_do_not_change() -> None:
    x = nncore.tensor([1.0, 2.0], requires_grad=True)
    seen: list[nncore.Tensor] = []
    x.register_hook(seen.append)
    y = x + 1
    y.retain_grad()
    (y * y).sum().backward()
    (x * x).sum().backward()
    assert x.grad is not None
    assert y.grad is not None
    nncore.nn.utils.clip_grad_norm_([x], 0.1)
    assert [s.tolist() for s in seen] == [[4, 6], [2, 4]]
    assert y.grad.tolist() == [4, 6]
