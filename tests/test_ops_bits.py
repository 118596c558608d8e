"""Equal bits of all ops, forward and backward, on all levels, for all thread counts and positions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core
from op_case import Array, Case
from op_table import BINARY, UNARY
from op_tables import CASES, output_gradient, run, same_bits

LONG: list[Any] = [(70_001,)]


@pytest.fixture(autouse=True)
def _split_small_work() -> Iterator[None]:
    """Split small work too: rows of the table would otherwise stay on one thread."""
    _core.set_always_split(True)
    yield
    _core.set_always_split(False)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_levels_and_threads(case: Case, dtype: Any, rng: np.random.Generator, thorough: bool) -> None:
    lowest, *others = _core.isa_levels()
    setups = [(lowest, 1), (lowest, 3), *((level, 7) for level in others)]
    if thorough:
        setups += [(lowest, 2), (lowest, 7), *((level, 1) for level in others)]
    for shape in [*case.shapes, *(LONG if case.name in UNARY or case.name in BINARY else [])]:
        arrays = case.make(rng, shape)
        first: list[Array] = []
        for level, threads in setups:
            _core.set_isa(level)
            nncore.set_num_threads(threads)
            y, gradients = run(case, arrays, dtype)
            first = first or [y, *gradients]
            for one, other in zip(first, [y, *gradients], strict=True):
                assert same_bits(one, other), (level, threads, shape)


def rows_of(case: Case, arrays: list[Array]) -> tuple[int, ...]:
    """The operands of which only row i can affect row i of the result."""

    def subset(batched: tuple[int, ...], at: Array) -> list[Array]:
        return [a[at] if k in batched else a for k, a in enumerate(arrays)]

    try:
        whole = np.asarray(case.truth(*arrays))
        n = len(whole) if whole.ndim else 0
        able = [k for k, a in enumerate(arrays) if a.ndim and len(a) == n]
        for count in range(len(able), 0, -1):
            for batched in combinations(able, count):
                if n > 1 and all(
                    np.allclose(case.truth(*subset(batched, at)), whole[at], rtol=1e-12, atol=1e-12)
                    for at in (np.arange(1), np.arange(40)[::-1] % n)
                ):
                    return batched
    except (ValueError, IndexError):  # the other operands fit one number of rows only
        pass
    return ()


def by_rows() -> list[Any]:
    found = []
    for case in CASES:
        if case.name.startswith("einsum"):  # axes of size 1 decide which products it uses
            continue
        for shape in case.shapes:
            arrays = case.make(np.random.default_rng(0), shape)
            if sum(a.size for a in arrays) < 9000 and (batched := rows_of(case, arrays)):
                found.append(pytest.param(case, shape, batched, id=f"{case}-{shape}"))
    return found


BY_ROWS = by_rows()


def test_ops_that_work_by_rows_are_found() -> None:
    found = {p.values[0].name.split()[0] for p in BY_ROWS}
    assert found >= {*UNARY} - {"pos"}
    assert found >= {
        "add",
        "matmul",
        "linear",
        "softmax",
        "log_softmax",
        "sum",
        "cumsum",
        "sort",
        "layer_norm",
    }
    assert found >= {"group_norm", "attention", "mse_loss", "LSTM", "GRU", "batch_norm"}


@pytest.mark.parametrize(("case", "shape", "batched"), BY_ROWS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_depends_on_no_other(
    case: Case, shape: Any, batched: tuple[int, ...], dtype: Any, rng: np.random.Generator
) -> None:
    """A row alone, in its batch, and at another position of a larger batch, on several threads."""
    arrays = case.make(rng, shape)
    n = len(arrays[batched[0]])
    dy = output_gradient(np.shape(case.truth(*arrays)))
    nncore.set_num_threads(3)

    def rows(at: Array) -> list[Array]:
        here = [a[at] if k in batched else a for k, a in enumerate(arrays)]
        y, gradients = run(case, here, dtype, dy[at])
        return [y, *(gradients[k] for k in batched)]

    whole, places = rows(np.arange(n)), rng.integers(0, n, 40)
    for moved, at in (
        (rows(places), places),
        *((rows(np.array([i])), np.array([i])) for i in (0, n - 1)),
    ):
        for one, other in zip(whole, moved, strict=True):
            assert same_bits(one[at], other), at


FUNCTIONS = {name: getattr(nncore, name) for name in UNARY if hasattr(nncore, name)} | {
    "gelu_tanh": lambda x: nncore.gelu(x, approximate="tanh"),
    "clamp": lambda x: x.clamp(-1, 9),
    "threshold": lambda x: nncore.threshold(x, 0.5, 2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_neighbors_in_a_vector_of_any_size_do_not_matter(name: str, isa: str) -> None:
    """Some kernels take a short path if all lanes of a vector are ordinary; it must give the same bits."""
    rng = np.random.default_rng(0)
    x = (rng.uniform(-1, 1, 512) * 2.0 ** rng.integers(-20, 9, 512)).astype(np.float32)
    x[rng.integers(0, 512, 12)] = [np.inf, -np.inf, np.nan, 0, -0.0, 1e30, -1e30, 11, -11, 89, -89, 1e-38]
    op = FUNCTIONS[name]
    together = op(nncore.from_numpy(x)).numpy()
    alone = np.concatenate([op(nncore.from_numpy(x[i : i + 1])).numpy() for i in range(512)])
    ordinary = ~np.isnan(together)  # NaN has many bits
    assert np.array_equal(together.view(np.uint32)[ordinary], alone.view(np.uint32)[ordinary])
    assert np.isnan(alone[~ordinary]).all()
