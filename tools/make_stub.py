"""Writes python/nncore/_core.pyi from the installed extension module, or checks that it is current.

    pip install . pybind11-stubgen && python tools/make_stub.py [--check]

Run it with Python 3.11: the signatures that pybind11 writes differ a little between versions.
"""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

STUB = Path(__file__).resolve().parents[1] / "python" / "nncore" / "_core.pyi"
HEADER = "# Written by tools/make_stub.py from the built module; do not edit.\n"


def generate() -> str:
    """The stub's text, as pybind11-stubgen reads it off the docstrings of `nncore._core`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pybind11_stubgen", "nncore._core", "-o", folder, "--exit-code"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"pybind11-stubgen failed; mend the signatures it names\n{done.stderr}")
        text = (Path(folder) / "nncore" / "_core.pyi").read_text(encoding="utf-8")
    lines = [line.rstrip() for line in text.splitlines()]
    return HEADER + "\n".join(lines).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare and exit with 1 if the stub is stale")
    check = parser.parse_args().check
    new = generate()
    if not check:
        STUB.write_text(new, encoding="utf-8")
        return 0
    old = STUB.read_text(encoding="utf-8") if STUB.exists() else ""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "built", lineterm="")
    difference = list(lines)
    if difference:
        print("python/nncore/_core.pyi is stale; run: python tools/make_stub.py", *difference[:60], sep="\n")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
