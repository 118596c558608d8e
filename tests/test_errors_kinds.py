"""A wrong value for any parameter of a public call raises TypeError, ValueError, IndexError or MemoryError.

The message of a native function starts with its name. `--slow` tries all wrong values for all parameters; the
quick test tries a few, chosen by the name of the call.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from wrong_arguments import Subject, faults, subjects
from wrong_values import WRONG

AREAS: dict[str, list[Subject]] = {}
for found in subjects():
    AREAS.setdefault("core" if found.native else found.name.partition(".")[0], []).append(found)


@pytest.mark.parametrize("area", AREAS)
def test_some_wrong_arguments(area: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    for subject in AREAS[area]:
        lines += faults(subject, random.Random(subject.name).sample(list(WRONG), 5))
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("area", AREAS)
def test_all_wrong_arguments(area: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line for subject in AREAS[area] for line in faults(subject)]
    assert not lines, "\n".join(lines)
