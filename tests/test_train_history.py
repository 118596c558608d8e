"""History is a mapping of lists that prints as a table, draws itself and becomes a DataFrame."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from nncore import nn
from nncore.train import History, fit


def filled(epochs: int = 2) -> History:
    history = History()
    for epoch in range(epochs):
        history.append("loss", 1 / (epoch + 1))
        history.append("val_loss", 2 / (epoch + 1))
        history.append("samples_per_second", 1000.0)
        history.append("confusion_matrix", np.eye(2, dtype=np.int64))
    return history


def test_a_mapping_of_the_lists_that_have_numbers() -> None:
    history = filled()
    assert isinstance(history, Mapping)
    assert list(history) == ["loss", "val_loss", "samples_per_second", "confusion_matrix"]
    assert len(history) == 4
    assert history.epochs == 2
    assert history["val_loss"] is history.val_loss
    assert history.accuracy == []
    assert "accuracy" not in history
    assert history.last()["val_loss"] == 1.0
    assert dict(**history).keys() == dict(history).keys() == set(history)
    assert not History()
    for twin in (copy.deepcopy(history), pickle.loads(pickle.dumps(history))):
        assert twin.loss == history.loss is not twin.loss


def test_lists_of_metrics_are_attributes_too() -> None:
    history = History()
    history.append("f1", 0.5)
    assert history.f1 == history["f1"] == [0.5]


TABLE = """\
epoch  loss  val_loss  samples_per_second
    1     1         2                1000
    2   0.5         1                1000"""


def test_it_prints_as_a_table() -> None:
    assert str(filled()) == TABLE
    assert repr(filled()) == "History(2 epochs; last: loss=0.5, val_loss=1, samples_per_second=1000)"
    long = str(filled(100)).splitlines()
    assert [line.split()[0] for line in long] == [
        "epoch", *map(str, range(1, 11)), "...", *map(str, range(91, 101))
    ]  # fmt: skip
    assert len({len(line) for line in long}) == 1
    assert (str(History()), repr(History())) == ("epoch", "History(0 epochs; last: none)")


def test_a_list_that_began_late_is_printed() -> None:
    history = filled()
    history.append("f1", 0.25)
    assert str(history).splitlines()[1].endswith("0.25")


def test_after_fit() -> None:
    x, y = np.eye(6, 3, dtype=np.float32), np.array([0, 1, 2, 0, 1, 2])
    history = fit(nn.Linear(3, 3), x, y, epochs=3, validation=(x, y), progress=False)
    assert len(history) == 5
    assert {len(values) for values in history.values()} == {3}
    assert str(history).splitlines()[0].split() == ["epoch", *history]


def test_to_pandas() -> None:
    pandas: Any = pytest.importorskip("pandas")
    history = filled()
    history.append("f1", 0.25)
    frame = history.to_pandas()
    assert frame.index.tolist() == [1, 2]
    assert frame.index.name == "epoch"
    assert frame.columns.tolist() == list(history)
    assert frame["loss"].tolist() == history.loss
    assert pandas.isna(frame["f1"].iloc[1])


def test_plot() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    figure = filled().plot()
    assert [axes.get_title() for axes in figure.axes] == ["loss"]
    assert [line.get_label() for line in figure.axes[0].lines] == ["loss", "val_loss"]
    assert figure.axes[0].lines[1].get_xydata().tolist() == [[1, 2], [2, 1]]
    two = filled().plot("loss", "samples_per_second")
    assert [axes.get_title() for axes in two.axes] == ["loss", "samples_per_second"]
    for made in (figure, two):
        sys.modules["matplotlib.pyplot"].close(made)


BAD: dict[str, tuple[Callable[[History], object], type[Exception], str]] = {
    "a key": (lambda h: h["f1"], KeyError, "the history has no 'f1'; it has 'loss', 'val_loss', "),
    "an empty list": (lambda h: h["accuracy"], KeyError, "the history has no 'accuracy'"),
    "an attribute": (lambda h: h.f1, AttributeError, "the history has no 'f1'; it has 'loss', 'val_loss'"),
    "an empty history": (lambda h: History()["loss"], KeyError, "has no 'loss'; it has no epochs"),
    "a method": (lambda h: h.append("plot", 1.0), ValueError, "'plot' is the name of an attribute; give"),
    "a name to draw": (lambda h: h.plot("f1"), ValueError, "History.plot: the history has no 'f1'"),
    "nothing to draw": (lambda h: History().plot(), ValueError, "History.plot: the history has no epochs"),
    "no matplotlib": (
        lambda h: h.plot(),
        ImportError,
        r"History.plot: matplotlib is not installed: pip install matplotlib \(the extra nncore\[plot\]\)",
    ),
    "no pandas": (lambda h: h.to_pandas(), ImportError, "pandas is not installed: pip install pandas"),
}


@pytest.mark.parametrize(("call", "error", "text"), BAD.values(), ids=BAD)
def test_errors(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[History], object], error: type[Exception], text: str
) -> None:
    for name in ("matplotlib", "matplotlib.pyplot", "pandas"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(error, match=text):
        call(filled())
