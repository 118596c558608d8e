"""The import statements that run when a module is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def import_statements(text: str) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a module's text outside functions and `if TYPE_CHECKING`."""
    todo: list[ast.AST] = list(ast.parse(text).body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            todo += node.orelse
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ClassDef, ast.ExceptHandler)):
            todo += [
                child
                for child in ast.iter_child_nodes(node)
                if isinstance(child, (ast.stmt, ast.ExceptHandler))
            ]
