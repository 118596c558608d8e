"""The array API namespace agrees with `array_api_strict`, if it is installed, on each call that it offers."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import array_api

strict: Any = pytest.importorskip("array_api_strict")

F = np.array([[0.5, -1.25, 2.0], [3.0, 0.75, -0.5]], np.float32)
G = np.array([[1.5, 2.0, 0.5], [-1.0, 0.75, 2.5]], np.float32)
POSITIVE, DOUBLE, EMPTY, NUMBER = np.abs(F), F.astype(float), F[:0], np.array(1.5, np.float32)
SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -2.5], np.float32)
INTS, MORE = np.array([[3, -2, 0], [5, 1, -4]]), np.array([[2, 3, 1], [-2, 4, 3]])
SHORT, BYTES, B, C = INTS.astype(np.int32), np.array([[3, 250, 7], [2, 9, 1]], np.uint8), F > 0, G > 1
VECTORS = (F, POSITIVE, DOUBLE, INTS, SHORT, BYTES, B, SPECIAL, EMPTY)
ALL = (*VECTORS, NUMBER)
PAIRS: list[tuple[Any, Any]] = [
    (F, G),
    (POSITIVE, G),
    (F, G[0]),
    (DOUBLE, DOUBLE),
    (F, DOUBLE),
    (INTS, MORE),
    (SHORT, MORE),
    (BYTES, BYTES),
    (BYTES, INTS + 9),
    (B, C),
    (F, 2.0),
    (2.0, G),
    (INTS, 3),
    (3, MORE),
    (B, True),
    (SPECIAL, SPECIAL[::-1].copy()),
    (NUMBER, F),
    (EMPTY, F[0]),
    (F, 2),
    (BYTES, SHORT + 9),
]

UNARY = """abs ceil cos exp expm1 floor isfinite isinf isnan log log10 log1p log2 logical_not negative
    reciprocal round sign sin sqrt square tan tanh trunc"""
BINARY = """add divide equal floor_divide greater greater_equal less less_equal logical_and logical_or
    logical_xor maximum minimum multiply not_equal pow remainder subtract"""
REDUCTIONS = "all any argmax argmin max mean min prod std sum var"
AXES: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"axis": -1},
    {"axis": 1, "keepdims": True},
    {"keepdims": True},
]
SORTS: list[dict[str, Any]] = [{}, {"axis": 0}, {"descending": True}, {"stable": False}]

# of a matrix: name, further arguments
OF_MATRIX: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *(("flip", (), {}), ("flip", (), {"axis": 0}), ("flip", (), {"axis": (0, -1)})),
    *(("roll", (1,), {}), ("roll", ((1, 2),), {"axis": (0, 1)}), ("roll", (-1,), {"axis": -1})),
    *(("reshape", ((-1, 3),), {}), ("reshape", ((3, -1),), {}), ("reshape", ((-1,),), {"copy": True})),
    *(("expand_dims", (), {"axis": axis}) for axis in (0, -1, 1)),
    *(
        ("squeeze", (), {"axis": 1}),
        ("matrix_transpose", (), {}),
        ("nonzero", (), {}),
        ("from_dlpack", (), {}),
    ),
    *(("permute_dims", ((1, 0),), {}), ("permute_dims", (), {"axes": (1, 0)})),
    *(("moveaxis", (0, -1), {}), ("moveaxis", ((0, 1), (1, 0)), {})),
    *(("tile", (times,), {}) for times in ((2,), (1, 2), (2, 1, 1))),
    *(("unstack", (), {}), ("unstack", (), {"axis": -1}), ("broadcast_to", ((2, 2, 3),), {})),
    *(("tril", (), {}), ("tril", (), {"k": -1}), ("triu", (), {}), ("triu", (), {"k": 1})),
    *(("zeros_like", (), {}), ("ones_like", (), {"dtype": "float64"}), ("full_like", (1,), {})),
    *(("astype", ("float64",), {}), ("astype", ("bool",), {}), ("astype", ("int32",), {"copy": False})),
    *(("asarray", (), {}), ("asarray", (), {"dtype": "float64", "copy": True})),
    *(("cumulative_sum", (), {"axis": axis}) for axis in (0, -1)),
    ("cumulative_sum", (), {"axis": 0, "include_initial": True}),
]
OTHERS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *(("squeeze", (F[None, :, None],), {"axis": (0, 2)}), ("cumulative_sum", (SPECIAL,), {})),
    *((name, (F,), {"axis": (0, 1)}) for name in ("sum", "max", "var", "any", "mean")),
    *((name, (F,), {"axis": ()}) for name in ("sum", "prod", "max", "std", "all", "mean")),
    *((name, (F,), {"axis": 0, "correction": 0.5}) for name in ("std", "var")),
    *(("sum", (F,), {"axis": 0, "dtype": "float64"}), ("prod", (BYTES,), {"dtype": "int64"})),
    *((name, ([F, G],), {"axis": axis}) for name in ("concat", "stack") for axis in (0, -1)),
    *(
        ("concat", ([F, DOUBLE],), {}),
        ("concat", ([SHORT, INTS],), {"axis": None}),
        ("stack", ([SHORT, INTS],), {}),
    ),
    *(
        ("where", (B, *pair), {})
        for pair in ((F, G), (F, DOUBLE), (INTS, MORE), (F, 2.0), (2, INTS), (F, G[0]))
    ),
    *(("matmul", pair, {}) for pair in ((F, G.T.copy()), (F, G[0]), (F[0], G[0]), (F, DOUBLE.T.copy()))),
    *(("matmul", (F[None], G.T.copy()), {}), ("matmul", (NUMBER, F), {}), ("tensordot", (F, G), {})),
    *(("tensordot", (F, G), {"axes": axes}) for axes in (0, ((0,), (0,)), ((0, 1), (0, 1)))),
    *(("full", ((2, 3), 2.5), {}), ("full", (2, 2), {}), ("full", ((2,), True), {})),
    *(("zeros", (3,), {}), ("zeros", ((2, 3),), {"dtype": "int64"}), ("ones", ((),), {})),
    *(("eye", (3,), {}), ("eye", (2, 3), {"k": 1}), ("eye", (3,), {"k": -1, "dtype": "int64"})),
    *(("arange", args, {}) for args in ((5,), (1, 5), (5, 1, -2), (1.0, 2.0, 0.25), (5, 1))),
    *(("arange", (0,), {"stop": 4, "step": 2}), ("arange", (3,), {"dtype": "float64"})),
    *(("linspace", (0, 1, num), {}) for num in (0, 1, 5)),
    *(("linspace", (0.0, 1.0), {"num": 4, "endpoint": False}), ("linspace", (1, 0, 3), {"dtype": "float64"})),
    *(("asarray", (data,), {}) for data in (2.5, True, [1, 2], [[1, 2], [3.5, 4]], [])),
    *(("empty", ((0, 2),), {}), ("empty_like", (EMPTY,), {})),
]
MAKE = {"arange", "asarray", "empty", "eye", "full", "linspace", "ones", "zeros"}
CONSTANTS = {"e", "inf", "nan", "newaxis", "pi", "bool", "float32", "float64", "int32", "int64", "uint8"}


def calls() -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    yield from ((name, (x,), {}) for name in UNARY.split() for x in ALL)
    yield from ((name, pair, {}) for name in BINARY.split() for pair in PAIRS)
    yield from ((name, (x,), axes) for name in REDUCTIONS.split() for x in ALL for axes in AXES)
    yield from ((name, (x,), order) for name in ("sort", "argsort") for x in VECTORS for order in SORTS)
    yield from ((name, (x, *args), o) for name, args, o in OF_MATRIX for x in (F, INTS, B, BYTES, EMPTY))
    yield from OTHERS


CALLS: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = defaultdict(list)
for _name, _args, _options in calls():
    CALLS[_name].append((_args, _options))


def run(library: Any, make: Any, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> list[Any]:
    """The results of a call as a list; strings are names of dtypes."""

    def given(value: Any) -> Any:
        if isinstance(value, list) and any(isinstance(x, np.ndarray) for x in value):
            return [make(x) for x in value]
        if isinstance(value, np.ndarray):
            return make(value)
        return getattr(library, value) if isinstance(value, str) else value

    found = getattr(library, name)(*map(given, args), **{key: given(value) for key, value in options.items()})
    return list(found) if isinstance(found, list | tuple) else [found]


def dtype_here(theirs: Any, made: bool) -> str:
    """The dtype that a result has in nncore: there is no uint64, and float32 is the default."""
    name = str(theirs).rsplit(".", 1)[-1]
    return {"uint64": "int64", "float64": "float32" if made else "float64"}.get(name, name)


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str) -> None:
    compared = 0
    for args, options in CALLS[name]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = run(strict, strict.asarray, name, args, options)
            except (TypeError, ValueError, IndexError):
                continue  # the standard leaves it open
        call = f"{name}{args}{options}"
        made = name in MAKE and "dtype" not in options and not isinstance(args[0], np.ndarray)
        found = run(array_api, nncore.tensor, name, args, options)
        for a, b in zip(found, expected, strict=True):
            assert (a.shape, str(a.dtype)) == (b.shape, f"nncore.{dtype_here(b.dtype, made)}"), call
            np.testing.assert_allclose(a.numpy(), np.asarray(b), 1e-6, 1e-6, err_msg=call)
        compared += 1
    assert compared


def test_every_name_is_called() -> None:
    assert CALLS.keys() | CONSTANTS == set(array_api.__all__)
