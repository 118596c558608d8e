"""nncore against PyTorch, if it is installed: signatures, values, gradients and state."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch: Any = pytest.importorskip("torch")

RNG = np.random.default_rng(7)


def real(*shape: int, low: float = -2.0, high: float = 2.0) -> Any:
    return RNG.uniform(low, high, shape)


def whole(*shape: int, high: int = 6) -> Any:
    return RNG.integers(0, high, shape)


IDS, OFFSETS = whole(9), np.array([0, 4, 4, 9])
TABLE, X, T, W = real(6, 3), real(4, 5), real(4, 5), real(4, 5, low=0.5)

# f(F, *tensors) for both libraries, and the arrays; floating-point arrays get gradients
FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    **{
        f"embedding_bag {mode} {padding} {last}": (
            lambda F, w, i, o, mode=mode, padding=padding, last=last: F.embedding_bag(
                i, w, o, mode=mode, padding_idx=padding, include_last_offset=last
            ),
            (TABLE, IDS, OFFSETS if last else OFFSETS[:-1]),
        )
        for mode in ("sum", "mean", "max")
        for padding in (None, int(IDS[0]), -1)
        for last in (False, True)
    },
    "embedding_bag of rows": (lambda F, w, i: F.embedding_bag(i, w, mode="max"), (TABLE, whole(3, 4))),
    **{
        f"embedding_bag by frequency {mode}": (
            lambda F, w, i, o, mode=mode: F.embedding_bag(i, w, o, None, 2.0, True, mode),
            (TABLE, IDS, OFFSETS[:-1]),
        )
        for mode in ("sum", "mean")
    },
    **{
        f"embedding_bag weighted {padding}": (
            lambda F, w, i, o, s, padding=padding: F.embedding_bag(
                i, w, o, None, 2.0, False, "sum", False, s, True, padding
            ),
            (TABLE, IDS, OFFSETS, real(9)),
        )
        for padding in (None, int(IDS[0]))
    },
    **{
        f"{name} weighted {reduction}": (
            lambda F, x, t, w, name=name, reduction=reduction: getattr(F, name)(
                x, t, reduction=reduction, weight=w
            ),
            (X, T, W),
        )
        for name in ("mse_loss", "l1_loss", "huber_loss")
        for reduction in ("none", "sum", "mean")
    },
    "smooth_l1_loss": (lambda F, x, t: F.smooth_l1_loss(x, t, None, None, "sum", 0.3), (X, T)),
    "kl_div": (lambda F, x, t: F.kl_div(x, t, None, None, "batchmean", True), (X, T)),
    "poisson_nll_loss": (
        lambda F, x, t: F.poisson_nll_loss(x, t, True, True, None, 1e-8, None, "sum"),
        (X, W),
    ),
    "cross_entropy": (
        lambda F, x, t: F.cross_entropy(x, t, None, None, 1, None, "sum", 0.1),
        (X, whole(4, high=5)),
    ),
    **{
        f"cross_entropy of probabilities {reduction}": (
            lambda F, x, t, reduction=reduction: F.cross_entropy(
                x, t, reduction=reduction, label_smoothing=0.1
            ),
            (real(4, 5, 3), real(4, 5, 3, low=0.1)),
        )
        for reduction in ("none", "sum", "mean")
    },
    "softmax": (lambda F, x: F.softmax(x, 1, dtype=x.dtype), (X,)),
    **{
        name: (lambda F, x, name=name, given=given: getattr(F, name)(x, *given), (X,))
        for name, given in {
            **{op["name"]: () for op in _core.elementwise_ops() if op.get("layer")},
            "relu": (False,), "relu6": (False,), "elu": (0.5, False), "selu": (False,), "celu": (0.5, False),
            "leaky_relu": (0.1, False), "hardtanh": (-0.5, 0.5, False), "hardsigmoid": (False,),
            "hardswish": (False,), "silu": (False,), "mish": (False,), "threshold": (0.1, 2.0, False),
        }.items()
    },
    "instance_norm": (
        lambda F, x, w, b: F.instance_norm(x, None, None, w, b, True, 0.3, 1e-3),
        (real(3, 2, 5), real(2), real(2)),
    ),
}  # fmt: skip


def gradient(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(3).uniform(0.5, 1.5, shape)


def both(call: Callable[..., Any], arrays: tuple[Any, ...]) -> list[list[Any]]:
    """Value and gradients in nncore and in PyTorch."""
    results = []
    for lib in (nncore, torch):
        tensors = [lib.tensor(a) for a in arrays]
        wanted = [t for t, a in zip(tensors, arrays, strict=True) if a.dtype.kind == "f"]
        for t in wanted:
            t.requires_grad = True
        y = call(lib.nn.functional, *tensors)
        y.backward(lib.tensor(gradient(tuple(y.shape))))
        results.append([t.numpy() for t in (y.detach(), *(t.grad for t in wanted))])
    return results


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name: str) -> None:
    rtol = 5e-8 if name == "hardsigmoid" else 1e-12  # PyTorch rounds 1/6 to float32
    for ours, theirs in zip(*both(*FUNCTIONS[name]), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-13)


INTS, OTHERS = whole(3, 4, high=20) - 10, whole(3, 4, high=5) - 6
WIDE = real(2, 1, 3, 1)

# f(library, *tensors) gives one or several tensors; no gradients
PLAIN: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "add": (lambda lib, a, b: lib.add(a, b, alpha=3), (INTS, OTHERS)),
    "sub": (lambda lib, a, b: a.sub(b, alpha=0.5), (X, T)),
    "sub of a number": (lambda lib, a: lib.sub(a, 3, alpha=2), (INTS,)),
    **{
        f"div {mode} {kind}": (lambda lib, a, b, mode=mode: lib.div(a, b, rounding_mode=mode), arrays)
        for mode in (None, "floor", "trunc")
        for kind, arrays in (("int", (INTS, OTHERS)), ("float", (10 * X, W)))
    },
    "pow": (lambda lib, a: lib.pow(a, exponent=3), (X,)),
    **{f"round {n}": (lambda lib, a, n=n: a.round(decimals=n), (100 * X,)) for n in (2, 0, -1)},
    "where": (lambda lib, a: lib.where(a > 0), (X,)),
    "squeeze": (
        lambda lib, a: [a.squeeze(), a.squeeze(1), a.squeeze((1, 2)), a.squeeze(dim=(3, -3))],
        (WIDE,),
    ),
    "split": (lambda lib, a: [*a.split(split_size=2), *lib.split(tensor=a, split_size_or_sections=3)], (X,)),
    "norm": (lambda lib, a: lib.norm(a, dtype=lib.float64), (X.astype(np.float32),)),
    "to": (
        lambda lib, a, b: [a.to(b), a.to("cpu"), a.to("cpu", lib.int32), a.to(device="cpu")],
        (10 * X, INTS),
    ),
    "numpy": (lambda lib, a: lib.tensor(a.requires_grad_().numpy(force=True)), (X,)),
    "like": (
        lambda lib, a: [lib.zeros_like(a, dtype=lib.int64), lib.ones_like(a, requires_grad=True).detach()],
        (X,),
    ),
    "made": (
        lambda lib: [
            t.requires_grad_(t.requires_grad).detach()
            for t in (
                lib.full((2, 3), 1.5, requires_grad=True),
                lib.arange(3.0, requires_grad=True),
                lib.linspace(0, 1, 5, requires_grad=True),
                lib.eye(3, requires_grad=True),
            )
            if t.requires_grad
        ],
        (),
    ),
    "softmax": (lambda lib, a: lib.softmax(a, 1, dtype=lib.float64), (INTS,)),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_function(name: str) -> None:
    call, arrays = PLAIN[name]
    results = []
    for lib in (nncore, torch):
        found = call(lib, *(lib.tensor(a) for a in arrays))
        results.append(list(found) if isinstance(found, (list, tuple)) else [found])
    for ours, theirs in zip(*results, strict=True):
        assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
        assert ours.shape == tuple(theirs.shape)
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-15)


Q, K, V = real(3, 2, 6), real(5, 2, 6), real(5, 2, 6)
LEFT_OUT = np.triu(np.ones((3, 5), bool), 2)
PADDING = np.array([[False] * 5, [False, False, True, False, True]])
OPTIONS: list[dict[str, Any]] = [{"add_bias_kv": True}, {"add_zero_attn": True}]
OPTIONS += [{**OPTIONS[0], **OPTIONS[1]}, {**OPTIONS[0], "kdim": 4, "vdim": 3, "bias": False}]
CALLS: list[dict[str, Any]] = [
    {},
    {"need_weights": False},
    {"average_attn_weights": False, "attn_mask": LEFT_OUT, "key_padding_mask": PADDING},
    {"need_weights": False, "attn_mask": LEFT_OUT, "key_padding_mask": PADDING},
    {"attn_mask": np.where(LEFT_OUT, -np.inf, 0.25), "need_weights": False},
]


def attention(options: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda nn: nn.MultiheadAttention(6, 2, **options)


def instance_norm(axes: int, momentum: float | None, affine: bool) -> Callable[[Any], Any]:
    return lambda nn: getattr(nn, f"InstanceNorm{axes}d")(2, 1e-3, momentum, affine, True)


# The constructor of a layer, the arrays that are its positional arguments, and further arguments
LAYERS: dict[str, tuple[Callable[[Any], Any], list[tuple[Any, ...]], dict[str, Any]]] = {
    **{
        f"MultiheadAttention {options} {list(call)}": (
            attention(options),
            [(Q, K[:, :, : options.get("kdim", 6)], V[:, :, : options.get("vdim", 6)])],
            call,
        )
        for options in OPTIONS
        for call in CALLS
    },
    **{
        f"InstanceNorm{n}d {momentum} affine={affine}": (
            instance_norm(n, momentum, affine),
            [(real(3, 2, *(4, 5, 2)[:n]),), (real(2, 2, *(4, 5, 2)[:n]),), (real(2, *(4, 5, 2)[:n]),)],
            {},
        )
        for n, momentum, affine in [(1, 0.1, False), (2, 0.6, True), (3, None, True)]
    },
    "EmbeddingBag": (
        lambda nn: nn.EmbeddingBag(6, 3, None, 2.0, False, "max", False, None, True, 2),
        [(IDS, OFFSETS)],
        {},
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name: str) -> None:
    """Values in training and evaluation, gradients of parameters, and the state before and after."""
    make, inputs, options = LAYERS[name]
    theirs, ours = make(torch.nn).double(), make(nncore.nn).double()
    for p in theirs.parameters():
        p.data = torch.tensor(real(*p.shape))
    state = theirs.state_dict()
    assert list(state) == list(ours.state_dict())
    ours.load_state_dict({k: v.numpy() for k, v in state.items()})

    def call(layer: Any, lib: Any, arrays: Any) -> Any:
        named = {k: lib.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        return layer(*map(lib.tensor, arrays), **named)

    def compare(a: Any, b: Any) -> None:
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-11, atol=1e-12)

    for training in (True, False):
        for layer in (ours, theirs):
            layer.train(training)
        for arrays in inputs:
            results = [call(ours, nncore, arrays), call(theirs, torch, arrays)]
            if not isinstance(results[0], tuple):
                results = [(r,) for r in results]
            for a, b in zip(*results, strict=True):
                compare(a, b)
            if results[0][0].requires_grad and training:
                dy = gradient(tuple(results[0][0].shape))
                for lib, (y, *_) in zip((nncore, torch), results, strict=True):
                    y.backward(lib.tensor(dy))
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        compare(a.grad, b.grad)
    for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        compare(a, b)
