"""python/nncore/_core.pyi matches the built module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the stub is written and compared with Python 3.11"
)
def test_stub_is_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "make_stub.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
