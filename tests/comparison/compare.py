"""What PyTorch gave, and how the outcome of a call in nncore differs from it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from comparison.calls import DATA

Row = tuple[str, str, str, dict[str, Any]]  # name, call, seed of its operands, outcome in PyTorch
RECORD = DATA / "record.json.gz"
ERRORS = {"TypeError", "ValueError", "IndexError", "RuntimeError", "AttributeError"}


def close(found: Any, expected: Any, tolerance: float) -> bool:
    """Whether numbers agree to the tolerance, relative to the larger of 1 and the largest of the array."""
    if found is None or expected is None or len(found) != len(expected):
        return found is expected
    a, b = np.array(found, float), np.array(expected, float)
    sizes = np.abs(b[np.isfinite(b)])
    return bool(np.allclose(a, b, 0, tolerance * max([1.0, *sizes]), equal_nan=True))


def differing(call: str, found: dict[str, Any], expected: dict[str, Any]) -> set[str]:
    """The properties in which two outcomes differ."""
    if "error" in found and "error" in expected:
        return set() if found["error"] in ERRORS else {"error"}
    if "error" in found or "error" in expected:
        return {"refuses" if "error" in found else "accepts"}
    if len(found["results"]) != len(expected["results"]):
        return {"results"}
    different = set() if found["wrote"] == expected["wrote"] else {"wrote"}
    tolerance = 1e-6 if "float32" in str(expected) or re.search(r"[fnp]\(", call) else 1e-12
    for a, b in zip(found["results"], expected["results"], strict=True):
        if not isinstance(a, dict) or not isinstance(b, dict):
            both = isinstance(a, float) and isinstance(b, float)
            different |= set() if a == b or (both and close([a], [b], tolerance)) else {"values"}
            continue
        different |= {key for key in ("dtype", "shape", "requires_grad", "shares") if a[key] != b[key]}
        if not close(a["values"], b["values"], tolerance if "float" in b["dtype"] else 0):
            different.add("values")
    if not all(close(a, b, tolerance) for a, b in zip(found["grads"], expected["grads"], strict=True)):
        different.add("grads")
    return different
