"""The scripts in bench/ run and write records that can be tabulated."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"
CASES = {
    "ops": "exp 1,000",
    "layers": "mse_loss (128",
    "sequences": "GRU",
    "products": "32x64x8 NN",
    "pooling": "max_pool2d (128",
    "convolutions": "Nielsen 2",
    "vision_steps": "Nielsen",
    "estimators": "California-like adam float32",
}


def run(script: str, *arguments: str) -> str:
    command = [sys.executable, str(BENCH / f"{script}.py"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.mark.slow
@pytest.mark.parametrize("script", CASES)
def test_records_and_table(script: str, tmp_path: Path) -> None:
    if script in ("layers", "pooling", "convolutions", "vision_steps") and not find_spec("torch"):
        pytest.skip(f"{script}.py compares with PyTorch")
    if script == "estimators":
        pytest.importorskip("sklearn")
    path = tmp_path / "records-avx2-float32-1.jsonl"
    run(script, "--only", CASES[script], "--seconds", "0.01", "--json", str(path))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(row["of_limit"] > 0 and row["threads"] == 1 for row in rows)
    if script != "products":
        table = run("make_table", str(path)).splitlines()
        assert len(table) == len({row["case"] for row in rows}) + 3
        assert all(line.count("|") == table[0].count("|") for line in table)
