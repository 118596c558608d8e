"""The documented ulp bounds against float64 NumPy, for a sample; `math_test --all` checks every float32."""

from __future__ import annotations

import numpy as np
import pytest

import nncore
from op_case import Array
from op_table import PYTHON, ULP, UNARY

NAMES = ["exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "tanh"]
NAMES += ["sqrt", "rsqrt", "reciprocal", "sigmoid", "softplus", "silu", "softsign", "logsigmoid"]
# Without x - tanh(x), which NumPy cannot compute for small x, and the slope 0.01, which float32 rounds.
SPARSE = sorted(UNARY.keys() - {*NAMES, "tanhshrink", "leaky_relu", "pos"})
BLOCK = 1 << 14  # a block and its temporaries fit the caches
TINY, LARGEST = np.finfo(np.float32).tiny, np.finfo(np.float32).max


def worst(name: str, bits: Array) -> float:
    """The largest error over these float32 values, without subnormals, which count as 0."""
    x = bits.astype(np.uint32).view(np.float32)
    x = x[(np.abs(x) >= TINY) & np.isfinite(x)]
    call = PYTHON[name] if name in PYTHON else getattr(nncore, name)
    y = call(nncore.from_numpy(x)).numpy().astype(np.float64)
    with np.errstate(all="ignore"):
        exact = np.asarray(UNARY[name][0](x.astype(np.float64)))
        assert np.array_equal(np.isnan(exact), np.isnan(y))
        inside = (np.abs(exact) <= LARGEST) & (np.abs(exact) >= TINY)
        unit = np.ldexp(1.0, np.frexp(exact[inside])[1] - 24)
        error = np.abs(y[inside] - exact[inside]) / unit
    assert (np.abs(y[np.abs(exact) < TINY / 2]) <= TINY).all()
    return float(error.max(initial=0.0))


@pytest.mark.parametrize("name", NAMES)
def test_bound_over_a_sample(name: str, thorough: bool) -> None:
    step = 31 if thorough else 2503
    bits = range(0, 1 << 32, BLOCK * step)
    errors = [worst(name, np.arange(i, min(i + BLOCK * step, 1 << 32), step, dtype=np.uint64)) for i in bits]
    assert max(errors) <= ULP[name] + 1e-4  # NumPy's error in float64 is negligible


@pytest.mark.parametrize("name", SPARSE)
def test_bound_over_a_sparse_sample(name: str) -> None:
    largest_error_of_erfc = np.float32(7.41564131).view(np.uint32).astype(np.uint64)
    bits = np.append(np.arange(0, 1 << 32, 10_007, dtype=np.uint64), largest_error_of_erfc)
    assert worst(name, bits) <= ULP[name] + 1e-4
