"""Training steps, compared with the other libraries that are installed.

Each library runs in its own process, limited to as many cores as threads. The processes take turns on the
same inputs. Each first step is checked against a float64 step by hand. `nncore` is the step captured by
`nncore.compile`, called from Python. `pytorch compiled` applies `torch.compile` to forward with loss and to
the step of the optimizer. The limit of a step is the time of its products at the rate of multiply-adds in
registers, plus the bytes of the optimizer at the rate of a streaming triad over arrays as large as its state.
Both rates are measured in the same run. A ratio is the median of the ratios to nncore's time within each
turn, so that changes in the speed of the machine affect it little.

    python bench/steps.py --threads 1 --json steps.jsonl
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from statistics import median

from nncore import _core
from nncore.bench.libraries import makers, with_torch
from nncore.bench.steps import STEPS, Maker, Step
from nncore.bench.timing import quartiles
from nncore.bench.training import training_step
from records import Row
from report import Call, measure_limits, parser, report
from turns import Library, take_turns

TURNS = 6


def libraries(step: Step | None = None) -> dict[str, Maker]:
    compiled: dict[str, Maker] = {"pytorch compiled": partial(with_torch, compiled=True)}
    return makers(step) | (compiled if find_spec("torch") else {})


def prepare(library: str, step: Step) -> Call:
    case = training_step(step, {library: libraries(step)[library]})
    case.check()
    return case.calls[library]


def optimizer_bytes(step: Step) -> tuple[float, int]:
    """(bytes moved by one pass over p and g, for Adam also m and v, in float32; bytes of these arrays)."""
    parameters = sum((m + 1) * n for m, n in pairwise(step.sizes))
    arrays = 2 if step.optimizer == "sgd" else 4
    return 4.0 * parameters * (2 * arrays - 1), 4 * parameters * arrays


def measure(step: Step, times: dict[str, list[list[float]]], limit: float) -> Iterator[Row]:
    """A row for each library, from its times in each turn; `limit` is in seconds."""
    ours = [median(turn) for turn in times["nncore"]]
    for library, turns in times.items():
        low, middle, high = quartiles([time for turn in turns for time in turn])
        yield {
            "case": step.label,
            "column": library,
            "us": middle * 1e6,
            "us_low": low * 1e6,
            "us_high": high * 1e6,
            "of_limit": limit / middle,
            "ratio": median(median(turn) / our for turn, our in zip(turns, ours, strict=True)),
        }


def line(row: Row) -> str:
    spread = f"{row['us_low']:.4g} to {row['us_high']:.4g}"
    numbers = f"{row['us']:10.4g} us {spread:>20}  of limit {row['of_limit']:4.0%}  ratio {row['ratio']:6.2f}"
    return f"{row['case']:44s} {row['column']:16s} {numbers}"


def main() -> None:
    options = parser(__doc__, seconds=1.0).parse_args()
    limits = measure_limits(options.threads)
    processes = {name: Library(name, prepare, options.threads) for name in libraries()}

    def rows() -> Iterator[Row]:
        for step in STEPS:
            if options.only in step.label:
                moved, held = optimizer_bytes(step)
                triad = _core.measure_limits(options.threads, 0.05, held)["triad"]
                limit = step.flops / limits["fma_f32"] + moved / triad
                some = {name: processes[name] for name in processes if name in libraries(step)}
                yield from measure(step, take_turns(some, step, options.seconds, TURNS), limit)

    report(rows(), line, options, limits)


if __name__ == "__main__":
    main()
