"""Files of earlier versions are readable: `data/version1` has format version 1."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.cli import main
from nncore.data import load_digits
from nncore.train import predict, resume

FOLDER = Path(__file__).parent / "data" / "version1"


def digest(arrays: list[tuple[str, Any]]) -> str:
    total = hashlib.sha256()
    for name, value in arrays:
        total.update(name.encode() + value.numpy().tobytes())
    return total.hexdigest()[:16]


def test_values_of_every_kind() -> None:
    found = nncore.load(FOLDER / "state.nnz")
    for name, tensor in found["tensors"].items():
        assert str(tensor.dtype) == f"nncore.{name}"
        assert tensor.numpy().astype(int).tolist() == [[0, 1, 0], [1, 0, 1]]
    kinds = ("<f4", "<f4", "<i2", "<u2", "<f2")
    assert [array.dtype.str for array in found["arrays"]] == list(kinds)
    for array in found["arrays"]:
        np.testing.assert_array_equal(array, np.arange(12).reshape(3, 4))
    assert found["empty"].shape == (0, 3)
    assert found["scalar"].item() == 2.5
    assert found[7] == (None, True, -3, 2**70, 0.1, float("inf"), "text ä")


def test_training_goes_on() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    adam, generator = optim.Adam(model.parameters(), lr=0.5), nncore.Generator(seed=1)
    assert resume(FOLDER / "run.nnz", model, adam, generator) == 2
    assert digest(list(model.state_dict().items())) == "de9f1a402afed57c"
    state = adam.state_dict()
    moments = [("", state["state"][i][k]) for i in sorted(state["state"]) for k in ("exp_avg", "exp_avg_sq")]
    assert digest(moments) == "b02f3d98cac8cb02"
    assert state["param_groups"][0]["lr"] == 0.01
    assert generator.get_state().tolist() == [9, 40]
    scores = predict(model, nncore.tensor([[1.0, 2.0, 3.0, 4.0], [-1.0, 0.5, 0.0, 2.0]]))
    expected = [[-0.4766891, -0.6332394, 0.36182404], [0.53461987, -0.16421652, 0.4001713]]
    np.testing.assert_allclose(scores.numpy(), expected, rtol=1e-5)


DIGITS = [0, 1, 1, 3, 4, 9, 6, 7, 8, 9, 0, 1]  # the 3rd and the 6th are wrong


@pytest.mark.parametrize(
    ("name", "layers", "parameters", "table", "predictions"),
    [
        ("model", "64-16-10, relu", "5fd6003b57f4b3b6", "", list(map(str, DIGITS))),
        ("table", "2-4-2, relu", "64ebf1bf3910bcbe", "q,p\n3,3\n-3,-3\n", ["up", "down"]),
        (
            "columns",  # has the names width, length, weight
            "3-6-3, tanh",
            "707ae76771b01117",
            "length,weight,width\n9.9,5,1.1\n7.1,5,2.9\n4,5,5.2\n",
            ["oak", "elm", "ash"],
        ),
    ],
)
def test_trained_models(
    name: str,
    layers: str,
    parameters: str,
    table: str,
    predictions: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(FOLDER / f"{name}.nnz")
    assert main(["info", path]) == 0
    text = capsys.readouterr().out
    assert f"{layers} between the layers" in text
    assert f"sha256 {parameters}" in text
    rows = tmp_path / ("new.csv" if table else "new.npz")
    if table:
        rows.write_text(table)
    else:
        np.savez(rows, x=load_digits()[0].numpy()[: len(DIGITS)].reshape(-1, 64))
    assert main(["predict", path, str(rows)]) == 0
    assert capsys.readouterr().out.split() == predictions
