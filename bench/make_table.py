"""Tabulate the records of the other scripts in this folder but products.py and busy.py.

A cell shows the time of the fastest other library divided by nncore's, then nncore's part of the limit. In
the records of steps.py a column is a library, and the numbers are its own. Several files give a column each.

    python bench/make_table.py layers.jsonl
"""

from __future__ import annotations

import sys
from pathlib import Path

from records import Row, markdown, mean_ratio, read


def main(paths: list[Path]) -> None:
    table: dict[str, dict[str, Row]] = {}
    for path in paths:
        for row in read(path):
            column = row["column"] if len(paths) == 1 else f"{row['column']}, {path.stem}"
            table.setdefault(row["case"], {})[column] = row
    columns = list(dict.fromkeys(column for rows in table.values() for column in rows))
    body = [[case, *(cell(rows.get(column)) for column in columns)] for case, rows in table.items()]
    means = [mean_ratio(rows[column] for rows in table.values() if column in rows) for column in columns]
    print(markdown(["", *columns], [*body, ["geometric mean", *(f"{mean:.2f}" for mean in means)]]))


def cell(row: Row | None) -> str:
    return f"{row['ratio']:.2f}, {row['of_limit']:.0%}" if row else ""


if __name__ == "__main__":
    main([Path(path) for path in sys.argv[1:]])
