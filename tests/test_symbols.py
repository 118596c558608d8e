"""Level objects share no symbols: a merged inline function could run AVX-512 code on an old CPU."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from built_objects import level_objects
from nncore import _core

pytestmark = pytest.mark.skipif(shutil.which("nm") is None, reason="needs binutils' nm")


@pytest.fixture(scope="module")
def objects() -> list[Path]:
    return level_objects()


def symbols(path: Path, *options: str) -> list[tuple[str, str]]:
    """(kind, name) of each symbol that nm lists."""
    done = subprocess.run(["nm", *options, str(path)], check=True, capture_output=True, text=True)
    fields = [line.split() for line in done.stdout.splitlines()]
    return [(field[-2], field[-1]) for field in fields]


def test_every_level_has_objects(objects: list[Path]) -> None:
    assert {path.name.split(".")[0] for path in objects} >= set(_core.isa_levels())


def test_an_object_exports_one_symbol(objects: list[Path]) -> None:
    for path in objects:
        exported = symbols(path, "--extern-only", "--defined-only")
        assert len(exported) == 1, f"{path.name}: {exported}"


def test_a_level_has_no_weak_symbols(objects: list[Path]) -> None:
    for path in objects:
        assert [name for kind, name in symbols(path) if kind in "WwVvu"] == [], path.name


def test_a_level_calls_nothing_of_the_library(objects: list[Path]) -> None:
    for path in objects:
        wanted = {name for _, name in symbols(path, "--undefined-only")}
        assert {name for name in wanted if name.startswith("_Z")} == set(), path.name


def test_the_module_exports_only_its_entry_point() -> None:
    exported = symbols(Path(_core.__file__), "--dynamic", "--extern-only", "--defined-only")
    assert [name for kind, name in exported if kind not in "Aa"] == ["PyInit__core"]
