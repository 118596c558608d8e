"""Arguments have PyTorch's names, order and defaults, where it is installed; what differs stands here."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nncore
from nncore import nn
from nncore.nn import functional

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch: Any = pytest.importorskip("torch")

# What PyTorch takes and nncore does not, by any name or by one
NOT_TAKEN = {
    "device": "this build computes on the CPU",
    "out": "values are immutable",
    "_stacklevel": "of a warning that nncore does not give",
}
NOT_TAKEN_BY = {
    ("Hardtanh", name): "deprecated, says min_val or max_val" for name in ("min_value", "max_value")
}
# Defaults that differ
OTHERWISE = {
    **{
        (name, "dim"): "a guess that PyTorch has deprecated"
        for name in ("Softmax", "Softmin", "LogSoftmax", "softmax", "softmin", "log_softmax")
    },
    ("TransformerEncoderLayer", "activation"): "the name of the same function",
}
# Those that take *args there
BY_HAND = {"Module", "Parameter", "ModuleDict", "ModuleList", "Sequential", "Identity"}


def stub_signatures() -> dict[str, inspect.Signature]:
    """Of bound functions, which Python cannot ask; of several the last."""
    text = Path(nncore.__file__).with_name("_core.pyi").read_text(encoding="utf-8")
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            made: dict[str, Any] = {}
            node.returns, node.body, node.decorator_list = None, [ast.Pass()], []
            for a in [*node.args.args, *node.args.kwonlyargs]:
                a.annotation = None
            exec(compile(ast.fix_missing_locations(ast.Module([node], [])), "stub", "exec"), made)
            found[node.name] = inspect.signature(made[node.name])
    return found


STUB = stub_signatures()


def signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        return STUB.get(function.__name__) if function.__module__ == "nncore._core" else None


def compare(name: str, ours: inspect.Signature | None, theirs: inspect.Signature | None) -> None:
    if theirs is None or any(p.kind == p.VAR_POSITIONAL for p in theirs.parameters.values()):
        return
    assert ours is not None
    taken = {
        n: p for n, p in theirs.parameters.items() if n not in NOT_TAKEN and (name, n) not in NOT_TAKEN_BY
    }
    assert taken.keys() <= ours.parameters.keys()
    for n, p in taken.items():
        if (name, n) not in OTHERWISE:
            assert ours.parameters[n].default == p.default, n
    by_place = [n for n, p in ours.parameters.items() if p.kind != p.KEYWORD_ONLY and n in taken]
    assert by_place == [n for n in taken if n in by_place]
    further = {n: p for n, p in ours.parameters.items() if n not in taken}
    assert all(p.kind == p.KEYWORD_ONLY or n == "activation" for n, p in further.items()), further


@pytest.mark.parametrize("name", sorted(set(nn.__all__) - BY_HAND))
def test_modules(name: str) -> None:
    ours: Callable[..., Any] = getattr(nn, name)
    theirs = getattr(torch.nn, name, None)
    if inspect.isclass(ours) and theirs is not None:
        compare(name, signature(ours), signature(theirs))


@pytest.mark.parametrize("name", sorted(functional.__all__))
def test_functions(name: str) -> None:
    theirs = getattr(torch.nn.functional, name, None)
    if theirs is not None:
        compare(name, signature(getattr(functional, name)), signature(theirs))


def test_what_is_left_out_exists() -> None:
    """A difference that is gone leaves the lists."""
    for name, argument in [*NOT_TAKEN_BY, *OTHERWISE]:
        theirs = getattr(torch.nn, name, None) or getattr(torch.nn.functional, name)
        assert argument in inspect.signature(theirs).parameters
