"""The list of calls in which nncore differs from PyTorch; see data/comparison/differences.txt."""

from __future__ import annotations

from dataclasses import dataclass

from comparison.calls import DATA

LIST = DATA / "differences.txt"


@dataclass(frozen=True)
class Difference:
    """Calls that differ in the same properties for the same reason."""

    fault: bool  # to be mended; otherwise deliberate
    properties: frozenset[str]
    reason: str
    calls: list[str]


def read() -> list[Difference]:
    found: list[Difference] = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith(("= ", "! ")):
            properties, reason = line[2:].split(": ", 1)
            found.append(Difference(line[0] == "!", frozenset(properties.split()), reason, []))
        elif line and not line.startswith("#"):
            found[-1].calls.append(line)
    return found


def write(differences: list[Difference]) -> None:
    """Write the list again under its first lines, without entries that have no calls."""
    lines = [line for line in LIST.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    for difference in differences:
        if difference.calls:
            mark, properties = "!" if difference.fault else "=", " ".join(sorted(difference.properties))
            lines += ["", f"{mark} {properties}: {difference.reason}", *difference.calls]
    LIST.write_text("\n".join(lines) + "\n", encoding="utf-8")
