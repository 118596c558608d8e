"""The compiled inner loops of the matrix product keep values that belong in registers off the stack."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from built_objects import level_objects

STACK = re.compile(r"\(%[re]?[sb]p|\[(?:sp|x29)\b")
FMA = re.compile(r"^v?fm(?:add|la)")
VECTOR = re.compile(r"%[xyz]mm|\b[qv]\d+")


@dataclass(frozen=True)
class Loop:
    """The instructions between the label of an innermost loop and the jump back to it."""

    function: str
    body: tuple[str, ...]

    def stack(self) -> list[str]:
        return [line for line in self.body if STACK.search(line)]


def objdump_for(path: Path) -> str | None:
    """An objdump that reads the object: this machine's or that of the cross compiler."""
    arm = path.read_bytes()[18:20] == b"\xb7\x00"  # ELF e_machine
    names = ["aarch64-linux-gnu-objdump", "objdump"] if arm else ["objdump"]
    return next((name for name in names if shutil.which(name)), None)


def innermost_loops(path: Path, objdump: str) -> list[Loop]:
    command = [objdump, "-d", "--no-show-raw-insn", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    loops = []
    for block in re.split(r"\n\n", text):
        head = re.match(r"[0-9a-f]+ <(.*)>:\n", block)
        if head is None or not re.search("product_tile|product_columns|VectorKernel.*sweep", head[1]):
            continue
        lines = re.findall(r"^\s*([0-9a-f]+):\s+(.*)$", block, re.M)
        index = {int(address, 16): i for i, (address, _) in enumerate(lines)}
        spans = []
        for i, (_, line) in enumerate(lines):
            jump = re.match(r"(?:j\w+|b\.\w+|b|cbn?z\s+\w+,|tbn?z\s+\w+,[^,]*,)\s+([0-9a-f]+)\b", line)
            start = index.get(int(jump[1], 16)) if jump else None
            if start is not None and start <= i:
                spans.append((start, i))
        for start, end in spans:
            if any((s, e) != (start, end) and s >= start and e <= end for s, e in spans):
                continue
            body = tuple(line for _, line in lines[start : end + 1])
            if path.name.startswith("neon") and "4EdgeE1E" in head[1]:
                continue  # without masked loads, the last columns of B are gathered one by one
            leaves = any(line.startswith("ret") for line in body)  # a jump back to code laid out before it
            if not leaves and any(FMA.match(line) for line in body):
                loops.append(Loop(head[1], body))
    return loops


@pytest.fixture(scope="module")
def loops() -> dict[str, list[Loop]]:
    found = {}
    for path in level_objects("product"):
        objdump = None if path.name.startswith("scalar") else objdump_for(path)
        if objdump is not None:
            found[path.name] = innermost_loops(path, objdump)
    if not found:
        pytest.skip("needs objdump")
    return found


def test_the_loops_are_found(loops: dict[str, list[Loop]]) -> None:
    for name, of_level in loops.items():
        assert sum("12product_tile" in loop.function for loop in of_level) >= 20, name


def test_tiles_never_touch_the_stack(loops: dict[str, list[Loop]]) -> None:
    for name, of_level in loops.items():
        for loop in of_level:
            if "12product_tile" in loop.function:
                assert loop.stack() == [], f"{name}: {loop.function}"


def test_transposing_kernels_keep_their_sums_in_registers(loops: dict[str, list[Loop]]) -> None:
    """The loops for the last, narrow panel of columns may spill a little: they hold a pointer per column."""
    for name, of_level in loops.items():
        for loop in of_level:
            if "12product_tile" not in loop.function:
                spilled = [line for line in loop.stack() if VECTOR.search(line)]
                allowed = len(loop.body) / 8 if "LoadE2E" in loop.function else 0
                assert len(spilled) <= allowed, f"{name}: {loop.function}\n" + "\n".join(spilled)


def test_tiles_mostly_multiply(loops: dict[str, list[Loop]]) -> None:
    """Two in five instructions of the largest tile are multiply-adds; most others are loads."""
    largest = {"avx2": "Li6ELi2E", "avx512": "Li14ELi2E", "neon": "Li8ELi3E"}
    for name, of_level in loops.items():
        for loop in of_level:
            if re.search("12product_tileI[fd]" + largest[name.split(".")[0]], loop.function):
                share = sum(bool(FMA.match(line)) for line in loop.body) / len(loop.body)
                assert share > 0.4, f"{name}: {loop.function}: {share:.2f}"
