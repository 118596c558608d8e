"""Embeddings: gradients by id, padding, frequencies, bags and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn import functional as F


def in_order(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("kind", ["int64", "int32", "uint8"])
@pytest.mark.parametrize(("rows", "count"), [(65, 768), (200, 3), (1, 500)])
def test_gradient(rows: int, count: int, kind: str, threads: int, rng: np.random.Generator) -> None:
    nncore.set_num_threads(threads)
    ids = (rng.integers(0, rows, count) ** 2 % rows).astype(kind)
    dy = rng.normal(size=(count, 130))
    table = nncore.tensor(rng.normal(size=(rows, 130)), requires_grad=True)
    F.embedding(nncore.tensor(ids), table).backward(nncore.tensor(dy))
    expected = np.zeros((rows, 130))
    for at in range(rows):  # in order of position, in chunks of 256: the same bits
        found = dy[ids == at]
        chain = 64 if len(found) > 256 else max(len(found), 1)
        for first in range(0, len(found), chain):
            expected[at] += in_order(found[first : first + chain])
    assert table.grad is not None
    assert np.array_equal(table.grad.numpy(), expected)


def test_padding_and_frequency(rng: np.random.Generator) -> None:
    ids = nncore.tensor([[1, 2, 2], [0, 2, 1]])
    for padding in (2, -3):
        table = nncore.tensor(rng.normal(size=(5, 3)), requires_grad=True)
        y = F.embedding(ids, table, padding, scale_grad_by_freq=True)
        assert np.array_equal(y.detach().numpy(), table.detach().numpy()[ids.numpy()])
        y.sum().backward()
        assert table.grad is not None
        assert table.grad.tolist() == [[1.0] * 3, [1.0] * 3, [0.0] * 3, [0.0] * 3, [0.0] * 3]


def test_layer() -> None:
    layer = nn.Embedding(6, 4, padding_idx=-1)
    assert {k: v.shape for k, v in layer.state_dict().items()} == {"weight": (6, 4)}
    assert layer.weight[5].tolist() == [0.0] * 4
    assert layer.padding_idx == 5
    assert repr(layer) == "Embedding(6, 4, padding_idx=5)"
    assert abs(nn.Embedding(1000, 10).weight.detach().numpy().std() - 1) < 0.05
    assert layer(nncore.tensor([[1], [2]])).shape == (2, 1, 4)
    assert layer(nncore.zeros(0, dtype=nncore.int64)).shape == (0, 4)


def test_from_pretrained() -> None:
    table = nncore.tensor([[1.0, 2.0], [3.0, 4.0]])
    layer = nn.Embedding.from_pretrained(table)
    assert not layer.weight.requires_grad
    assert layer(nncore.tensor(1)).tolist() == [3.0, 4.0]
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("mode", ["mean", "sum", "max"])
@pytest.mark.parametrize("padding", [None, 3])
def test_bags(mode: Any, padding: int | None, threads: int, rng: np.random.Generator) -> None:
    nncore.set_num_threads(threads)
    ids, offsets = rng.integers(0, 9, 40), np.array([0, 5, 5, 17, 38])
    values, dy = rng.normal(size=(9, 33)), rng.normal(size=(5, 33))
    table = nncore.tensor(values, requires_grad=True)
    layer = nn.EmbeddingBag(9, 33, mode=mode, padding_idx=padding, _weight=table)
    layer.weight.requires_grad = True
    y = layer(nncore.tensor(ids), nncore.tensor(offsets))
    expected, gradient = np.zeros((5, 33)), np.zeros((9, 33))
    for b, part in enumerate(np.split(ids, offsets[1:])):
        used = part[part != padding]
        if mode == "max":
            expected[b] = values[used].max(0, initial=-np.inf) if len(used) else 0
            if len(used):
                np.add.at(gradient, (used[values[used].argmax(0)], np.arange(33)), dy[b])
            continue
        scale = 1 / max(1, len(used)) if mode == "mean" else 1
        expected[b] = values[used].sum(0) * scale
        np.add.at(gradient, used, dy[b] * scale)
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-13, atol=1e-13)
    y.backward(nncore.tensor(dy))
    assert layer.weight.grad is not None
    np.testing.assert_allclose(layer.weight.grad.numpy(), gradient, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_divide_gradients_by_the_number_of_uses(mode: Any) -> None:
    table = nncore.tensor(np.ones((5, 2)), requires_grad=True)
    ids = nncore.tensor([[1, 2, 2], [3, 2, 1]])
    F.embedding_bag(ids, table, mode=mode, scale_grad_by_freq=True).sum().backward()
    each = 1.0 if mode == "sum" else 1 / 3
    assert table.grad is not None
    np.testing.assert_allclose(
        table.grad.numpy(), np.array([0, each, each, each, 0])[:, None] * np.ones(2), rtol=1e-15
    )


@pytest.mark.parametrize("kind", [nncore.int64, nncore.int32, nncore.uint8], ids=str)
def test_the_end_of_the_last_bag(kind: nncore.dtype) -> None:
    """Ids after the last offset are in no bag, as in CSR matrices."""
    table = nncore.tensor([[1.0], [2.0], [4.0]], requires_grad=True)
    layer = nn.EmbeddingBag.from_pretrained(table, freeze=False, mode="sum", include_last_offset=True)
    y = layer(nncore.tensor([0, 1, 2, 2], dtype=kind), nncore.tensor([0, 2, 2, 3], dtype=kind))
    assert y.tolist() == [[3.0], [0.0], [4.0]]
    y.sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[1.0], [1.0], [1.0]]
    assert repr(layer) == "EmbeddingBag(3, 1, mode='sum')"


def test_a_largest_that_is_nan_is_seen() -> None:
    table = nncore.tensor([[1.0], [np.nan], [4.0]])
    assert np.isnan(F.embedding_bag(nncore.tensor([[0, 1, 2]]), table, mode="max").numpy()).all()


TABLE = nncore.zeros(5, 3)
IDS, ZERO, ROW = nncore.tensor([0, 1, 2]), nncore.tensor([0]), nncore.ones(3)
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: F.embedding(nncore.tensor([0, 5]), TABLE), IndexError, "id 5 at position 1 .* 5 rows"),
    (lambda: F.embedding(nncore.tensor([[0, -1]]), TABLE), IndexError, "id -1 at position 1"),
    (lambda: F.embedding(nncore.tensor([0.0]), TABLE), TypeError, "ids are float32"),
    (lambda: F.embedding(nncore.tensor([True]), TABLE), TypeError, "ids are bool"),
    (lambda: F.embedding(IDS, TABLE[0]), ValueError, r"table has shape \(3,\)"),
    (lambda: F.embedding(IDS, TABLE, 5), ValueError, "padding_idx 5 is out of range for a table of 5 rows"),
    (lambda: F.embedding(IDS, TABLE, max_norm=1.0), ValueError, "max_norm is not supported"),
    (lambda: F.embedding(IDS, TABLE, sparse=True), ValueError, "sparse"),
    (lambda: nn.Embedding(-1, 2), ValueError, "num_embeddings must be at least 0"),
    (lambda: nn.Embedding(5, 2, padding_idx=-6), ValueError, "padding_idx -6"),
    (lambda: nn.Embedding(5, 2, _weight=TABLE), ValueError, r"\(5, 3\); expected \(5, 2\)"),
    (lambda: nn.Embedding.from_pretrained(TABLE[0]), ValueError, r"shape \(3,\)"),
    (lambda: F.embedding_bag(IDS, TABLE), ValueError, r"expected \(bags, length\)"),
    (lambda: F.embedding_bag(IDS, TABLE, nncore.tensor([1])), IndexError, "offset 1 of bag 0"),
    (lambda: F.embedding_bag(IDS, TABLE, nncore.tensor([0, 2, 1])), IndexError, "offset 1 of bag 2"),
    (lambda: F.embedding_bag(IDS, TABLE, nncore.tensor([0, 4])), IndexError, "offset 4 of bag 1"),
    (lambda: F.embedding_bag(IDS, TABLE, ZERO, mode="min"), ValueError, "'min'; expected 'sum', 'mean' or"),  # type: ignore[arg-type]
    (lambda: F.embedding_bag(IDS, TABLE, ZERO, None, 2.0, True, "max"), ValueError, "scale_grad_by_freq"),
    (lambda: F.embedding_bag(IDS, TABLE, ZERO, per_sample_weights=ROW), ValueError, "need mode='sum'"),
    (
        lambda: F.embedding_bag(IDS, TABLE, ZERO, mode="sum", per_sample_weights=ROW[:2]),
        ValueError,
        r"shape \(2,\) but the ids \(3,\)",
    ),
    (
        lambda: F.embedding_bag(IDS, TABLE, ZERO, mode="sum", per_sample_weights=ROW.double()),
        TypeError,
        "float64",
    ),
    (lambda: F.embedding_bag(IDS, TABLE, ZERO[:0], include_last_offset=True), ValueError, r"\(bags \+ 1,\)"),
    (
        lambda: F.embedding_bag(IDS, TABLE, nncore.tensor([1, 3]), include_last_offset=True),
        IndexError,
        "offset 1 of bag 0",
    ),
    (lambda: nn.EmbeddingBag(5, 3, mode="min"), ValueError, "mode is 'min'"),  # type: ignore[arg-type]
    (lambda: nn.EmbeddingBag.from_pretrained(ROW), ValueError, r"EmbeddingBag: the table has shape \(3,\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
