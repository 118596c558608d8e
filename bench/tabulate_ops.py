"""Tabulate the records of bench/ops.py.

A cell shows the time of the faster other library divided by nncore's, and nncore's fraction of the memory
limit.

python bench/tabulate_ops.py ops.jsonl
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path


def main() -> None:
    rows = [json.loads(line) for path in sys.argv[1:] for line in Path(path).read_text().splitlines()]
    sizes = sorted({row["n"] for row in rows})
    print(f"Triad {rows[0]['triad'] / 1e9:.1f} GB/s.\n")
    print("| | " + " | ".join(f"{n:,}" for n in sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for kind, name in dict.fromkeys((row["kind"], row["op"]) for row in rows):
        cells = {
            row["n"]: f"{row['ratio']:.2f}, {row['of_memory_limit']:.0%}"
            for row in rows
            if (row["kind"], row["op"]) == (kind, name)
        }
        label = name if kind == "forward" else f"{name} and back"
        print(f"| {label} | " + " | ".join(cells.get(n, "") for n in sizes) + " |")
    means = []
    for n in sizes:
        logs = [math.log(row["ratio"]) for row in rows if row["n"] == n]
        means.append(f"{math.exp(sum(logs) / len(logs)):.2f}")
    print("| geometric mean | " + " | ".join(means) + " |")


if __name__ == "__main__":
    main()
