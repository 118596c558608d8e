"""`nncore bench`: the speed of nncore and other libraries on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    from nncore import bench

    bench.run(json_file=options.json, threads=options.threads, seconds=options.seconds)
    return 0
