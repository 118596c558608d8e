"""The fuzzer: a seed repeats its programs, most calls run, and it finds planted failures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fuzz import kinds
from fuzz.driver import Driver
from fuzz.planted import PLANTED

RUN = Path(__file__).with_name("fuzz") / "run.py"


def test_a_seed_makes_the_same_programs() -> None:
    first = [kinds.program(3, number) for number in range(300)]
    assert first == [kinds.program(3, number) for number in range(300)]
    assert first != [kinds.program(4, number) for number in range(300)]


def test_every_public_call_is_made() -> None:
    from fuzz.signatures import all_calls

    names = {signature.spelling for signature in all_calls()}
    assert {"nncore.matmul", ".__getitem__", "F.cross_entropy", "nn.init.orthogonal_", ".set_state"} <= names
    assert len(names) == len({s.spelling for s in all_calls()}) > 350


def test_three_hundred_programs_run() -> None:
    driver = Driver(seed=5, calls=300, workers=1)
    driver.run()
    assert not driver.found
    assert driver.ran + driver.refused == 300
    assert driver.ran > 150  # enough programs reach a kernel


SAID = [
    ("signal", "ends by SIGABRT"),
    ("hang", "hangs"),
    ("SystemError", "raises SystemError"),
    ("undocumented", "raises KeyError"),
    ("C++", "says 'vector::'"),
    ("memory", "takes "),
    ("printed", "prints"),
    ("warning", "warns: RuntimeWarning"),
    ("bits", "y differs between"),
    ("changed", "has changed x1"),
]


QUICK = {"signal", "hang", "undocumented", "bits"}  # by end, time, exception and result


@pytest.mark.parametrize(
    ("name", "said"),
    [pytest.param(name, said, marks=[] if name in QUICK else [pytest.mark.slow]) for name, said in SAID],
)
def test_what_is_planted_is_found(name: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNCORE_FUZZ_PLANTED", name)
    driver = Driver(seed=1, calls=2, workers=1, kinds=("planted",), limit=1.5 if name == "hang" else 60)
    driver.run(most=1)
    assert [found.number for found in driver.found] == [0]
    assert said in driver.found[0].what


def test_the_table_of_planted_failures_is_tested() -> None:
    assert set(PLANTED) == {name for name, _ in SAID}


def test_a_failure_is_printed_as_a_program(tmp_path: Path) -> None:
    program = kinds.program(1, 2)
    alone = tmp_path / "alone.py"
    alone.write_text(program.alone)
    done = subprocess.run([sys.executable, str(alone)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1)  # ran, or raised a documented exception
    repeated = subprocess.run(
        [sys.executable, str(RUN), "--seed", "1", "--call", "2"], capture_output=True, text=True, check=True
    )
    assert repeated.stdout.startswith(program.alone)
