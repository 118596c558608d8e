"""Write the measurements of bench/products.py as Markdown: a summary of all files, then a table of each.

python bench/tabulate_products.py bench/results/products-*.jsonl
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

FORMS = ("NT", "NN", "TN")
SQUARES = (64, 128, 256, 512, 1024, 2048)


def name(shape: list[int]) -> str:
    return "x".join(map(str, shape))


def mean(rows: list[dict[str, Any]]) -> float:
    return math.exp(sum(math.log(row["ratio"]) for row in rows) / len(rows))


def summary(title: str, rows: list[dict[str, Any]]) -> str:
    worst = min(rows, key=lambda row: row["ratio"])
    squares = []
    for size in SQUARES:
        some = [row["of_fma_limit"] for row in rows if row["shape"] == [size] * 3]
        squares.append(f"{min(some):.0%} to {max(some):.0%}" if some else "")
    few = [row for row in rows if row["shape"][0] <= 32]
    return (
        f"| {title} | {mean(rows):.2f} | {mean(few):.2f}"
        f" | {worst['ratio']:.2f} {name(worst['shape'])} {worst['form']} | {' | '.join(squares)} |"
    )


def table(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["| m x n x k | " + " | ".join(FORMS) + " |", "|---" * (len(FORMS) + 1) + "|"]
    shapes: list[list[int]] = []
    for row in rows:
        if row["shape"] not in shapes:
            shapes.append(row["shape"])
    for shape in shapes:
        cells = [name(shape)]
        for form in FORMS:
            row = next(r for r in rows if r["shape"] == shape and r["form"] == form)
            speed = row["gflops"]["nncore"]
            cells.append(f"{speed:.1f}, {row['of_limit']:.0%}, {row['ratio']:.2f} {row['path']}")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main(paths: list[Path]) -> None:
    files = []
    for path in sorted(paths):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        _, level, dtype, threads = path.stem.split("-")
        files.append((f"{dtype}, {level}, {threads} thread{'s' if threads != '1' else ''}", path, rows))
    print("| | geometric mean | m <= 32 | worst | " + " | ".join(f"{n} cubed" for n in SQUARES) + " |")
    print("|---" * (4 + len(SQUARES)) + "|")
    for title, _, rows in files:
        print(summary(title, rows))
    for title, path, rows in files:
        limits = rows[0]["limits"]
        print(f"\n## {title}\n")
        print(f"![{path.stem}.png]({path.stem}.png)\n")
        print(f"FMA limit {limits['flops'] / 1e9:.0f} GFLOP/s, reads {limits['bytes'] / 1e9:.0f} GB/s.\n")
        print("\n".join(table(rows)))


if __name__ == "__main__":
    main([Path(path) for path in sys.argv[1:]])
