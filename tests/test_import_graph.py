"""The modules of nncore import each other without a cycle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

from import_statements import import_statements

PYTHON = Path(__file__).resolve().parents[1] / "python"
EXTENSION = "nncore._core"


def read_package() -> dict[str, str]:
    """Maps the path of each module, such as nncore/nn/__init__.py, to its text."""
    paths = (PYTHON / "nncore").rglob("*.py")
    return {path.relative_to(PYTHON).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def name_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def parents(module: str) -> set[str]:
    parts = module.split(".")
    return {".".join(parts[:i]) for i in range(1, len(parts))}


def targets(node: ast.Import | ast.ImportFrom, package: str, known: set[str]) -> Iterator[str]:
    """The modules that a statement in `package` names; `from a import b` names a.b if that is a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = resolve_name("." * node.level + (node.module or ""), package)
    for alias in node.names:
        inner = f"{base}.{alias.name}"
        yield inner if inner in known else base


def import_graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """Maps each module to the modules that run before it ends.

    A statement also imports the packages around its target. Those around the importing module have begun
    already, so they do not count unless the statement names them.
    """
    known = {EXTENSION, *map(name_of, sources)}
    graph: dict[str, set[str]] = {}
    for path, text in sources.items():
        module = name_of(path)
        package = module if path.endswith("/__init__.py") else module.rpartition(".")[0]
        needed: set[str] = set()
        for node in import_statements(text):
            for target in targets(node, package, known):
                needed |= {target} | parents(target) - parents(module) - {module}
        graph[module] = needed & known
    return graph


def test_modules_import_each_other_without_a_cycle() -> None:
    graph = import_graph(read_package())
    assert EXTENSION in graph["nncore"]
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ("from nncore.a import f", True),
        ("from nncore import a", True),
        ("from ..a import f", True),
        ("from .. import a", True),
        ("import nncore.a", True),
        ("import nncore", True),
        ("from nncore import tensor", True),
        ("try:\n    from ..a import f\nexcept ImportError:\n    pass", True),
        ("from nncore._core import tensor", False),
        ("from nncore import _core", False),
        ("def f():\n    from ..a import f", False),
        ("if TYPE_CHECKING:\n    from ..a import f", False),
    ],
)
def test_a_cycle_is_found(text: str, cycle: bool) -> None:
    sources = {
        "nncore/__init__.py": "from nncore.a import *",
        "nncore/a.py": "from nncore.b.c import f",
        "nncore/b/__init__.py": "",
        "nncore/b/c.py": text,
    }
    sorter = TopologicalSorter(import_graph(sources))
    if cycle:
        with pytest.raises(CycleError):
            sorter.prepare()
    else:
        sorter.prepare()
