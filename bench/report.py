"""What the scripts in this folder have in common: options, limits of the machine, and output."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import nncore
from nncore import _core
from records import Row, append, mean_ratio

Call = Callable[[], object]
PEERS = ("nncore", "numpy", *["pytorch"] * bool(find_spec("torch")))


def parser(doc: str | None, seconds: float) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--seconds", type=float, default=seconds, help="measuring time per library and case")
    made.add_argument("--only", default="", help="measure only cases whose name contains this text")
    made.add_argument("--json", type=Path, help="append one JSON line per case")
    return made


def measure_limits(threads: int) -> dict[str, float]:
    """Print the configuration and the limits of the machine; returns operations and bytes per second."""
    found = _core.measure_limits(threads=threads, seconds=0.2)
    limits = {name: found[name] for name in ("fma_f32", "fma_f64", "triad", "read")}
    print(nncore.show_config())
    print(", ".join(f"{name} {rate / 1e9:.1f} G/s" for name, rate in limits.items()))
    return limits


def ratio(seconds: Mapping[str, float]) -> float:
    """The time of the fastest other library divided by nncore's; NaN without another library."""
    others = [time for library, time in seconds.items() if library != "nncore"]
    return min(others) / seconds["nncore"] if others else math.nan


def report(
    rows: Iterable[Row], line: Callable[[Row], str], options: argparse.Namespace, limits: dict[str, float]
) -> list[Row]:
    """Print a line per row, and append the row to the JSON file."""
    found = []
    for row in rows:
        print(line(row), flush=True)
        if options.json:
            facts = {"config": nncore.show_config(), "threads": options.threads, "limits": limits}
            append(options.json, {**facts, **row})
        found.append(row)
    return found


def summarize(rows: Iterable[Row], line: Callable[[Row], str]) -> None:
    """Print the geometric mean of the ratios, and the line with the least one."""
    known = [row for row in rows if not math.isnan(row["ratio"])]
    if known:
        print(f"geometric mean {mean_ratio(known):.2f}; the least ratio:")
        print(line(min(known, key=lambda row: row["ratio"])))
