"""Padding layers against NumPy, printed forms, and misuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn

MODES = {
    "ConstantPad": "constant",
    "ZeroPad": "constant",
    "ReflectionPad": "reflect",
    "ReplicationPad": "edge",
    "CircularPad": "wrap",
}


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("kind", MODES)
def test_a_layer_is_its_padding(kind: str, axes: int, rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 3, *range(4, 4 + axes)))
    widths = tuple(range(1, 1 + 2 * axes))[::-1] if kind in ("ConstantPad", "ZeroPad") else (2, 1) * axes
    value: dict[str, Any] = {"constant_values": 2.5} if kind == "ConstantPad" else {}
    make = getattr(nn, f"{kind}{axes}d")
    for padding in (widths, 2):
        layer = make(padding, 2.5) if value else make(padding)
        pairs = [widths[i : i + 2] if padding == widths else (2, 2) for i in range(0, 2 * axes, 2)][::-1]
        expected = np.pad(x, [(0, 0), (0, 0), *pairs], MODES[kind], **value)  # type: ignore[call-overload]
        assert np.array_equal(layer(nncore.tensor(x)).numpy(), expected)


def test_printed_forms_are_pytorchs() -> None:
    assert repr(nn.ConstantPad1d(2, 3.5)) == "ConstantPad1d(padding=(2, 2), value=3.5)"
    assert repr(nn.ZeroPad2d((1, 2, 3, 4))) == "ZeroPad2d((1, 2, 3, 4))"
    assert repr(nn.ReflectionPad1d(2)) == "ReflectionPad1d((2, 2))"


X = nncore.ones(1, 3, 4)
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.ZeroPad2d((1, 2, 3)), ValueError, r"\(1, 2, 3\) has 3 widths; expected 4"),
    (lambda: nn.ZeroPad1d(1.5), TypeError, "padding must be an int"),  # type: ignore[arg-type]
    (lambda: nn.ReflectionPad1d(-1), ValueError, "at least 0"),
    (lambda: nn.ReflectionPad1d(4)(X), ValueError, r"pad: widths \(4, 4\)"),
    (lambda: nn.ReplicationPad2d(1)(X[0]), ValueError, r"shape \(3, 4\); expected 3 or 4 axes"),
    (lambda: nn.ConstantPad1d(-3, 0.0)(X), ValueError, "more than all of axis"),
    (lambda: nn.ConstantPad1d(1, "a"), TypeError, "value must be a number"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
