"""Plot the records of bench/products.py: GFLOP/s of each library for each shape, and the FMA limit.

python bench/plot_products.py products-avx512-float32-1.jsonl products-avx512-float32-1.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from records import read


def main(source: Path, target: Path) -> None:
    rows = read(source)
    figure, axes = plt.subplots(3, 1, figsize=(12, 12), sharex=True, layout="constrained")
    for axis, form in zip(axes, ("NN", "NT", "TN"), strict=True):
        some = [row for row in rows if row["form"] == form]
        names = ["x".join(map(str, row["shape"])) for row in some]
        for library in some[0]["gflops"]:
            axis.plot(names, [row["gflops"][library] for row in some], "o-", markersize=3, label=library)
        axis.plot(names, [row["fma_limit"] for row in some], color="grey", linestyle=":", label="FMA limit")
        axis.set(ylabel=f"{form}, GFLOP/s", ylim=(0, None))
        axis.grid(alpha=0.3)
    axes[0].legend(ncols=4)
    axes[-1].tick_params(axis="x", rotation=90)
    figure.savefig(target, dpi=90)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
