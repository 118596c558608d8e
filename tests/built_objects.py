"""The objects of a finished build, for tests of what the compiler made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def level_objects(family: str = "*") -> list[Path]:
    """One object per level, family and build, from $NNCORE_BUILD_DIR or build*/ of the working tree."""
    given = os.environ.get("NNCORE_BUILD_DIR")
    folders = [Path(given)] if given else sorted(ROOT.glob("build*"))
    paths = [path for folder in folders for path in folder.rglob(f"nncore_isa_*_{family}.dir/**/*.o")]
    if not paths:
        pytest.skip("needs a finished build: NNCORE_BUILD_DIR or build*/ in the working tree")
    return paths
