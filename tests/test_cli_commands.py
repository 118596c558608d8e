"""The command `nncore`: its output, its files and its errors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.cli import main
from nncore.cli.model import open_model
from nncore.data import load_digits


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nncore", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(a folder with the default model, the output of the command)."""
    folder = tmp_path_factory.mktemp("cli")
    done = run("train", "--no-progress", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


def test_training_without_arguments_reaches_97_percent(trained: tuple[Path, str]) -> None:
    folder, text = trained
    found = re.search(r"test loss ([\d.e-]+), accuracy ([\d.]+)% \((\d+) of 359\)", text)
    assert found, text
    assert float(found[2]) >= 97
    assert "digits: 1438 rows to train on, 359 to test on, 64 features, 10 classes" in text
    assert "saved to nncore-digits.nnz" in text
    assert (folder / "nncore-digits.nnz").is_file()
    table = text[text.index("true") :].splitlines()[1:11]
    counts = np.array([[0 if cell == "." else int(cell) for cell in line.split()[1:]] for line in table])
    assert counts.shape == (10, 10)
    assert (counts.sum(), counts.trace()) == (359, int(found[3]))


def without_times(text: str) -> str:
    return re.sub(r"trained in .*", "", text)


@pytest.mark.slow
@pytest.mark.parametrize("level", nncore._core.isa_levels())
def test_every_run_and_level_has_the_same_bits(
    trained: tuple[Path, str], tmp_path: Path, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNCORE_ISA", level)
    done = run("train", "--no-progress", "--threads", "1", folder=tmp_path)
    assert without_times(done.stdout) == without_times(trained[1])
    assert (tmp_path / "nncore-digits.nnz").read_bytes() == (trained[0] / "nncore-digits.nnz").read_bytes()


def test_another_seed_gives_other_parameters(trained: tuple[Path, str], tmp_path: Path) -> None:
    def digest(text: str) -> str:
        found = re.search(r"parameters sha256 (\w{16})", text)
        assert found
        return found[1]

    done = run("train", "digits", "--seed", "1", "--epochs", "1", "--no-progress", folder=tmp_path)
    assert digest(done.stdout) != digest(trained[1])


def test_predict_csv_npz_and_idx(
    trained: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    images, labels = (tensor.numpy() for tensor in load_digits())
    rows = images.reshape(-1, 64)
    model = str(trained[0] / "nncore-digits.nnz")
    np.savetxt(tmp_path / "plain.csv", rows, "%d", delimiter=",")
    np.savetxt(tmp_path / "labeled.csv", np.column_stack([rows, labels]), "%d", delimiter=",")
    np.savez(tmp_path / "plain.npz", x=images)
    np.savez(tmp_path / "labeled.npz", x=rows, y=labels)
    header = bytes([0, 0, 8, 3]) + np.array(images.shape, ">u4").tobytes()
    (tmp_path / "images.idx").write_bytes(header + images.tobytes())
    outputs = []
    for name in ("plain.csv", "labeled.csv", "plain.npz", "labeled.npz", "images.idx"):
        assert main(["predict", model, name]) == 0
        shown = capsys.readouterr()
        assert ("as labeled" in shown.err) == name.startswith("labeled")
        outputs.append(shown.out)
    assert len(set(outputs)) == 1
    found = np.array(outputs[0].split(), int)
    assert np.mean(found == labels) > 0.98
    done = run("predict", model, "plain.csv", "--probabilities", folder=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[0] == "class,0,1,2,3,4,5,6,7,8,9"
    first = lines[1].split(",")
    assert sum(map(float, first[1:])) == pytest.approx(1, abs=1e-5)
    assert int(first[0]) == int(np.argmax([float(p) for p in first[1:]]))


def test_train_on_a_table_with_words_for_classes(tmp_path: Path, rng: np.random.Generator) -> None:
    x = rng.standard_normal((200, 3)) * [1, 1000, 1e-3] + [5, -300, 0]
    kinds = np.where((x[:, 0] - 5) + (x[:, 1] + 300) / 1000 > 0, "above", "below")
    lines = [f"{a},{b},{c},{kind}" for (a, b, c), kind in zip(x.tolist(), kinds, strict=True)]
    (tmp_path / "points.csv").write_text("\n".join(["p,q,r,kind", *lines]))
    done = run("train", "points.csv", "--layers", "8", "--lr", ".01", "--no-progress", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    accuracy = re.search(r"test loss .* accuracy ([\d.]+)%", done.stdout)
    assert accuracy
    assert float(accuracy[1]) > 90
    (tmp_path / "new.csv").write_text("p,q,r\n7,1000,0\n2,-2000,0\n")
    assert run("predict", "nncore-points.nnz", "new.csv", folder=tmp_path).stdout == "above\nbelow\n"


def test_columns_are_found_by_their_names(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    rng: np.random.Generator,
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{p:.3f},{q:.3f},{'up' if p > q else 'down'}" for p, q in rng.normal(size=(200, 2)).tolist()]
    Path("points.csv").write_text("\n".join(["p,q,kind", *rows]))
    assert main(["train", "points.csv", "--layers", "8", "--lr", ".01", "--no-progress"]) == 0
    assert main(["info", "nncore-points.nnz"]) == 0
    assert "columns: p, q" in capsys.readouterr().out
    for text in ("p,q\n9,-9\n-9,9\n", "q,p\n-9,9\n9,-9\n", "9,-9\n-9,9\n", "q,p,kind\n-9,9,up\n9,-9,up\n"):
        Path("new.csv").write_text(text)
        assert main(["predict", "nncore-points.nnz", "new.csv"]) == 0
        shown = capsys.readouterr()
        assert shown.out == "up\ndown\n", text
        assert shown.err == ("1 of 2 as labeled (50.00%)\n" if "kind" in text else "")


def test_names_that_are_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model stores the names of its columns, so that 0,1 is a header and 1,0 is another order."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("0,1,2\n" + "-1,7,5\n1,7,6\n" * 30)
    assert main(["train", "a.csv", "--lr", ".01", "--no-progress"]) == 0
    capsys.readouterr()
    for options, text, shown in (
        ([], "0,1\n1,7\n-1,7\n", "6\n5\n"),
        ([], "1,0\n7,1\n7,-1\n", "6\n5\n"),
        (["--no-header"], "1,7\n-1,7\n", "6\n5\n"),
        (["--header"], "1,7\n-1,7\n", None),
    ):
        Path("new.csv").write_text(text)
        status = main(["predict", "nncore-a.nnz", "new.csv", *options])
        out, error = capsys.readouterr()
        assert (status, out) == ((0, shown) if shown else (1, ""))
        assert shown or "the columns are 1, 7, but the model was trained on 0, 1" in error


@pytest.mark.parametrize("as_json", [True, False])
def test_ctrl_c_prints_and_saves_what_was_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    from nncore.cli import train

    real, reached = nncore.train.fit, []

    def interrupted(*args: Any, callbacks: Any, **others: Any) -> Any:
        def press(state: Any) -> None:
            if state.epoch == 2:
                reached.append({name: value.tolist() for name, value in state.model.state_dict().items()})
                raise KeyboardInterrupt

        return real(*args, callbacks=[*callbacks, press], **others)

    monkeypatch.setattr(train, "fit", interrupted)
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--no-progress", "--layers", "8", *["--json"] * as_json]) == 130
    out, error = capsys.readouterr()
    assert error == "nncore: interrupted\n"
    if as_json:
        result = json.loads(out)
        assert (result["epochs"], result["interrupted"], result["model"]) == (2, True, "nncore-digits.nnz")
    else:
        for text in ("interrupted after 2 of 40 epochs\n", "test loss ", "saved to nncore-digits.nnz\n"):
            assert text in out
    model, trained = open_model("nncore-digits.nnz")
    assert trained["epochs"] == 2
    assert {name: value.tolist() for name, value in model.net.state_dict().items()} == reached[0]


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "gelu", "silu"])
def test_every_choice_trains(
    tmp_path: Path, optimizer: str, activation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "m.nnz")
    choices = ["--optimizer", optimizer, "--activation", activation, "--layers", "16", "--epochs", "1"]
    assert main(["train", *choices, "--output", output, "--no-progress"]) == 0
    assert main(["info", output]) == 0
    assert f"64-16-10, {activation} between the layers" in capsys.readouterr().out


def test_no_hidden_layer_and_no_epochs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "m.nnz")
    assert main(["train", "--layers", "", "--epochs", "0", "--output", path, "--no-progress"]) == 0
    assert "64-10 relu, 650 parameters" in capsys.readouterr().out


def test_progress_is_for_terminals(tmp_path: Path) -> None:
    done = run("train", "--epochs", "2", folder=tmp_path)
    assert "epoch 2/2" not in done.stderr + done.stdout


def test_info(capsys: pytest.CaptureFixture[str], trained: tuple[Path, str]) -> None:
    assert main(["info"]) == 0
    text = capsys.readouterr().out
    assert f"nncore {nncore.__version__}" in text
    assert nncore.show_config() in text
    assert main(["info", str(trained[0] / "nncore-digits.nnz")]) == 0
    text = capsys.readouterr().out
    for part in ("64-256-10, relu", "0.weight (256, 64) nncore.float32", "19,210", "data digits", "seed 0"):
        assert part in text


def test_the_script_is_installed() -> None:
    script = shutil.which("nncore", path=str(Path(sys.executable).parent))
    assert script
    assert subprocess.run([script, "info"], capture_output=True, timeout=60).returncode == 0


def test_a_reader_that_leaves(trained: tuple[Path, str], tmp_path: Path) -> None:
    rows = np.tile(load_digits()[0].numpy().reshape(-1, 64), (20, 1))
    np.savez(tmp_path / "many.npz", x=rows)
    model = trained[0] / "nncore-digits.nnz"
    command = f"{sys.executable} -m nncore predict {model} many.npz | head -n 1"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_mnist_from_a_folder(data_folder: Path, tmp_path: Path) -> None:
    if not (data_folder / "mnist").is_dir():
        pytest.skip(f"no mnist folder in {data_folder}")
    choices = ["--layers", "32", "--epochs", "1", "--batch-size", "64", "--no-progress"]
    done = run("train", "mnist", "--data", str(data_folder), *choices, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    accuracy = re.search(r"test loss .* accuracy ([\d.]+)%", done.stdout)
    assert accuracy
    assert float(accuracy[1]) > 90


def test_bench_table_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nncore import bench
    from nncore.bench.libraries import makers
    from nncore.bench.products import product
    from nncore.bench.steps import STEPS
    from nncore.bench.training import training_step

    monkeypatch.setattr(bench, "products", lambda: [product(10, 30, 784)])
    steps = [training_step(step, makers(step)) for step in STEPS[:2]]
    monkeypatch.setattr(bench, "training_steps", lambda: steps)
    path = tmp_path / "out.jsonl"
    assert main(["bench", "--json", str(path), "--seconds", "0.01", "--threads", "1"]) == 0
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert len({record["case"] for record in records}) == 3
    for record in records:
        assert record["us_low"] <= record["us"] <= record["us_high"]
        assert (record["threads"], record["version"]) == (1, nncore.__version__)
        assert record["isa"] in nncore._core.isa_levels()
    assert {"nncore"} <= {record["library"] for record in records}
    assert all(record["ratio"] == 1 for record in records if record["library"] == "nncore")


def test_bench_refuses_a_wrong_result() -> None:
    from nncore import bench
    from nncore.bench.timing import Case

    case = Case("wrong", 1.0, {"nncore": lambda: None}, lambda: {"nncore": 0.5}, 1e-3)
    with pytest.raises(ValueError, match="wrong: off from float64"):
        list(bench.measure([case]))
