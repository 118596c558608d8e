"""Each op of the table with invalid operands: a result or a documented exception, and unchanged operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from op_case import Array, Case
from op_tables import CASES, one_row_per_op

DOCUMENTED = (ValueError, TypeError, IndexError)

SPOILED: dict[str, Callable[[Array], Any]] = {
    "an axis more": lambda a: a[None],
    "an axis less": lambda a: a.reshape(-1) if a.ndim > 1 else a.sum(),
    "longer": lambda a: np.concatenate([a, a], -1) if a.ndim else np.stack([a, a]),
    "empty": lambda a: a[..., :0] if a.ndim else np.zeros((0,), np.float32),
    "float64": lambda a: a.astype(np.float64),
    "int64": lambda a: a.astype(np.int64),
    "uint8": lambda a: np.abs(a).astype(np.uint8),
    "bool": lambda a: a > 0,
    "NaN": lambda a: np.full_like(a, np.nan),
    "infinity": lambda a: np.full_like(a, np.inf),
    "huge": lambda a: np.full_like(a, 3e38),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_spoiled_operands(case: Case, rng: np.random.Generator) -> None:
    made = [case.make(rng, shape) for shape in case.shapes]
    fit = [arrays for arrays in made if all(0 < a.size < 500 for a in arrays)]
    arrays = [np.asarray(a, dtype=np.float32) for a in (fit or made)[0]]
    for k in range(len(arrays)):
        for how, spoil in SPOILED.items():
            here = [spoil(a) if i == k else a for i, a in enumerate(arrays)]
            tensors = [nncore.tensor(np.asarray(a)) for a in here]
            for t in tensors:
                t.requires_grad = t.dtype.is_floating_point
            before = [t.detach().numpy().copy() for t in tensors]
            try:
                y = case.call(*tensors)
                if y.requires_grad:
                    y.backward(nncore.ones_like(y.detach()))
            except DOCUMENTED:
                pass
            for t, a in zip(tensors, before, strict=True):
                assert t.detach().numpy().tobytes() == a.tobytes(), (how, k)


@pytest.mark.parametrize("case", one_row_per_op())
def test_operands_that_are_no_tensors(case: Case, rng: np.random.Generator) -> None:
    arrays = case.make(rng, case.shapes[0])
    for k, a in enumerate(arrays):
        moved = [x + 1 if i == k else x for i, x in enumerate(arrays)]
        with np.errstate(all="ignore"):
            if np.allclose(case.truth(*arrays), case.truth(*moved)):
                continue  # an operand that this row does not read
        with pytest.raises((TypeError, AttributeError)):
            case.call(*(object() if x is a else nncore.tensor(x) for x in arrays))


@pytest.mark.parametrize("case", one_row_per_op())
def test_a_gradient_of_another_shape_or_type(case: Case, rng: np.random.Generator) -> None:
    tensors = [
        nncore.tensor(np.asarray(a, dtype=np.float32), requires_grad=True)
        for a in case.make(rng, case.shapes[0])
    ]
    y = case.call(*tensors)
    with pytest.raises(ValueError, match=r"backward: gradient has shape"):
        y.backward(nncore.ones(*y.shape, 2))
    with pytest.raises(TypeError, match=r"backward: gradient is float64"):
        y.backward(nncore.ones(*y.shape, dtype=nncore.float64))
    assert all(t.grad is None for t in tensors)


NOT_FITTING: list[tuple[Callable[[Any], Any], str]] = [
    (
        lambda x: nncore.exp(x.numpy()),
        r"exp: got \(ndarray\), takes \(input: Tensor\) -> Tensor; nncore.tensor\(\)",
    ),
    (lambda x: x.exp(3), r"exp: got \(Tensor, int\), takes \(self: Tensor\) -> Tensor$"),
    (lambda x: x.matmul("b"), r"matmul: got \(Tensor, str\), takes \(self: Tensor, other: Tensor\)"),
    (lambda x: x.sum(axes=1), r"sum: got \(Tensor, axes=int\), takes \(self: Tensor, dim: int \| Sequence"),
    (lambda x: x.gather(0, [1]), r"gather: got \(Tensor, int, list\), .*; nncore.tensor\(\) makes"),
    (lambda x: setattr(x, "grad", 3), r"assignment: got \(Tensor, int\), takes"),
]


@pytest.mark.parametrize(("call", "text"), NOT_FITTING)
def test_arguments_that_fit_no_signature(call: Callable[[Any], Any], text: str) -> None:
    x: Any = nncore.zeros(3)
    with pytest.raises(TypeError, match=text):
        call(x)


def test_no_message_of_a_bound_function_mentions_the_binding() -> None:
    members = [*vars(nncore._core).items(), *vars(nncore.Tensor).items()]
    bound: list[Any] = [
        f for name, f in members if callable(f) and not isinstance(f, type) and name[:2] != "__"
    ]
    assert len(bound) > 300
    for function in bound:
        with pytest.raises(TypeError) as raised:
            function(*(object() for _ in range(7)), nothing=object())
        assert "incompatible" not in str(raised.value), function
        assert "_core" not in str(raised.value), function
