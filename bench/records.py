"""Records of measurements: JSON lines, their geometric mean, and tables of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def append(path: Path, row: Row) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def mean_ratio(rows: Iterable[Row]) -> float:
    """The geometric mean of the ratios; a ratio is NaN if a peer is not installed."""
    logs = [math.log(row["ratio"]) for row in rows if not math.isnan(row["ratio"])]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def markdown(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *body)]
    return "\n".join([lines[0], "|---" * (lines[0].count("|") - 1) + "|", *lines[1:]])
