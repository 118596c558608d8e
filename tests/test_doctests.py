"""Runs the examples in all public docstrings, also those of the extension module, and in the README."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import nncore
from nncore import _core

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def modules() -> Iterator[ModuleType]:
    yield nncore
    for found in pkgutil.walk_packages(nncore.__path__, "nncore."):
        is_usable = not found.name.startswith("nncore.sklearn") or find_spec("sklearn")
        if is_usable and not found.name.endswith(("__main__", "._core")):
            yield importlib.import_module(found.name)


def extension_docs() -> Iterator[tuple[str, str]]:
    """(name, docstring) of each function, class and method of nncore._core, which doctest's finder skips."""
    for name, thing in vars(_core).items():
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                yield f"_core.{name}.{member}", inspect.getdoc(value) or ""
        yield f"_core.{name}", inspect.getdoc(thing) or ""


def collect() -> list[doctest.DocTest]:
    finder, parser = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestParser()
    tests = [test for module in modules() for test in finder.find(module) if test.examples]
    for name, text in extension_docs():
        if ">>>" in text:
            tests.append(parser.get_doctest(text, {}, name, "_core", 0))
    return tests


@pytest.mark.parametrize("test", collect(), ids=lambda test: test.name)
def test_docstring_example(test: doctest.DocTest) -> None:
    test.globs.update(nncore=nncore, nn=nncore.nn, np=np)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=report.append)
    assert not report, "".join(report)


def test_readme_example() -> None:
    text = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.S)
    assert examples
    scope: dict[str, object] = {}  # each example continues the one before it
    for example in examples:
        exec(compile(example, "README.md", "exec"), scope)
