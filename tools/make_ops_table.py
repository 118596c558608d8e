"""Write docs/ops.md: each elementwise op with its formula, derivative and error bound.

python tools/make_ops_table.py
"""

from __future__ import annotations

from pathlib import Path

from nncore import _core

TARGET = Path(__file__).resolve().parents[1] / "docs" / "ops.md"

HEAD = """# Elementwise ops

`tools/make_ops_table.py` writes this page from the list in `cpp/backend/elementwise_list.h`. The formulas are in
`cpp/backend/formulas_*.h`. x, a and b are inputs; y is the result. The bound is the largest error of the
forward result in float32, in units in the last place (ulp), with default parameters. For one input it covers
all float32 values, for two inputs many samples. A bound of 0 means exact, and 0.5 correctly rounded. Results
below the normal range are flushed to 0. All levels (scalar, avx2, avx512, neon) and any number of threads
give the same bits.

| op | formula | derivative | bound, ulp |
|---|---|---|---|
"""


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def table() -> str:
    """The text of docs/ops.md."""
    rows = [
        f"| `{op['name']}` | {cell(op['formula'])} | {cell(op['derivative'])} | {op['ulp']:g} |"
        for op in _core.elementwise_ops()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(table(), encoding="utf-8")
