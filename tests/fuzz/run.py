"""Run random programs against nncore.

python tests/fuzz/run.py --calls 1000000        run more, on the installed package
python tests/fuzz/run.py --seed 3 --call 17     print one program and run it in this process
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fuzz import kinds
from fuzz.driver import Driver
from fuzz.program import Program, namespace
from fuzz.threads import together
from fuzz.worker import work


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=10_000, help="number of programs (10,000)")
    parser.add_argument("--seed", type=int, default=0, help="seed; equal seeds make equal programs (0)")
    parser.add_argument("--call", type=int, help="run only this program, in this process")
    parser.add_argument("--first", type=int, default=0, help="number of the first program (0)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (one per core)")
    parser.add_argument("--limit", type=float, default=60, help="seconds per program (60)")
    parser.add_argument("--most", type=int, default=50, help="stop after this many failures (50)")
    parser.add_argument("--kinds", default="", help=f"kinds, with commas, from {', '.join(kinds.KINDS)}")
    parser.add_argument("--threads", type=int, help="run the programs in this many threads of this process")
    parser.add_argument("--work", nargs=4, metavar=("FOLDER", "FIRST", "END", "STEP"), help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def alone(program: Program) -> None:
    """Print a program and run it."""
    print(program.alone, flush=True)
    import tempfile

    from fuzz import check

    check.listen()
    with tempfile.TemporaryDirectory() as folder:
        print("ran" if check.judge(program, namespace(folder)) else "refused")


def main() -> int:
    given = options()
    chosen = tuple(given.kinds.split(",")) if given.kinds else ()
    if given.work:
        folder, first, end, step = given.work
        work(Path(folder), given.seed, range(int(first), int(end), int(step)), chosen)
        return 0
    if given.call is not None:
        alone(kinds.program(given.seed, given.call, chosen))
        return 0
    if given.threads:
        numbers = range(given.first, given.first + given.calls)
        failures = together(given.seed, numbers, chosen, given.threads)
        print(*(f"call {number}: {what}" for number, what in failures), f"{len(failures)} failed", sep="\n")
        return 1 if failures else 0
    start = time.monotonic()
    driver = Driver(given.seed, given.calls, given.workers, chosen, given.limit, given.first)
    driver.run(given.most)
    for found in driver.found:
        program = kinds.program(given.seed, found.number, chosen)
        print(f"\n{'-' * 100}\n# seed {given.seed}, call {found.number}, {program.name}: {found.what}\n")
        print(program.alone)
    total = max(driver.ran + driver.refused + len(driver.found), 1)
    ran, refused = 100 * driver.ran / total, 100 * driver.refused / total
    print(f"{total} programs in {time.monotonic() - start:.0f} s: {ran:.0f}% ran to their end, ", end="")
    print(f"{refused:.0f}% raised a documented exception,  {len(driver.found)} failed")
    return 1 if driver.found else 0


if __name__ == "__main__":
    sys.exit(main())
