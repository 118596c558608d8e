"""Every name of the table of PyTorch's names exists or answers with one line that names what to write."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import warnings
from types import ModuleType

import pytest

import nncore
from nncore.errors import absent
from pytorch_names import mark_of, missing_part, read_marks, without

MARKS = read_marks()
RERUN = "run: python tests/pytorch_names.py"


def test_the_table_is_large_and_marks_each_name() -> None:
    assert len(MARKS) >= 600
    assert set(MARKS.values()) == {"present", "planned", "out"}


@pytest.mark.parametrize("mark", ["present", "planned", "out"])
def test_marks_are_right(mark: str) -> None:
    wrong = {name: mark_of(name) for name, given in MARKS.items() if given == mark and mark_of(name) != mark}
    assert not wrong, RERUN


def test_absent_names_answer_with_one_line() -> None:
    """Modules answer; classes raise Python's own error, because a hook slows the methods that exist."""
    for name, mark in MARKS.items():
        missing = missing_part(name)
        if mark == "present" or missing is None or not is_module(missing.rpartition(".")[0]):
            continue
        answer = absent.answer(missing)
        assert answer is not None, name
        with pytest.raises(AttributeError) as caught:
            resolve(name)
        assert str(caught.value) == answer.text(missing)


def is_module(name: str) -> bool:
    return not name or isinstance(resolve(name), ModuleType)


def resolve(name: str) -> object:
    value: object = nncore
    for part in name.split("."):
        value = getattr(value, part)
    return value


def test_answers_are_needed_and_name_what_exists() -> None:
    for name, answer in absent.read().items():
        assert "*" in name or missing_part(name) is not None, f"{name} exists; {RERUN}"
        assert answer.planned or answer.instead, f"{name}: say what to write instead"
        named = re.findall(
            r"\b(nncore\.[\w.]*\w|(?:nn|optim|autograd|distributions)\.[\w.]*\w)", answer.instead
        )
        for other in named:
            whole = other.removeprefix("nncore.")
            known = absent.answer(whole)
            assert missing_part(whole) is None or (known and known.planned), f"{name}: no {other}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("jit", "nncore has no jit; use nncore.compile(model)"),
        ("optim.SparseAdam", "nncore has no optim.SparseAdam; every gradient is dense; use optim.Adam"),
        ("nn.quantized", "nncore has no nn.quantized; compute in float32"),
        ("zeroes", "module 'nncore' has no attribute 'zeroes'"),
        ("nn.functional.zeroes", "module 'nncore.nn.functional' has no attribute 'zeroes'"),
    ],
)
def test_messages(name: str, message: str) -> None:
    with pytest.raises(AttributeError, match=f"^{re.escape(message)}$"):
        resolve(name)
    *_, parent, last = ["nncore", *name.split(".")]
    assert not hasattr(resolve(name.rpartition(".")[0]) if parent != "nncore" else nncore, last)


def test_patterns_and_unknown_names() -> None:
    assert absent.answer("fft.irfft2") == absent.answer("fft")
    assert absent.answer("no_such_name") is None


def test_names_are_removed_from_lines() -> None:
    assert without({"b"}, "a b c: use d: e") == "a c: use d: e"
    assert without({"a", "b"}, "a b: use c") == ""
    assert without({"a"}, "a b") == "b"


def test_import_does_not_read_the_answers() -> None:
    program = (
        "import sys, nncore; assert 'nncore.errors.absent' not in sys.modules; nncore.nn.Linear; "
        "assert not nncore.errors.absent.read.cache_info().misses; assert not hasattr(nncore, 'jit')"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_names_are_pytorchs() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch = pytest.importorskip("torch")
        for name in MARKS:
            value, path = torch, "torch"
            for part in name.split("."):
                path += f".{part}"
                if path == "torch.utils.tensorboard":  # needs another package
                    break
                value = getattr(value, part) if hasattr(value, part) else importlib.import_module(path)
