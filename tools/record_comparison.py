"""Record what PyTorch gives for the calls of tests/comparison, and forget differences that no longer exist.

python tools/record_comparison.py     writes two files of tests/data/comparison; needs torch
"""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch

import nncore
from comparison import differences
from comparison.calls import calls
from comparison.compare import RECORD, differing
from comparison.outcome import outcome


def main() -> None:
    rows = [(name, call, seed, outcome(torch, call, seed)) for name, call, seed in calls(torch)]
    text = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    RECORD.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(rows)} calls, {RECORD.stat().st_size / 1000:.0f} kB")

    differ = {
        call: differing(call, outcome(nncore, call, seed), expected) for _, call, seed, expected in rows
    }
    kept = [
        replace(known, calls=[call for call in known.calls if known.properties <= differ.get(call, set())])
        for known in differences.read()
    ]
    print(f"{sum(len(known.calls) for known in kept)} calls differ as listed")
    differences.write(kept)


if __name__ == "__main__":
    main()
