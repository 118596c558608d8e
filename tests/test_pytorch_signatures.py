"""Arguments have PyTorch's names, order and defaults, if it is installed; the differences are listed here."""

from __future__ import annotations

import ast
import copy
import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nncore
from nncore import data, nn
from nncore.nn import functional

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch: Any = pytest.importorskip("torch")

# Arguments of PyTorch that nncore lacks, in all functions or in one
NOT_TAKEN = {
    "out": "a result has its own memory",
    "_stacklevel": "of a warning that nncore does not give",
    "layout": "every tensor is dense",
    "memory_format": "every tensor is row by row",
    "names": "axes have numbers",
    "out_dtype": "products have the type of their operands",
    "self": "numbers in the place of input are taken, but not by that name",
}
NOT_TAKEN_BY = {
    **{("Hardtanh", n): "deprecated for min_val and max_val" for n in ("min_value", "max_value")},
    ("gather", "sparse_grad"): "gradients are dense",
    ("scatter", "reduce"): "deprecated; scatter_add adds",
    ("repeat_interleave", "output_size"): "of repeats that differ, which nncore does not take",
    ("from_numpy", "ndarray"): "by place alone",
    ("set_num_threads", "num"): "by place alone",
}
# Defaults that differ
OTHERWISE = {
    **{
        (name, "dim"): "a guess that PyTorch has deprecated"
        for name in ("Softmax", "Softmin", "LogSoftmax", "softmax", "softmin", "log_softmax")
    },
    ("TransformerEncoderLayer", "activation"): "the name of the same function",
}
# Functions that take *args in PyTorch
BY_HAND = {"Module", "Parameter", "ModuleDict", "ModuleList", "Sequential", "Identity"}


def stub_functions(path: Path) -> list[ast.FunctionDef]:
    return [n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.FunctionDef)]


OURS = stub_functions(Path(nncore.__file__).with_name("_core.pyi"))
THEIRS = stub_functions(Path(torch.__file__).parent / "_C" / "_VariableFunctions.pyi")


def argument_names(functions: list[ast.FunctionDef], name: str) -> set[str]:
    """The argument names of all signatures of a function."""
    each = (f.args for f in functions if f.name == name)
    return {a.arg for args in each for a in [*args.posonlyargs, *args.args, *args.kwonlyargs]}


def stub_signatures() -> dict[str, inspect.Signature]:
    """The signatures of bound functions, which Python cannot inspect; of overloads the last."""
    found = {}
    for node in copy.deepcopy(OURS):
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


@pytest.mark.parametrize(
    "name",
    sorted({*nncore.optim.__all__} & {*torch.optim.__all__} - {"Optimizer", "lr_scheduler", "swa_utils"}),
)
def test_optimizers(name: str) -> None:
    compare(name, signature(getattr(nncore.optim, name)), signature(getattr(torch.optim, name)))


@pytest.mark.parametrize("module", ["lr_scheduler", "swa_utils"])
def test_schedules(module: str) -> None:
    ours, theirs = getattr(nncore.optim, module), getattr(torch.optim, module)
    assert sorted(ours.__all__) == sorted(theirs.__all__)
    for name in ours.__all__:
        compare(name, signature(getattr(ours, name)), signature(getattr(theirs, name)))


@pytest.mark.parametrize("name", sorted(functional.__all__))
def test_functions(name: str) -> None:
    theirs = getattr(torch.nn.functional, name, None)
    if theirs is not None:
        compare(name, signature(getattr(functional, name)), signature(theirs))


@pytest.mark.parametrize(
    "name", sorted({*nncore.distributions.__all__} - {"constraints", "kl", "transforms"})
)
def test_distributions(name: str) -> None:
    """The arguments of constructors and methods; only `Gamma.sample` takes a generator in PyTorch."""
    ours, theirs = getattr(nncore.distributions, name), getattr(torch.distributions, name)
    compare(name, signature(ours), signature(theirs))
    for method in ("sample", "rsample", "log_prob", "cdf", "entropy", "expand", "enumerate_support"):
        if inspect.isclass(ours) and issubclass(ours, nncore.distributions.Distribution):
            given = inspect.signature(getattr(theirs, method)).parameters
            shared = [p for n, p in given.items() if n not in ("_instance", "generator")]
            mine = inspect.signature(getattr(ours, method)).parameters.values()
            assert [(p.name, p.default) for p in mine] == [(p.name, p.default) for p in shared], method


@pytest.mark.parametrize("name", sorted({*nncore.random.__all__} & {*torch.random.__all__} - {"manual_seed"}))
def test_random(name: str) -> None:
    ours = inspect.signature(getattr(nncore.random, name)).parameters
    theirs = inspect.signature(getattr(torch.random, name)).parameters
    assert list(ours) == [n for n in theirs if not n.startswith("_")]


@pytest.mark.parametrize(
    "name", sorted({f.name for f in OURS} & {f.name for f in THEIRS} & set(nncore.__all__))
)
def test_tensor_functions(name: str) -> None:
    """All argument names of PyTorch's functions, in any of their signatures."""
    further = {
        n for n in argument_names(THEIRS, name) if n not in NOT_TAKEN and (name, n) not in NOT_TAKEN_BY
    }
    ours = argument_names(OURS, name)
    assert further - ours <= ({"size"} if any(f.args.vararg for f in OURS if f.name == name) else set())


def test_what_is_left_out_exists() -> None:
    """A difference that no longer exists must be removed from the lists."""
    for name, argument in [*NOT_TAKEN_BY, *OTHERWISE]:
        theirs = next(
            (getattr(m, name) for m in (torch.nn, torch.nn.functional, torch.optim) if hasattr(m, name)), None
        )
        known = inspect.signature(theirs).parameters if theirs else argument_names(THEIRS, name)
        assert argument in known


@pytest.mark.parametrize("name", [name for name in data.__all__ if hasattr(torch.utils.data, name)])
def test_data_sets_and_loaders(name: str) -> None:
    if name not in ("Dataset", "IterableDataset", "Sampler"):  # their arguments are those of subclasses
        ours, theirs = (
            list(inspect.signature(getattr(m, name)).parameters) for m in (data, torch.utils.data)
        )
        assert ours == theirs
