"""default_collate and default_convert against recorded results of PyTorch 2.15."""

from __future__ import annotations

import collections
from typing import Any, NamedTuple

import numpy as np
import pytest

import nncore
from nncore.data import default_collate, default_convert


class P(NamedTuple):
    x: Any
    y: Any


class Own:
    pass


def described(value: Any) -> Any:
    """Tensors as (dtype, shape), containers as (type, contents)."""
    if isinstance(value, nncore.Tensor):
        return str(value.dtype).rpartition(".")[2], tuple(value.shape)
    if isinstance(value, dict):
        return type(value).__name__, {key: described(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [described(part) for part in value]
    return value


INT, DOUBLE = ("int64", (2,)), ("float64", (2,))
COLLATED: dict[str, tuple[Any, Any]] = {
    "floats": ([1.0, 2.0], DOUBLE),
    "ints": ([1, 2], INT),
    "bools": ([True, False], ("bool", (2,))),
    "strings": (["a", "b"], ("list", ["a", "b"])),
    "bytes": ([b"a", b"b"], ("list", [b"a", b"b"])),
    "numpy scalars": ([np.float32(1), np.float32(2)], ("float32", (2,))),
    "numpy bools": ([np.bool_(1), np.bool_(0)], ("bool", (2,))),
    "arrays": ([np.zeros((2, 3), "f4")] * 4, ("float32", (4, 2, 3))),
    "0-d arrays": ([np.array(1.5)] * 2, DOUBLE),
    "uint8": ([np.zeros(3, "u1")] * 2, ("uint8", (2, 3))),
    "tensors": ([nncore.zeros(2, 3)] * 2, ("float32", (2, 2, 3))),
    "tuples": ([(1, 2.0), (3, 4.0)], ("list", [INT, DOUBLE])),
    "lists": ([[1, 2.0], [3, 4.0]], ("list", [INT, DOUBLE])),
    "nested": (
        [(np.zeros(3, "f4"), {"a": 1, "b": ["s", (1, 2)]})] * 2,
        (
            "list",
            [
                ("float32", (2, 3)),
                ("dict", {"a": INT, "b": ("list", [("tuple", ["s", "s"]), ("list", [INT, INT])])}),
            ],
        ),
    ),
    "named tuples": ([P(1, "a"), P(2, "b")], ("P", [INT, ("tuple", ["a", "b"])])),
    "ordered dicts": ([collections.OrderedDict(a=1)] * 2, ("OrderedDict", {"a": INT})),
    "default dicts": ([collections.defaultdict(list, a=1)] * 2, ("defaultdict", {"a": INT})),
    "empty tuples": ([(), ()], ("list", [])),
}


@pytest.mark.parametrize(("batch", "expected"), COLLATED.values(), ids=COLLATED)
def test_collate(batch: Any, expected: Any) -> None:
    assert described(default_collate(batch)) == expected


def test_collate_keeps_values_and_gradients() -> None:
    x = nncore.arange(3).float().requires_grad_()
    batch = default_collate([(x, 1), (2 * x, 5)])
    assert batch[1].tolist() == [1, 5]
    assert batch[0].tolist() == [[0, 1, 2], [0, 2, 4]]
    batch[0].sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3, 3, 3]


CONVERTED: list[tuple[Any, Any]] = [
    (np.zeros(3, "f4"), ("float32", (3,))),
    (np.float32(1), ("float32", ())),
    (1, 1),
    ("s", "s"),
    (None, None),
    ([np.zeros(2), 1], ("list", [DOUBLE, 1])),
    ((np.zeros(2), 1), ("list", [DOUBLE, 1])),
    ({"a": np.zeros(2)}, ("dict", {"a": DOUBLE})),
    (P(np.zeros(2), 2), ("P", [DOUBLE, 2])),
]


@pytest.mark.parametrize(("data", "expected"), CONVERTED)
def test_convert(data: Any, expected: Any) -> None:
    assert described(default_convert(data)) == expected


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "nothing": ([], ValueError, "the batch has no samples"),
    "None": (
        [None, None],
        TypeError,
        "a sample has a value of type NoneType; .* give the loader a collate_fn",
    ),
    "own class": ([Own()], TypeError, "value of type Own"),
    "array of text": ([np.array(["a"])], TypeError, "value of type <U1"),
    "shapes": (
        [np.zeros(2), np.zeros(3)],
        ValueError,
        r"different shapes \(2,\), \(3,\); give them one shape",
    ),
    "tensors": ([nncore.zeros(2), nncore.zeros(1)], ValueError, r"different shapes \(2,\), \(1,\)"),
    "lengths": ([(1, 2), (1,)], ValueError, "the samples have different lengths 2, 1"),
    "keys": ([{"a": 1}, {"b": 1}], ValueError, "sample 1 has no key 'a', which sample 0 has"),
}


@pytest.mark.parametrize(("batch", "error", "text"), BAD.values(), ids=BAD)
def test_samples_that_do_not_fit(batch: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"default_collate: .*{text}"):
        default_collate(batch)
