"""Tabulate the records of bench/products.py: print a summary of all files, and write a page NAME.md with each
shape beside each file NAME.jsonl.

python bench/tabulate_products.py bench/results/products-*.jsonl
"""

from __future__ import annotations

import sys
from pathlib import Path

from records import Row, markdown, mean_ratio, read

FORMS = ("NT", "NN", "TN")
SQUARES = (64, 128, 256, 512, 1024, 2048)


def name(shape: list[int]) -> str:
    return "x".join(map(str, shape))


def summary(title: str, rows: list[Row]) -> list[str]:
    worst = min(rows, key=lambda row: row["ratio"])
    lost = sum(row["ratio"] < 0.95 for row in rows)
    squares = []
    for size in SQUARES:
        some = [row["of_fma_limit"] for row in rows if row["shape"] == [size] * 3]
        squares.append(f"{min(some):.0%} to {max(some):.0%}" if some else "")
    means = [f"{mean_ratio(some):.2f}" for some in (rows, [row for row in rows if row["shape"][0] <= 32])]
    least = f"{worst['ratio']:.2f} {name(worst['shape'])} {worst['form']}"
    return [title, *means, f"{lost} of {len(rows)}", least, *squares]


def table(rows: list[Row]) -> str:
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        text = f"{row['gflops']['nncore']:.1f}, {row['of_limit']:.0%}, {row['ratio']:.2f} {row['path']}"
        cells.setdefault(name(row["shape"]), {})[row["form"]] = text
    body = [[shape, *(found[form] for form in FORMS)] for shape, found in cells.items()]
    return markdown(["m x n x k", *FORMS], body)


def page(title: str, path: Path, rows: list[Row]) -> str:
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
            table(rows),
            f"\n![GFLOP/s of all libraries]({path.stem}.png)\n",
        ]
    )


def main(paths: list[Path]) -> None:
    head = ["", "geometric mean", "m <= 32", "below 0.95", "worst", *(f"{n} cubed" for n in SQUARES)]
    body = []
    for path in sorted(paths):
        rows = read(path)
        *_, level, dtype, threads = path.stem.split("-")
        title = f"{dtype}, {level}, {threads} thread{'s' if threads != '1' else ''}"
        body.append(summary(title, rows))
        path.with_suffix(".md").write_text(page(title, path, rows))
    print(markdown(head, body))


if __name__ == "__main__":
    main([Path(path) for path in sys.argv[1:]])
