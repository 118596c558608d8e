"""The files that tools/make_from_list.py writes from the list of elementwise ops are current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_generated_files_are_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "make_from_list.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
