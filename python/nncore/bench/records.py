"""Measurements in a file with one JSON line each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nncore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def append(path: Path, rows: Iterable[Mapping[str, Any]], threads: int, **limits: Any) -> None:
    """Append rows to the file, each with the machine's configuration, threads and the limits of the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {"config": nncore.show_config(), "threads": threads, **limits}
    with path.open("a", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({**head, **row}) + "\n")
