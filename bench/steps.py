"""Training steps, compared with the other libraries that are installed; prints a Markdown table.

    python bench/steps.py [--threads N] [--seconds S] [--only I ...]

Each library runs in its own process, limited to as many cores as threads. The processes take turns on the
same inputs. Each first step is checked against a float64 step by hand. `nncore` is the step captured by
`nncore.compile`, called from Python. `pytorch compiled` applies `torch.compile` to forward with loss and to
the step of the optimizer. The limit of a step is the time of its products at the rate of multiply-adds in
registers, plus the bytes of the optimizer at the rate of a streaming triad over arrays as large as its state.
Both rates are measured in the same run. The last column is the median of the ratios within each turn, so that
changes in the speed of the machine affect it little.
"""

from __future__ import annotations

import argparse
from statistics import median

import nncore
from nncore import _core
from nncore.bench import processor
from nncore.bench.steps import STEPS, flops, optimizer_bytes
from nncore.bench.timing import quartiles
from nncore.bench.turns import measure_in_turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=nncore.get_num_threads())
    parser.add_argument("--seconds", type=float, default=1.0, help="measuring time per library")
    parser.add_argument(
        "--only", type=int, nargs="*", default=range(len(STEPS)), help="indices of the steps to measure"
    )
    options = parser.parse_args()
    peak = _core.measure_limits(options.threads, 0.2)["fma_f32"]
    print(f"{processor()}, {_core.isa()}, {options.threads} threads, {peak / 1e9:.0f} GFLOP/s\n")
    print("| step | library | median us | quartiles | of the limit | time over nncore's |")
    print("|---|---|---|---|---|---|")
    for step, times in measure_in_turns([STEPS[i] for i in options.only], options.threads, options.seconds):
        moved, held = optimizer_bytes(step)
        triad = _core.measure_limits(options.threads, 0.05, held)["triad"]
        limit = flops(step) / peak + moved / triad
        ours = [median(turn) for turn in times["nncore"]]
        name = f"{'-'.join(map(str, step.sizes))} {step.activation} b{step.batch} {step.optimizer}"
        for library, turns in times.items():
            low, middle, high = quartiles([time for turn in turns for time in turn])
            spread = f"{low * 1e6:.4g} to {high * 1e6:.4g}"
            ratio = median(median(turn) / our for turn, our in zip(turns, ours, strict=True))
            numbers = f"{middle * 1e6:.4g} | {spread} | {limit / middle:.0%} | {ratio:.2f}"
            print(f"| {name} | {library} | {numbers} |", flush=True)


if __name__ == "__main__":
    main()
