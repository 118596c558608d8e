"""What the command `nncore` refuses: each error is one line that names the file or option and the remedy."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.cli import main
from nncore.cli.source import SPLIT_SEED, stratified

WRONG: dict[str, str] = {
    "": "required: {train",
    "fly": "invalid choice: 'fly'",
    "train --batch-size 0": "argument --batch-size: '0' is not an integer from 1",
    "train --batch-size 1.5": "'1.5' is not an integer",
    "train --epochs -1": "argument --epochs",
    "train --seed -1": "argument --seed",
    f"train --seed {2**64}": "is not an integer from 0 to 18446744073709551615",
    "train --lr 0": "argument --lr: '0' is not a positive number",
    "train --lr nan": "argument --lr",
    "train --layers 64,x": "'64,x' is not a list of sizes",
    "train --layers 0": "argument --layers",
    f"train --layers {'9' * 20}": "argument --layers",
    "train --activation step": "invalid choice: 'step'",
    "train --optimizer lbfgs": "invalid choice: 'lbfgs'",
    "train --threads 0": "argument --threads",
    "train --task ranking": "argument --task: invalid choice: 'ranking'",
    "train --missing guess": "argument --missing: invalid choice: 'guess'",
    "train --delimiter ab": "argument --delimiter: 'ab' is not one character or tab",
    "train --validation 1": "argument --validation: '1' is not a fraction between 0 and 1",
    "train --early-stopping 0": "argument --early-stopping: '0' is not an integer from 1",
    "train --schedule zigzag": "argument --schedule: invalid choice: 'zigzag'",
    "train picture.png": "'picture.png' is neither digits, mnist, fashion-mnist nor a .csv, .tsv, .txt or",
    "train --bath-size 3": "unrecognized arguments: --bath-size",
    "predict": "required: MODEL, FILE",
    "bench --seconds -1": "argument --seconds",
}


@pytest.mark.parametrize(("command", "text"), WRONG.items(), ids=[key[:40] for key in WRONG])
def test_wrong_arguments(command: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(command.split())
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


ROWS = "".join(f"{i % 7},{i % 5 - 2},{'cat' if i % 2 else 'dog'}\n" for i in range(20))
PEOPLE = "age,city,label\n" + "".join(f"{i + 20},{('Bern', 'Rome')[i % 2]},{i % 2}\n" for i in range(20))
TEXTS: dict[str, str] = {
    "good.csv": ROWS,
    "people.csv": PEOPLE,
    "one.csv": "1,2,cat\n" * 9,
    "few.csv": "1,2,cat\n3,4,dog\n",
    "empty.csv": "\n",
    "only-header.csv": "a,b,kind\n",
    "single.csv": "label\ncat\ndog\n" * 5,
    "semicolons.csv": ROWS.replace(",", ";"),
    "short.csv": ROWS + "1,2\n",
    "twice.csv": "a,a,kind\n" + ROWS,
    "ambiguous.csv": "0,1\n1,0\n" * 9,
    "gap.csv": "a,b,kind\n" + ROWS + "1,NA,cat\n",
    "no-label.csv": "a,b,kind\n" + ROWS + "1,2,\n",
    "names.csv": "name,b,kind\n" + "".join(f"n{i},{i},{i % 2}\n" for i in range(150)),
    "infinite.csv": "a,b,kind\n" + ROWS + "1,1e39,cat\n",
    "prices.csv": "rooms,price\n" + "".join(f"{i % 5},{1000 + 7 * i}\n" for i in range(60)),
    "words.csv": "a,price\n" + "1,2.5\n2,many\n" * 9,
    "renamed.csv": "age,town\n30,Bern\n",
    "fewer.csv": "age\n30\n",
    "unknown.csv": "age,city\n30,Oslo\n",
    "hole.csv": "age,city\n,Bern\n",
    "not-number.csv": "age,city\nold,Bern\n",
    "wide.csv": "1,2,3,4\n",
    "zero.csv": "a,b\n1,\0\n",
}
MODELS = {"good.nnz": "good.csv", "people.nnz": "people.csv"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refusals")
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    far = ["1,cat", "1.0000001,dog"] * 9
    test_rows = stratified(np.arange(18) % 2, 18, 0.2, SPLIT_SEED)[1]
    far[int(test_rows[0])] = "1e38," + far[int(test_rows[0])].split(",")[1]
    (folder / "far.csv").write_text("\n".join(far))
    (folder / "latin.csv").write_bytes(b"a,b,kind\n1,2,caf\xe9\n")
    (folder / "junk.nnz").write_bytes(b"junk")
    (folder / "folder.csv").mkdir()
    (folder / "folder.nnz").mkdir()
    nncore.save({"weight": nncore.ones(2)}, folder / "other.nnz")
    nncore.nn.Linear(2, 2).save(folder / "layer.nnz")
    np.savez(folder / "plain.npz", x=np.zeros((4, 9)))
    for model, data in MODELS.items():
        path = str(folder / data)
        checkpoint = ["--checkpoint", str(folder / f"run-{model}")]
        train = ["train", path, "--epochs", "1", "--no-progress", "--output", str(folder / model)]
        assert main([*train, *checkpoint]) == 0
    (folder / "link.nnz").symlink_to("good.csv")
    return folder


FAILURES: dict[str, str] = {
    # files of the data
    "train missing.csv": "nncore: missing.csv: No such file or directory",
    "train folder.csv": "it is a folder",
    "train empty.csv": "empty.csv: the file is empty; expected a header or rows",
    "train only-header.csv": "only-header.csv: only a header; expected rows below it",
    "train single.csv": "single.csv: the only column is the target 'label'; expected features beside it",
    "train semicolons.csv": "line 1 has one column; the cells may be separated by ';'",
    "train short.csv": "short.csv: line 21 has 2 columns, expected 3 as in line 1",
    "train twice.csv": "twice.csv: two columns have the name 'a'; rename one",
    "train ambiguous.csv": "--no-header or --header",
    "train zero.csv": "zero.csv: not a text file: line 2 has zero bytes",
    "train latin.csv": "latin.csv: not a text file: bytes after line",
    # columns and values
    "train people.csv --target town": "no column 'town' for --target; expected one of age, city, label",
    "train good.csv --target kind": "expected one of 1, 2, 3; the file has no header, so columns are",
    "train gap.csv": "line 22, column b is missing; --missing drop drops such rows, and --missing mean",
    "train no-label.csv": "line 22, the target kind is missing; --missing drop drops such rows",
    "train no-label.csv --missing mean": "line 22, the target kind is missing; --missing drop",
    "train names.csv": "column name has 150 different texts, such as 'n0'; expected numbers, or at most 100",
    "train infinite.csv": "column b is 1e39 in row 21; expected a finite float32 number",
    "train far.csv": "far: a value in test row 1 is too far from the training rows: it is infinite after",
    # targets and tasks
    "train one.csv": "every row has the label cat; expected at least two classes",
    "train few.csv": "2 rows are too few to keep a fifth of them for the test",
    "train prices.csv": "60 different whole numbers in 60 rows; say whether they are labels, --task",
    "train words.csv --task regression": "the target has the value 'many'; --task regression expects numbers",
    "train good.csv --metrics mae": "--metrics: the metric 'mae' does not fit multiclass targets",
    "train prices.csv --task regression --metrics f1": "the metric 'f1' does not fit regression targets",
    "train good.csv --metrics accuracy,speed": "--metrics: 'speed' is not a metric; expected one",
    "train good.csv --validation 0.01": "--validation 0.01 of 16 training rows leaves 16 rows to train",
    "train digits --target 3": "--target applies to text files, not to digits",
    "train good.csv --lr 1e30 --optimizer sgd": "the loss became nan in epoch",
    # files to write and to resume from
    "train good.csv --output .": "--output: '.' must end with .nnz, which chooses",
    "train good.csv --output folder.nnz": "it is a folder",
    "train good.csv --output no/where.nnz": "No such file or directory",
    "train missing.csv --output no/where.nnz": "no; make the folder first",
    "train missing.csv --output good.csv/m.nnz": "good.csv is not a folder",
    "train good.csv --output link.nnz": "--output link.nnz is the data file itself; name another file",
    "train missing.csv --checkpoint run.npz": "--checkpoint: 'run.npz' must end with .nnz, .pt or .pth",
    "train missing.csv --checkpoint no/run.nnz": "no; make the folder first",
    "train good.csv --checkpoint m.nnz --output m.nnz": "--checkpoint m.nnz is the model file; name another",
    "train good.csv --resume missing.nnz": "missing.nnz: No such file or directory",
    "train good.csv --resume good.nnz": "good.nnz: not written by nncore.train.Checkpoint",
    "train good.csv --resume run-good.nnz --epochs 1": "has 1 epochs already; give more with --epochs",
    "train good.csv --resume run-people.nnz": "size mismatch for 0.weight",
    # predictions
    "predict missing.nnz good.csv": "missing.nnz: No such file",
    "predict junk.nnz good.csv": "junk.nnz: not a file written by nncore.save",
    "predict other.nnz good.csv": "other.nnz: not a model written by nncore train",
    "predict layer.nnz good.csv": "layer.nnz: a Linear, which nncore train did not write",
    "predict good.nnz wide.csv": "wide.csv: rows have 4 features but the model expects 2",
    "predict good.nnz plain.npz": "plain.npz: rows have 9 features but the model expects 2",
    "predict good.nnz junk.nnz": "junk.nnz: not an IDX file",
    "predict people.nnz renamed.csv": "the columns are age, town, but the model was trained on age, city",
    "predict people.nnz fewer.csv": "the columns are age, but the model was trained on age, city",
    "predict people.nnz unknown.csv": "column city has the text 'Oslo'; expected one of Bern, Rome",
    "predict people.nnz hole.csv": "row 1 has a missing value; fill it, or train with --missing mean",
    "predict people.nnz not-number.csv": "column age has the text 'old'; expected numbers",
    "info junk.nnz": "junk.nnz: not a file written by",
}


@pytest.mark.parametrize(("command", "text"), FAILURES.items(), ids=list(FAILURES))
def test_failures_are_one_line_and_status_1(
    folder: Path,
    command: str,
    text: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(path.name for path in folder.iterdir())
    extra = ["--no-progress"] if command.startswith("train") else []
    assert main([*command.split(), *extra]) == 1
    error = capsys.readouterr().err
    assert text in error
    assert error.startswith("nncore: ")
    assert error.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == before


def test_standard_input_has_its_name_in_messages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,2\n3\n")))
    assert main(["train", "-"]) == 1
    assert "standard input: line 3 has 1 columns" in capsys.readouterr().err


@pytest.fixture
def forged(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = nncore.load(folder / "people.nnz")
    return found


CHANGES: dict[str, Any] = {
    "huge layer": ("layers", [10**12]),
    "other layer": ("layers", [5]),
    "activation": ("activation", "eval"),
    "classes": ("classes", ["a"]),
    "columns": ("columns", [["age", None]]),
    "no columns": ("columns", None),
}


@pytest.mark.parametrize(("name", "value"), CHANGES.values(), ids=CHANGES)
def test_forged_models_are_refused(
    forged: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, value: Any
) -> None:
    model = forged["model"]
    names = ("columns", "classes", "layers", "activation")
    args = [value if key == name else old for key, old in zip(names, model["args"], strict=True)]
    nncore.save({**forged, "model": {**model, "args": args}}, tmp_path / "m.nnz")
    assert main(["info", str(tmp_path / "m.nnz")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search("m.nnz: the parts of this model do not fit: ", error)
