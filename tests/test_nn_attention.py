"""Attention and position encodings: PyTorch's numbers, masks, the composed computation, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn
from nncore.nn import functional as F
from nncore.nn.functional.attention import composed

F64 = nncore.float64


def filled(module: nn.Module) -> nn.Module:
    """Parameters that rise evenly from -1/2 to 1/2."""
    for p in module.parameters():
        _core.assign_(p, nncore.tensor(np.linspace(-0.5, 0.5, p.numel()).reshape(p.shape), dtype=p.dtype))
    return module


def normal(*shape: int, seed: int = 0, dtype: Any = np.float64) -> nncore.Tensor:
    return nncore.tensor(np.random.default_rng(seed).normal(size=shape).astype(dtype), requires_grad=True)


def test_what_pytorch_2_15_computes() -> None:
    layer = filled(nn.MultiheadAttention(4, 2, dtype=F64))
    x = nncore.tensor(np.linspace(-1, 1, 12).reshape(3, 1, 4))
    y, weights = layer(x, x, x)
    expected = [-1.0352725957243418, -0.30107352140540095, 0.43312555291353994, 1.1673246272324809]
    np.testing.assert_allclose(y.detach().numpy()[0, 0], expected, rtol=1e-13)
    expected = [0.3586482664647197, 0.3272370913858974, 0.314114642149383]
    np.testing.assert_allclose(weights.detach().numpy()[0, 0], expected, rtol=1e-13)
    causal = nncore.tensor(~np.tri(3, dtype=bool))
    expected = [-0.3423747894073947, -0.12618424742633141, 0.09000629455473194, 0.3061968365357952]
    for need in (True, False):
        y, weights = layer(x, x, x, attn_mask=causal, need_weights=need, average_attn_weights=False)
        np.testing.assert_allclose(y.detach().numpy()[1, 0], expected, rtol=1e-13)
        assert (weights is None) != need
        assert weights is None or weights.shape == (1, 2, 3, 3)


def test_names_and_shapes_are_pytorchs() -> None:
    names = {n: p.shape for n, p in nn.MultiheadAttention(4, 2).state_dict().items()}
    assert list(names) == ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
    assert names["in_proj_weight"] == (12, 4)
    names = {
        n: p.shape for n, p in nn.MultiheadAttention(4, 2, kdim=3, vdim=5, bias=False).state_dict().items()
    }
    assert names == {
        "q_proj_weight": (4, 4),
        "k_proj_weight": (4, 3),
        "v_proj_weight": (4, 5),
        "out_proj.weight": (4, 4),
    }


def gradients(y: nncore.Tensor, *xs: nncore.Tensor) -> list[Any]:
    for x in xs:
        x.grad = None
    y.backward(nncore.tensor(np.linspace(0.5, 1.5, y.numel()).reshape(y.shape), dtype=y.dtype))
    return [x.grad.numpy() for x in xs if x.grad is not None]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("heads", "shared"), [(2, 2), (4, 2)])
@pytest.mark.parametrize("steps", [7, 300])
def test_the_fused_op_has_the_composed_meaning(causal: bool, heads: int, shared: int, steps: int) -> None:
    q, k, v = (
        normal(2, heads, steps, 5),
        normal(2, shared, steps, 5, seed=1),
        normal(2, shared, steps, 3, seed=2),
    )
    fused = F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=heads != shared)
    simple, _ = composed(q, k, v, None, 0.0, causal, None, heads != shared)
    np.testing.assert_allclose(fused.detach().numpy(), simple.detach().numpy(), rtol=1e-11, atol=1e-13)
    for a, b in zip(gradients(fused, q, k, v), gradients(simple, q, k, v), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_a_mask_that_is_learned_gets_its_gradient() -> None:
    q, k, v, mask = normal(2, 3, 4), normal(2, 3, 4, seed=1), normal(2, 3, 4, seed=2), normal(3, 3, seed=3)
    y = F.scaled_dot_product_attention(q, k, v, mask)
    fixed = F.scaled_dot_product_attention(q, k, v, mask.detach())
    np.testing.assert_allclose(y.detach().numpy(), fixed.detach().numpy(), rtol=1e-13)
    (d,) = gradients(y, mask)
    np.testing.assert_allclose(
        d.sum(axis=1), 0, atol=1e-14
    )  # adding a constant to a row of the mask changes nothing
    assert np.abs(d).max() > 1e-3


@pytest.mark.parametrize("kind", ["bool", "float"])
def test_a_query_with_all_keys_masked_gives_zero(kind: str) -> None:
    seen = np.array([[True, False, True], [False, False, False]])
    mask = nncore.tensor(seen if kind == "bool" else np.where(seen, 0.0, -np.inf))
    q, k, v = normal(2, 4), normal(3, 4, seed=1), normal(3, 4, seed=2)
    y = F.scaled_dot_product_attention(q, k, v, mask)
    assert np.array_equal(y.detach().numpy()[1], np.zeros(4))
    dq, dk, dv = gradients(y, q, k, v)
    assert np.array_equal(dq[1], np.zeros(4))
    assert np.array_equal(dk[1], np.zeros(4))
    assert np.array_equal(dv[1], np.zeros(4))
    assert np.isfinite([*dq.ravel(), *dk.ravel(), *dv.ravel()]).all()


def test_large_scores_do_not_overflow() -> None:
    q = nncore.tensor(np.array([[1e4, 0], [0, 1e4]], dtype=np.float32))
    y = F.scaled_dot_product_attention(q, q, q)
    np.testing.assert_allclose(y.numpy(), q.numpy())


@pytest.mark.parametrize("steps", [33, 300])
@pytest.mark.parametrize("causal", [False, True])
def test_same_bits_for_all_threads_levels_and_positions(steps: int, causal: bool) -> None:
    q, k, v = (normal(3, 2, steps, 16, seed=i, dtype=np.float32) for i in range(3))
    results = []
    for level in _core.isa_levels():
        _core.set_isa(level)
        for threads in (1, 2, 3, 7) if level == _core.isa_levels()[-1] else (1, 2):
            nncore.set_num_threads(threads)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
            results.append([y.detach().numpy(), *gradients(y, q, k, v)])
    for other in results[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(results[0], other, strict=True))
    alone = [nncore.tensor(x.detach().numpy()[1:2, 1:], requires_grad=True) for x in (q, k, v)]
    y = F.scaled_dot_product_attention(alone[0], alone[1], alone[2], is_causal=causal)
    assert np.array_equal(y.detach().numpy()[0, 0], results[0][0][1, 1])


def test_dropout_keeps_the_mean_and_is_off_at_zero() -> None:
    q = nncore.zeros(1, 4, 2)
    v = nncore.ones(1, 20_000, 1)
    y = F.scaled_dot_product_attention(q, nncore.zeros(1, 20_000, 2), v, dropout_p=0.5)
    np.testing.assert_allclose(y.numpy(), 1, atol=0.03)
    layer = nn.MultiheadAttention(4, 2, dropout=0.5)
    x = nncore.ones(3, 2, 4)
    assert not np.array_equal(layer(x, x, x)[0].detach().numpy(), layer(x, x, x)[0].detach().numpy())
    layer.eval()
    assert np.array_equal(layer(x, x, x)[0].detach().numpy(), layer(x, x, x)[0].detach().numpy())


@pytest.mark.parametrize("mask_kind", [None, "bool", "float", "of heads"])
@pytest.mark.parametrize("padding_kind", [None, "bool", "float"])
def test_layer_with_and_without_weights(mask_kind: str | None, padding_kind: str | None) -> None:
    """The paths through the layer (packed, rows, composed) agree, and batch_first only moves axes."""
    rng = np.random.default_rng(2)
    layer = nn.MultiheadAttention(6, 2, batch_first=True, dtype=F64)
    other = nn.MultiheadAttention(6, 2, dtype=F64)
    other.load_state_dict(layer.state_dict())
    x = normal(2, 4, 6)
    later = ~np.tri(4, dtype=bool)
    left_out: dict[str, Any] = {"bool": later, "float": rng.normal(size=(4, 4)), "of heads": [later] * 4}
    padding: dict[str, Any] = {"bool": np.arange(4) >= [[4], [3]], "float": rng.normal(size=(2, 4))}
    masks = {
        "attn_mask": None if mask_kind is None else nncore.tensor(np.array(left_out[mask_kind])),
        "key_padding_mask": None if padding_kind is None else nncore.tensor(padding[padding_kind]),
    }
    y, weights = layer(x, x, x, **masks)
    packed, none = layer(x, x, x, need_weights=False, **masks)
    rows, _ = layer(x, x.clone(), x, need_weights=False, **masks)
    assert none is None
    np.testing.assert_allclose(weights.detach().numpy().sum(-1), 1, rtol=1e-13)
    for z in (packed, rows):
        np.testing.assert_allclose(z.detach().numpy(), y.detach().numpy(), rtol=1e-11, atol=1e-13)
    turned, _ = other(*[x.transpose(0, 1)] * 3, **masks)
    np.testing.assert_allclose(
        turned.transpose(0, 1).detach().numpy(), y.detach().numpy(), rtol=1e-12, atol=1e-14
    )
    if mask_kind is None and padding_kind is None:
        alone, w = layer(x[0], x[0], x[0])
        np.testing.assert_allclose(alone.detach().numpy(), y.detach().numpy()[0], rtol=1e-12)
        assert w.shape == (4, 4)


@pytest.mark.parametrize("extra", [{"add_bias_kv": True}, {"add_zero_attn": True}])
@pytest.mark.parametrize("masked", [False, True])
def test_keys_that_belong_to_no_step(extra: dict[str, Any], masked: bool) -> None:
    """add_bias_kv and add_zero_attn equal a longer sequence of projected keys, with and without weights."""
    layer = nn.MultiheadAttention(6, 2, batch_first=True, dtype=F64, **extra)
    x = normal(2, 4, 6)
    mask = nncore.tensor(~np.tri(4, dtype=bool)) if masked else None
    y, weights = layer(x, x, x, attn_mask=mask, average_attn_weights=False)
    fast, _ = layer(x, x, x, attn_mask=mask, need_weights=False, is_causal=masked)
    assert weights.shape == (2, 2, 4, 5)
    np.testing.assert_allclose(weights.detach().numpy().sum(-1), 1, rtol=1e-13)
    np.testing.assert_allclose(fast.detach().numpy(), y.detach().numpy(), rtol=1e-11, atol=1e-13)
    q, k, v = (t.detach().numpy() for t in layer._projected(x, x, x))
    last = [t[:, -1] for t in (k, v)]
    rows = [0 if row is None else row.detach().numpy() for row in (layer.bias_k, layer.bias_v)]
    for found, row in zip(last, rows, strict=True):
        assert np.array_equal(found, np.broadcast_to(row, (1, 2, 6))[0])
    scores = q[:, :, :3] @ k[:, :, :3].swapaxes(1, 2) / np.sqrt(3)
    if masked:
        scores[:, :, :4] = np.where(np.tri(4, dtype=bool), scores[:, :, :4], -np.inf)
    p = np.exp(scores)
    np.testing.assert_allclose(weights.detach().numpy()[:, 0], p / p.sum(-1, keepdims=True), rtol=1e-12)


def test_other_widths_of_key_and_value() -> None:
    layer = nn.MultiheadAttention(6, 3, kdim=2, vdim=5)
    y, weights = layer(nncore.ones(4, 2, 6), nncore.ones(7, 2, 2), nncore.ones(7, 2, 5))
    assert y.shape == (4, 2, 6)
    assert weights.shape == (2, 4, 7)
    y.sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


def ones(*shape: int) -> nncore.Tensor:
    return nncore.ones(*shape)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.scaled_dot_product_attention(ones(2, 3), ones(4, 2), ones(4, 2)), ValueError, "last axis"),
        (
            lambda: F.scaled_dot_product_attention(ones(2, 3), ones(4, 3), ones(5, 3)),
            ValueError,
            "heads or rows",
        ),
        (lambda: F.scaled_dot_product_attention(ones(3), ones(3), ones(3)), ValueError, "at least"),
        (
            lambda: F.scaled_dot_product_attention(ones(4, 2, 3), ones(2, 2, 3), ones(2, 2, 3)),
            ValueError,
            "enable_gqa=True",
        ),
        (
            lambda: F.scaled_dot_product_attention(
                ones(3, 2, 3), ones(2, 2, 3), ones(2, 2, 3), enable_gqa=True
            ),
            ValueError,
            "not a multiple of 2",
        ),
        (
            lambda: F.scaled_dot_product_attention(ones(2, 3), ones(2, 3), ones(2, 3), attn_mask=ones(3, 3)),
            ValueError,
            r"the mask \(3, 3\) cannot be broadcast to the scores \(2, 2\)",
        ),
        (
            lambda: F.scaled_dot_product_attention(
                ones(2, 3), ones(2, 3), ones(2, 3), attn_mask=ones(2, 2), is_causal=True
            ),
            ValueError,
            "cannot be combined",
        ),
        (
            lambda: F.scaled_dot_product_attention(
                ones(2, 3), ones(2, 3), ones(2, 3), attn_mask=nncore.ones(2, 2, dtype=F64)
            ),
            TypeError,
            "the mask is .*float64",
        ),
        (
            lambda: F.scaled_dot_product_attention(ones(2, 3), ones(2, 3), ones(2, 3), dropout_p=1.5),
            ValueError,
            "dropout_p",
        ),
        (lambda: nn.MultiheadAttention(5, 2), ValueError, "does not divide"),
        (lambda: nn.MultiheadAttention(4, 2)(*[ones(3, 1, 6)] * 3), ValueError, "6"),
        (
            lambda: nn.MultiheadAttention(4, 2)(*[ones(3, 1, 4)] * 3, attn_mask=ones(2, 3)),
            ValueError,
            "attn_mask has shape",
        ),
        (
            lambda: nn.MultiheadAttention(4, 2)(*[ones(3, 1, 4)] * 3, key_padding_mask=ones(3, 1)),
            ValueError,
            "key_padding_mask has shape",
        ),
        (
            lambda: nn.MultiheadAttention(4, 2)(*[ones(3, 1, 4)] * 3, is_causal=True),
            ValueError,
            "is_causal describes attn_mask",
        ),
        (lambda: F.sinusoidal_positions(3, 5), ValueError, "even"),
        (lambda: F.apply_rotary(ones(3, 4), *F.rotary_tables(2, 4)), ValueError, "apply_rotary"),
        (lambda: F.apply_rotary(ones(3, 4), *F.rotary_tables(3, 4, dtype=F64)), TypeError, "float64"),
    ],
)
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_sinusoidal_positions() -> None:
    table = F.sinusoidal_positions(50, 8, dtype=F64).numpy()
    t, i = np.arange(50)[:, None], np.arange(4)
    np.testing.assert_allclose(table[:, 0::2], np.sin(t / 10000 ** (2 * i / 8)), atol=1e-14)
    np.testing.assert_allclose(table[:, 1::2], np.cos(t / 10000 ** (2 * i / 8)), atol=1e-14)
    far = F.sinusoidal_positions(100_001, 2).numpy()[-1]
    np.testing.assert_allclose(far, [np.sin(1e5), np.cos(1e5)], atol=1e-7)
    assert F.sinusoidal_positions(0, 4).shape == (0, 4)


@pytest.mark.parametrize("interleaved", [False, True])
def test_rotary(interleaved: bool) -> None:
    x = normal(2, 3, 5, 6)
    cos, sin = F.rotary_tables(5, 6, dtype=F64)
    y = F.apply_rotary(x, cos, sin, interleaved=interleaved)
    a, b = (slice(0, None, 2), slice(1, None, 2)) if interleaved else (slice(0, 3), slice(3, 6))
    z = x.detach().numpy()
    turned = (z[..., a] + 1j * z[..., b]) * np.exp(1j * np.arange(5)[:, None] / 10000 ** (np.arange(3) / 3))
    np.testing.assert_allclose(y.detach().numpy()[..., a], turned.real, atol=1e-14)
    np.testing.assert_allclose(y.detach().numpy()[..., b], turned.imag, atol=1e-14)
    (dx,) = gradients(y, x)
    dy = nncore.tensor(np.linspace(0.5, 1.5, y.numel()).reshape(y.shape))
    np.testing.assert_allclose(dx, F.apply_rotary(dy, cos, -sin, interleaved=interleaved).numpy(), atol=1e-14)


def test_rotary_scores_depend_on_distance_alone() -> None:
    cos, sin = F.rotary_tables(9, 4, dtype=F64)
    q, k = normal(1, 4), normal(1, 4, seed=1)

    def score(i: int, j: int) -> float:
        a, b = (F.apply_rotary(x, cos[t : t + 1], sin[t : t + 1]) for x, t in ((q, i), (k, j)))
        return float((a * b).sum().item())

    assert score(3, 1) == pytest.approx(score(8, 6), rel=1e-12)
