"""Functions and layers whose axes may all be empty; letters stand for sizes, see `Row`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SIZES = {"b": 2, "h": 2, "q": 3, "k": 4, "d": 6, "v": 5, "c": 4, "s": 3, "x": 8}


@dataclass
class Row:
    """call(lib, *tensors) with operands such as "bqd bkd"; "i:bk" are integers 0, "c:bk" needs no gradient.

    result: the letters of its axes. value: the elements of the result if an operand is empty; None if they
    depend on parameters. full: letters whose size 0 is an error.
    """

    name: str
    call: Callable[..., Any]
    operands: str
    result: str
    value: float | None = 0.0
    full: str = ""

    def __str__(self) -> str:
        return self.name


def _f(name: str, *given: Any, **named: Any) -> Callable[..., Any]:
    return lambda lib, *x: getattr(lib.nn.functional, name)(*x, *given, **named)


def _of(name: str, *given: Any, **named: Any) -> Callable[..., Any]:
    return lambda lib, *x: getattr(lib, name)(*x, *given, **named)


def _layer(name: str, *sizes: int, part: Any = None, **named: Any) -> Callable[..., Any]:
    def call(lib: Any, *x: Any) -> Any:
        layer = getattr(lib.nn, name)(*sizes, **named)
        y = (layer.double() if x[0].dtype == lib.float64 else layer)(*x)
        return y if part is None else y[part]

    return call


def _encoder(lib: Any, x: Any) -> Any:
    named = {"dim_feedforward": 5, "dropout": 0.0, "batch_first": True}
    layer = lib.nn.TransformerEncoderLayer(6, 2, **named)
    return (layer.double() if x.dtype == lib.float64 else layer)(x)


def _attention(**named: Any) -> Callable[..., Any]:
    def call(lib: Any, q: Any, k: Any) -> Any:
        layer = lib.nn.MultiheadAttention(6, 2, batch_first=True)
        y, weights = (layer.double() if q.dtype == lib.float64 else layer)(q, k, k, **named)
        return y if weights is None else weights

    return call


def _masked(kind: str) -> Callable[..., Any]:
    def call(lib: Any, q: Any, k: Any, v: Any) -> Any:
        mask = lib.ones(q.shape[-2], k.shape[-2], dtype=lib.bool if kind == "bool" else q.dtype)
        return lib.nn.functional.scaled_dot_product_attention(q, k, v, mask)

    return call


NAN = float("nan")
PRODUCTS = [
    *(
        Row(f"matmul {a} {b}", _of("matmul"), f"{a} {b}", y)
        for a, b, y in (
            ("d", "d", ""),
            ("qd", "d", "q"),
            ("d", "dk", "k"),
            ("qd", "dk", "qk"),
            ("bqd", "dk", "bqk"),
            ("bqd", "bdk", "bqk"),
            ("bhqd", "hdk", "bhqk"),
        )
    ),
    Row("einsum", lambda lib, a, b: lib.einsum("bqd,bkd->bqk", a, b), "bqd bkd", "bqk"),
    Row("einsum of a sum", lambda lib, a, b: lib.einsum("bqd,kd->k", a, b), "bqd kd", "k"),
    Row("tensordot", lambda lib, a, b: lib.tensordot(a, b, dims=1), "bqd dk", "bqk"),
    Row("linear", _f("linear"), "bqd hd h", "bqh", None),
    Row("linear without bias", _f("linear"), "qd hd", "qh"),
    Row("attention", _f("scaled_dot_product_attention"), "bhqd bhkd bhkv", "bhqv", None),
    Row(
        "attention, causal",
        _f("scaled_dot_product_attention", is_causal=True),
        "bhqd bhqd bhqv",
        "bhqv",
        None,
    ),
    Row("attention of two axes", _f("scaled_dot_product_attention"), "qd kd kv", "qv", None),
    Row("attention with a mask", _masked("bool"), "bhqd bhkd bhkv", "bhqv", None),
    Row("attention with a float mask", _masked("float"), "bhqd bhkd bhkv", "bhqv", None),
]

REDUCTIONS = [
    *(
        Row(
            f"{name} {dims}",
            lambda lib, x, name=name, dims=dims: getattr(lib, name)(x, dims),
            "bqd",
            y,
            v,
            full,
        )
        for name, v, whole in (
            ("sum", 0.0, ""),
            ("mean", NAN, ""),
            ("std", NAN, ""),
            ("var", NAN, ""),
            ("logsumexp", -float("inf"), ""),
            ("amax", 0.0, "raises"),
            ("amin", 0.0, "raises"),
        )
        for dims, y, gone in (((0,), "qd", "b"), ((1,), "bd", "q"), ((2,), "bq", "d"), ((0, 2), "q", "bd"))
        for full in (gone if whole else "",)
    ),
    *(
        Row(f"{name} of all", _of(name), "bqd", "", v, full)
        for name, v, full in (
            ("sum", 0.0, ""),
            ("prod", 1.0, ""),
            ("mean", NAN, ""),
            ("std", NAN, ""),
            ("norm", 0.0, ""),
            ("max", 0.0, "bqd"),
            ("min", 0.0, "bqd"),
        )
    ),
    *(
        Row(
            f"{name} {dim}",
            lambda lib, x, n=name, d=dim: getattr(lib, n)(x, d).values,
            "bqd",
            y,
            0.0,
            "bqd"[dim],
        )
        for name in ("max", "min")
        for dim, y in enumerate(("qd", "bd", "bq"))
    ),
    *(
        Row(f"prod {dim}", lambda lib, x, d=dim: lib.prod(x, d), "bqd", y, 1.0)
        for dim, y in enumerate(("qd", "bd", "bq"))
    ),
    *(
        Row(f"norm {p} {dim}", lambda lib, x, p=p, d=dim: lib.norm(x, p, d), "bqd", y, 0.0)
        for p in (1, 2, 3)
        for dim, y in enumerate(("qd", "bd", "bq"))
    ),
]

ALONG = [
    *(
        Row(f"{name} {dim}", lambda lib, x, n=name, d=dim: getattr(lib, n)(x, d), "bqd", "bqd")
        for name in ("softmax", "log_softmax", "cumsum", "cumprod")
        for dim in (0, 1, 2)
    ),
    *(Row(f"sort {d}", lambda lib, x, d=d: lib.sort(x, d).values, "bqd", "bqd") for d in (0, 1, 2)),
    Row("topk of none", lambda lib, x: lib.topk(x, 0, 0).values.sum((0,)), "qd", "d"),
    Row("tril", _of("tril"), "bqd", "bqd"),
    Row("diagonal", lambda lib, x: lib.diagonal(x, 0, 0, 1).sum(-1), "bqd", "d"),
    Row("flip", lambda lib, x: lib.flip(x, (0, 2)), "bqd", "bqd"),
    Row("roll", lambda lib, x: lib.roll(x, (1, 2), (0, 2)), "bqd", "bqd"),
    Row("cat", lambda lib, a, b: lib.cat([a, b], 1).sum(1), "bqd bkd", "bd", None),
    Row("stack", lambda lib, a, b: lib.stack([a, b], 1).sum(1), "bqd bqd", "bqd"),
    Row("normalize", _f("normalize"), "bqd", "bqd"),
]

NORMS = [
    Row("layer_norm", lambda lib, x, w, b: lib.nn.functional.layer_norm(x, w.shape, w, b), "bqd d d", "bqd"),
    Row("layer_norm of two", lambda lib, x, w: lib.nn.functional.layer_norm(x, w.shape, w), "bqd qd", "bqd"),
    Row("rms_norm", lambda lib, x, w: lib.nn.functional.rms_norm(x, w.shape, w), "bqd d", "bqd"),
    Row("group_norm", lambda lib, x, w, b: lib.nn.functional.group_norm(x, 2, w, b), "bcs c c", "bcs"),
    Row("local_response_norm", _f("local_response_norm", 3), "bcs", "bcs"),
    Row(
        "batch_norm",
        lambda lib, x, m, v: lib.nn.functional.batch_norm(x, m.detach(), v.detach()),
        "bcs c c",
        "bcs",
    ),
    *(Row(f"dropout {p}", _f("dropout", p), "bqd", "bqd") for p in (0.0, 0.5, 1.0)),
    Row("dropout1d", _f("dropout1d", 0.5), "bcs", "bcs"),
    Row("alpha_dropout", _f("alpha_dropout", 0.5, True), "bqd", "bqd"),
    *(
        Row(
            f"pad {mode}",
            lambda lib, x, m=mode: lib.nn.functional.pad(x, (1, 1), m).sum(2),
            "bcs",
            "bc",
            0.0,
            full,
        )
        for mode, full in (("constant", ""), ("replicate", "s"), ("reflect", "s"), ("circular", "s"))
    ),
    Row("prelu", lambda lib, x, w: lib.nn.functional.prelu(x, w), "bcs c", "bcs"),
]

ROWS = [
    Row("embedding", lambda lib, w, i: lib.nn.functional.embedding(i, w), "kd i:bq", "bqd", full="k"),
    *(
        Row(
            f"embedding_bag {mode}",
            lambda lib, w, i, mode=mode: lib.nn.functional.embedding_bag(i, w, mode=mode),
            "kd i:bq",
            "bd",
            full="k",
        )
        for mode in ("sum", "mean", "max")
    ),
    Row("index_select", lambda lib, x, i: lib.index_select(x, 1, i), "bqd i:k", "bkd", full="q"),
    Row("take_along_dim", lambda lib, x, i: lib.take_along_dim(x, i, 1), "bqd i:bkd", "bkd", full="q"),
    Row("gather", lambda lib, x, i: lib.gather(x, 1, i), "bqd i:bkd", "bkd", full="q"),
    Row("index", lambda lib, x, i: x[:, i], "bqd i:k", "bkd", full="q"),
    Row("index_add", lambda lib, x, s, i: lib.index_add(x, 1, i, s), "bqd bkd i:k", "bqd", None, full="q"),
    Row(
        "scatter_add",
        lambda lib, x, s, i: lib.scatter_add(x, 1, i, s),
        "bqd bkd i:bkd",
        "bqd",
        None,
        full="q",
    ),
]

LOSSES = [
    *(
        Row(f"{name} {how}", _f(name, reduction=how), "bq c:bq", "bq" if how == "none" else "", 0.0)
        for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "soft_margin_loss")
        for how in ("none", "sum")
    ),
    *(
        Row(f"{name} {how}", _f(name, reduction=how), f"b{axes} i:b{axes[1:]}", result, 0.0, full="k")
        for name in ("cross_entropy", "nll_loss", "multi_margin_loss")
        for axes in (("k", "kq") if name != "multi_margin_loss" else ("k",))
        for how, result in (("none", f"b{axes[1:]}"), ("sum", ""))
    ),
    Row("cross_entropy of probabilities", _f("cross_entropy", reduction="sum"), "bk bk", "", 0.0, full="k"),
    Row("cosine_similarity", _f("cosine_similarity"), "bqd bqd", "bd"),
    Row("pairwise_distance", _f("pairwise_distance"), "bqd bqd", "bq"),
    Row("triplet_margin_loss", _f("triplet_margin_loss", reduction="sum"), "bd bd bd", "", None),
    Row(
        "cosine_embedding_loss",
        lambda lib, a, b, t: lib.nn.functional.cosine_embedding_loss(a, b, 2 * t - 1, reduction="sum"),
        "bd bd i:b",
        "",
        None,
    ),
    *(
        Row(
            f"ctc_loss {how}",
            lambda lib, x, t, a, n, how=how: lib.nn.functional.ctc_loss(x, t + 1, a, n, reduction=how),
            "qbk i:bh i:b i:b",
            "b" if how == "none" else "",
            None,
            full="k",
        )
        for how in ("none", "sum")
    ),
]

LAYERS = [
    *(
        Row(f"{name} {part}", _layer(name, 6, 4, part=part), "qbd", axes, None, full="qd")
        for name in ("RNN", "GRU", "LSTM")
        for part, axes in ((0, "qbc"),)
    ),
    Row(
        "LSTM of two layers",
        _layer("LSTM", 6, 4, 2, part=0, bidirectional=True),
        "qbd",
        "qbx",
        None,
        full="qd",
    ),
    *(Row(name, _layer(name, 6, 4), "bd", "bc", None, full="d") for name in ("RNNCell", "GRUCell")),
    Row("LSTMCell", _layer("LSTMCell", 6, 4, part=0), "bd", "bc", None, full="d"),
    Row("MultiheadAttention", _attention(need_weights=False), "bqd bkd", "bqd", None, full="d"),
    Row("MultiheadAttention weights", _attention(), "bqd bkd", "bqk", None, full="d"),
    Row("TransformerEncoderLayer", _encoder, "bqd", "bqd", None, full="d"),
    Row("Linear", _layer("Linear", 6, 4), "bqd", "bqc", None, full="d"),
    *(
        Row(f"BatchNorm{n}d", _layer(f"BatchNorm{n}d", 4), "bc" + "shq"[:n], "bc" + "shq"[:n], full="c")
        for n in (1, 2, 3)
    ),
    *(
        Row(f"InstanceNorm{n}d", _layer(f"InstanceNorm{n}d", 4), "bc" + "shq"[:n], "bc" + "shq"[:n], full="c")
        for n in (1, 2, 3)
    ),
    Row("GroupNorm", _layer("GroupNorm", 2, 4), "bcs", "bcs", full="c"),
    Row("LayerNorm", _layer("LayerNorm", 6), "bqd", "bqd", full="d"),
]

CASES = [*PRODUCTS, *REDUCTIONS, *ALONG, *NORMS, *ROWS, *LOSSES, *LAYERS]
