"""Rates, momenta and states of schedules against those that PyTorch gave (`tools/record_schedules.py`)."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import nncore
from schedule_table import CASES, EPOCHS, HALF, jumped, made, optimizer, recorded, resumed, run

RECORD = recorded("schedules")


def same(ours: list[list[float]], theirs: list[list[float]]) -> None:
    for epoch, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12), f"in epoch {epoch}"


def halfway(library: Any, case: str) -> tuple[Any, list[Any]]:
    """An optimizer and its schedules in epoch HALF."""
    o = optimizer(library, case.split()[0])
    schedules = made(library, case, o)
    run(o, schedules, range(HALF))
    return o, schedules


def restored(library: Any, case: str, groups: list[Any], states: list[Any]) -> list[list[float]]:
    """The values from epoch HALF on, from states of the groups and of the schedules."""
    o = optimizer(library, case.split()[0])
    schedules = made(library, case, o)
    o.load_state_dict({**o.state_dict(), "param_groups": groups})
    for schedule, state in zip(schedules, states, strict=True):
        schedule.load_state_dict(state)
    return run(o, schedules, range(HALF, EPOCHS))


def test_each_case_is_recorded() -> None:
    assert list(RECORD) == CASES


@pytest.mark.parametrize("case", CASES)
def test_values_are_pytorchs(case: str) -> None:
    o = optimizer(nncore, case.split()[0])
    same(run(o, made(nncore, case, o), range(EPOCHS)), RECORD[case]["values"])


@pytest.mark.parametrize("case", CASES)
def test_states_of_pytorch_continue(case: str) -> None:
    record = RECORD[case]
    same(restored(nncore, case, record["groups"], record["states"]), record["values"][HALF:])


@pytest.mark.parametrize("case", [case for case in CASES if "jumped" in RECORD[case]])
def test_step_takes_an_epoch(case: str) -> None:
    same(jumped(nncore, case), RECORD[case]["jumped"])


@pytest.mark.parametrize("case", [case for case in CASES if "resumed" in RECORD[case]])
def test_last_epoch_resumes(case: str) -> None:
    record = RECORD[case]
    same(resumed(nncore, case, record["groups"]), record["resumed"])


@pytest.mark.parametrize("case", CASES)
def test_pytorch_continues_from_our_states(case: str) -> None:
    torch = pytest.importorskip("torch")
    o, schedules = halfway(nncore, case)
    states = [schedule.state_dict() for schedule in schedules]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = restored(torch, case, o.state_dict()["param_groups"], states)
    same(found, RECORD[case]["values"][HALF:])
