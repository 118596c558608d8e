"""A step captured once and replayed: `nncore.compile`."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from nncore import _core
from nncore._capture import Actions, Layout, flatten, repeated
from nncore._check import size
from nncore._core import Generator, Tensor
from nncore._epoch import Epoch, sources
from nncore._explain import Explanation
from nncore._grad_mode import set_grad_enabled
from nncore._guards import Reads, Same, Seen, changes
from nncore.errors import CaptureError

__all__ = ["CompiledStep", "compile"]

F = TypeVar("F", bound=Callable[..., Any])
MAX_PLANS = 8  # for one kind of arguments: flags of optimizers, gradients that are there or not
MANY_KINDS = 10  # calls one after the other, each with arguments of a new kind
MAX_ATTEMPTS = 4  # runs in which a step may settle: optimizers make their state in the first
REMEDY = (
    "What changes from step to step must come as an argument, from a random generator, or through the "
    "optimizer's settings"
)
RATE_READ = (
    "compile: a schedule sets a learning rate in the step, and Python code of the step reads it later; a "
    "replay would use the rate from before. Call the schedule's step() outside the step"
)
DRAW = "Draw before the step and pass the number as a tensor, or draw with nncore and use nncore.where"


class CompiledStep(_core.Step):
    """What `nncore.compile` returns: the step, called like the function it was made of.

    `captures` and `replays` count the runs of each kind; `plans` is how many plans are kept.
    """

    def __init__(self, fn: Callable[..., Any], cache_size: int, strict: bool = True) -> None:
        super().__init__()
        functools.update_wrapper(self, fn, updated=())
        self._fn = fn
        self._cache_size = cache_size
        self._variants: OrderedDict[Any, _Variant] = OrderedDict()
        self._plan: _core.Plan | None = None
        self._strict = strict
        self.refusal = ""  # unless strict: what keeps the step from being replayed
        self._last: tuple[tuple[str, ...], Callable[[tuple[Any, ...]], Any]] = (), _not_ready
        self._reads = Reads(fn)
        self._eager = 0
        self._gone = 0  # replays of plans that are kept no longer
        self._new_kinds: int | None = 0  # one after the other; None once that has been said
        self._kinds_of: Seen | None = None  # what was seen at the last call of a new kind
        self._unsettled = 0  # eager runs, one after the other, that changed what decides about the next

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledStep, (
            self._fn,
            self._cache_size,
            self._strict,
        )  # plans belong to one process and its tensors

    @property
    def _compiled(self) -> Callable[..., Any]:
        return self._fn  # inside another step it is that step's code

    @property
    def captures(self) -> int:
        """How many calls ran eagerly and were captured."""
        return self._eager

    @property
    def replays(self) -> int:
        """How many calls were replays."""
        return self._gone + sum(variant.replays() for variant in self._variants.values())

    @property
    def plans(self) -> int:
        """How many plans are kept: one for each kind of arguments."""
        return sum(len(variant.plans) for variant in self._variants.values())

    def run_epoch(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        *,
        shuffle: bool = True,
        generator: Generator | None = None,
        drop_last: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> Any:
        """One pass over arrays in memory: the step on each batch of rows, in one native call once captured.

        x (n, ...) and y (n, ...) or None are the step's arguments, `batch_size` rows at a time, the last
        batch smaller unless `drop_last`; `shuffle` draws the order with `randperm` from `generator`. Returns
        the step's result with an array (steps,) in place of each tensor of one element, and None in place of
        larger tensors. `progress(steps)` is called some twenty times a second; it may raise. Ctrl-C is
        noticed within a second: the step under way is finished if it is short or has begun to update
        parameters, and else undone.

        Raises ValueError for no rows, different lengths and a batch_size below 1, TypeError for one that is
        no int.

        >>> from nncore import nn, optim
        >>> model = nn.Linear(1, 1)
        >>> optimizer = optim.SGD(model.parameters(), lr=0.5)
        >>> def step(x, y):
        ...     optimizer.zero_grad()
        ...     loss = nn.functional.mse_loss(model(x), y)
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> step = nncore.compile(step)
        >>> x = nncore.rand(64, 1)
        >>> losses = step.run_epoch(x, 2 * x, batch_size=8)
        >>> losses.shape
        (8,)
        """
        rows = size("run_epoch", "batch_size", batch_size, 1)
        epoch = Epoch(self, sources(x, y), rows, shuffle, generator, drop_last)
        epoch.run(progress)
        return epoch.results

    def explain(self) -> Explanation:
        """The calls of the latest plan with flops, bytes, memory, and the time guessed and measured of each.

        Print it, or write it as a Chrome trace with `explain().save_trace(path)`. Times are those of the
        first eight replays, in turns on one thread and on all.

        Raises RuntimeError before anything has been captured.
        """
        plans = [plan for variant in self._variants.values() for plan in variant.plans]
        if not plans:
            raise RuntimeError(
                "explain: there is no plan yet; call the step twice with arguments of one shape"
            )
        return Explanation(self._plan or plans[-1])

    def current_plan(self) -> _core.Plan | None:
        """The plan of the last replay."""
        return self._plan

    def _find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The replay for these arguments, or one more eager run."""
        if self.refusal or _core.capturing():  # inside another step: part of that one
            return self._fn(*args, **kwargs)
        names = tuple(sorted(kwargs))
        values = tuple(map(as_argument, (*args, *(kwargs[name] for name in names))))
        last_names, run_last = self._last
        if names == last_names:
            result = run_last(values)
            if result is not NotImplemented:
                return result
        models = tuple(value for value in values if hasattr(type(value), "_fingerprint"))
        seen = self._reads.look(models)
        if seen.refusal:
            self._refuse(seen.refusal)
            return self._fn(*args, **kwargs)
        key = (names, tuple(map(_kind, values)), seen.fingerprint, _core.is_grad_enabled())
        variant = self._variants.get(key)
        self._count_kinds(variant is None, names, values, seen)
        if variant is None:
            variant = self._variants[key] = _Variant(self._fn, names, self._reads, models)
            if len(self._variants) > self._cache_size:
                self._gone += self._variants.popitem(last=False)[1].replays()
        self._variants.move_to_end(key)
        for plan in variant.plans:
            plan.trust(seen.version, seen.guards)
            result = plan.run(values)
            if result is not NotImplemented:
                self._last = names, plan.run
                self.last_plan = None if names else plan
                self._plan = plan if variant.is_native and not names else None
                return result
        self._eager += 1
        result = variant.capture(values, seen, self._strict)
        self.refusal = variant.refusal
        self._check_settles(seen, self._reads.look(models))
        return result

    def _refuse(self, why: str) -> None:
        """Raise, or unless strict remember, what `why` says about "the step"."""
        why = f"compile: {why.replace('the step', 'the step' + self._reads.where(), 1)}"
        if self._strict:
            raise CaptureError(why)
        self.refusal = why

    def _count_kinds(self, is_new: bool, names: tuple[str, ...], values: tuple[Any, ...], seen: Seen) -> None:
        """Say it once when calls after calls are captured because something in the arguments changes."""
        if self._new_kinds is None:
            return
        self._new_kinds = self._new_kinds + 1 if is_new else 0
        if self._new_kinds == MANY_KINDS:
            self._new_kinds = None
            numbers = [i for i, value in enumerate(values) if isinstance(value, (int, float))]
            which = f" (argument {', '.join(map(str, numbers))} is a number)" if numbers else ""
            what = f"as each came with another shape or number{which}"
            if self._kinds_of and self._kinds_of.fingerprint != seen.fingerprint:
                what = f"as {changes(self._kinds_of, seen)} changes from call to call"
            warnings.warn(
                f"compile: the last {MANY_KINDS} calls of {self._fn!r} ran eagerly, {what}; pass a number "
                "that changes as a tensor",
                stacklevel=4,
            )
        self._kinds_of = seen

    def _check_settles(self, before: Seen, after: Seen) -> None:
        self._unsettled = 0 if before.fingerprint == after.fingerprint else self._unsettled + 1
        if self._unsettled > MAX_ATTEMPTS:
            self._unsettled = 0
            what = changes(before, after)
            self._refuse(f"the step changes {what} each time, which a replay would not do. {REMEDY}")

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        raise TypeError(
            f"compile: {self._fn.__qualname__} is a method; compile the bound one, e.g. in __init__: "
            "self.step = nncore.compile(self.step)"
        )


class _Variant:
    """All captures of a step for one kind of arguments."""

    def __init__(
        self, fn: Callable[..., Any], names: tuple[str, ...], reads: Reads, models: tuple[Any, ...]
    ) -> None:
        self.fn = fn
        self.names = names
        self.reads = reads
        self.models = models  # among the arguments
        self.plans: list[_core.Plan] = []
        self.earlier: dict[tuple[bool, ...], tuple[_core.Recording, Layout]] = {}
        self.attempts = 0
        self.without_tape = False
        self.is_native = True  # nothing to do in Python after a replay
        self.refusal = ""
        self.gone = 0  # replays of plans that are kept no longer
        self.replays_before = 0  # the last eager run

    def replays(self) -> int:
        return self.gone + sum(int(plan.summary()["replays"]) for plan in self.plans)

    def capture(self, values: tuple[Any, ...], seen: Seen, strict: bool) -> Any:
        """Run the step eagerly; the second run that does as the one before gives the plan."""
        if self.replays() != self.replays_before:
            self.replays_before, self.attempts = self.replays(), 0
        tensors = [value for value in values if isinstance(value, Tensor)]
        for tensor in tensors:
            if tensor.requires_grad:
                raise ValueError("compile: an argument of the step requires a gradient; pass x.detach()")
        recording = _core.Recording(tensors, strict)
        states = seen.random.states()
        try:
            layout, results, actions = self._record(recording, values)
            kept = recording.finish(results)
            self.refusal = recording.refusal
            if self.refusal and strict:
                raise CaptureError(self.refusal)  # the step caught it
            if drawn := seen.random.drawn(states):
                raise CaptureError(f"compile: the step draws from {drawn}, and a replay would not. {DRAW}")
            after = self.reads.look(self.models)
            if not self.refusal and after.fingerprint == seen.fingerprint:
                self._learn(recording, layout, kept, values, actions, after)
        except CaptureError as error:  # the step itself has run
            if strict:
                raise
            self.refusal = str(error)
        finally:
            recording.close()
        return layout.build(results)

    def _learn(
        self,
        recording: _core.Recording,
        layout: Layout,
        kept: list[Tensor],
        values: tuple[Any, ...],
        actions: Actions,
        seen: Seen,
    ) -> None:
        """Make a plan when the step did as in an earlier run, else remember this one."""
        if any(guard.key == "lr" and guard.holder in actions.groups for guard in seen.places):
            raise CaptureError(RATE_READ)
        found = tuple(recording.found_gradients)
        if not recording.has_backward and not self.without_tape:
            self.without_tape = True  # nothing asks for a gradient: from now on nothing is kept for one
        elif found in self.earlier:
            before, before_layout = self.earlier[found]
            changed = before.difference(recording) or (
                ""
                if layout.equals(before_layout)
                else "its result has another form, or a number in it changes"
            )
            if not changed:
                self.is_native = not (actions.before or actions.after)
                prepare, rebuild = actions.prepare(), layout.rebuilder(actions)
                self.plans.append(_core.Plan(recording, kept, values, seen.guards, prepare, rebuild))
                if len(self.plans) > MAX_PLANS:
                    self.gone += self.plans.pop(0).summary()["replays"]
                del self.earlier[found]
                self.attempts = 0
                return
            if self.attempts >= MAX_ATTEMPTS:
                raise CaptureError(f"compile: the step does not repeat itself: {changed}. {REMEDY}")
        self.attempts += 1
        self.earlier[found] = recording, layout

    def _record(
        self, recording: _core.Recording, values: tuple[Any, ...]
    ) -> tuple[Layout, list[Tensor], Actions]:
        inputs = iter(recording.inputs)
        args = [next(inputs) if isinstance(value, Tensor) else value for value in values]
        split = len(args) - len(self.names)
        kwargs = dict(zip(self.names, args[split:], strict=True))
        grad = set_grad_enabled(_core.is_grad_enabled() and not self.without_tape)
        with grad, recording, repeated() as actions:
            result = self.fn(*args[:split], **kwargs)
        layout, results = flatten(result)
        return layout, results, actions


def as_argument(value: Any) -> Any:
    """NumPy arrays as tensors, which share their memory, and its numbers as Python's."""
    if isinstance(value, np.ndarray):
        return _core.from_numpy(value)
    return value.item() if isinstance(value, np.generic) else value


def _kind(value: Any) -> Any:
    if isinstance(value, Tensor):
        return (value.shape, str(value.dtype))
    if isinstance(value, float):
        return (type(value), value.hex())  # -0 is not 0
    if hasattr(type(value), "_fingerprint"):
        return Same(value)
    if isinstance(value, (bool, int, str, bytes, type(None))):
        return (type(value), value)
    if isinstance(value, tuple):
        return (type(value), *map(_kind_inside, value))
    try:
        hash(value)
    except TypeError:
        raise _unfit(value) from None
    by_identity = getattr(type(value), "__hash__", None) is object.__hash__
    if by_identity and hasattr(value, "__dict__") and not isinstance(value, type) and not callable(value):
        raise _unfit(value)
    return (type(value), Same(value) if by_identity else value)


def _kind_inside(value: Any) -> Any:
    if isinstance(value, Tensor) or hasattr(value, "__array__"):
        raise TypeError("compile: an argument is a tuple with a tensor in it; pass the tensors one by one")
    return _kind(value)


def _unfit(value: Any) -> TypeError:
    return TypeError(
        f"compile: an argument is a {type(value).__name__}; a step takes tensors, arrays, numbers, strings "
        "and modules"
    )


def _not_ready(_: tuple[Any, ...]) -> Any:
    return NotImplemented


def compile(fn: Callable[..., Any], *, cache_size: int = 16) -> CompiledStep:
    """Capture a step once and replay it without Python, tape, allocation or dispatch.

    `fn(x, y, ...)` is an ordinary function, or a Module, that does a forward pass, and if it likes a loss,
    `backward()`, clipping, `optimizer.step()` and `zero_grad()`. Calls with new shapes or dtypes run eagerly
    and are written down; when a run does as the one before, later calls replay it: the same bits, on memory
    planned ahead. What changes between replays is data: the arguments, the settings of the optimizers (also
    through schedulers), their step counts, random numbers, buffers such as those of batch normalisation.
    Parameters, gradients and state are always up to date; results come without history. `cache_size` plans
    are kept, the least recently used goes first.

    Raises CaptureError naming the line for what a replay could not repeat: a value read inside the step
    (`.item()`, `.numpy()`, a condition on a tensor), a tensor made from Python data, a tensor of the step
    kept by something other than its result, a step that is another one each time.

    >>> from nncore import nn, optim
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    >>> optimizer = optim.Adam(model.parameters(), lr=0.01)
    >>> @nncore.compile
    ... def step(x, y):
    ...     optimizer.zero_grad()
    ...     loss = nn.functional.cross_entropy(model(x), y)
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> x, y = nncore.randn(32, 4), nncore.randint(0, 2, (32,))
    >>> losses = [step(x, y).item() for _ in range(50)]
    >>> losses[-1] < losses[0], step.captures, step.replays
    (True, 2, 48)
    """
    if not callable(fn):
        raise TypeError(f"compile: expected a function or a Module, got {type(fn).__name__}")
    return CompiledStep(fn, size("compile", "cache_size", cache_size, 1))
