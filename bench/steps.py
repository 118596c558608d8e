"""Whole training steps beside the peers that are installed, as a table for bench/results.

    python bench/steps.py [--threads N] [--seconds S]

Libraries take turns in one process on the same inputs with equally many threads; each first step is
checked against float64 by hand. `nncore` is the step captured by `nncore.compile`, called from Python.
"""

from __future__ import annotations

import argparse

import nncore
from nncore import _core
from nncore.bench import measure, processor
from nncore.bench.steps import steps
from nncore.bench.threads import same_threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=nncore.get_num_threads())
    parser.add_argument("--seconds", type=float, default=1.0, help="of measuring for each library")
    options = parser.parse_args()
    nncore.set_num_threads(options.threads)
    with same_threads(options.threads):
        peak = _core.measure_limits(options.threads, 0.2)["fma_f32"]
        print(f"{processor()}, {_core.isa()}, {options.threads} threads, {peak / 1e9:.0f} GFLOP/s\n")
        print("| step | library | median us | quartiles | of the FMA limit | time over nncore's |")
        print("|---|---|---|---|---|---|")
        for r in measure(steps(), options.seconds):
            spread = f"{r['us_low']:.4g} to {r['us_high']:.4g}"
            share = r["gflops"] * 1e9 / peak
            name = r["case"].removeprefix("step ")
            print(f"| {name} | {r['library']} | {r['us']:.4g} | {spread} | {share:.0%} | {r['ratio']:.2f} |")


if __name__ == "__main__":
    main()
