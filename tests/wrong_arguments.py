"""Each public call with a wrong value for each parameter: the allowed and the raised exceptions."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nncore
from nncore import _core, autograd, data, nn, optim, train
from nncore.errors.mismatch import OF_OTHERS, PUBLIC
from nncore.nn import functional, init
from nncore.optim import lr_scheduler, swa_utils
from nncore.train.callbacks.base import HOOKS
from wrong_values import BY_ANNOTATION, FITTING, OF_ONE, WRONG, matrix

ALLOWED = (
    TypeError,
    ValueError,
    IndexError,
    MemoryError,
    OSError,
    nncore.CheckpointError,
    nncore.DivergenceError,
    nncore.CaptureError,
)
CPP = re.compile(
    r"pybind11|nncore::|std::|C\+\+|Unable to cast|incompatible (function|constructor)|bad_alloc"
)

# Calls that configure the process, need objects that other calls make, or use the network
NOT_CALLED = {
    "set_isa",
    "set_always_split",
    "measure_limits",
    "set_num_threads",
    "set_default_device",
    "set_default_dtype",
    "set_printoptions",
    "manual_seed",
    "Capture",
    "Plan",
    "Step",
    "HookHandle",
    "Settings",
    "trim_memory",
    "MNIST",
    "FashionMNIST",
    "CIFAR10",
    "CIFAR100",
}
# Documented exceptions, as in PyTorch
DOCUMENTED: dict[str, tuple[type[Exception], ...]] = {
    **dict.fromkeys(
        ("backward", "grad", "gradients", "numpy", "register_hook", "retain_grad"), (RuntimeError,)
    ),
    **dict.fromkeys(
        ("add_module", "register_module", "register_buffer", "pop", "load_state_dict"), (KeyError,)
    ),
    **dict.fromkeys(
        ("get_submodule", "set_submodule", "get_parameter", "get_buffer", "weight_norm", "spectral_norm"),
        (AttributeError,),
    ),
    **dict.fromkeys(("Optimizer", "LRScheduler"), (NotImplementedError,)),
    "set_extra_state": (RuntimeError,),
    "from_dlpack": (BufferError,),
}
NEEDS_INITIAL_RATE = "last_epoch"  # of a scheduler: KeyError, as in PyTorch, if the groups have no initial_lr


class Hang(BaseException):
    """The call takes too many seconds."""


def stop(*_: Any) -> None:
    raise Hang


def limit(seconds: int) -> None:
    """Raise Hang after this many seconds, if the system has a timer; 0 stops it."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)


@dataclass
class Parameter:
    """One parameter: a function that makes a valid value, or None for the default."""

    name: str
    fitting: Callable[[], Any] | None
    kind: str = "positional"  # positional, keyword, star


@dataclass
class Subject:
    """A call by its name; `make` makes a new object for methods that may change it."""

    name: str
    make: Callable[[], Callable[..., Any]]
    parameters: list[Parameter]
    native: bool = False


def fitting_value(owner: str, name: str, annotation: str) -> Callable[[], Any]:
    short = owner.rpartition(".")[2]
    if name in OF_ONE.get(short, {}):
        return OF_ONE[short][name]
    if "Tensor" in annotation and name not in FITTING:
        return matrix
    if name in FITTING:
        return FITTING[name]
    for kind, value in BY_ANNOTATION:
        if re.search(rf"\b{kind}\b", annotation):
            return value
    return matrix


def parameters_of_stub(owner: str, node: ast.FunctionDef) -> list[Parameter]:
    args = node.args
    parameters = []
    first_default = len(args.args) - len(args.defaults)
    for i, a in enumerate(args.args):
        if a.arg == "self":
            continue
        note = ast.unparse(a.annotation) if a.annotation else ""
        parameters.append(Parameter(a.arg, None if i >= first_default else fitting_value(owner, a.arg, note)))
    if args.vararg:
        parameters.append(
            Parameter("args", OF_ONE.get(owner.rpartition(".")[2], {}).get("args", lambda: (4, 4)), "star")
        )
    for a, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        note = ast.unparse(a.annotation) if a.annotation else ""
        parameters.append(Parameter(a.arg, None if default else fitting_value(owner, a.arg, note), "keyword"))
    return parameters


def parameters_of_python(owner: str, function: Callable[..., Any]) -> list[Parameter] | None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    parameters = []
    for p in signature.parameters.values():
        if p.kind == p.VAR_KEYWORD:
            continue
        if p.kind == p.VAR_POSITIONAL:
            parameters.append(Parameter(p.name, lambda: (), "star"))
            continue
        needed = p.default is p.empty
        parameters.append(
            Parameter(
                p.name,
                fitting_value(owner, p.name, str(p.annotation)) if needed else None,
                "keyword" if p.kind == p.KEYWORD_ONLY else "positional",
            )
        )
    return parameters


def identity(value: Any) -> Any:
    return value


def attribute(make: Callable[[], Any], name: str) -> Callable[[], Any]:
    return lambda: getattr(make(), name)


def natives() -> Iterator[Subject]:
    tree = ast.parse(Path(_core.__file__).with_name("_core.pyi").read_text(encoding="utf-8"))
    for node in tree.body:
        if (
            isinstance(node, ast.FunctionDef)
            and node.name not in NOT_CALLED
            and not node.name.startswith("_")
        ):
            yield Subject(
                node.name, attribute(lambda: _core, node.name), parameters_of_stub(node.name, node), True
            )
        if isinstance(node, ast.ClassDef) and node.name in ("Tensor", "Generator"):
            make = matrix if node.name == "Tensor" else _core.Generator
            for method in node.body:
                if not isinstance(method, ast.FunctionDef):
                    continue
                if any("overload" not in ast.unparse(d) for d in method.decorator_list):
                    continue  # properties
                if method.name.startswith("_") and method.name not in ("__getitem__", "__add__", "__eq__"):
                    continue
                yield Subject(
                    f"{node.name}.{method.name}",
                    attribute(make, method.name),
                    parameters_of_stub(method.name, method),
                    True,
                )
    yield Subject("Generator", lambda: _core.Generator, [Parameter("seed", None)], True)


def of_scope(scope: Any, prefix: str) -> Iterator[Subject]:
    """The functions, the constructors and the forward of each layer."""
    for name in scope.__all__:
        if name in NOT_CALLED:
            continue
        value = getattr(scope, name)
        if inspect.ismodule(value) or (prefix == "nn." and name in ("functional", "init", "utils")):
            continue
        if isinstance(value, type) or inspect.isfunction(value):
            parameters = parameters_of_python(prefix + name, value)
            if parameters is not None and not (isinstance(value, type) and issubclass(value, Exception)):
                yield Subject(prefix + name, partial(identity, value), parameters)
        if isinstance(value, type) and not issubclass(value, Exception):
            yield from methods(value, name, prefix)


def methods(value: type, name: str, prefix: str) -> Iterator[Subject]:
    parameters = parameters_of_python(prefix + name, value) or []

    def made() -> Any:
        positional, keywords = arguments(parameters, {})
        return value(*positional, **keywords)

    try:
        made()
    except Exception:
        return
    seen = set(HOOKS)  # of callbacks; fit calls them
    for cls in value.__mro__[:-1]:
        for method, function in vars(cls).items():
            if method in seen or method.startswith("_") or not inspect.isfunction(function):
                continue
            if cls is nn.Module and value is not nn.Linear:
                continue  # tested once for all modules
            seen.add(method)
            found = parameters_of_python(f"{prefix}{name}.{method}", getattr(value, method))
            if found:
                yield Subject(f"{prefix}{name}.{method}", attribute(made, method), found[1:])


def arguments(parameters: list[Parameter], wrong: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    by_name = False
    for parameter in parameters:
        if parameter.name in wrong:
            value = wrong[parameter.name]
            if parameter.kind == "star":
                positional.append(value)
                continue
        elif parameter.fitting is None:
            by_name = True
            continue
        else:
            value = parameter.fitting()
            if parameter.kind == "star":
                positional.extend(value)
                continue
        if by_name or parameter.kind == "keyword":
            keywords[parameter.name] = value
        else:
            positional.append(value)
    return positional, keywords


def subjects() -> Iterator[Subject]:
    yield from natives()
    for scope, prefix in (
        (nncore, "nncore."),
        (functional, "functional."),
        (init, "init."),
        (nn.utils, "nn.utils."),
        (nn.utils.parametrizations, "parametrizations."),
        (nn, "nn."),
        (optim, "optim."),
        (lr_scheduler, "lr_scheduler."),
        (swa_utils, "swa_utils."),
        (data, "data."),
        (data.transforms, "transforms."),
        (train, "train."),
        (autograd, "autograd."),
    ):
        if hasattr(scope, "__all__"):
            yield from of_scope(scope, prefix)


def named(message: str, name: str) -> bool:
    """Whether the message begins with the name of the operation; that of a write may lack its underscore."""
    if name in OF_OTHERS or name.startswith("__"):
        return True
    name = PUBLIC.get(name, name)
    return re.match(rf"{re.escape(name.removesuffix('_'))}_?\b", message) is not None


def faults(subject: Subject, labels: Iterable[str] = WRONG) -> Iterator[str]:
    """One line per exception of the wrong type, or of a native function with another name."""
    for parameter in subject.parameters:
        for label in labels:
            fault = fault_of(subject, parameter, label)
            if fault:
                yield fault


def fault_of(subject: Subject, parameter: Parameter, label: str) -> str:
    """The fault of the exception, or "": a wrong type, a wrong name, or C++ types in the text."""
    short = subject.name.rpartition(".")[2]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        function = subject.make()
        positional, keywords = arguments(subject.parameters, {parameter.name: WRONG[label]()})
        limit(5)
        try:
            function(*positional, **keywords)
        except ALLOWED as error:
            text = str(error)
            where = f"{subject.name}({parameter.name}={label}): {type(error).__name__}: {text[:150]}"
            if CPP.search(text):
                return "C++   " + where
            if subject.native and not named(text, short):
                return "named " + where
        except (Exception, Hang) as error:
            documented = DOCUMENTED.get(short, ())
            if parameter.name == NEEDS_INITIAL_RATE:
                documented += (KeyError,)
            no_device = isinstance(error, RuntimeError) and "is not available" in str(error)
            if not isinstance(error, documented) and not no_device:
                where = f"{subject.name}({parameter.name}={label})"
                return f"kind  {where}: {type(error).__name__}: {str(error)[:150]}"
        finally:
            limit(0)
    return ""
