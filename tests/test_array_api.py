"""The array API namespace of tensors agrees with NumPy's, whose main namespace follows the standard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore

xp = nncore.ones(1).__array_namespace__()
A = np.array([[0.5, -1.25, 2.0], [3.0, 0.75, -0.5]], np.float32)
B = np.array([[1.5, 2.0, 0.5], [-1.0, 0.75, 2.5]], np.float32)
UNARY = [
    "abs",
    "ceil",
    "cos",
    "exp",
    "expm1",
    "floor",
    "isfinite",
    "isinf",
    "isnan",
    "negative",
    "reciprocal",
    "round",
    "sign",
    "sin",
    "square",
    "tan",
    "tanh",
    "trunc",
    "logical_not",
    "matrix_transpose",
    "tril",
    "triu",
    "flip",
    "nonzero",
    "zeros_like",
    "ones_like",
    "sort",
    "argsort",
]
OF_POSITIVE = ["log", "log1p", "log2", "log10", "sqrt"]
BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "floor_divide",
    "remainder",
    "maximum",
    "minimum",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
]
REDUCTIONS = ["sum", "mean", "prod", "max", "min", "std", "var", "any", "all"]
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *((name, (A,), {}) for name in UNARY),
    *((name, (np.abs(A),), {}) for name in OF_POSITIVE),
    *((name, (A, B), {}) for name in BINARY),
    *((name, (A,), {}) for name in REDUCTIONS),
    *((name, (A,), {"axis": -1, "keepdims": True}) for name in [*REDUCTIONS, "argmax", "argmin"]),
    *((name, (A,), {"axis": (0, 1)}) for name in REDUCTIONS),
    ("std", (A,), {"axis": 1, "correction": 1}),
    ("pow", (np.abs(A), B), {}),
    ("argmax", (A,), {}),
    ("argmin", (A,), {}),
    ("sort", (A,), {"axis": 0}),
    ("argsort", (A,), {"axis": 0}),
    ("cumulative_sum", (A,), {"axis": 1}),
    ("cumulative_sum", (A[0],), {}),
    ("flip", (A,), {"axis": 1}),
    ("roll", (A, 2), {}),
    ("roll", (A, 1), {"axis": 1}),
    ("matmul", (A, B.T.copy()), {}),
    ("tensordot", (A, B), {}),
    ("permute_dims", (A, (1, 0)), {}),
    ("moveaxis", (A, 0, 1), {}),
    ("reshape", (A, (3, 2)), {}),
    ("expand_dims", (A,), {"axis": 1}),
    ("squeeze", (A[:1],), {"axis": 0}),
    ("broadcast_to", (A[0], (2, 3)), {}),
    ("tile", (A, (2, 1)), {}),
    ("unstack", (A,), {}),
    ("concat", ([A, B],), {"axis": 1}),
    ("stack", ([A, B],), {"axis": 1}),
    ("where", (A > 0, A, B), {}),
    ("full_like", (A, 2.5), {}),
    ("full", ((2, 3), 2.5), {"dtype": "float32"}),
    ("zeros", ((2, 3),), {"dtype": "float32"}),
    ("ones", ((2, 3),), {"dtype": "float64"}),
    ("eye", (2, 3), {"dtype": "float32"}),
    ("arange", (1, 9, 2), {}),
    ("linspace", (0.0, 1.0, 5), {"dtype": "float64"}),
    ("astype", (A, "int64"), {}),
    ("asarray", ([[1.5, 2.0]],), {"dtype": "float64"}),
    ("from_dlpack", (A,), {}),
]
WITHOUT_VALUES = {"empty", "empty_like"}
CONSTANTS = {"e", "inf", "nan", "newaxis", "pi", "bool", "float32", "float64", "int32", "int64", "uint8"}


def ours(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return nncore.tensor(value)
    if isinstance(value, list) and isinstance(value[0], np.ndarray):
        return [nncore.tensor(v) for v in value]
    return getattr(nncore, value) if isinstance(value, str) else value


@pytest.mark.parametrize(("name", "args", "options"), CALLS, ids=[row[0] for row in CALLS])
def test_calls(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    if not hasattr(np, name):
        pytest.skip("this version of NumPy does not follow the standard")
    found = getattr(xp, name)(*map(ours, args), **{key: ours(value) for key, value in options.items()})
    expected = getattr(np, name)(*args, **options)
    found, expected = ((v,) if not isinstance(v, tuple) else v for v in (found, expected))
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == np.shape(b)
        assert a.dtype == ours(str(np.asarray(b).dtype))
        np.testing.assert_allclose(a.numpy(), b, rtol=1e-5, atol=1e-6)


def test_the_list_of_names_is_complete() -> None:
    assert {row[0] for row in CALLS} | WITHOUT_VALUES | CONSTANTS == set(xp.__all__)
    assert all(hasattr(xp, name) for name in xp.__all__)
    with pytest.raises(AttributeError):
        xp.fft  # noqa: B018
