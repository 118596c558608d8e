"""The plans of a step for one kind of arguments; plans are made from runs."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, NamedTuple

from nncore import _core
from nncore._core import Tensor
from nncore.captured.actions import Actions, collected
from nncore.captured.reads import Seen
from nncore.captured.tree import Layout, flatten
from nncore.errors import CaptureError
from nncore.grad_mode import set_grad_enabled

__all__ = ["REMEDY", "Planned", "Run", "Variant"]

MAX_PLANS = 8  # for different settings of optimizers, modes, and gradients present or absent
MAX_CONDITIONS = 64
MAX_ATTEMPTS = 4  # eager runs until a step must repeat itself: optimizers make their state in the first
REMEDY = (
    "A value that changes from step to step must come from an argument, a random generator or the "
    "optimizer's settings"
)
RATE_READ = (
    "compile: a schedule sets a learning rate in the step, and Python code of the step reads it later; a "
    "replay would use the earlier rate. Call the schedule's step() outside the step"
)


class Run(NamedTuple):
    """One eager run of a step."""

    capture: _core.Capture
    layout: Layout
    results: list[Tensor]
    actions: Actions
    refusal: str  # the reason why a replay could not repeat the run, or ""
    ns: int  # its duration

    def difference(self, later: Run) -> str:
        """The difference of a later run, with the line in the user's program; empty if there is none."""
        change = later.refusal or self.capture.difference(later.capture)
        is_same = change or later.layout.equals(self.layout)
        return change if is_same else "its result has another form, or a number in it changes"

    def is_like(self, later: Run) -> bool:
        """Whether a later run found the same gradients and made the same calls."""
        same = self.capture.found_gradients == later.capture.found_gradients
        return same and not self.difference(later)


class Planned(NamedTuple):
    """A plan and the run from which it was made."""

    plan: _core.Plan
    run: Run


class Variant:
    """All plans of a step for one kind of arguments."""

    def __init__(self, fn: Callable[..., Any], where: str, names: tuple[str, ...]) -> None:
        self._fn, self._where, self._names = fn, where, names  # names of keyword arguments
        self.planned: list[Planned] = []
        self._known: dict[Any, list[Planned]] = {}  # by their condition
        self._earlier: dict[tuple[bool, ...], Run] = {}  # runs without a plan, by the gradients they found
        self._unsettled = 0
        self.attempts = 0  # consecutive eager runs that gave no plan
        self._without_tape = False
        self.last_condition: Any = None

    def known(self, seen: Seen) -> list[Planned]:
        """The plans that are right under this condition."""
        return self._known.get(seen.condition, [])

    def run(self, capture: _core.Capture, values: tuple[Any, ...]) -> Run:
        """Run the step eagerly and record its calls."""
        refusal, start = "", perf_counter_ns()
        with collected() as actions:
            layout, results = flatten(self._call(capture, values))
        try:
            capture.finish(results)
        except CaptureError as error:
            refusal = str(error)
        refusal = capture.refusal or refusal
        return Run(capture, layout, results, actions, refusal, perf_counter_ns() - start)

    def _call(self, capture: _core.Capture, values: tuple[Any, ...]) -> Any:
        inputs = iter(capture.inputs)
        args = [next(inputs) if isinstance(value, Tensor) else value for value in values]
        split = len(args) - len(self._names)
        kwargs = dict(zip(self._names, args[split:], strict=True))
        with set_grad_enabled(_core.is_grad_enabled() and not self._without_tape), capture:
            return self._fn(*args[:split], **kwargs)

    def confirm(self, planned: Planned, run: Run, seen: Seen) -> None:
        """Note that an eager run did the same as this plan."""
        planned.plan.audited(run.ns)
        self._trust(planned, seen)

    def _trust(self, planned: Planned, seen: Seen) -> None:
        if len(self._known) >= MAX_CONDITIONS:
            self._known.clear()
        known = self._known.setdefault(seen.condition, [])
        if planned not in known:
            known.append(planned)

    def drop(self, planned: Planned) -> None:
        """Forget a plan."""
        self.planned.remove(planned)
        for known in self._known.values():
            known[:] = [other for other in known if other is not planned]

    def learn(self, run: Run, values: tuple[Any, ...], before: Seen, after: Seen) -> None:
        """Use a plan that does the same as this run, or make one if an earlier run did, or keep the run.

        Raises CaptureError if a replay could not repeat the run.
        """
        if run.refusal or _sets_rate_read(run, after):
            raise CaptureError(run.refusal or RATE_READ)
        is_same_condition = self.last_condition == before.condition
        self.last_condition = after.condition
        is_settled = before.values == after.values and not run.capture.changed_structure
        self._unsettled = 0 if is_settled else self._unsettled + 1
        if self._unsettled > MAX_ATTEMPTS:
            self._unsettled = 0
            raise CaptureError(
                f"compile: the step{self._where} changes {before.changes(after)} each time, which a replay "
                f"would not do. {REMEDY}"
            )
        if not is_settled:
            return
        tried = self.known(before)
        for planned in self.planned:
            if planned not in tried and planned.run.is_like(run):
                return self.confirm(planned, run, after)
        found = tuple(run.capture.found_gradients)
        earlier = self._earlier.get(found)
        self.attempts = self.attempts + 1 if is_same_condition else 1
        if not run.capture.has_backward and not self._without_tape:
            self._without_tape = True  # from now on without the tape, because no gradient is needed
        elif earlier is not None:
            change = earlier.difference(run)
            if not change:
                del self._earlier[found]
                return self._make_plan(run, values, after)
            if self.attempts > MAX_ATTEMPTS:
                raise CaptureError(f"compile: the step does not repeat itself: {change}. {REMEDY}")
        self.remember(run)

    def remember(self, run: Run) -> None:
        """Make a plan if the next run does the same."""
        self._earlier[tuple(run.capture.found_gradients)] = run._replace(results=[])

    def _make_plan(self, run: Run, values: tuple[Any, ...], seen: Seen) -> None:
        before, after = _together(run.actions.before), _together(run.actions.after)
        rebuild = None if run.layout.is_one_tensor else run.layout.build
        plan = _core.Plan(run.capture, run.results, values, self._names, before, after, rebuild)
        if len(self.planned) == MAX_PLANS:
            self.drop(self.planned[0])
        self.planned.append(Planned(plan, run._replace(results=[])))
        self._trust(self.planned[-1], seen)
        self.attempts = 0


def _sets_rate_read(run: Run, seen: Seen) -> bool:
    """Whether a schedule sets the rate of an optimizer that computes with it in Python."""
    groups = {id(group) for group in run.actions.groups}
    return any(key == "lr" and id(holder) in groups for holder, key, _ in seen.places)


def _together(actions: list[Callable[[], Any]]) -> Callable[[], None] | None:
    if not actions:
        return None

    def run() -> None:
        for action in actions:
            action()

    return run
