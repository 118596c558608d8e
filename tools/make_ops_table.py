"""Writes docs/ops.md: every elementwise op with its formula, its derivative and its bound.

python tools/make_ops_table.py
"""

from __future__ import annotations

from pathlib import Path

from nncore import _core

TARGET = Path(__file__).resolve().parents[1] / "docs" / "ops.md"

HEAD = """# Elementwise ops

Written by `tools/make_ops_table.py` from the list in `cpp/ops/elementwise_list.h`; the formulas stand in
`cpp/backend/formulas_*.h`, each once. x, a, b are inputs, y is the result. The bound is the largest error of
the forward result in float32, in units of the last place, over all float32 inputs with the default parameters
(of two inputs: over many samples); 0 is exact, 0.5 correctly rounded. Results below the normal range are
flushed to 0. All levels (scalar, avx2, avx512, neon) and any number of threads give the same bits.

| op | formula | derivative | bound, ulp |
|---|---|---|---|
"""


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def table() -> str:
    """The page as it should be."""
    rows = [
        f"| `{op['name']}` | {cell(op['formula'])} | {cell(op['derivative'])} | {op['ulp']:g} |"
        for op in _core.elementwise_ops()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(table(), encoding="utf-8")
