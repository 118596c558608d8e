"""Print the code and constants of a build in kilobytes: kernels by family and level, then the other parts.

python tools/code_size.py BUILD_FOLDER
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path


def code_bytes(objects: list[Path]) -> dict[Path, int]:
    """The bytes of machine code and read-only data of each object file, as `size` counts them."""
    lines = subprocess.check_output(["size", *map(str, objects)], text=True).splitlines()[1:]
    return {path: int(line.split()[0]) for path, line in zip(objects, lines, strict=True)}


def main(folder: str) -> None:
    objects = sorted(Path(folder).rglob("*.o"))
    if not objects:
        sys.exit(f"code_size: no object files in {folder}; build nncore there first")
    kernels: defaultdict[str, dict[str, int]] = defaultdict(dict)
    parts: defaultdict[str, int] = defaultdict(int)
    for path, size in code_bytes(objects).items():
        target = next(part.removesuffix(".dir") for part in path.parts if part.endswith(".dir"))
        if match := re.fullmatch(r"nncore_isa_(\w+?)_(\w+)", target):
            level, family = match.groups()
            kernels[family][level] = size
        else:
            parts[target] += size
    levels = sorted({level for sizes in kernels.values() for level in sizes})
    print(f"{'kB':12}", *(f"{level:>8}" for level in levels))
    for family, sizes in sorted(kernels.items()):
        print(f"{family:12}", *(f"{sizes.get(level, 0) / 1000:8.1f}" for level in levels))
    totals = [sum(sizes.get(level, 0) for sizes in kernels.values()) for level in levels]
    print(f"{'kernels':12}", *(f"{total / 1000:8.1f}" for total in totals))
    for name, size in sorted(parts.items()):
        print(f"{name:12} {size / 1000:8.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
