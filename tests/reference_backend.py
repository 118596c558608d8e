"""Compiles and loads the backend "reference" of tests/reference, which has memory of its own."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from nncore import _core

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["-std=c++20", "-shared", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off"]


def compile_library(source: str, library: Path) -> Path:
    """Compiles C++ code against the headers of this checkout; skips the test without a compiler."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("compiling a backend needs g++ or clang++ on the PATH")
    command = [compiler, *FLAGS, f"-I{ROOT / 'cpp'}", "-x", "c++", "-", "-o", str(library)]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return library


@cache
def load_reference(library: Path) -> str:
    """Loads the backend once per process and returns its name; compiles all files as one, which is faster."""
    files = sorted((ROOT / "tests" / "reference").glob("*.cpp"))
    compile_library("".join(f'#include "{path}"\n' for path in files), library)
    return _core.load_backend(str(library))
