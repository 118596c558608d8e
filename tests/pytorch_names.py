"""The table of PyTorch's names; run this file after names were added, to mark them as present.

`data/pytorch_names.txt` has the names in order of use. The marks are "present", "planned" and "out" of scope.
Names that become present are removed from nncore's `errors/absent.txt`, which has the answers to the others.
"""

from __future__ import annotations

from pathlib import Path

import nncore
from nncore.errors import absent

TABLE = Path(__file__).with_name("data") / "pytorch_names.txt"
ABSENT = Path(absent.__file__).with_name("absent.txt")


def read_marks() -> dict[str, str]:
    """Name -> mark, in order of use."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return {name: mark for mark, name in (line.split() for line in lines if not line.startswith("#"))}


def missing_part(name: str) -> str | None:
    """The first part of a dotted name that nncore lacks, such as "jit" of "jit.script"; None if it exists."""
    value: object = nncore
    parts = name.split(".")
    for i, part in enumerate(parts, 1):
        if not hasattr(value, part):
            return ".".join(parts[:i])
        value = getattr(value, part)
    return None


def mark_of(name: str) -> str:
    """The mark that a name should have."""
    if missing_part(name) is None:
        return "present"
    answer = absent.answer(name)
    if answer is None:
        raise SystemExit(f"{name} does not exist and is not in {ABSENT}; add it there")
    return "planned" if answer.planned else "out"


def without(names: set[str], line: str) -> str:
    """A line of `absent.txt` without the given names; empty if none is left."""
    listed, colon, instead = line.partition(": ")
    kept = [name for name in listed.split() if name not in names]
    return f"{' '.join(kept)}{colon}{instead}" if kept else ""


def main() -> None:
    """Write both files again."""
    marks = {name: mark_of(name) for name in read_marks()}
    head = TABLE.read_text(encoding="utf-8").splitlines()[0]
    TABLE.write_text(
        "\n".join([head, *(f"{mark} {name}" for name, mark in marks.items())]) + "\n", encoding="utf-8"
    )
    present = {name for name, mark in marks.items() if mark == "present"}
    kept = []
    for line in ABSENT.read_text(encoding="utf-8").splitlines():
        plain = not line or line[0] in "#["
        left = line if plain else without(present, line)
        kept += [left] if left or plain else []
    ABSENT.write_text("\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
