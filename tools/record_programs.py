"""Record the losses of the programs in tests/programs with PyTorch in place of nncore.

python tools/record_programs.py [name ...]     writes tests/data/programs.json; needs torch
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "tests" / "data" / "programs.json"


def with_torch(source: str) -> str:
    """The program with torch in its import lines."""
    return re.sub(r"^(import|from) nncore(?=[ .])", r"\1 torch", source, flags=re.M)


def main(names: list[str]) -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    for path in sorted((ROOT / "tests" / "programs").glob("*.py")):
        if path.stem in ("__init__", "seeded") or (names and path.stem not in names):
            continue
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            copy.write_text(with_torch(path.read_text(encoding="utf-8")))
            spec = importlib.util.spec_from_file_location(path.stem, copy)
            assert spec
            assert spec.loader
            module = importlib.util.module_from_spec(spec)
            sys.modules[path.stem] = module  # worker processes and pickles look it up
            spec.loader.exec_module(module)
            recorded[path.stem] = [round(value, 7) for value in module.run()]
        print(f"{path.stem}: {recorded[path.stem][0]:.4f} ... {recorded[path.stem][-1]:.4f}")
    RECORDED.write_text(json.dumps(recorded, indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
