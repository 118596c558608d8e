"""`nncore train` and `predict` on tables: columns, tasks, missing values, metrics, resuming."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore.cli import main
from nncore.cli.source import stratified

FAST = ["--no-progress", "--layers", "8", "--lr", "0.02"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def people(rows: int = 200) -> dict[str, list[Any]]:
    """Labels that depend on a number and on a text, and a price that depends on both."""
    rng = np.random.default_rng(5)
    age, city = rng.integers(18, 80, rows), rng.choice(["Bern", "Oslo", "Rome"], rows)
    price = 2.5 * age + 40 * (city == "Rome")
    labels = np.where(price > 130, "76561198012345679", "76561198012345678")
    return {"age": age.tolist(), "city": city.tolist(), "label": labels.tolist(), "price": price.tolist()}


def write(
    path: str, table: dict[str, list[Any]], *names: str, delimiter: str = ",", header: bool = True
) -> None:
    rows = [list(map(str, row)) for row in zip(*(table[name] for name in names), strict=True)]
    lines = [list(names)] * header + rows
    Path(path).write_text("\n".join(map(delimiter.join, lines)) + "\n", encoding="utf-8")


def result(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["train", *arguments, *FAST, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_target_categories_and_exact_labels(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", people(), "label", "age", "city")
    found = result(capsys, "a.csv", "--target", "label")
    assert found["task"] == "classification"
    assert found["classes"] == ["76561198012345678", "76561198012345679"]
    assert found["rows"] == {"train": 160, "validation": 0, "test": 40}
    assert found["features"] == 4
    assert found["notes"] == [
        "column city is text: 3 categories, Bern, Oslo, Rome",
        "standardized 4 features with the mean and spread of the training rows",
    ]
    assert found["test"]["accuracy"] > 0.9
    assert np.sum(found["confusion"]) == 40
    for names in (("age", "city"), ("city", "age"), ("city", "label", "age")):
        write("new.csv", people(), *names)
        assert main(["predict", "nncore-a.nnz", "new.csv"]) == 0
        out, error = capsys.readouterr()
        assert np.mean(np.array(out.split()) == people()["label"]) > 0.9
        assert ("as labeled" in error) == ("label" in names)


def test_the_model_opens_from_python(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", people(), "age", "city", "label")
    result(capsys, "a.csv")
    model = nncore.load_model("nncore-a.nnz").eval()
    scores = model(model.encode({"city": ["Rome", "Bern"], "age": [70, 20]}))
    assert [model.classes[i] for i in scores.argmax(1).tolist()] == ["76561198012345679", "76561198012345678"]
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"age": [70, 20], "city": ["Rome", "Bern"]})
    assert model(model.encode(frame)).tolist() == scores.tolist()
    with pytest.raises(ValueError, match="encode: the column 'city' is missing; expected age, city"):
        model.encode({"age": [3]})


def test_regression(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", people(), "age", "city", "price")
    found = result(capsys, "a.csv", "--epochs", "80")
    assert (found["task"], found["classes"]) == ("regression", None)
    assert list(found["test"]) == ["mse", "mae", "r2"]
    assert found["test"]["r2"] > 0.95
    Path("new.csv").write_text("city,age\nRome,40\nBern,40\n")
    assert main(["predict", "nncore-a.nnz", "new.csv"]) == 0
    rome, bern = map(float, capsys.readouterr().out.split())
    assert rome == pytest.approx(140, abs=25)
    assert rome - bern == pytest.approx(40, abs=25)
    model = nncore.load_model("nncore-a.nnz").eval()
    assert model(model.encode({"age": [40], "city": ["Rome"]})).item() == pytest.approx(rome, rel=1e-5)
    assert main(["predict", "nncore-a.nnz", "new.csv", "--probabilities"]) == 1
    assert "predicts numbers, which have no probabilities" in capsys.readouterr().err
    assert main(["predict", "nncore-a.nnz", "a.csv"]) == 0
    assert re.match(r"mean absolute error [\d.]+ in 200 rows\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("labels", "options", "task"),
    [
        (["1", "2.0", "3"], [], "classification"),
        (["1", "2.5", "3"], [], "regression"),
        (["1", "2.5", "x"], [], "classification"),
        (["1", "2", "3"], ["--task", "regression"], "regression"),
        (["1.5", "2.5", "3.5"], ["--task", "classification"], "classification"),
    ],
)
def test_tasks(labels: list[str], options: list[str], task: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", {"x": [*range(30)], "y": labels * 10}, "x", "y")
    found = result(capsys, "a.csv", "--epochs", "1", *options)
    assert (found["task"], found["classes"]) == (task, None if task == "regression" else labels)


@pytest.mark.parametrize(("name", "delimiter", "options"), [
    ("a.csv", ";", ["--delimiter", ";"]), ("a.tsv", "\t", []), ("a.txt", "\t", ["--delimiter", "tab"]),
])  # fmt: skip
def test_delimiters(
    name: str, delimiter: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write(name, people(), "age", "city", "label", delimiter=delimiter)
    assert result(capsys, name, "--epochs", "1", *options)["features"] == 4
    assert main(["predict", "nncore-a.nnz", name, *options]) == 0


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.csv", people(), "age", "city", "label")
    from_file = result(capsys, "a.csv")
    text = Path("a.csv").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    from_input = result(capsys, "-")
    assert (from_input["model"], from_input["sha256"]) == ("nncore-stdin.nnz", from_file["sha256"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["predict", "nncore-stdin.nnz", "-"]) == 0
    assert len(capsys.readouterr().out.split()) == 200


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_an_index_column_is_dropped(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", {**people(), name: [*range(200)]}, name, "age", "city", "label")
    found = result(capsys, "a.csv", "--epochs", "1")
    assert found["notes"][0] == f"dropped the column {name!r}, which counts the rows"
    assert found["features"] == 4
    assert main(["predict", "nncore-a.nnz", "a.csv"]) == 0
    capsys.readouterr()
    write("b.csv", {**people(), name: [*range(1, 201)]}, name, "age", "city", "label")
    assert result(capsys, "b.csv", "--epochs", "1")["features"] == 5, "other numbers are a feature"


def test_missing_values(capsys: pytest.CaptureFixture[str]) -> None:
    table = people()
    table["age"][3] = table["age"][7] = "NA"
    table["city"][7] = table["city"][9] = "?"
    write("a.csv", table, "age", "city", "label")
    dropped = result(capsys, "a.csv", "--epochs", "1", "--missing", "drop")
    assert dropped["notes"][0] == "dropped 3 of 200 rows with missing values"
    assert sum(dropped["rows"].values()) == 197
    filled = result(capsys, "a.csv", "--missing", "mean")
    assert filled["notes"][0] == "missing values in 3 of 200 rows count as the mean of the column"
    assert sum(filled["rows"].values()) == 200
    Path("new.csv").write_text("age,city\n,Rome\n30,\n")
    assert main(["predict", "nncore-a.nnz", "new.csv"]) == 0
    assert len(capsys.readouterr().out.split()) == 2
    model = nncore.load_model("nncore-a.nnz")
    mean = model.offset.tolist()
    assert model.encode({"age": ["", 30], "city": ["Rome", None]}).tolist() == [
        [mean[0], 0, 0, 1],
        [30, *mean[1:]],
    ]


def test_without_a_header_columns_have_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", people(), "label", "age", "city", header=False)
    found = result(capsys, "a.csv", "--target", "1")
    assert found["test"]["accuracy"] > 0.9
    for names, header in (
        (("age", "city"), False),
        (("label", "age", "city"), False),
        (("age", "city"), True),
    ):
        write("new.csv", people(), *names, header=header)
        assert main(["predict", "nncore-a.nnz", "new.csv", *["--header"] * header]) == 0
        assert np.mean(np.array(capsys.readouterr().out.split()) == people()["label"]) > 0.9


def test_the_split_is_stratified() -> None:
    y = np.array([0] * 50 + [1] * 45 + [2] * 5)
    for fraction in (0.1, 0.2, 0.5):
        train, test = stratified(y, 100, fraction, 0)
        assert sorted([*train, *test]) == list(range(100))
        assert np.abs(np.bincount(y[test], minlength=3) - fraction * np.bincount(y)).max() < 1
    assert stratified(y, 100, 0.2, 0)[1].tolist() == stratified(y, 100, 0.2, 0)[1].tolist()
    assert len(stratified(None, 100, 0.2, 0)[1]) == 20


def test_validation_early_stopping_and_schedules(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", people(), "age", "city", "label")
    stopped = result(capsys, "a.csv", "--early-stopping", "2", "--epochs", "500", "--lr", "0.1")
    assert stopped["rows"] == {"train": 144, "validation": 16, "test": 40}
    assert stopped["epochs"] < 500
    assert result(capsys, "a.csv", "--validation", "0.25", "--epochs", "1")["rows"]["validation"] == 40
    plain = result(capsys, "a.csv", "--epochs", "6")["sha256"]
    schedules = {result(capsys, "a.csv", "--epochs", "6", "--schedule", name)["sha256"] for name in
                 ("cosine", "step", "exponential")}  # fmt: skip
    assert len({plain, *schedules}) == 4


@pytest.mark.parametrize("schedule", [[], ["--schedule", "cosine"], ["--schedule", "step"]])
def test_a_resumed_run_has_the_same_bits(schedule: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", people(), "age", "city", "label")
    whole = result(capsys, "a.csv", "--epochs", "6", *schedule)

    real = nncore.train.fit

    def interrupted(*args: Any, callbacks: Any, **others: Any) -> Any:
        def press(state: Any) -> None:
            if state.epoch == 4:
                raise KeyboardInterrupt

        return real(*args, callbacks=[*callbacks, press], **others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nncore.cli.train.fit", interrupted)
        command = ["train", "a.csv", "--epochs", "6", "--checkpoint", "run.nnz", *schedule, *FAST]
        assert main(command) == 130
    capsys.readouterr()
    resumed = result(
        capsys, "a.csv", "--epochs", "6", "--resume", "run.nnz", *schedule, "--checkpoint", "2.nnz"
    )
    assert nncore.load("2.nnz")["epoch"] == 6
    assert (resumed["epochs"], resumed["sha256"]) == (6, whole["sha256"])


def test_chosen_metrics_and_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.csv", people(), "age", "city", "label")
    found = result(capsys, "a.csv", "--metrics", "f1_macro,top1")
    assert list(found["train"]) == list(found["test"]) == ["loss", "f1_macro", "top1"]
    assert found["test"]["top1"] == np.trace(found["confusion"]) / 40
    assert main(["predict", "nncore-a.nnz", "a.csv", "--json", "--probabilities"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 200
    for row in rows:
        assert max(row["probabilities"], key=row["probabilities"].get) == row["prediction"]
    assert main(["info", "nncore-a.nnz", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["columns"] == {"age": None, "city": ["Bern", "Oslo", "Rome"]}
    assert about["trained"]["test"] == found["test"]


def test_the_header_rule_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "predict"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        text = " ".join(capsys.readouterr().out.split())
        assert (
            "if none of its cells is a number and one is a name, or if its cells count 0, 1, 2, ..." in text
        )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"nncore {nncore.__version__}\n")
