"""Tables in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

MOST_CLASSES = 40


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Cells right-aligned in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        " ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def confusion_table(matrix: np.ndarray[Any, Any], classes: Sequence[int | str]) -> str:
    """Counts with a row per true class and a column per predicted class; zeros are dots."""
    if len(classes) > MOST_CLASSES:
        return f"(no confusion matrix: {len(classes)} classes)"
    names = [str(name)[:20] for name in classes]
    rows = [["true \\ found", *names]]
    rows += [
        [name, *(str(n) if n else "." for n in row)] for name, row in zip(names, matrix.tolist(), strict=True)
    ]
    return columns(rows)
