"""The table of calls in data/comparison/calls.txt."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "comparison"


def blocks() -> Iterator[tuple[str, list[str]]]:
    """The head of each block, without its colon, and the rows."""
    text = re.sub(r"^#.*\n", "", (DATA / "calls.txt").read_text(encoding="utf-8"), flags=re.M)
    for block in re.split(r"\n(?=\S)", text.strip()):
        head, body = " ".join(block.split()).split(":", 1)
        templates, given, operands = body.strip().partition(" with ")
        rows = templates.split(" ; ")
        yield head, [row.replace("@", x) for row in rows for x in operands.split(" ; ")] if given else rows


def as_method(name: str, arguments: str) -> str | None:
    """The call with the first operand in front: "f(2), 1" gives "(f(2)).name(1)"; None without operand."""
    call = ast.parse(f"{name}({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    if not call.args or isinstance(call.args[0], ast.Constant | ast.List | ast.Tuple):
        return None
    first, *rest = map(ast.unparse, [*call.args, *call.keywords])
    return f"({first}).{name}({', '.join(rest)})"


def exists(library: Any, name: str) -> bool:
    """Whether the library has a name; a theme in parentheses belongs to every library."""
    try:
        attrgetter(name)(library)
    except AttributeError:
        return name.startswith("(")
    return True


def calls(library: Any) -> Iterator[tuple[str, str, str]]:
    """(public name, call, seed) of each row for the names of a library; equal seeds give equal operands."""
    for head, rows in blocks():
        for name in head.removeprefix("= ").split():
            for row in rows:
                if head.startswith("= "):
                    if exists(library, name):
                        call = row.replace("~", name.split(".")[-1])
                        yield name, call, call
                    continue
                if exists(library, name) and not name.endswith("_"):
                    yield name, f"torch.{name}({row})", row
                if exists(library, f"Tensor.{name}") and (method := as_method(name, row)):
                    yield f"Tensor.{name}", method, row
                if exists(library, f"nn.functional.{name}"):
                    yield f"nn.functional.{name}", f"F.{name}({row})", row
