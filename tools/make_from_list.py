"""Write the files that derive from the list of elementwise ops, or check that they are current.

    python tools/make_from_list.py [--check]

* docs/ops.md: a table of all ops
* python/nncore/nn/activation.py: a module for each formula that has a layer
* python/nncore/nn/functional/bound.py: the names that `nncore.nn.functional` takes from the core
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path
from typing import Any

from nncore import _core

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 110  # columns of a line of Python

OPS = """# Elementwise ops

`tools/make_from_list.py` writes this page from the list in `cpp/backend/elementwise_list.h`. The formulas are
in `cpp/backend/formulas_*.h`. x, a and b are inputs; y is the result. The bound is the largest error of the
forward result in float32, in units in the last place (ulp), with default parameters. For one input it covers
all float32 values, for two inputs many samples. A bound of 0 means exact, and 0.5 correctly rounded. Results
below the normal range are flushed to 0. All levels (scalar, avx2, avx512, neon) and any number of threads
give the same bits.

| op | formula | derivative | bound, ulp |
|---|---|---|---|
"""

ACTIVATION = '''"""Activations: functions of each element.

With `inplace=True` the result is written into the input.
"""

# Written by tools/make_from_list.py from the formulas; do not edit.

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number

from .elementwise import Elementwise
'''

FUNCTIONAL = '''"""The functions of `nncore.nn.functional` that are bound with PyTorch's signature."""

# Written by tools/make_from_list.py from the binding; do not edit.

from __future__ import annotations
'''


def ops_table() -> str:
    rows = [
        f"| `{op['name']}` | {cell(op['formula'])} | {cell(op['derivative'])} | {op['ulp']:g} |"
        for op in _core.elementwise_ops()
    ]
    return OPS + "\n".join(rows) + "\n"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def activations() -> str:
    ops = sorted((op for op in _core.elementwise_ops() if op.get("layer")), key=lambda op: str(op["layer"]))
    head = f"{ACTIVATION}\n{listed([op['layer'] for op in ops])}"
    return "\n\n".join([head, *map(module, ops)])


def module(op: dict[str, Any]) -> str:
    """The class of a formula; its settings are the formula's scalars."""
    scalars = op["scalars"]
    parts = [f'class {op["layer"]}(Elementwise):\n    """{docstring(op)}\n    """\n']
    if scalars:
        names = tuple(name for name, _, _ in scalars)
        attributes = [f"settings = {quoted(names)}"]
        if not all(shown for _, _, shown in scalars):
            attributes.append("shown_by_name = False")
        parts.append("".join(f"    {line}\n" for line in [*attributes, *(f"{n}: float" for n in names)]))
    else:
        parts.append(f'    function, fused = staticmethod(_core.{op["name"]}), "{op["name"]}"\n')
    if scalars or op["inplace"]:
        parts.append(constructor(op))
    if scalars:
        attributes = [name for name, _, _ in scalars] + ["inplace"] * op["inplace"]
        values = "".join(f", self.{name}" for name in attributes)
        parts.append(
            f"    def forward(self, input: Tensor) -> Tensor:\n"
            f"        return _core.{op['name']}(input{values})\n"
        )
    return "\n".join(parts)


def constructor(op: dict[str, Any]) -> str:
    parameters = [
        f"{name}: float" + ("" if default is None else f" = {default!r}")
        for name, default, _ in op["scalars"]
    ]
    lines = ["super().__init__()"]
    for name, _, _ in op["scalars"]:
        lines.append(f'self.{name} = number("{op["layer"]}", "{name}", {name})')
    if op["inplace"]:
        parameters.append("inplace: bool = False")
        lines.append("self.inplace = inplace")
    if op["scalars"]:
        values = ", ".join(f"self.{name}" for name, _, _ in op["scalars"])
        lines.append(f'_core.check_numbers("{op["layer"]}", "{op["name"]}", [{values}])')
    head = f"    def __init__(self, {', '.join(parameters)}) -> None:\n"
    return head + "".join(f"        {line}\n" for line in lines)


def docstring(op: dict[str, Any]) -> str:
    x, y, scalars = op["example"]
    source = f" Source: {op['source']}." if op["source"] else ""
    text = f"y = {op['formula']}; derivative {op['derivative']}.{source}"
    lines = textwrap.wrap(text, WIDTH - 4, initial_indent=" " * 3)  # the quotes
    example = f"    >>> nn.{op['layer']}({scalars})(nncore.tensor({x}))\n    tensor({y})"
    return "\n    ".join(line.strip() for line in lines) + "\n\n" + example


def functional() -> str:
    names = sorted(_core.functional)
    imports = "from nncore._core import (\n" + "".join(f"    {name},\n" for name in names) + ")\n\n"
    return f"{FUNCTIONAL}\n{imports}{listed(names)}"


def listed(names: list[str]) -> str:
    return "__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n"


def quoted(names: tuple[str, ...]) -> str:
    return "(" + ", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "") + ")"


def files() -> dict[Path, str]:
    """The text of each generated file."""
    layers = ROOT / "python" / "nncore" / "nn"
    return {
        ROOT / "docs" / "ops.md": ops_table(),
        layers / "activation.py": activations(),
        layers / "functional" / "bound.py": functional(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="only compare; exit with status 1 on a difference"
    )
    check, status = parser.parse_args().check, 0
    for path, text in files().items():
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            print(f"{path.relative_to(ROOT)} is out of date; run: python tools/make_from_list.py")
            status = 1
        elif not check:
            path.write_text(text, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
