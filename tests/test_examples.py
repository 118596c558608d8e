"""The examples with images: a quick run of each lowers the loss, and missing data give one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
FOLDERS = {
    "lecun_1989": "mnist",
    "lenet5": "mnist",
    "nielsen_chapter6": "mnist",
    "fashion_mnist": "fashion-mnist",
    "relu_against_tanh": "fashion-mnist",
}


def run(name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **variables},
    )


@pytest.mark.parametrize("name", FOLDERS)
def test_a_quick_run_lowers_the_loss(name: str, data_folder: Path) -> None:
    if not (data_folder / FOLDERS[name]).is_dir():
        pytest.skip(f"no {FOLDERS[name]} folder in {data_folder}")
    done = run(name, "--data", str(data_folder), "--quick")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    losses = [float(loss) for loss in re.findall(r"epoch +[123]: loss ([\d.]+), ", done.stdout)]
    runs = [losses[i : i + 3] for i in range(0, len(losses), 3)]
    assert [len(run) for run in runs] == [3] * (2 if name == "relu_against_tanh" else 1)
    for three in runs:
        assert three == sorted(three, reverse=True)
        assert three[2] < 0.8 * three[0]


@pytest.mark.parametrize("name", FOLDERS)
def test_missing_images_are_one_line(name: str, tmp_path: Path) -> None:
    done = run(name, "--data", str(tmp_path), NNCORE_CACHE=str(tmp_path), NNCORE_DATA="")
    assert done.returncode == 1
    assert "pass download=True, give the folder that contains it, or set NNCORE_DATA" in done.stderr
    assert done.stderr.count("\n") == 1
