"""Indices in a NumPy array that changes during or after forward: no access out of bounds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core
from nncore.nn import functional as F
from op_case import Array

Call = Callable[[Any, Any], Any]

CTC_LENGTHS = ([5, 4], [3, 2])


def _real(*shape: int) -> Array:
    return np.asarray(np.random.default_rng(3).uniform(-2, 2, shape))


def _bags(mode: Any, **more: Any) -> Call:
    return lambda w, i: F.embedding_bag(i, w, mode=mode, **more)


def _offsets(mode: Any) -> Call:
    def call(w: Any, i: Any) -> Any:
        ids = nncore.tensor([4, 0, 2, 2, 1, 3]).to(i.dtype)
        return F.embedding_bag(ids, w, i, mode=mode, include_last_offset=True)

    return call


# (a function of a float operand and the indices, the operand's shape, the indices)
CALLS: dict[str, tuple[Call, tuple[int, ...], Any]] = {
    "embedding": (lambda w, i: F.embedding(i, w), (5, 3), [0, 4, 4, 1]),
    "embedding by frequency": (lambda w, i: F.embedding(i, w, 1, None, 2.0, True), (5, 3), [0, 4, 4, 1]),
    **{f"embedding_bag {mode}": (_bags(mode), (5, 3), [[0, 4], [4, 1]]) for mode in ("sum", "mean", "max")},
    **{f"offsets {mode}": (_offsets(mode), (5, 3), [0, 1, 1, 4]) for mode in ("sum", "mean", "max")},
    "embedding_bag weights": (
        lambda s, i: F.embedding_bag(i, nncore.tensor(_real(5, 3)), mode="sum", per_sample_weights=s),
        (2, 2),
        [[0, 4], [4, 1]],
    ),
    "gather": (lambda x, i: x.gather(1, i), (2, 5), [[0, 4, 4], [1, 2, 1]]),
    "take_along_dim": (lambda x, i: x.take_along_dim(i, 0), (5, 2), [[0, 4]]),
    "scatter": (lambda x, i: x.scatter(0, i, 2 * x[:1]), (5, 2), [[0, 4]]),
    "scatter_add": (lambda x, i: x.scatter_add(0, i, 2 * x[:1]), (5, 2), [[0, 4]]),
    "many gathered": (lambda x, i: x.gather(0, i), (5, 2), [[0, 4]] * 300),
    "many selected": (lambda x, i: x.index_select(0, i), (5, 2), [0, 4, 4] * 100),
    "index_select": (lambda x, i: x.index_select(1, i), (2, 5), [0, 4, 4]),
    "index_add": (lambda x, i: x.index_add(1, i, x[:, :3]), (2, 5), [0, 4, 4]),
    "take": (lambda x, i: x.take(i), (2, 5), [0, 9, 9]),
    "rows": (lambda x, i: x[i], (5, 2), [0, 4, 4]),
    "rows and columns": (lambda x, i: x[i, i[:1]], (5, 5), [0, 4, 4]),
    "cross_entropy": (F.cross_entropy, (3, 5), [0, 4, 1]),
    "cross_entropy of pixels": (F.cross_entropy, (1, 5, 3), [[0, 4, 1]]),
    "cross_entropy smoothed": (lambda x, i: F.cross_entropy(x, i, label_smoothing=0.1), (3, 5), [0, 4, 1]),
    "cross_entropy weighted": (
        lambda x, i: F.cross_entropy(x, i, nncore.tensor(_real(5) + 3)),
        (3, 5),
        [0, 4, 1],
    ),
    "nll_loss": (F.nll_loss, (3, 5), [0, 4, 1]),
    "multi_margin_loss": (F.multi_margin_loss, (3, 5), [0, 4, 1]),
    "ctc_loss": (lambda x, i: F.ctc_loss(x, i, *CTC_LENGTHS), (5, 2, 4), [[1, 2, 3], [3, 1, 1]]),
    "ctc_loss in one row": (lambda x, i: F.ctc_loss(x, i, *CTC_LENGTHS), (5, 2, 4), [1, 2, 3, 3, 1]),
    "ctc_loss input_lengths": (
        lambda x, i: F.ctc_loss(x, nncore.tensor([1, 2, 3, 3, 1]), i, nncore.tensor([3, 2])),
        (5, 2, 4),
        [5, 4],
    ),
    "ctc_loss target_lengths": (
        lambda x, i: F.ctc_loss(x, nncore.tensor([[1, 2, 3], [3, 1, 1]]), nncore.tensor([5, 4]), i),
        (5, 2, 4),
        [3, 2],
    ),
}
KINDS = {"int64": (-(10**7), 10**7, -1, 2**62), "int32": (-(10**7), 10**7), "uint8": (255,)}


def _leaf(shape: tuple[int, ...]) -> nncore.Tensor:
    return nncore.tensor(_real(*shape), requires_grad=True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [(n, k) for n in CALLS for k in KINDS if k != "uint8" or n not in ("rows", "rows and columns")],
)  # in brackets, uint8 is a mask
def test_indices_that_change_before_backward(name: str, kind: str) -> None:
    """Backward raises, or returns the gradient for the indices of forward."""
    call, shape, given = CALLS[name]
    whole = _leaf(shape)
    call(whole, nncore.tensor(np.array(given, kind))).sum().backward()
    assert whole.grad is not None
    for bad in KINDS[kind]:
        for at in (slice(None), slice(-1, None)):
            indices, leaf = np.array(given, kind), _leaf(shape)
            loss = call(leaf, nncore.from_numpy(indices)).sum()
            indices.reshape(-1)[at] = bad
            try:
                loss.backward()
            except (IndexError, ValueError):
                assert leaf.grad is None
            else:
                assert leaf.grad is not None
                if not (bad == -1 and name in ("rows", "take", "take_along_dim")):  # -1 counts from the end
                    assert np.array_equal(leaf.grad.numpy(), whole.grad.numpy())


@pytest.mark.parametrize("name", CALLS)
def test_indices_changed_by_the_library_are_detected(name: str) -> None:
    call, shape, given = CALLS[name]
    indices, leaf = nncore.tensor(given), _leaf(shape)
    loss = call(leaf, indices).sum()
    copied = name in ("rows and columns", "offsets max")
    expected = copied or loss.grad_fn is None
    _core.assign_(indices, 1)
    if expected:
        return
    with pytest.raises(RuntimeError, match="modified in place"):
        loss.backward()


@pytest.mark.parametrize(
    "call",
    [lambda x: x.sort(0), lambda x: x.topk(2, 0), lambda x: x.max(0), lambda x: x.min(1, True)],
    ids=["sort", "topk", "max", "min"],
)
def test_returned_indices_that_change_are_detected(call: Callable[[Any], Any]) -> None:
    x = _leaf((3, 4))
    values, indices = call(x)
    _core.assign_(indices, 0)
    with pytest.raises(RuntimeError, match="modified in place"):
        values.sum().backward()
    assert x.grad is None


def _while_changing(array: Array, bad: Any, call: Callable[[], Any]) -> None:
    """Repeat the call while another thread sets the array's values to `bad` and back."""
    good, stop = array.copy(), threading.Event()

    def change() -> None:
        while not stop.is_set():
            array[...] = bad
            array[...] = good

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(20):
            with contextlib.suppress(IndexError, ValueError):
                call()
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    "name", ["embedding", "offsets mean", "offsets max", "gather", "take", "cross_entropy"]
)
def test_indices_that_change_while_a_call_runs(name: str) -> None:
    call, shape, given = CALLS[name]
    leaf = (
        _leaf((*shape[:-1], 3000)) if name in ("embedding", "offsets mean", "offsets max") else _leaf(shape)
    )
    indices = np.array(given)
    _while_changing(indices, 2**40, lambda: call(leaf, nncore.from_numpy(indices)).sum().backward())


@pytest.mark.parametrize("kind", ["bool", "float32", "int64"])
def test_nonzero_of_an_array_that_changes_meanwhile(kind: str) -> None:
    array = np.zeros(300_000, kind)
    array[::3] = 1
    x = nncore.from_numpy(array)

    def call() -> None:
        found = x.nonzero()
        assert found.numel() == 0 or 0 <= found.min().item() <= found.max().item() < array.size

    _while_changing(array, 1, call)


def test_any_byte_other_than_zero_is_true() -> None:
    """As in NumPy, whose bool arrays may have such bytes after a view."""
    flags = np.array([2, 0, 255, 1, 0], np.uint8).view(bool)
    mask = nncore.from_numpy(flags)
    x = nncore.arange(5.0)
    assert mask.nonzero().tolist() == [[0], [2], [3]]
    assert x[mask].tolist() == [0, 2, 3]
    assert mask.to(nncore.int64).tolist() == [1, 0, 1, 1, 0]
    assert nncore.where(mask, x, -x).tolist() == [0, -1, 2, 3, -4]
    assert x.masked_fill(mask, 9).tolist() == [9, 1, 9, 9, 4]
