"""Record PyTorch's schedules and averaged models for tests/schedule_table.py and tests/average_table.py.

python tools/record_schedules.py     writes tests/data/schedules.json.gz; needs torch
"""

from __future__ import annotations

import gzip
import json
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch

from average_table import AVERAGES, run_average
from schedule_table import CASES, EPOCHS, HALF, RECORDED, can_jump, jumped, made, optimizer, resumed, run


def run_schedule(case: str) -> dict[str, Any]:
    """The values of each epoch; the state before epoch HALF; the values of the other runs."""
    o = optimizer(torch, case.split()[0])
    schedules = made(torch, case, o)
    found: dict[str, Any] = {"values": run(o, schedules, range(HALF))}
    groups = json.loads(json.dumps(o.state_dict()["param_groups"]))
    found["groups"] = groups
    found["states"] = json.loads(json.dumps([schedule.state_dict() for schedule in schedules]))
    found["values"] += run(o, schedules, range(HALF, EPOCHS))
    if can_jump(case):
        found["jumped"] = jumped(torch, case)
    if "last_epoch" in case or ", e)" in case:
        found["resumed"] = resumed(torch, case, groups)
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    schedules = {case: run_schedule(case) for case in CASES}
    averages = {case: run_average(torch, case) for case in AVERAGES}
    text = json.dumps({"schedules": schedules, "averages": averages}, separators=(",", ":"))
    RECORDED.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(CASES) + len(AVERAGES)} cases, {RECORDED.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
