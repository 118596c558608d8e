"""The line search of L-BFGS."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from nncore._core import Tensor

__all__ = ["Point", "strong_wolfe"]


class Point(NamedTuple):
    """A point on the line: the step, and there the loss, its gradient and its derivative along the line."""

    t: float
    loss: float
    grad: Tensor
    slope: float


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """The minimum of the cubic through both points, within `bounds`; without a minimum, their middle."""
    a, b = (a, b) if a.t <= b.t else (b, a)
    low, high = bounds or (a.t, b.t)
    if a.t < b.t:
        d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
        square = d1 * d1 - a.slope * b.slope
        if square >= 0:
            d2 = math.sqrt(square)
            if (divisor := b.slope - a.slope + 2 * d2) != 0:
                return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / divisor), low), high)
    return (low + high) / 2


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, size: float, limit: int
) -> tuple[Point, int]:
    """A point with a lower loss and a flatter slope than `start`, and the number of points tried.

    The search tries `t` first, brackets such a point and makes the bracket smaller, at most `limit` times;
    `size` is the largest element of the direction.

    Source: Nocedal and Wright 2006, algorithms 3.5 and 3.6, in the form of Schmidt's minFunc.
    """

    def is_high(point: Point) -> bool:
        return point.loss > start.loss + 1e-4 * point.t * start.slope

    def is_flat(point: Point) -> bool:
        return abs(point.slope) <= -0.9 * start.slope

    before, point, tried = start, at(t), 1
    bracket = None
    while bracket is None and tried <= limit:
        if is_high(point) or (tried > 2 and point.loss >= before.loss):
            bracket = [before, point]
        elif is_flat(point):
            return point, tried
        elif point.slope >= 0:
            bracket = [before, point]
        else:
            bounds = point.t + 0.01 * (point.t - before.t), 10 * point.t
            before, point = point, at(cubic_minimum(before, point, bounds))
            tried += 1
    bracket = bracket or [start, point]
    low = 0 if bracket[0].loss <= bracket[1].loss else 1
    was_near_end = False
    while tried <= limit and abs(bracket[1].t - bracket[0].t) * size >= 1e-9:
        least, most = sorted(end.t for end in bracket)
        t, margin = cubic_minimum(bracket[0], bracket[1]), 0.1 * (most - least)
        is_near_end = min(most - t, t - least) < margin
        if is_near_end and (was_near_end or not least < t < most):
            t = most - margin if abs(t - most) < abs(t - least) else least + margin
            is_near_end = False
        was_near_end = is_near_end
        point = at(t)
        tried += 1
        if is_high(point) or point.loss >= bracket[low].loss:
            bracket[1 - low] = point
            low = 0 if bracket[0].loss <= bracket[1].loss else 1
        else:
            if is_flat(point):
                return point, tried
            if point.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
                bracket[1 - low] = bracket[low]
            bracket[low] = point
    return bracket[low], tried
