"""The public calls: functions and methods of the typed stub, and the Python functions above them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import nncore
import nncore.nn.functional as F

STUB = Path(nncore.__file__).with_name("_core.pyi")
# These change the process (threads), take seconds or are random by design; the driver sets the threads.
LEFT_OUT = {"get_num_threads", "set_num_threads", "show_config", "compile", "save", "load"}
LEFT_OUT |= {"manual_seed", "seed"}
LEFT_OUT |= {"set_default_device", "set_default_dtype", "set_printoptions"}  # settings of the whole process
NOT_MADE = {"Module", "Optimizer", "LRScheduler", "Dataset", "Table", "MNIST", "FashionMNIST", "RNNBase"}
NOT_MADE |= {"CIFAR10", "CIFAR100", "ImageFolder"}
NOT_MADE |= {"Distribution", "Independent"}
ATOMS = {
    "SupportsInt": "int",
    "SupportsIndex": "int",
    "SupportsFloat": "float",
    "_dtype": "dtype",
    "Any": "any",
    "ArrayLike": "any",
    "object": "any",
    "Iterable": "Sequence",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter: the kinds of its annotation, whether it is required, and whether it is keyword-only."""

    name: str
    kinds: tuple[str, ...]  # of: Tensor int float bool str None any dtype Generator, or "Sequence int"
    required: bool
    keyword: bool = False
    star: bool = False
    literals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """`spelling(parameters)`; a method's spelling starts with a dot, and `input` is its object."""

    spelling: str
    parameters: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        return self.spelling.rsplit(".", 1)[-1]


SET = (
    Parameter("name", ("str",), True, literals=("grad", "requires_grad")),
    Parameter("value", ("any", "bool", "None"), True),
)


def kinds_of(node: ast.expr | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the kinds of an annotation, its literal strings)."""
    if node is None:
        return ("any",), ()
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return kinds_of(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.BinOp):
        left, right = kinds_of(node.left), kinds_of(node.right)
        return tuple(dict.fromkeys(left[0] + right[0])), left[1] + right[1]
    if isinstance(node, ast.Subscript):
        outer = ast.unparse(node.value).rsplit(".", 1)[-1]
        if outer == "Literal":
            return ("str",), tuple(str(c.value) for c in ast.walk(node.slice) if isinstance(c, ast.Constant))
        outer = ATOMS.get(outer, outer)
        inner = kinds_of(node.slice)[0][0] if not isinstance(node.slice, ast.Tuple) else "any"
        return (f"{outer} {inner}" if outer == "Sequence" else "any",), ()
    name = ast.unparse(node).rsplit(".", 1)[-1]
    return (ATOMS.get(name, name),), ()


def parameters_of(arguments: ast.arguments) -> Iterator[Parameter]:
    """The parameters of a definition, without self."""
    plain = [*arguments.posonlyargs, *arguments.args]
    first_default = len(plain) - len(arguments.defaults)
    for i, a in enumerate(plain):
        if a.arg != "self":
            kinds, literals = kinds_of(a.annotation)
            yield Parameter(a.arg, kinds, i < first_default, literals=literals)
    if arguments.vararg:
        yield Parameter(arguments.vararg.arg, kinds_of(arguments.vararg.annotation)[0], False, star=True)
    for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        kinds, literals = kinds_of(a.annotation)
        yield Parameter(a.arg, kinds, default is None, keyword=True, literals=literals)


def stub_calls() -> Iterator[Signature]:
    """All public functions of the stub by public name, and all methods of Tensor and Generator."""
    public = {"nncore": set(nncore.__all__), "F": set(F.__all__)}
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            for module, names in public.items():
                if node.name in names - LEFT_OUT and _is_core(module, node.name):
                    yield Signature(f"{module}.{node.name}", tuple(parameters_of(node.args)))
        elif isinstance(node, ast.ClassDef) and node.name in ("Tensor", "Generator"):
            if node.name == "Tensor":
                yield Signature(".__setattr__", (Parameter("input", ("Tensor",), True), *SET))
            me = Parameter("input", (node.name,), True)
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name not in ("__init__", "__dlpack__"):
                    if any(
                        "property" in (d := ast.unparse(mark)) or "setter" in d
                        for mark in method.decorator_list
                    ):
                        continue
                    if not method.name.startswith("_") or method.name.startswith("__"):
                        yield Signature(f".{method.name}", (me, *parameters_of(method.args)))


def _is_core(module: str, name: str) -> bool:
    owner: Any = nncore if module == "nncore" else F
    return not inspect.isfunction(getattr(owner, name))


def python_calls() -> Iterator[Signature]:
    """The Python functions of `nncore`, `nn.functional` and `nn.init`."""
    modules: list[tuple[str, ModuleType]] = [("nncore", nncore), ("F", F), ("nn.init", nncore.nn.init)]
    for spelling, module in modules:
        for name in module.__all__:
            function = getattr(module, name)
            if inspect.isfunction(function) and name not in LEFT_OUT:
                yield Signature(f"{spelling}.{name}", tuple(_inspected(function)))


def constructor_calls() -> Iterator[Signature]:
    """The constructors of layers, losses, optimizers, schedulers, data sets and distributions."""
    modules: list[tuple[str, ModuleType]] = [
        ("nn", nncore.nn),
        ("optim", nncore.optim),
        ("lr_scheduler", nncore.optim.lr_scheduler),
        ("optim.swa_utils", nncore.optim.swa_utils),
        ("data", nncore.data),
        ("distributions", nncore.distributions),
    ]
    for spelling, module in modules:
        for name in module.__all__:
            made = getattr(module, name)
            if inspect.isclass(made) and name not in NOT_MADE:
                yield Signature(f"{spelling}.{name}", tuple(_inspected(made)))


def _inspected(function: Any) -> Iterator[Parameter]:
    for p in inspect.signature(function).parameters.values():
        text = p.annotation if isinstance(p.annotation, str) else "object"
        kinds, literals = kinds_of(ast.parse(text, mode="eval").body)
        yield Parameter(
            p.name,
            kinds,
            p.default is p.empty and p.kind is not p.VAR_POSITIONAL,
            p.kind is p.KEYWORD_ONLY,
            p.kind is p.VAR_POSITIONAL,
            literals,
        )


def all_calls() -> list[Signature]:
    """All public calls, each once, in a fixed order."""
    return [*stub_calls(), *python_calls(), *constructor_calls()]
