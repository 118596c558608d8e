"""A printed description of a plan: the time and memory of its calls."""

from __future__ import annotations

import json
from itertools import accumulate
from os import PathLike
from typing import Any

from nncore import _core

__all__ = ["Explanation"]

Call = dict[str, Any]
HEAD = (
    f"{'call':>4} {'run':>4} {'kernel':20} {'what':30} {'Mflop':>9} {'KiB':>9} {'pred us':>9} "
    f"{'best us':>9} {'threads':>7}  line"
)


class Explanation:
    """The result of `step.explain()`. It prints as a table; `calls` and `memory` hold the numbers.

    calls: one dict per call of a replay, with name, detail, where, flops, bytes (of all operands),
    predicted_ns (on one thread), measured_ns (the fastest timed replay; 0 if none), alone (runs on one
    thread, because more are not faster) and group. Calls with the same group number run as one, distributed
    to the threads together; measured_ns divides the group's time in proportion to the predictions.
    memory: bytes of eager_peak (the peak of an eager run), arena (what replays use instead), leaving (results
    and gradients) and outside (parameters, state, constants); also dropped (the number of unused calls) and
    replays (their number).
    """

    def __init__(self, plan: _core.Plan) -> None:
        self.calls: list[Call] = plan.calls()
        self.memory: dict[str, int] = plan.summary()

    def __str__(self) -> str:
        m = self.memory
        threads = _core.get_num_threads()
        lines = [
            f"{len(self.calls)} calls, {m['dropped']} dropped as unused, {m['replays']} replays so far",
            f"memory: {_kib(m['arena'])} arena (eager peak {_kib(m['eager_peak'])}), {_kib(m['leaving'])} of "
            f"results and gradients, {_kib(m['outside'])} of parameters and state",
            HEAD,
        ]
        for c in self.calls:
            best = f"{c['measured_ns'] / 1e3:9.2f}" if c["measured_ns"] else f"{'-':>9}"
            lines.append(
                f"{c['index']:4} {c['group']:4} {c['name']:20} {c['detail']:30} {c['flops'] / 1e6:9.3f} "
                f"{c['bytes'] / 1024:9.1f} {c['predicted_ns'] / 1e3:9.2f} {best} "
                f"{1 if c['alone'] else threads:7}  {c['where']}"
            )
        measured = sum(c["measured_ns"] for c in self.calls)
        predicted = sum(c["predicted_ns"] for c in self.calls)
        lines.append(f"sum: {predicted / 1e3:.2f} us predicted, {measured / 1e3:.2f} us measured")
        return "\n".join(lines)

    __repr__ = __str__

    def save_trace(self, path: str | PathLike[str]) -> None:
        """Write one replay as a Chrome trace, for chrome://tracing or ui.perfetto.dev.

        Calls follow one another, with the measured times, or the predicted times before any are measured.
        """
        durations = [(call["measured_ns"] or call["predicted_ns"]) / 1e3 for call in self.calls]
        starts = accumulate(durations, initial=0.0)
        events = [
            {
                "name": f"{call['name']} {call['detail']}".strip(),
                "ph": "X",
                "ts": start,
                "dur": duration,
                "pid": 0,
                "tid": 0,
                "args": call,
            }
            for call, start, duration in zip(self.calls, starts, durations, strict=False)
        ]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": events, "displayTimeUnit": "ns"}, file)


def _kib(count: int) -> str:
    return f"{count / 1024:.1f} KiB"
