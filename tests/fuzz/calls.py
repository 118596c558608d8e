"""Programs that make one public call and run backward from its result."""

from __future__ import annotations

import random
from functools import cache

from fuzz import operands
from fuzz.program import Program
from fuzz.signatures import Parameter, Signature, all_calls
from fuzz.values import Scope, argument, of_kind, scope, tensor

DRAWS = ("rand", "normal", "uniform", "dropout", "sparse_", "orthogonal_", "trunc_normal_")
AUGMENTED = ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "and", "or", "xor")
WRITES = ("__setitem__", *(f"__i{name}__" for name in AUGMENTED))
NO_VALUES = ("empty", "empty_like", "new_empty", "data_ptr", "__hash__", "__repr__")
BACKWARD = """\
for part in y if isinstance(y, (tuple, list)) else [y]:
    if isinstance(part, nncore.Tensor) and part.requires_grad:
        part.backward(nncore.ones(*part.shape, dtype=part.dtype), retain_graph=True)
g = [t.grad for t in (%s) if isinstance(t, nncore.Tensor) and t.is_leaf]"""


@cache
def _calls() -> list[Signature]:
    return all_calls()


def program(rng: random.Random) -> Program:
    """One call of any public function with valid or nearly valid arguments."""
    return call(rng, rng.choice(_calls()))


def call(rng: random.Random, signature: Signature) -> Program:
    """One call of this function."""
    s = scope(rng)
    given = _fitting(s, signature) if rng.random() < (0.9 if s.tame else 0.5) else None
    plain, named = _arguments(s, signature, given or {})
    lines, names = ["nncore.manual_seed(7)"], []
    for i, expression in enumerate(plain):
        if _is_tensor(expression):
            lines.append(f"x{i} = {expression}")
            names.append(f"x{i}")
            plain[i] = f"x{i}"
    for name, expression in named.items():
        if _is_tensor(expression):
            lines.append(f"x_{name} = {expression}")
            names.append(f"x_{name}")
            named[name] = f"x_{name}"
    words = [*plain, *(f"{name}={value}" for name, value in named.items())]
    written = ", ".join(words)
    if signature.spelling.startswith("."):
        lines.append(f"y = {words[0]}{signature.spelling}({', '.join(words[1:])})")
    else:
        lines.append(f"y = {signature.spelling}({written})")
    if signature.spelling.startswith("nn.") and signature.name[0].isupper():
        lines.append(f"y = y({tensor(s, 'input')}) if isinstance(y, nn.Module) else y")
    if signature.name == "__iter__":
        lines.append("y = list(y)")
    lines += (BACKWARD % "".join(n + ", " for n in names)).splitlines()
    writes = signature.name in (*WRITES, "backward") or any(p.name == "inplace" for p in signature.parameters)
    writes = writes or (signature.name.endswith("_") and not signature.name.startswith("__"))
    inert = () if writes else tuple(names)
    return Program(signature.spelling, tuple(lines), signature.name not in NO_VALUES, inert)


def _is_tensor(expression: str) -> bool:
    return expression.startswith(("nncore.", "(nncore.")) and "(" in expression


def _fitting(s: Scope, signature: Signature) -> dict[str, list[str]] | None:
    """Arguments from the table of operands, or None if no row fits this signature."""
    texts = operands.ROWS.get(signature.name, ())
    known = {p.name for p in signature.parameters}
    texts = tuple(t for t in texts if {part.split(" ")[0] for part in t.split("|")} <= known)
    if not texts:
        return None
    dtype = s.dtype if s.dtype in ("float32", "float64") else "float32"
    return operands.row(s.rng, texts, dtype, s.tame)


def _arguments(
    s: Scope, signature: Signature, given: dict[str, list[str]]
) -> tuple[list[str], dict[str, str]]:
    """The expressions of positional and of keyword arguments."""
    rng, plain, named = s.rng, list[str](), dict[str, str]()
    by_place = True
    has_star = any(p.star for p in signature.parameters)
    for p in signature.parameters:
        is_object = p.name == "input" and signature.spelling.startswith(".")
        if p.name in given and (is_object or rng.random() >= s.wrong):
            values = given[p.name]
        elif is_object:
            values = [of_kind(s, p.kinds[0], p)]
        elif not p.required and (given or (rng.random() < 0.6 and not p.star)):
            by_place = by_place and (p.star or has_star)
            continue
        else:
            values = _starred(s, p) if p.star else [argument(s, p)]
        if p.name != "input" and not has_star and rng.random() < 0.2:
            by_place = False
        if by_place and not p.keyword:
            plain += values
        else:
            named[p.name] = values[0]
    if rng.random() < s.wrong / 5:
        named[rng.choice(("dim", "out", "device", "self", "nonsense"))] = argument(
            s, Parameter("x", ("int",), True)
        )
    return plain, named


def _starred(s: Scope, p: Parameter) -> list[str]:
    """*args: sizes or axes, as one tuple or one by one."""
    if "Tensor" in p.kinds:
        return [argument(s, p) for _ in range(s.rng.randrange(3))]
    sizes = [argument(s, Parameter("size", ("int",), True)) for _ in range(s.rng.randrange(4))]
    return [f"({', '.join(sizes)},)"] if sizes and s.rng.random() < 0.4 else sizes
