"""`inspect.signature` describes every public function, method and class."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

import nncore

MODULES = [
    "nncore", "nncore.array_api", "nncore.autograd", "nncore.cuda", "nncore.data",
    "nncore.data.transforms", "nncore.nn", "nncore.nn.functional", "nncore.nn.init", "nncore.nn.utils",
    "nncore.optim", "nncore.optim.lr_scheduler", "nncore.optim.swa_utils", "nncore.train",
]  # fmt: skip


def public() -> Iterator[tuple[str, Any]]:
    for name in MODULES:
        module = importlib.import_module(name)
        yield from ((f"{name}.{member}", getattr(module, member)) for member in module.__all__)
    for kind in (nncore.Tensor, nncore.Generator, nncore.device):
        for member in vars(kind):
            if not member.startswith("_"):
                yield f"nncore.{kind.__name__}.{member}", getattr(kind, member)


def takes_arguments(value: Any) -> bool:
    is_exception = inspect.isclass(value) and issubclass(value, BaseException)  # Python's have no signature
    return callable(value) and not is_exception and value is not nncore.dtype


CALLABLE = {name: value for name, value in public() if takes_arguments(value)}


@pytest.mark.parametrize("name", CALLABLE)
def test_every_public_name_has_a_signature(name: str) -> None:
    assert inspect.signature(CALLABLE[name]) is not None


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (nncore.exp, "(input)"),
        (nncore.Tensor.exp, "(self)"),
        (nncore.ones(1).exp, "()"),
        (nncore.sum, "(input, dim=None, keepdim=False, *, dtype=None)"),
        (nncore.Tensor.sum, "(self, dim=None, keepdim=False, *, dtype=None)"),
        (nncore.zeros, "(*args, size=None, dtype=None, device=None, requires_grad=False, pin_memory=False)"),
        (nncore.nn.functional.glu, "(input, dim=-1)"),
        (
            nncore.nn.functional.nll_loss,
            "(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, "
            "reduction='mean')",
        ),
        (nncore.round, "(input, *, decimals=Ellipsis)"),
        (nncore.get_num_threads, "()"),
        (nncore.device, "(type, index=None)"),
        (nncore.Generator, "(seed=67280421310721)"),
        (nncore.Tensor, "(*args)"),
    ],
)
def test_signatures(function: Any, text: str) -> None:
    assert str(inspect.signature(function)) == text


def test_documentation_does_not_repeat_the_signature() -> None:
    assert (nncore.exp.__doc__ or "").startswith("exp(input: nncore._core.Tensor) -> nncore._core.Tensor\n")
