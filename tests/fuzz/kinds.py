"""The kinds of programs, and the program of a seed and number."""

from __future__ import annotations

import random
from collections.abc import Callable

from fuzz import calls, files, loaders, planted, training
from fuzz.program import Program

KINDS: dict[str, tuple[float, Callable[[random.Random], Program]]] = {
    "calls": (0.86, calls.program),
    "training": (0.06, training.program),
    "loaders": (0.03, loaders.program),
    "files": (0.05, files.program),
    "planted": (0.0, planted.program),  # only on request
}


def program(seed: int, number: int, kinds: tuple[str, ...] = ()) -> Program:
    """The program with this number; without `kinds`, of any kind by weight."""
    rng = random.Random(f"{seed} {number}")
    chosen = kinds or tuple(KINDS)
    weights = [KINDS[kind][0] or float(bool(kinds)) for kind in chosen]
    return KINDS[rng.choices(chosen, weights)[0]][1](rng)
