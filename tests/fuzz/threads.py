"""Run programs in several threads of one process, for the thread sanitizer."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor

import nncore
from fuzz import check
from fuzz.kinds import program
from fuzz.program import namespace


def together(seed: int, numbers: range, kinds: tuple[str, ...], threads: int) -> list[tuple[int, str]]:
    """(number, failure) of each program that failed. Kernels use one thread, as OpenMP's are not checked."""
    nncore.set_num_threads(1)
    check.listen()

    def one(number: int) -> tuple[int, str] | None:
        case = program(seed, number, kinds)
        with tempfile.TemporaryDirectory() as folder:
            try:
                exec(compile(case.text, f"<{case.name}>", "exec"), namespace(folder))
            except Exception as error:
                try:
                    check.judge_error(error)
                except check.Failure as failure:
                    return number, str(failure)
        return None

    with ThreadPoolExecutor(threads) as pool:
        return [found for found in pool.map(one, numbers) if found]
