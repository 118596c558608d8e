"""Write python/nncore/_core.pyi from the installed extension module, or check that it is current.

    pip install . pybind11-stubgen && python tools/make_stub.py [--check]

Run it with Python 3.11, because the signatures that pybind11 writes differ slightly between versions.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from nncore import _core

STUB = Path(__file__).resolve().parents[1] / "python" / "nncore" / "_core.pyi"
HEADER = "# Written by tools/make_stub.py from the built module; do not edit.\n"

# Tensor has methods bool, float, int and numpy and a property dtype, so annotations need other names.
PREAMBLE = """import builtins
import numpy as _np
"""
BINARY = ["add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "and", "or", "xor"]
BINARY += ["lshift", "rshift"]
ARITHMETIC = [prefix + name for name in BINARY for prefix in ("", "r", "i")] + ["matmul", "rmatmul"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]

# Return types that the binding does not state, by "Class.method".
RETURNS = {
    **{f"Tensor.__{name}__": "Tensor" for name in [*ARITHMETIC, *COMPARISONS]},
    "Tensor.__hash__": "int",
    "Step.__call__": "typing.Any",
    "Tensor.__reduce__": "tuple[typing.Any, ...]",
    "Tensor.__iter__": "collections.abc.Iterator[Tensor]",
    "Tensor.grad": "Tensor | None",
    "Tensor.numpy": "_np.ndarray[typing.Any, typing.Any]",
    "Tensor.requires_grad_": "Tensor",
    "Tensor.shape": "tuple[int, ...]",
    "Generator.manual_seed": "Generator",
}
REWRITES = [
    (r"numpy\.dtype\[typing\.Any\]", "_dtype"),
    (r"\*(args|kwargs)(?=[,)])", r"*\1: typing.Any"),
    (r"collections\.abc\.Callable(?!\[)", "collections.abc.Callable[..., typing.Any]"),
    (r"memo: dict", "memo: dict[int, typing.Any]"),
    (r"\btuple(?!\[)", "tuple[typing.Any, ...]"),
    (r"\bdict(?!\[)", "dict[str, typing.Any]"),
    (r"\blist(?!\[)", "list[typing.Any]"),
    (r"\b(bool|float|int)\b", r"builtins.\1"),
    (r"\| type \|", "| builtins.type |"),
]


def polish_signature(line: str, owner: str) -> str:
    """Return a `def` line of class `owner` with the annotations that strict type checkers require."""
    head, arguments = line.split("(", 1)
    name = f"{owner}.{head.split()[-1]}"
    if name in RETURNS and not arguments.startswith("self, arg1"):  # not for the setter of a property
        arguments = re.sub(r"( -> .*)?:$", f" -> {RETURNS[name]}:", arguments)
    for pattern, replacement in REWRITES:
        arguments = re.sub(pattern, replacement, arguments)
    ignore = "  # type: ignore[override]" if name in ("Tensor.__eq__", "Tensor.__ne__") else ""
    return f"{head}({arguments}{ignore}"


def all_names() -> str:
    """The public names, one on each line, so that branches that add different names merge."""
    return "__all__ = [\n" + "".join(f'    "{name}",\n' for name in sorted(_core.__all__)) + "]"


def polish(text: str) -> str:
    """Change the output of pybind11-stubgen so that `mypy --strict` accepts it."""
    text = re.sub(r"( *)@typing\.overload\n(.*\n.*\n)\1@typing\.overload\n\2", r"\2", text)  # duplicates
    text = re.sub(r"^import numpy\n", "", text, flags=re.M)
    text = re.sub(r"^__version__: str = .*", "__version__: str", text, flags=re.M)
    text = re.sub(r"^__all__: .*", all_names(), text, flags=re.M)
    text = re.sub(r"^functional: list = .*", "functional: list[str]", text, flags=re.M)
    text = text.replace("import typing\n", "import typing\n" + PREAMBLE, 1)
    text = text.replace("\nclass Tensor:", "\n_dtype = dtype\nclass Tensor:", 1)
    lines, owner = [], ""
    for line in text.splitlines():
        if line.startswith(("class ", "def ")):
            owner = line[6:].split(":")[0].split("(")[0] if line.startswith("class ") else ""
        is_signature = re.match(r" *def \w+\(.*:$", line)
        lines.append(polish_signature(line, owner) if is_signature else line.rstrip())
    return HEADER + "\n".join(lines).rstrip() + "\n"


# Hides the signatures without types, so that pybind11-stubgen reads the docstrings.
STUBGEN = """
import inspect
def refuse(function): raise TypeError
inspect.getfullargspec = refuse
from pybind11_stubgen import main
main()
"""


def generate() -> str:
    """Return the text of the stub, which pybind11-stubgen makes from the docstrings of `nncore._core`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", STUBGEN, "nncore._core", "-o", folder, "--exit-code"]
        command += [
            "--ignore-invalid-expressions",
            "detail::accessor<.*>",
        ]  # an attribute in a returned tuple
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"pybind11-stubgen failed; correct the signatures it names\n{done.stderr}")
        return polish((Path(folder) / "nncore" / "_core.pyi").read_text(encoding="utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="only compare; exit with status 1 if the stub is out of date"
    )
    check = parser.parse_args().check
    new = generate()
    if not check:
        STUB.write_text(new, encoding="utf-8")
        return 0
    old = STUB.read_text(encoding="utf-8") if STUB.exists() else ""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "built", lineterm="")
    difference = list(lines)
    if difference:
        print(
            "python/nncore/_core.pyi is out of date; run: python tools/make_stub.py",
            *difference[:60],
            sep="\n",
        )
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
