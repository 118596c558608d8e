"""Every public call with a wrong value in each of its places: what may be raised, and what was."""

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
from nncore._mismatch import OF_OTHERS, PUBLIC
from nncore.nn import functional, init
from nncore.optim import lr_scheduler
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

# Those that set the machine up, are made by others, or go to the network
NOT_CALLED = {
    "set_isa",
    "set_always_split",
    "measure_limits",
    "set_num_threads",
    "manual_seed",
    "Guards",
    "Plan",
    "Recording",
    "Step",
    "HookHandle",
    "Settings",
    "trim_memory",
    "MNIST",
    "FashionMNIST",
}
# What PyTorch raises for these, and nncore documents
DOCUMENTED: dict[str, tuple[type[Exception], ...]] = {
    **dict.fromkeys(
        ("backward", "grad", "gradients", "numpy", "register_hook", "retain_grad"), (RuntimeError,)
    ),
    **dict.fromkeys(
        ("add_module", "register_module", "register_buffer", "pop", "load_state_dict"), (KeyError,)
    ),
    **dict.fromkeys(("get_submodule", "get_parameter", "weight_norm", "spectral_norm"), (AttributeError,)),
    **dict.fromkeys(("Optimizer", "LRScheduler"), (NotImplementedError,)),
}
NEEDS_INITIAL_RATE = (
    "last_epoch"  # of a scheduler: KeyError, as in PyTorch, where the groups have no initial_lr
)


class Hang(BaseException):
    """The call takes seconds."""


def stop(*_: Any) -> None:
    raise Hang


def limit(seconds: int) -> None:
    """Raise Hang after so many seconds, where the system has such a timer; 0 stops it."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)


@dataclass
class Place:
    """One parameter: how a fitting value is made, or no value where the default will do."""

    name: str
    fitting: Callable[[], Any] | None
    kind: str = "place"  # place, keyword, star


@dataclass
class Subject:
    """A call by its name, made anew each time for methods of objects that it may change."""

    name: str
    make: Callable[[], Callable[..., Any]]
    places: list[Place]
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


def places_of_stub(owner: str, node: ast.FunctionDef) -> list[Place]:
    args = node.args
    places = []
    first_default = len(args.args) - len(args.defaults)
    for i, a in enumerate(args.args):
        if a.arg == "self":
            continue
        note = ast.unparse(a.annotation) if a.annotation else ""
        places.append(Place(a.arg, None if i >= first_default else fitting_value(owner, a.arg, note)))
    if args.vararg:
        places.append(
            Place("args", OF_ONE.get(owner.rpartition(".")[2], {}).get("args", lambda: (4, 4)), "star")
        )
    for a, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        note = ast.unparse(a.annotation) if a.annotation else ""
        places.append(Place(a.arg, None if default else fitting_value(owner, a.arg, note), "keyword"))
    return places


def places_of_python(owner: str, function: Callable[..., Any]) -> list[Place] | None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    places = []
    for p in signature.parameters.values():
        if p.kind == p.VAR_KEYWORD:
            continue
        if p.kind == p.VAR_POSITIONAL:
            places.append(Place(p.name, lambda: (), "star"))
            continue
        needed = p.default is p.empty
        places.append(
            Place(
                p.name,
                fitting_value(owner, p.name, str(p.annotation)) if needed else None,
                "keyword" if p.kind == p.KEYWORD_ONLY else "place",
            )
        )
    return places


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
                node.name, attribute(lambda: _core, node.name), places_of_stub(node.name, node), True
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
                    places_of_stub(method.name, method),
                    True,
                )
    yield Subject("Generator", lambda: _core.Generator, [Place("seed", None)], True)


def of_scope(scope: Any, prefix: str) -> Iterator[Subject]:
    """Functions, constructors and the forward of each layer."""
    for name in scope.__all__:
        if name in NOT_CALLED:
            continue
        value = getattr(scope, name)
        if inspect.ismodule(value) or (prefix == "nn." and name in ("functional", "init", "utils")):
            continue
        if isinstance(value, type) or inspect.isfunction(value):
            places = places_of_python(prefix + name, value)
            if places is not None and not (isinstance(value, type) and issubclass(value, Exception)):
                yield Subject(prefix + name, partial(identity, value), places)
        if isinstance(value, type) and not issubclass(value, Exception):
            yield from methods(value, name, prefix)


def methods(value: type, name: str, prefix: str) -> Iterator[Subject]:
    places = places_of_python(prefix + name, value) or []

    def made() -> Any:
        positional, keywords = arguments(places, {})
        return value(*positional, **keywords)

    try:
        made()
    except Exception:
        return
    seen = {"begin", "end"}  # of callbacks: fit calls them
    for cls in value.__mro__[:-1]:
        for method, function in vars(cls).items():
            if method in seen or method.startswith("_") or not inspect.isfunction(function):
                continue
            if cls is nn.Module and value is not nn.Linear:
                continue  # those of all modules are asked once
            seen.add(method)
            found = places_of_python(f"{prefix}{name}.{method}", getattr(value, method))
            if found:
                yield Subject(f"{prefix}{name}.{method}", attribute(made, method), found[1:])


def arguments(places: list[Place], wrong: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    by_name = False
    for place in places:
        if place.name in wrong:
            value = wrong[place.name]
            if place.kind == "star":
                positional.append(value)
                continue
        elif place.fitting is None:
            by_name = True
            continue
        else:
            value = place.fitting()
            if place.kind == "star":
                positional.extend(value)
                continue
        if by_name or place.kind == "keyword":
            keywords[place.name] = value
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
        (data, "data."),
        (train, "train."),
        (autograd, "autograd."),
    ):
        if hasattr(scope, "__all__"):
            yield from of_scope(scope, prefix)


def named(message: str, name: str) -> bool:
    """Whether the message begins with the operation's name."""
    if name in OF_OTHERS or name.startswith("__"):
        return True
    name = PUBLIC.get(name, name)
    return re.match(rf"{re.escape(name)}\b", message) is not None


def faults(subject: Subject, labels: Iterable[str] = WRONG) -> Iterator[str]:
    """One line for each exception of the wrong kind, or of a native function under another name."""
    for place in subject.places:
        for label in labels:
            fault = fault_of(subject, place, label)
            if fault:
                yield fault


def fault_of(subject: Subject, place: Place, label: str) -> str:
    """What is wrong with the exception, if anything: of its kind, of its name, or words of C++."""
    short = subject.name.rpartition(".")[2]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        function = subject.make()
        positional, keywords = arguments(subject.places, {place.name: WRONG[label]()})
        limit(5)
        try:
            function(*positional, **keywords)
        except ALLOWED as error:
            text = str(error)
            where = f"{subject.name}({place.name}={label}): {type(error).__name__}: {text[:150]}"
            if CPP.search(text):
                return "C++   " + where
            if subject.native and not named(text, short):
                return "named " + where
        except (Exception, Hang) as error:
            documented = DOCUMENTED.get(short, ())
            if place.name == NEEDS_INITIAL_RATE:
                documented += (KeyError,)
            if not isinstance(error, documented):
                return (
                    f"kind  {subject.name}({place.name}={label}): {type(error).__name__}: {str(error)[:150]}"
                )
        finally:
            limit(0)
    return ""
