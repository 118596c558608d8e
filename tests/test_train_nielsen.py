"""The example of Nielsen's first chapter: a short and a full run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "examples" / "nielsen_chapter1.py"


def run(folder: Path, *arguments: str) -> str:
    if not (folder / "mnist").is_dir():
        pytest.skip(f"no mnist folder in {folder}")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), *arguments], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_epoch_learns(data_folder: Path) -> None:
    text = run(data_folder, "--epochs", "1")
    found = re.search(r"epoch  1: test ([\d.]+)%", text)
    assert found
    assert float(found[1]) > 50, "the first epochs vary from 65 to 91"
    assert re.search(r"nncore [\d.]+ us, NumPy by hand [\d.]+ us", text)


@pytest.mark.slow
def test_thirty_epochs_reach_the_book(data_folder: Path) -> None:
    text = run(data_folder, "--seeds", "3")
    finals = [float(value) for value in re.findall(r"test ([\d.]+)% at the end", text)]
    assert len(finals) == 3
    assert min(finals) >= 94.5
    assert max(finals) >= 95.0


def test_missing_data_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"NNCORE_CACHE": str(tmp_path), "PATH": ""},
    )
    assert done.returncode == 1
    assert "NNCORE_DATA" in done.stderr
    assert done.stderr.count("\n") == 1
