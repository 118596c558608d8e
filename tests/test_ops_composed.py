"""Each fused kernel against its composition: the same op where the backend has simple kernels only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn, optim
from nncore.nn import functional as F
from op_case import Array, Case
from op_tables import CASES, run
from optim_table import SETTINGS

# The kernels that every backend has.
SIMPLE = """
    arg_reduce binary_bwd binary_fwd bitwise cast check_finite compare copy dropout_bwd dropout_fwd fill
    gather_axis gather_rows matmul nonzero_count nonzero_fill permutation random ravel_index reduce scan
    scatter_add_rows scatter_axis sort unary_bwd unary_fwd where"""
WITHOUT_COMPOSITION = {"ctc_fwd", "ctc_bwd"}
FUSED = sorted(set(_core.kernel_names()) - set(SIMPLE.split()))


@contextmanager
def simple_kernels_only() -> Iterator[None]:
    hidden = _core.hide_kernels(FUSED)
    try:
        yield
    finally:
        _core.hide_kernels(hidden)


@dataclass
class Row:
    """results(dtype) are values, then gradients, and agree within `tolerance(values, dtype)`."""

    name: str
    results: Callable[[Any], list[Array]]
    tolerances: Callable[[list[Array], Any], list[Any]]


def relative(results: list[Array], dtype: Any, ulp: float = 0) -> list[Any]:
    """The bound of test_ops.test_gradient, or `ulp` units of the largest number."""
    eps = max(2e-5 if dtype == np.float32 else 1e-7, 4 * ulp * float(np.finfo(dtype).eps))
    return [eps * max(0.1, float(np.abs(a).max(initial=0))) for a in results]


def row_of(case: Case, shape: tuple[int, ...]) -> Row:
    arrays = case.make(np.random.default_rng(7), shape)

    def results(dtype: Any) -> list[Array]:
        y, gradients = run(case, arrays, dtype)
        return [y, *gradients]

    def tolerances(found: list[Array], dtype: Any) -> list[Any]:
        size = np.maximum(np.abs(found[0]), np.asarray(case.size(*arrays)) if case.size else 0.0)
        eps = np.finfo(dtype).eps
        return [(2 * case.ulp + 4) * eps * size + np.finfo(dtype).tiny, *relative(found[1:], dtype, case.ulp)]

    return Row(f"{case} {shape}", results, tolerances)


def updates(make: Callable[[list[Any]], Any]) -> Callable[[Any], list[Array]]:
    """Parameters and states after some steps of an optimizer."""

    def results(dtype: Any) -> list[Array]:
        rng = np.random.default_rng(3)
        params = [
            nn.Parameter(nncore.tensor(rng.normal(size=n).astype(dtype))) for n in ((3, 7), (1,), (40,))
        ]
        optimizer = make(params)
        for i in range(5):
            optimizer.param_groups[0]["lr"] = 0.1 / (i + 1)
            for p in params:
                p.grad = nncore.tensor(rng.normal(size=p.shape).astype(dtype))
            optimizer.step()
        states = [optimizer.state[p] for p in params]
        tensors = [t for state in states for t in state.values() if isinstance(t, nncore.Tensor)]
        return [t.detach().numpy().copy() for t in (*params, *tensors)]

    return results


def running_statistics(momentum: float | None) -> Callable[[Any], list[Array]]:
    def results(dtype: Any) -> list[Array]:
        norm = nn.BatchNorm1d(3, momentum=momentum).to(nncore.tensor(np.zeros(1, dtype)).dtype)
        rng = np.random.default_rng(4)
        for n in (4, 5, 6):
            norm(nncore.tensor(rng.normal(2, 3, (n, 3, 5)).astype(dtype)))
        return [t.numpy().copy() for t in norm.buffers()]

    return results


def one_hot(dtype: Any) -> list[Array]:
    return [F.one_hot(nncore.tensor(np.array([[2, 0, 4], [1, 1, 3]])), 5).numpy()]


FURTHER: dict[str, Callable[[Any], list[Array]]] = {
    "one_hot": one_hot,
    "running statistics": running_statistics(0.3),
    "running means": running_statistics(None),
    **{
        f"{make.__name__} {i}": updates(partial(make, lr=0.1, **settings))
        for i, (make, settings) in enumerate(SETTINGS)
    },
}


def kernels_of(row: Row) -> set[str]:
    recording = _core.Capture([], False)
    with recording:
        row.results(np.float32)
    return set(recording.kernels)


@pytest.fixture(scope="module")
def rows_of() -> dict[str, list[Row]]:
    """The rows that use each fused kernel."""
    rows = [row_of(case, shape) for case in CASES for shape in case.shapes]
    rows += [Row(name, results, relative) for name, results in FURTHER.items()]
    table: dict[str, list[Row]] = {kernel: [] for kernel in FUSED}
    for row in rows:
        for kernel in kernels_of(row) & set(FUSED):
            table[kernel].append(row)
    return table


@pytest.mark.parametrize("kernel", sorted(set(FUSED) - WITHOUT_COMPOSITION))
def test_composition_agrees(kernel: str, rows_of: dict[str, list[Row]]) -> None:
    assert rows_of[kernel], "no row uses this kernel"
    for row in rows_of[kernel]:
        for dtype in (np.float32, np.float64):
            fused = row.results(dtype)
            with simple_kernels_only():
                composed = row.results(dtype)
            for a, b, tolerance in zip(fused, composed, row.tolerances(fused, dtype), strict=True):
                assert (a.shape, a.dtype) == (b.shape, b.dtype), row.name
                difference = np.abs(a.astype(np.float64) - b)
                assert (difference <= tolerance).all(), f"{row.name}: {np.max(difference / tolerance)}"


def test_every_kernel_is_simple_or_fused() -> None:
    assert set(SIMPLE.split()) < set(_core.kernel_names())
    assert len(SIMPLE.split()) <= 30
    assert len(WITHOUT_COMPOSITION) <= 10


class Sequence(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        y = self.layer(x)
        return self.head((y[0] if isinstance(y, tuple) else y)[:, -1])


MODELS: dict[str, Callable[[], nn.Module]] = {
    "mlp": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(40, 9), nn.GELU(), nn.BatchNorm1d(9), nn.Dropout(0.2), nn.Linear(9, 3)
    ),
    "lstm": lambda: Sequence(nn.LSTM(8, 8, batch_first=True)),
    "gru": lambda: Sequence(nn.GRU(8, 4, batch_first=True, bidirectional=True)),
    "transformer": lambda: Sequence(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)),
}


def trained(model: str, *, captured: bool) -> list[Array]:
    nncore.manual_seed(0)
    rng, net = np.random.default_rng(0), MODELS[model]()
    # A large eps, so that gradients that are 0 except for rounding give no step.
    optimizer = optim.AdamW(net.parameters(), 0.01, eps=0.01)

    def step(x: Any, t: Any) -> Any:
        loss = F.cross_entropy(net(x), t, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    run_step = nncore.compile(step) if captured else step
    losses = []
    for _ in range(5):
        x, t = rng.normal(size=(6, 5, 8)).astype(np.float32), rng.integers(0, 3, 6)
        losses.append(np.asarray(run_step(nncore.tensor(x), nncore.tensor(t)).item()))
    return [*losses, *(p.detach().numpy().copy() for p in net.parameters())]


@pytest.mark.parametrize("model", MODELS)
def test_captured_steps(model: str) -> None:
    fused = trained(model, captured=False)
    with simple_kernels_only():
        composed, captured = trained(model, captured=False), trained(model, captured=True)
    for a, b, c in zip(fused, composed, captured, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-4)
        np.testing.assert_array_equal(c, b)


X = np.zeros((2, 3), np.float32)


def cut_bags(offsets: list[int]) -> Any:
    return F.embedding_bag(nncore.tensor([0, 1]), nncore.tensor(X), nncore.tensor(offsets), mode="max")


ERRORS: dict[str, Callable[[], Any]] = {
    "cross_entropy": lambda: F.cross_entropy(nncore.tensor(X), nncore.tensor([0, 3])),
    "negative label": lambda: F.nll_loss(nncore.tensor(X), nncore.tensor([0, -1])),
    "multi_margin_loss": lambda: F.multi_margin_loss(nncore.tensor(X), nncore.tensor([0, 3])),
    "embedding": lambda: F.embedding(nncore.tensor([2]), nncore.tensor(X)),
    "one_hot": lambda: F.one_hot(nncore.tensor([3]), 3),
    "embedding_bag id": lambda: F.embedding_bag(nncore.tensor([[2]]), nncore.tensor(X)),
    "embedding_bag first offset": lambda: cut_bags([1, 2]),
    "embedding_bag falling offsets": lambda: cut_bags([0, 2, 1]),
    "embedding_bag last offset": lambda: cut_bags([0, 3]),
}


@pytest.mark.parametrize("name", ERRORS)
def test_bad_indices_raise(name: str) -> None:
    with pytest.raises(IndexError):
        ERRORS[name]()
    with simple_kernels_only(), pytest.raises(IndexError):
        ERRORS[name]()


def test_an_op_without_composition_names_the_missing_kernel() -> None:
    x, labels, lengths = (
        nncore.zeros(4, 1, 3),
        nncore.tensor([[1, 2]]),
        (nncore.tensor([4]), nncore.tensor([2])),
    )
    with simple_kernels_only(), pytest.raises(NotImplementedError, match="'cpu' has no kernel ctc_fwd"):
        F.ctc_loss(x, labels, *lengths)
