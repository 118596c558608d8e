"""Level objects share no symbols: a merged inline function could run AVX-512 code on an old CPU."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nncore import _core

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(shutil.which("nm") is None, reason="needs binutils' nm")


@pytest.fixture(scope="module")
def level_objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The objects, one per level and family, from $NNCORE_BUILD_DIR or built here with CMake."""
    folder = Path(os.environ.get("NNCORE_BUILD_DIR", ""))
    if not os.environ.get("NNCORE_BUILD_DIR"):
        if shutil.which("cmake") is None:
            pytest.skip("needs cmake, or NNCORE_BUILD_DIR with a finished build")
        folder = tmp_path_factory.mktemp("build")
        options = ["-DCMAKE_BUILD_TYPE=Release", "-DNNCORE_PYTHON=OFF"]
        subprocess.run(
            ["cmake", "-S", str(ROOT), "-B", str(folder), *options], check=True, capture_output=True
        )
        build = ["cmake", "--build", str(folder), "--target", "nncore_levels", "--parallel", "2"]
        subprocess.run(build, check=True, capture_output=True)
    return sorted(folder.rglob("nncore_isa_*.dir/**/*.o"))


def symbols(path: Path, *options: str) -> list[tuple[str, str]]:
    """(kind, name) of each symbol that nm lists."""
    done = subprocess.run(["nm", *options, str(path)], check=True, capture_output=True, text=True)
    fields = [line.split() for line in done.stdout.splitlines()]
    return [(field[-2], field[-1]) for field in fields]


def test_every_level_has_objects(level_objects: list[Path]) -> None:
    assert {path.name.split(".")[0] for path in level_objects} >= set(_core.isa_levels())


def test_an_object_exports_one_symbol(level_objects: list[Path]) -> None:
    for path in level_objects:
        exported = symbols(path, "--extern-only", "--defined-only")
        assert len(exported) == 1, f"{path.name}: {exported}"


def test_a_level_has_no_weak_symbols(level_objects: list[Path]) -> None:
    for path in level_objects:
        assert [name for kind, name in symbols(path) if kind in "WwVvu"] == [], path.name


def test_a_level_calls_nothing_of_the_library(level_objects: list[Path]) -> None:
    for path in level_objects:
        wanted = {name for _, name in symbols(path, "--undefined-only")}
        assert {name for name in wanted if name.startswith("_Z")} == set(), path.name


def test_the_module_exports_only_its_entry_point() -> None:
    exported = symbols(Path(_core.__file__), "--dynamic", "--extern-only", "--defined-only")
    assert [name for kind, name in exported if kind not in "Aa"] == ["PyInit__core"]
