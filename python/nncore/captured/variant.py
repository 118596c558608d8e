"""The plans of a step for one kind of arguments; plans are made from runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter_ns
from typing import Any, NamedTuple

from nncore import _core
from nncore._core import Tensor
from nncore.captured.actions import Actions, collected
from nncore.captured.reads import STRUCTURE, Seen
from nncore.captured.tree import Slot, build, flatten
from nncore.errors import CaptureError
from nncore.grad_mode import set_grad_enabled

__all__ = ["REMEDY", "Planned", "Run", "Variant"]

MAX_PLANS = 8  # for different settings of optimizers, modes, and gradients present or absent
MAX_CONDITIONS = 64
MAX_FAILURES = 4  # runs in which a step may settle: optimizers make their state in the first
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
    tree: Any  # its result with a Slot for each tensor
    tensors: list[Tensor]
    actions: Actions
    refusal: str  # the reason why a replay could not repeat the run, or ""
    ns: int  # its duration

    def difference(self, later: Run) -> str:
        """The difference of a later run, with the line in the user's program; empty if there is none."""
        change = later.refusal or self.capture.difference(later.capture)
        if not change and repr(later.tree) != repr(self.tree):
            return "its result has another form, or a number in it changes"
        return change

    def is_like(self, later: Run) -> bool:
        """Whether a later run found the same gradients and made the same calls."""
        same = self.capture.found_gradients == later.capture.found_gradients
        return same and not self.difference(later)


class Planned:
    """A plan, the run that it was made of, and the conditions under which it is right."""

    def __init__(self, plan: _core.Plan, run: Run, condition: Seen) -> None:
        self.plan, self.run, self.conditions = plan, run, [condition]

    def is_right(self, condition: Seen) -> bool:
        """Whether the plan is right under this condition."""
        return any(condition.is_like(known) for known in self.conditions)

    def confirm(self, run: Run, condition: Seen) -> None:
        """An eager run under this condition has done what the plan does."""
        self.plan.audited(run.ns)
        if not self.is_right(condition):
            self.conditions = [*self.conditions[1 - MAX_CONDITIONS :], condition]


class Variant:
    """All plans of a step for one kind of arguments; `names` are those of the last arguments."""

    def __init__(self, fn: Callable[..., Any], where: str, names: tuple[str, ...]) -> None:
        self._fn, self._where, self._names = fn, where, names
        self.planned: list[Planned] = []
        self._earlier: dict[tuple[bool, ...], Run] = {}  # runs without a plan, by the gradients they found
        self._condition: Seen | None = None  # after the last run
        self._failures = 0  # runs in a row that the step did not repeat
        self._without_tape = False

    def run(self, capture: _core.Capture, values: tuple[Any, ...]) -> Run:
        """Run the step eagerly and record its calls."""
        refusal, start = "", perf_counter_ns()
        with collected() as actions:
            tree, tensors = flatten(self._call(capture, values))
        try:
            capture.finish(tensors)
        except CaptureError as error:
            refusal = str(error)
        refusal = capture.refusal or refusal
        return Run(capture, tree, tensors, actions, refusal, perf_counter_ns() - start)

    def _call(self, capture: _core.Capture, values: tuple[Any, ...]) -> Any:
        inputs = iter(capture.inputs)
        args = [next(inputs) if isinstance(value, Tensor) else value for value in values]
        split = len(args) - len(self._names)
        kwargs = dict(zip(self._names, args[split:], strict=True))
        with set_grad_enabled(_core.is_grad_enabled() and not self._without_tape), capture:
            return self._fn(*args[:split], **kwargs)

    def learn(self, run: Run, values: tuple[Any, ...], before: Seen, after: Seen) -> bool:
        """Confirm the plan that does what this run did, make one if an earlier run did it, or keep the run.

        Returns whether there is a plan for it now. Raises CaptureError if a replay could not repeat the run.
        """
        if run.refusal or _sets_rate_read(run, after):
            raise CaptureError(run.refusal or RATE_READ)
        is_same_condition = self._condition is not None and self._condition.is_like(before)
        self._condition = after
        if (changes := before.changes(after)) or run.capture.changed_structure:
            self._fail(
                f"the step{self._where} changes {changes or STRUCTURE} each time, which a replay would not do"
            )
            return False
        for planned in self.planned:
            if not planned.is_right(before) and planned.run.is_like(run):
                planned.confirm(run, after)
                self._failures = 0
                return True
        earlier = self._earlier.get(tuple(run.capture.found_gradients))
        if not run.capture.has_backward and not self._without_tape:
            self._without_tape = True  # from now on without the tape, because no gradient is needed
        elif earlier is not None:
            change = earlier.difference(run)
            if not change:
                self._make_plan(run, values, after)
                return True
            if is_same_condition:
                self._fail(f"the step does not repeat itself: {change}")
        self.remember(run)
        return False

    def remember(self, run: Run) -> None:
        """Make a plan if the next run does the same."""
        self._earlier[tuple(run.capture.found_gradients)] = run._replace(tensors=[])

    def _fail(self, what: str) -> None:
        self._failures += 1
        if self._failures > MAX_FAILURES:
            self._failures = 0
            raise CaptureError(f"compile: {what}. {REMEDY}")

    def _make_plan(self, run: Run, values: tuple[Any, ...], condition: Seen) -> None:
        before, after = _together(run.actions.before), _together(run.actions.after)
        rebuild = None if isinstance(run.tree, Slot) else partial(build, run.tree)
        plan = _core.Plan(run.capture, run.tensors, values, self._names, before, after, rebuild)
        kept = self.planned[1 - MAX_PLANS :]
        self.planned = [*kept, Planned(plan, run._replace(tensors=[]), condition)]
        del self._earlier[tuple(run.capture.found_gradients)]
        self._failures = 0


def _sets_rate_read(run: Run, seen: Seen) -> bool:
    """Whether a schedule sets the rate of an optimizer that computes with it in Python."""
    groups = {id(group) for group in run.actions.groups}
    return any(key == "lr" and id(holder) in groups for holder, key, _ in seen.places.values())


def _together(actions: list[Callable[[], Any]]) -> Callable[[], None] | None:
    def run() -> None:
        for action in actions:
            action()

    return run if actions else None
