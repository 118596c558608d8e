"""Tabulate the records of bench/products.py: print a summary of all files, and write a page NAME.md with each
shape beside each file NAME.jsonl.

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
    lost = sum(row["ratio"] < 0.95 for row in rows)
    squares = []
    for size in SQUARES:
        some = [row["of_fma_limit"] for row in rows if row["shape"] == [size] * 3]
        squares.append(f"{min(some):.0%} to {max(some):.0%}" if some else "")
    few = [row for row in rows if row["shape"][0] <= 32]
    return (
        f"| {title} | {mean(rows):.2f} | {mean(few):.2f} | {lost} of {len(rows)}"
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


def page(title: str, path: Path, rows: list[dict[str, Any]]) -> str:
    first = rows[0]
    processor = next(line for line in first["config"].splitlines() if line.startswith("processor"))
    low, high = (f(row["fma_limit"] for row in rows) for f in (min, max))
    return "\n".join(
        [
            f"# Products, {title}\n",
            f"{processor}. The multiply-add limit, measured around each product, was {low:.0f} to"
            f" {high:.0f} GFLOP/s; memory was read at {first['limits']['bytes'] / 1e9:.0f} GB/s.\n",
            "A cell shows nncore's GFLOP/s, its fraction of the limit (multiply-adds or reads of memory,"
            " whichever takes longer), the time of the faster of NumPy and PyTorch divided by nncore's,"
            " and the path.\n",
            *table(rows),
            f"\n![GFLOP/s of all libraries]({path.stem}.png)\n",
        ]
    )


def main(paths: list[Path]) -> None:
    print(
        "| | geometric mean | m <= 32 | below 0.95 | worst | "
        + " | ".join(f"{n} cubed" for n in SQUARES)
        + " |"
    )
    print("|---" * (5 + len(SQUARES)) + "|")
    for path in sorted(paths):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        *_, level, dtype, threads = path.stem.split("-")
        title = f"{dtype}, {level}, {threads} thread{'s' if threads != '1' else ''}"
        print(summary(title, rows))
        path.with_suffix(".md").write_text(page(title, path, rows))


if __name__ == "__main__":
    main([Path(path) for path in sys.argv[1:]])
