"""Masked keys have no effect, forward and backward, even if they are NaN or infinite."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn
from nncore.nn import functional as F
from nncore.nn.functional.attention import composed

HEADS, QUERIES, KEYS, WIDTH = 2, 5, 7, 4
STRANGE = [np.nan, np.inf, -np.inf]
Array = np.ndarray[Any, np.dtype[Any]]


def seen_by(kind: str, queries: int = QUERIES, keys: int = KEYS) -> Array:
    """True for the keys that each query attends to; in each kind key 4 is masked for some queries."""
    seen = np.ones((queries, keys), bool)
    if kind == "padding":
        seen[:, 4:] = False
    elif kind == "causal":
        seen = np.tri(queries, keys, dtype=bool)
    else:  # a query without keys
        seen[1] = False
        seen[:3, 4] = False
    return seen


def truth(q: Array, k: Array, v: Array, seen: Array, dout: np.ndarray) -> list[Array]:
    """Attention over the keys in `seen` only, by loops: out, dq, dk, dv."""
    out = np.zeros((*q.shape[:-1], v.shape[-1]))
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    scale = q.shape[-1] ** -0.5
    for h in range(len(q)):
        for i in range(q.shape[1]):
            at = np.flatnonzero(seen[i])
            if not len(at):
                continue
            s = k[h, at] @ q[h, i] * scale
            p = np.exp(s - s.max())
            p /= p.sum()
            out[h, i] = p @ v[h, at]
            dp = v[h, at] @ dout[h, i]
            ds = p * (dp - p @ dp) * scale
            dq[h, i] += ds @ k[h, at]
            dk[h, at] += np.outer(ds, q[h, i])
            dv[h, at] += np.outer(p, dout[h, i])
    return [out, dq, dk, dv]


def attend(path: str, q: Any, k: Any, v: Any, seen: Array, kind: str) -> nncore.Tensor:
    added = nncore.tensor(np.where(seen, 0.0, -np.inf)).to(q.dtype)
    if path == "is_causal" and kind == "causal":
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    if path == "added":
        return F.scaled_dot_product_attention(q, k, v, added)
    if path == "learned":
        return F.scaled_dot_product_attention(q, k, v, added.requires_grad_(True))
    if path == "composed":
        return composed(q, k, v, nncore.tensor(seen), 0.0, False, None)[0]
    return F.scaled_dot_product_attention(q, k, v, nncore.tensor(seen))


@pytest.mark.parametrize("path", ["bool", "added", "learned", "composed", "is_causal"])
@pytest.mark.parametrize("kind", ["padding", "causal", "nothing"])
@pytest.mark.parametrize("strange", STRANGE)
def test_a_strange_key_that_is_not_seen(
    path: str, kind: str, strange: float, rng: np.random.Generator
) -> None:
    seen = seen_by(kind)
    q, k, v = (rng.normal(size=(HEADS, n, WIDTH)) for n in (QUERIES, KEYS, KEYS))
    k[0, 4, 1] = v[1, 4, 2] = strange
    hit = np.array(~np.isfinite(k).all(-1) | ~np.isfinite(v).all(-1))
    dout = rng.normal(size=q.shape)
    touched = (seen[None] & hit[:, None]).any(-1)
    dout[touched] = 0
    inputs = [nncore.tensor(a, requires_grad=True) for a in (q, k, v)]
    y = attend(path, inputs[0], inputs[1], inputs[2], seen, kind)
    clean = [np.where(np.isfinite(a), a, 0) for a in (k, v)]
    expected = truth(q, clean[0], clean[1], seen, dout)
    np.testing.assert_allclose(y.detach().numpy()[~touched], expected[0][~touched], rtol=1e-12, atol=1e-14)
    if np.isnan(strange):
        assert np.isnan(y.detach().numpy()[touched]).any(-1).all()
    if touched.any():
        return
    y.backward(nncore.tensor(dout))
    for t, gradient in zip(inputs, expected[1:], strict=True):
        assert t.grad is not None
        np.testing.assert_allclose(t.grad.numpy(), gradient, rtol=1e-11, atol=1e-13)


def test_many_keys(isa: str, rng: np.random.Generator) -> None:
    """Several tiles of keys and queries: the same bits as without the NaN and infinite keys."""
    q, k, v = (rng.normal(size=(1, n, 16)).astype(np.float32) for n in (150, 600, 600))
    seen = rng.random((150, 600)) < 0.5
    seen[:, [3, 400]] = False
    seen[7] = False
    strange_k, strange_v = k.copy(), v.copy()
    strange_k[0, 3], strange_v[0, 400, 5] = np.nan, np.inf
    mask = nncore.tensor(seen)
    found = []
    for arrays in ((q, k, v), (q, strange_k, strange_v)):
        inputs = [nncore.tensor(a, requires_grad=True) for a in arrays]
        y = F.scaled_dot_product_attention(inputs[0], inputs[1], inputs[2], mask)
        y.sum().backward()
        found.append([y.detach().numpy(), *(t.grad.numpy() for t in inputs if t.grad is not None)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not found[0][0][0, 7].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_has_one_sign_on_all_levels(dtype: Any, rng: np.random.Generator) -> None:
    q, k, v = (rng.normal(size=(2, 40, 8)).astype(dtype) for _ in range(3))
    q[0, 3], k[0, 9, 1], v[1, 5, 2], k[1, 30] = np.nan, -np.nan, np.inf, np.inf
    v[1, 6, 2] = -np.inf
    bits = set()
    for level in _core.isa_levels():
        _core.set_isa(level)
        for mask in (None, nncore.tensor(np.tri(40, dtype=bool))):
            inputs = [nncore.tensor(a, requires_grad=True) for a in (q, k, v)]
            y = F.scaled_dot_product_attention(inputs[0], inputs[1], inputs[2], mask)
            y.sum().backward()
            made = [y.detach(), *(t.grad for t in inputs)]
            bits.add((mask is None, b"".join(m.numpy().tobytes() for m in made if m is not None)))
            for m in made:
                assert m is not None
                assert not np.signbit(m.numpy()[np.isnan(m.numpy())]).any()
    assert len(bits) == 2


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_query_without_keys_gives_0_with_and_without_weights(train: bool, dropout: float) -> None:
    layer = nn.MultiheadAttention(8, 2, dropout, batch_first=True).train(train)
    x = nncore.randn(2, 3, 8, requires_grad=True)
    hidden = nncore.tensor(np.array([[False] * 3, [True] * 3, [False, True, True]]))
    y, weights = layer(x, x, x, attn_mask=hidden)
    assert weights is not None
    assert weights[:, 1].tolist() == [[0.0] * 3] * 2
    plain, _ = layer(x, x, x, attn_mask=hidden, need_weights=False)
    np.testing.assert_array_equal(y[:, 1].detach().numpy(), plain[:, 1].detach().numpy())
    if not dropout or not train:
        np.testing.assert_allclose(y.detach().numpy(), plain.detach().numpy(), atol=1e-6)
    y.sum().backward()
    assert x.grad is not None
    assert np.isfinite(x.grad.numpy()).all()
    assert all(np.isfinite(p.grad.numpy()).all() for p in layer.parameters() if p.grad is not None)


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("added", [False, True])
def test_padding_that_is_nan(need_weights: bool, added: bool) -> None:
    layer = nn.MultiheadAttention(8, 2, batch_first=True)
    q, memory = nncore.randn(2, 4, 8), np.random.default_rng(0).normal(size=(2, 5, 8)).astype(np.float32)
    padding = np.zeros((2, 5), bool)
    padding[1, 3:] = True
    given = nncore.tensor(np.where(padding, -np.inf, 0).astype(np.float32) if added else padding)
    found = []
    for strange in (0.0, np.nan):
        memory[padding] = strange
        m = nncore.tensor(memory, requires_grad=True)
        layer.zero_grad()
        y, _ = layer(q, m, m, key_padding_mask=given, need_weights=need_weights)
        y.sum().backward()
        found.append([y, m.grad, *(p.grad for p in layer.parameters())])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())
