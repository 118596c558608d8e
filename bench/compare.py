"""Compare libraries that take turns in one process and use the same number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

import nncore
from nncore.bench.threads import same_threads
from nncore.bench.timing import alternate, quartiles, relative_error
from records import Row
from report import Call, measure_limits, parser, ratio, report, summarize

Function = Callable[..., Any]
torch: Any = import_module("torch") if find_spec("torch") else None


class Case(NamedTuple):
    """A cell of a table: what to measure, and the seconds that it takes at the limit of the machine."""

    name: str
    column: str
    prepare: Callable[[], dict[str, Call]]  # makes and checks the call of each library
    limit: float


def main(doc: str | None, cases: Callable[[dict[str, float]], Iterable[Case]], seconds: float) -> None:
    """The program of a script; `cases` gets the limits of the machine."""
    options = parser(doc, seconds).parse_args()
    nncore.set_num_threads(options.threads)
    with same_threads(options.threads):
        limits = measure_limits(options.threads)
        chosen = (case for case in cases(limits) if options.only in f"{case.name} {case.column}")
        rows = (measure(case, options.seconds) for case in chosen)
        summarize(report(rows, line, options, limits), line)


def measure(case: Case, seconds: float) -> Row:
    times = {name: quartiles(found)[1] for name, found in alternate(case.prepare(), seconds).items()}
    return {
        "case": case.name,
        "column": case.column,
        "us": {name: time * 1e6 for name, time in times.items()},
        "of_limit": case.limit / times["nncore"],
        "ratio": ratio(times),
    }


def line(row: Row) -> str:
    times = " ".join(f"{name} {time:10.2f} us" for name, time in row["us"].items())
    numbers = f"of limit {row['of_limit']:4.0%}  ratio {row['ratio']:6.2f}"
    return f"{row['case']:48s} {row['column']:>10s} {times}  {numbers}"


def checked_calls(
    functions: Mapping[str, Function],
    arrays: Sequence[Any],
    wanted: Sequence[bool] | None = None,
    tolerance: float = 1e-4,
) -> dict[str, Call]:
    """The call of each library on the arrays: forward, or forward and backward to the `wanted` ones.

    Errors: ValueError if a result, or the gradient of the first array, differs from float64.
    """
    wide = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays]
    exact = np.asarray(_call("nncore", functions["nncore"], wide, wanted)(), np.float64)
    calls = {name: _call(name, function, arrays, wanted) for name, function in functions.items()}
    for name, call in calls.items():
        error = relative_error(call(), exact)
        if not error <= tolerance:
            raise ValueError(f"{name} is off from float64 by {error}, allowed {tolerance}")
    return calls


def _call(library: str, function: Function, arrays: Sequence[Any], wanted: Sequence[bool] | None) -> Call:
    if library == "numpy":
        return partial(function, *arrays)
    module: Any = {"nncore": nncore, "pytorch": torch}[library]
    inputs = [module.from_numpy(a) for a in arrays]
    if wanted is None:
        return partial(function, *inputs)
    for x, is_wanted in zip(inputs, wanted, strict=True):
        if is_wanted:
            x.requires_grad_()
    noise = np.random.default_rng(1).normal(size=tuple(function(*inputs).shape))
    dy = module.from_numpy(np.asarray(noise, arrays[0].dtype))
    return partial(_forward_and_backward, function, inputs, dy)


def _forward_and_backward(function: Function, inputs: Sequence[Any], dy: Any) -> Any:
    """The gradient of the first input."""
    for x in inputs:
        x.grad = None
    function(*inputs).backward(dy)
    return inputs[0].grad
