"""Programs in the style of public PyTorch programs give PyTorch's losses with only their imports changed."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

RECORDED = json.loads((Path(__file__).parent / "data" / "programs.json").read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_a_program_gives_the_recorded_losses(name: str) -> None:
    """tools/record_programs.py recorded them with PyTorch."""
    losses = importlib.import_module(f"programs.{name}").run()
    np.testing.assert_allclose(losses, RECORDED[name], rtol=1e-4, atol=1e-4)
