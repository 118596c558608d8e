"""docs/ops.md equals the output of tools/make_ops_table.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_table_of_ops_is_current() -> None:
    spec = importlib.util.spec_from_file_location("make_ops_table", ROOT / "tools" / "make_ops_table.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = (ROOT / "docs" / "ops.md").read_text(encoding="utf-8")
    assert written == tool.table(), "run: python tools/make_ops_table.py"
