"""nncore gives what PyTorch gave for each call of tests/comparison; tools/record_comparison.py records it.

Compared are the dtype, shape, requires_grad and values of each result, the operand whose memory it shares,
the gradients of the operands (`grads`) and which operands the call wrote (`wrote`). `accepts` means that
PyTorch raises an error, `refuses` that nncore does. data/comparison/differences.txt lists the known
differences; a deliberate one that no longer exists is an error.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable

import pytest

import nncore
from comparison import differences
from comparison.calls import exists
from comparison.compare import RECORD, Row, differing
from comparison.differences import Difference
from comparison.outcome import outcome
from pytorch_names import read_marks

RECORDED: list[Row] = [
    json.loads(line) for line in gzip.decompress(RECORD.read_bytes()).decode().splitlines()
]
ROWS = [row for row in RECORDED if exists(nncore, row[0])]
BY_NAME: dict[str, list[Row]] = defaultdict(list)
for row in ROWS:
    BY_NAME[row[0]].append(row)
DIFFERENCES = differences.read()
KNOWN: dict[tuple[bool, str], set[str]] = defaultdict(set)  # whether it is a fault, call -> properties
for difference in DIFFERENCES:
    for call in difference.calls:
        KNOWN[difference.fault, call] |= difference.properties


# Settings, files and modules, which other tests compare
NOT_CALLED = {
    *("save", "load", "manual_seed", "seed", "initial_seed", "get_rng_state", "set_rng_state", "random"),
    *("Generator", "compile", "autograd", "utils", "cuda", "backends", "distributions", "set_printoptions"),
    *("set_default_dtype", "set_default_device", "get_default_device", "set_num_threads", "get_num_threads"),
    *("use_deterministic_algorithms", "are_deterministic_algorithms_enabled"),
    *("set_float32_matmul_precision", "get_float32_matmul_precision"),
}


def examine(row: Row, allowed: Callable[[set[str]], bool]) -> str:
    """A description of the difference between both libraries, unless it is allowed."""
    _, call, seed, expected = row
    found = outcome(nncore, call, seed)
    different = differing(call, found, expected)
    if allowed(different):
        return ""
    return f"{call}: differs in {sorted(different)}\n  nncore  {found}\n  PyTorch {expected}\n"


@pytest.mark.parametrize("name", BY_NAME)
def test_calls(name: str) -> None:
    wrong = ""
    for row in BY_NAME[name]:
        deliberate, faults = KNOWN[False, row[1]], KNOWN[True, row[1]]
        wrong += examine(row, lambda found, d=deliberate, f=faults: found - f == d)  # type: ignore[misc]
    assert not wrong, wrong


@pytest.mark.xfail(strict=False, reason="known faults")
@pytest.mark.parametrize("fault", [d for d in DIFFERENCES if d.fault], ids=lambda d: d.reason)
def test_faults(fault: Difference) -> None:
    assert not any(examine(row, fault.properties.isdisjoint) for row in ROWS if row[1] in fault.calls)


def test_each_listed_call_is_recorded() -> None:
    assert {call for d in DIFFERENCES for call in d.calls} <= {row[1] for row in RECORDED}


def test_each_shared_name_is_called() -> None:
    shared = [name for name, mark in read_marks().items() if mark == "present"]
    callable = {n for n in shared if "." not in n or n.startswith(("Tensor.", "nn.functional."))}
    assert callable - BY_NAME.keys() == NOT_CALLED
