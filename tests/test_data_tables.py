"""Tables from valid and invalid CSV and NumPy files."""

from __future__ import annotations

import gzip
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interrupt_alarm import Enough, InterruptAt
from nncore.data import load_csv, load_npz

# text of the file -> x, y, classes, columns
GOOD: dict[str, tuple[str, list[list[float]], list[int], tuple[Any, ...], tuple[str, ...]]] = {
    "header and words": (
        "a,b,kind\n1,2,cat\n3,4.5,ant\n",
        [[1, 2], [3, 4.5]],
        [1, 0],
        ("ant", "cat"),
        ("a", "b"),
    ),
    "no header": ("1,2,cat\n3,4,ant\n", [[1, 2], [3, 4]], [1, 0], ("ant", "cat"), ("1", "2")),
    "integers sorted as numbers": ("1,10\n2,9\n3,10\n", [[1], [2], [3]], [1, 0, 1], (9, 10), ("1",)),
    "integers written as floats": ("1,1.0\n2,0.0\n", [[1], [2]], [1, 0], (0, 1), ("1",)),
    "negative labels": ("1,-1\n2,1\n", [[1], [2]], [0, 1], (-1, 1), ("1",)),
    "blank lines, spaces, no last newline": (
        "\n 1 , 2 , a\n\n3,4,b",
        [[1, 2], [3, 4]],
        [0, 1],
        ("a", "b"),
        ("1", "2"),
    ),
    "quotes": ('"x, left",y\n1,"a, b"\n', [[1]], [0], ("a, b",), ("x, left",)),
    "windows": ("\ufeffp,q\r\n1,a\r\n", [[1]], [0], ("a",), ("p",)),
    "exponents": ("1e-3,-2E2,x\n", [[1e-3, -200]], [0], ("x",), ("1", "2")),
    "as pandas writes columns without names": (
        "0,1,2\n5,6,b\n7,8,a\n",
        [[5, 6], [7, 8]],
        [1, 0],
        ("a", "b"),
        ("0", "1"),
    ),
    "with the index as well": (",0,1\n0,6,b\n", [[0, 6]], [0], ("b",), ("", "0")),
    "counting from 1": ("1,2,3\n3,2,1\n", [[1, 2], [3, 2]], [1, 0], (1, 3), ("1", "2")),
    "counting further": ("0,1,3\n0,2,1\n", [[0, 1], [0, 2]], [1, 0], (1, 3), ("1", "2")),
    "a name that is empty, one that is NA": (
        ",NA,b,kind\n1,2,3,x\n",
        [[1, 2, 3]],
        [0],
        ("x",),
        ("", "NA", "b"),
    ),
    "labels of 17 digits": (
        "1,76561198012345679\n2,76561198012345678\n3,76561198012345679\n",
        [[1], [2], [3]],
        [1, 0, 1],
        (76561198012345678, 76561198012345679),
        ("1",),
    ),
    "the ends of int64": (
        "1,9223372036854775807\n2,-9223372036854775808\n3,9223372036854775806\n",
        [[1], [2], [3]],
        [2, 0, 1],
        (-(2**63), 2**63 - 2, 2**63 - 1),
        ("1",),
    ),
    "beyond int64 the text remains": (
        "1,9223372036854775808\n2,9223372036854775809\n3,5\n",
        [[1], [2], [3]],
        [1, 2, 0],
        ("5", "9223372036854775808", "9223372036854775809"),
        ("1",),
    ),
    "an underscore makes text": ("1,1_0\n2,10\n", [[1], [2]], [1, 0], ("10", "1_0"), ("1",)),
    "hash is no comment": ("1,#a\n2,b\n", [[1], [2]], [0, 1], ("#a", "b"), ("1",)),
}


@pytest.mark.parametrize(("text", "x", "y", "classes", "columns"), GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("zipped", [False, True])
def test_csv(tmp_path: Path, text: str, x: Any, y: Any, classes: Any, columns: Any, zipped: bool) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    table = load_csv(path)
    np.testing.assert_array_equal(table.x.numpy(), np.array(x, np.float32))
    assert (table.y.tolist(), table.classes, table.columns) == (y, classes, columns)


def test_csv_without_labels(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    table = load_csv(path, labels=False)
    assert (table.x.tolist(), len(table.y), table.columns) == ([[1, 2], [3, 4]], 0, ("a", "b"))


HEADERS: dict[str, tuple[str, bool, list[list[float]], tuple[str, ...]]] = {
    "numbers are names": ("5,6\n1,0\n", True, [[1]], ("5",)),
    "names that count": ("0,1,2\n1,2,0\n", False, [[0, 1], [1, 2]], ("1", "2")),
    "two columns that count, names": ("0,1\n1,0\n", True, [[1]], ("0",)),
    "two columns that count, a row": ("0,1\n1,0\n", False, [[0], [1]], ("1",)),
}


@pytest.mark.parametrize(("text", "header", "x", "columns"), HEADERS.values(), ids=HEADERS)
def test_header_as_told(tmp_path: Path, text: str, header: bool, x: Any, columns: Any) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    table = load_csv(path, header=header)
    assert (table.x.tolist(), table.columns) == (x, columns)


COUNTED: dict[str, tuple[str, list[list[float]], tuple[int | str, ...], tuple[str, ...]]] = {
    "a header": ("0,1,label\n5,6,cat\n7,8,ant\n", [[5, 6], [7, 8]], ("ant", "cat"), ("0", "1")),
    "labels that are numbers": ("0,1,2,y\n5,6,7,1\n", [[5, 6, 7]], (1,), ("0", "1", "2")),
    "an index": (",0,1,label\n0,5,6,b\n1,7,8,a\n", [[0, 5, 6], [1, 7, 8]], ("a", "b"), ("", "0", "1")),
    "a row": ("0,1,cat\n5,6,ant\n7,8, cat\n", [[0, 1], [5, 6], [7, 8]], ("ant", "cat"), ("1", "2")),
    "one feature": ("0,cat\n1,ant\n", [[0], [1]], ("ant", "cat"), ("1",)),
    "another order": ("1,0,cat\n5,6,ant\n", [[1, 0], [5, 6]], ("ant", "cat"), ("1", "2")),
    "from 1 on": ("1,2,cat\n5,6,ant\n", [[1, 2], [5, 6]], ("ant", "cat"), ("1", "2")),
    "written as fractions": ("0.0,1.0,cat\n5,6,ant\n", [[0, 1], [5, 6]], ("ant", "cat"), ("1", "2")),
    "a number as label": ("0,1,7\n5,6,8\n", [[0, 1], [5, 6]], (7, 8), ("1", "2")),
}


@pytest.mark.parametrize(("text", "x", "classes", "columns"), COUNTED.values(), ids=COUNTED)
def test_a_first_line_that_counts(tmp_path: Path, text: str, x: Any, classes: Any, columns: Any) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    table = load_csv(path)
    assert (table.x.tolist(), table.classes, table.columns) == (x, classes, columns)
    if "" not in columns:  # header= overrides the rule
        assert load_csv(path, header=False).x.tolist()[-len(x) :] == x
        assert load_csv(path, header=True).columns == tuple(text.split("\n")[0].split(",")[:-1])


def test_a_counting_first_line_whose_label_recurs_late(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("0,1,cat\n" + "5,6,ant\n" * 50_000)
    assert len(load_csv(path).x) == 50_000
    path.write_text(path.read_text() + "7,8,cat\n")
    table = load_csv(path)
    assert table.x.tolist()[:2] == [[0, 1], [5, 6]]
    assert table.y.tolist() == [1, *[0] * 50_000, 1]


@pytest.mark.parametrize("error", [KeyboardInterrupt, Enough])
def test_an_interrupt_at_any_line_of_reading_stays_one(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "table.csv"
    path.write_text("0,1,cat\n5,6,ant\n7,8,cat\n")
    n = 0
    while True:
        n += 1
        try:
            with InterruptAt(n, "data", error):
                table = load_csv(path)
            break
        except error:
            pass
    assert table.y.tolist() == [1, 0, 1]
    assert n > 50


# After an interrupt between open() and its `with`, the garbage collector closes the file.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_moment_of_reading_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("1,2,cat\n3,4,ant\n" * 20_000)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for milliseconds in range(1, 31):
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 1e-3 * milliseconds)
                load_csv(path)
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_many_rows_are_read_in_order(tmp_path: Path) -> None:
    rows = np.arange(5, 100_005).reshape(-1, 2)
    path = tmp_path / "table.csv"
    np.savetxt(path, rows, "%d", delimiter=",")
    table = load_csv(path)
    np.testing.assert_array_equal(table.x.numpy()[:, 0], rows[:, 0])
    assert table.classes == tuple(rows[:, 1].tolist())
    path.write_text(path.read_text() + "7,8,9\n")
    with pytest.raises(ValueError, match="line 50001 has 3 columns, expected 2"):
        load_csv(path)


BAD = {
    "first row without a value": (",cat\n1,dog\n", "line 1, column 1 is empty; expected a number"),
    "first row of marks": ("NA,?,cat\n1,2,dog\n", "line 1, column 1 is 'NA'"),
    "first row with one value": (",2,cat\n1,2,dog\n", "line 1, column 1 is empty"),
    "two columns that count": ("0,1\n1,0\n", "may be a row or a header .* header=False or header=True"),
    "a quote that stays open": ('1,"a\n3,b\n4,c\n', "line 1: unexpected end of data; a row with its quotes"),
    "a number with an underscore": ("2,b\n1_0,a\n", "line 2, column 1 is '1_0'"),
    "empty": ("", "the file is empty"),
    "blank": ("\n \n", "the file is empty"),
    "one column": ("1\n2\n", "line 1 has one column"),
    "only a header": ("a,b,c\n", "only a header"),
    "only a header that counts": ("0,1,kind\n", "only a header; .*header=False reads it as a row"),
    "a row that counts after no number": (",0,1,cat\n1,2,3,cat\n", "line 1, column 1 is empty"),
    "missing cell": ("1,2,a\n3,b\n", "line 2 has 2 columns, expected 3"),
    "extra cell": ("a,b,c\n1,2,a\n\n3,4,5,b\n", "line 4 has 4 columns, expected 3"),
    "all rows wider than the header": ("a,b\n1,2,c\n", "line 2 has 3 columns, expected 2"),
    "empty cell": ("a,b,c\n1,,x\n", "line 2, column b is empty"),
    "word": ("a,b,c\n1,2,x\n3,four,x\n", "line 3, column b is 'four'; expected a number"),
    "nan": ("1,2,x\n1,nan,x\n", "line 2, column 2 is nan; expected a finite"),
    "infinity": ("a,b\n-inf,x\n", "line 2, column a is -inf"),
    "too large": ("a,b\n1e39,x\n", "line 2, column a is 1e39"),
    "fraction as label": ("1,2.5\n2,3.5\n", "labels in the last column are fractions"),
    "empty label": ("1,a\n2,\n", "a label in the last column is empty"),
    "mostly header": ("a,2,c\n1,2,3\n", "line 1, column 1 is 'a'"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_csv(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        load_csv(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\xff\xfe1,2\n", "not UTF-8"), (b"1,2\0\n", "zero bytes"), (b"\x1f\x8bnonsense", "damaged gzip")],
)
def test_csv_that_is_no_text(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        load_csv(path)


def test_iris(data_folder: Path) -> None:
    path = data_folder / "tables" / "iris.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    table = load_csv(path)
    assert table.x.shape == (150, 4)
    assert np.bincount(table.y.numpy()).tolist() == [50, 50, 50]


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("x", [np.ones((3, 2), np.float32), np.ones((3, 2)), np.ones((3, 4, 4), np.uint8)])
def test_npz_keeps_the_dtype(tmp_path: Path, x: np.ndarray[Any, Any]) -> None:
    table = load_npz(save(tmp_path / "a.npz", x=x, y=np.array(["b", "a", "b"])))
    assert table.x.numpy().dtype == x.dtype
    np.testing.assert_array_equal(table.x.numpy(), x)
    assert (table.y.tolist(), table.classes) == ([1, 0, 1], ("a", "b"))


def test_npz_in_other_orders(tmp_path: Path) -> None:
    x = np.arange(6).reshape(2, 3)
    table = load_npz(save(tmp_path / "a.npz", x=np.asfortranarray(x).astype(">i4"), y=np.array([5, 3])))
    np.testing.assert_array_equal(table.x.numpy(), x.astype(np.float32))
    assert (table.y.tolist(), table.classes) == ([1, 0], (3, 5))


NAN = np.array([[1.0, 2.0], [3.0, np.nan]])
BAD_NPZ: dict[str, tuple[dict[str, Any], str]] = {
    "no y": ({"x": np.ones((2, 2))}, "no array y; it contains x.npy"),
    "no x": ({"y": np.ones(2, int)}, "no array x"),
    "one axis": ({"x": np.ones(2), "y": np.ones(2, int)}, r"x is \(2,\) float64; expected numbers of shape"),
    "no rows": ({"x": np.ones((0, 2)), "y": np.ones(0, int)}, "n at least 1"),
    "lengths": ({"x": np.ones((2, 2)), "y": np.ones(3, int)}, "x has 2 rows but y has 3"),
    "float labels": ({"x": np.ones((2, 2)), "y": np.ones(2)}, "y is .* float64; expected integer or text"),
    "nan": ({"x": NAN, "y": np.ones(2, int)}, r"x is nan at \[1, 1\]"),
    "objects": ({"x": np.array([[{}]], object), "y": np.ones(1, int)}, "dtype object is not allowed"),
    "complex": ({"x": np.ones((1, 1), complex), "y": np.ones(1, int)}, "dtype complex128 is not allowed"),
}


@pytest.mark.parametrize(("arrays", "message"), BAD_NPZ.values(), ids=BAD_NPZ)
def test_bad_npz(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = save(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message) as caught:
        load_npz(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"PK\3\4nonsense", b"\x80\x04pickle"])
def test_foreign_npz(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"not an \.npz file"):
        load_npz(path)


@pytest.mark.parametrize("load", [load_csv, load_npz])
def test_no_file(tmp_path: Path, load: Any) -> None:
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing")
