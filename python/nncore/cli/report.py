"""The output of `nncore train`, as text or as one line of JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from nncore.cli.text import confusion_table


def print_start(result: dict[str, Any], epochs: int) -> None:
    rows, classes = result["rows"], result["classes"]
    target = "a number as the target" if classes is None else f"{len(classes)} classes"
    held_out = f"{rows['validation']} to validate on, " if rows["validation"] else ""
    print(
        f"{result['data']}: {rows['train']} rows to train on, {held_out}{rows['test']} to test on, "
        f"{result['features']} features, {target}"
    )
    for note in result["notes"]:
        print(note)
    print(
        f"model: {'-'.join(map(str, result['sizes']))} {result['activation']}, {result['parameters']:,} "
        f"parameters; {result['optimizer']}, lr {result['lr']:g}, batch {result['batch_size']}, {epochs} "
        f"epochs, seed {result['seed']}",
        flush=True,
    )


def print_result(result: dict[str, Any], epochs: int, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result), flush=True)
        return
    if result["interrupted"]:
        print(f"interrupted after {result['epochs']} of {epochs} epochs")
    rate = result["rows"]["train"] * result["epochs"] / max(result["seconds"], 1e-9)
    print(f"trained in {result['seconds']:.2f} s ({rate:,.0f} samples/s)")
    for part, name in (("train", "training"), ("test", "test")):
        count = result["rows"]["test"] if part == "test" else 0
        print(name, ", ".join(_metric(key, value, count) for key, value in result[part].items()))
    if "confusion" in result:
        print(confusion_table(np.array(result["confusion"]), result["classes"]))
    print(f"parameters sha256 {result['sha256']}")
    print(f"saved to {result['model']}", flush=True)


def _metric(name: str, value: Any, count: int) -> str:
    if name != "accuracy":
        return f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}"
    return f"accuracy {value:.2%}" + (f" ({round(value * count)} of {count})" if count else "")
