"""Functions of densities, composed of ops, so that they have gradients of any order."""

from __future__ import annotations

import math

import nncore
from nncore import Tensor

__all__ = ["digamma", "lgamma", "log_beta", "xlogy"]

SHIFT = 8  # Stirling's series is used for arguments from SHIFT on
# B_2k / (2k (2k - 1)) and B_2k / 2k for k = 1, 2, ...; B_n are Bernoulli's numbers.
LGAMMA = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def lgamma(x: Tensor) -> Tensor:
    """log(gamma(x)) for x > 0, by Stirling's series at x or x + 8.

    log(gamma(x)) = log(gamma(x + 8)) - log(x (x + 1) ... (x + 7)). The error is at most 4e-6 in float32 and
    2e-14 in float64, relative to max(1, |log(gamma(x))|).
    """
    small, below = _split(x)
    z = nncore.where(below, x + SHIFT, x)
    product = small
    for k in range(1, SHIFT):
        product = product * (small + k)
    series = (z - 0.5) * z.log() - z + 0.5 * math.log(2 * math.pi) + _series(LGAMMA, z) / z
    return series - nncore.where(below, product.log(), nncore.zeros_like(x))


def digamma(x: Tensor) -> Tensor:
    """The derivative of lgamma for x > 0, by Stirling's series at x or x + 8.

    digamma(x) = digamma(x + 8) - 1/x - 1/(x + 1) - ... - 1/(x + 7). The error is at most 4e-6 in float32 and
    2e-14 in float64, relative to max(1, |digamma(x)|).
    """
    small, below = _split(x)
    z = nncore.where(below, x + SHIFT, x)
    total = small.reciprocal()
    for k in range(1, SHIFT):
        total = total + (small + k).reciprocal()
    series = z.log() - 0.5 / z - _series(DIGAMMA, z) / (z * z)
    return series - nncore.where(below, total, nncore.zeros_like(x))


def _split(x: Tensor) -> tuple[Tensor, Tensor]:
    """`x` below SHIFT and 1 elsewhere, so that products stay finite; and a mask of the former."""
    below = x < SHIFT
    return nncore.where(below, x, nncore.ones_like(x)), below


def _series(coefficients: tuple[float, ...], z: Tensor) -> Tensor:
    """c_0 + c_1 / z^2 + c_2 / z^4 + ..."""
    w = 1 / (z * z)
    total = w * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        total = (total + c) * w
    return total + coefficients[0]


def log_beta(a: Tensor, b: Tensor) -> Tensor:
    """log(gamma(a) gamma(b) / gamma(a + b))."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def xlogy(x: Tensor, y: Tensor) -> Tensor:
    """x log(y), and 0 for x = 0, whatever y is."""
    zero = x == 0
    return x * nncore.where(zero, nncore.ones_like(y), y).log()
