"""`nncore.compile` and its results, captured steps and compiled modules."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from types import MethodType
from typing import Any, overload

import numpy as np

from nncore import _core
from nncore._core import Generator, Tensor
from nncore.captured.epoch import Epoch, order_of, sources
from nncore.captured.explain import Explanation
from nncore.captured.reads import STRUCTURE, Reads, Seen
from nncore.captured.tree import build, flatten
from nncore.captured.variant import REMEDY, Planned, Run, Variant
from nncore.errors import CaptureError
from nncore.errors.arguments import brief, size

__all__ = ["CompiledModule", "CompiledStep", "compile"]

MANY = 10  # captures in a row that give no plan
PLAIN = (bool, int, float, complex, str, bytes, type(None))
MODES = (None, "default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


class CompiledStep(_core.Step):
    """A captured step, the result of `nncore.compile`; it is called like the original function.

    Each call is counted in one of `captures` (eager and captured), `audits` (eager and compared with a plan)
    and `replays`.
    """

    def __init__(
        self, fn: Callable[..., Any], cache_size: int = 16, strict: bool = False, falls_back: bool = False
    ) -> None:
        super().__init__()
        functools.update_wrapper(self, fn, updated=())
        self._fn, self._cache_size, self._strict, self._falls_back = fn, cache_size, strict, falls_back
        self.captures = self.audits = 0
        code = getattr(getattr(fn, "__func__", fn), "__code__", None)
        self._where = f" ({code.co_filename.rpartition('/')[2]}, line {code.co_firstlineno})" if code else ""
        self._reported: set[str] = set()  # the differences that audits have found
        self._reads = Reads(fn)
        self.reset()

    def reset(self) -> None:
        """Forget all plans; the next calls are captured again."""
        self._forget()
        self._variants: OrderedDict[Any, Variant] = OrderedDict()
        self.refusal = ""  # why all calls run eagerly, if the step falls back to that
        self._last: tuple[Seen | None, int, int] = None, 0, 0  # what the last capture saw, replays, fruitless

    def __reduce__(self) -> tuple[Any, ...]:
        options = self._cache_size, self._strict, self._falls_back
        return type(self), (self._fn, *options)  # plans belong to one process and its tensors

    def __repr__(self) -> str:
        name = getattr(self._fn, "__qualname__", type(self._fn).__name__)
        return (
            f"<compiled step {name}{self._where}: {self.plans} plans, {self.captures} captures, "
            f"{self.audits} audits, {self.replays} replays>"
        )

    @property
    def plans(self) -> int:
        """How many plans are kept."""
        return sum(len(variant.planned) for variant in self._variants.values())

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
        """Run the step on each batch of rows of arrays in memory; once captured, this is one native call.

        x (n, ...) and y (n, ...) or None are the step's arguments, `batch_size` rows at a time, the last
        batch smaller unless `drop_last`; `shuffle` draws the order with `randperm` from `generator`. Returns
        the step's result with an array (steps,) in place of each tensor of one element, and None in place of
        larger tensors. `progress(steps)` is called about 20 times per second; it may raise. Ctrl-C takes
        effect within one second: a long step that has not yet begun to update parameters is undone, any other
        step is finished.

        Errors: ValueError if there are no rows, for different lengths and for a batch_size below 1; TypeError
        for a batch_size that is not an int and for a progress that is not a function.

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
        if progress is not None and not callable(progress):
            raise TypeError(
                f"run_epoch: progress is {progress!r}; expected a function of the number of steps"
            )
        data = sources(x, y)
        tree: Any = None

        def step(*batch: Tensor) -> list[Tensor]:
            nonlocal tree
            tree, tensors = flatten(self(*batch))
            return tensors

        epoch = Epoch(step, self._replay_epoch, data, rows, drop_last)
        epoch.run(order_of(len(data[0]), shuffle, generator), progress)
        return build(tree, epoch.results or [])

    def explain(self) -> Explanation:
        """Describe the plan used last: its calls with flops, bytes and times, and its memory.

        Print it, or write it as a Chrome trace with `explain().save_trace(path)`. The first eight
        replays are timed, in turns on one thread and on all threads.

        Errors: RuntimeError if there is no plan yet.
        """
        plans = [planned.plan for variant in self._variants.values() for planned in variant.planned]
        if not plans:
            raise RuntimeError(
                "explain: there is no plan yet; call the step twice with arguments of one shape"
            )
        return Explanation(self._recent[0] if self._recent else plans[-1])

    def _find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call for which no recent plan was ready: replay another plan, or run eagerly."""
        if self.refusal or _core.capturing():  # inside another step, a call is part of that step
            return self._fn(*args, **kwargs)
        names = tuple(sorted(kwargs))
        values = tuple(map(_as_argument, (*args, *(kwargs[name] for name in names))))
        if (result := self._replay(values, names)) is not NotImplemented:  # with arrays or keywords
            return result
        condition, variant = self._reads.look(), self._variant(values, names)
        for planned in variant.planned:
            if not planned.is_right(condition):
                continue
            planned.plan.trust(condition.version, tuple(condition.places.values()))
            self._prefer(planned.plan)
            if (result := self._replay(values, names)) is not NotImplemented:
                return result
            if planned.plan.is_due:
                return self._run(variant, values, condition, planned)
        return self._run(variant, values, condition, None)

    def _variant(self, values: tuple[Any, ...], names: tuple[str, ...]) -> Variant:
        """The variant for these arguments, which becomes the one used last."""
        key = names, tuple(map(_kind, values)), _core.is_grad_enabled()
        if key not in self._variants:
            self._forget()  # calls for other variants come here once and move them to the end
            self._variants[key] = Variant(self._fn, self._where, names)
            if len(self._variants) > self._cache_size:
                self._variants.popitem(last=False)
        self._variants.move_to_end(key)
        return self._variants[key]

    def _run(self, variant: Variant, values: tuple[Any, ...], before: Seen, due: Planned | None) -> Any:
        """Run eagerly: to capture, or to audit the plan that is due."""
        tensors = [value for value in values if isinstance(value, Tensor)]
        if any(tensor.requires_grad for tensor in tensors):
            raise ValueError("compile: an argument of the step requires a gradient; pass x.detach()")
        capture = _core.Capture(tensors, strict=not (due or self._falls_back))
        try:
            run = variant.run(capture, values)
            after = self._reads.look()
            if due is None:
                self._capture(variant, run, values, before, after)
            else:
                self._audit(variant, run, due, after)
        finally:
            capture.close()
        return build(run.tree, run.tensors)

    def _capture(
        self, variant: Variant, run: Run, values: tuple[Any, ...], before: Seen, after: Seen
    ) -> None:
        """Learn from an eager run; warn if run after run gives no plan."""
        self.captures += 1
        try:
            has_plan = variant.learn(run, values, before, after)
        except CaptureError as error:
            if not self._falls_back:
                raise
            self.refusal = str(error)
            return
        last, replays, fruitless = self._last
        fruitless = 0 if has_plan else fruitless + 1 if replays == self.replays else 1
        self._last = before, self.replays, fruitless
        if fruitless == MANY and last is not None:
            self._warn(last, before, values)

    def _warn(self, before: Seen, later: Seen, values: tuple[Any, ...]) -> None:
        """Say what changes from call to call."""
        numbers = ", ".join(str(i) for i, value in enumerate(values) if isinstance(value, (int, float)))
        what = f"shape or number{f' (argument {numbers} is a number)' if numbers else ''}"
        if not before.is_like(later):
            what = before.changes(later) or STRUCTURE
        warnings.warn(
            f"compile: the last {MANY} calls of {self._fn!r} ran eagerly, because {what} changes from call "
            "to call; pass a number that changes as a tensor",
            stacklevel=5,
        )

    def _audit(self, variant: Variant, run: Run, due: Planned, after: Seen) -> None:
        """Compare an eager run with the plan that is due; report a difference once, or always if strict."""
        self.audits += 1
        change = due.run.difference(run)
        if not change:
            return due.confirm(run, after)
        self._forget()
        variant.planned.remove(due)
        variant.remember(run)
        text = (
            f"compile: the step{self._where} no longer does what its plan does: {change}. Up to "
            f"{due.plan.summary()['replays']} replays since the last audit did what the plan does. {REMEDY}"
        )
        if self._strict:
            raise CaptureError(text)
        if change not in self._reported:
            self._reported.add(change)
            warnings.warn(text, RuntimeWarning, stacklevel=4)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        raise TypeError(
            f"compile: {self._fn.__qualname__} is a method; compile the bound one, for example in __init__: "
            "self.step = nncore.compile(self.step)"
        )


class CompiledModule(CompiledStep):
    """A compiled module: calls replay plans; other attributes and methods are those of the module."""

    def __getattr__(self, name: str) -> Any:
        module = vars(self).get("_fn")
        if module is None or name.startswith("__"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        value = getattr(module, name)
        if not isinstance(value, MethodType):
            return value

        @functools.wraps(value)
        def method(*args: Any, **kwargs: Any) -> Any:
            result = value(*args, **kwargs)
            return self if result is module else result  # train(), eval(), to() and others

        return method

    def __setattr__(self, name: str, value: Any) -> None:
        is_made = "_last" in vars(self)  # the last attribute that __init__ sets
        if name in vars(self) or not is_made:
            super().__setattr__(name, value)
        else:
            setattr(self._fn, name, value)


def _as_argument(value: Any) -> Any:
    """The argument, with a NumPy array as a tensor that shares its memory and a NumPy number as Python's."""
    if isinstance(value, np.ndarray):
        return _core.from_numpy(value)
    return value.item() if isinstance(value, np.generic) else value


def _kind(value: Any) -> Any:
    """What a plan depends on: shape and dtype of a tensor, other arguments whole."""
    kind: Any = type(value)
    if isinstance(value, Tensor):
        return value.shape, str(value.dtype)
    if isinstance(value, PLAIN):
        return kind, repr(value)  # -0.0 is not 0.0
    if isinstance(value, tuple):
        if any(isinstance(item, Tensor) or hasattr(item, "__array__") for item in value):
            raise TypeError(
                "compile: an argument is a tuple with a tensor in it; pass the tensors one by one"
            )
        return (kind, *map(_kind, value))
    is_by_value = kind.__hash__ is not object.__hash__
    is_model = callable(value) or hasattr(value, "load_state_dict")
    if isinstance(value, Hashable) and (is_by_value or is_model or not hasattr(value, "__dict__")):
        return kind, value
    raise TypeError(
        f"compile: an argument is a {kind.__name__}; a step takes tensors, arrays, numbers, strings and "
        "modules"
    )


@overload
def compile(fn: Callable[..., Any], **options: Any) -> CompiledStep: ...
@overload
def compile(fn: None = None, **options: Any) -> Callable[[Callable[..., Any]], CompiledStep]: ...
def compile(  # type: ignore[misc]
    fn: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str = "inductor",
    mode: str | None = None,
    options: None = None,
    disable: bool = False,
    cache_size: int = 16,
    strict: bool = False,
) -> Any:
    """Capture the kernel calls of a step and replay them without Python, tape or allocation.

    `fn(x, y, ...)` is a function or a Module with a forward pass and, optionally, a loss, `backward()`,
    clipping and `optimizer.step()`. The first calls with arguments of new shapes run eagerly and are
    captured. When two consecutive runs have made the same calls, later calls replay them. Results have the
    same bits and no history. A compiled Module still has the module's attributes and methods.

    The contract:

    * Data, read again in each replay: arguments, parameters, buffers, settings and states of optimizers,
      random generators. A replay repeats the steps of schedules.
    * Checked before each replay; after a change the step is captured again: changes made through modules and
      optimizers (mode, hooks, `requires_grad`, replaced parameters, submodules and attributes, added groups,
      replaced state), and plain numbers, strings, flags and None that the step's own code reads by name:
      globals, closure variables, `self`, and their attributes. Its own code is the function and the functions
      of the same file that it names. The settings of an optimizer class of your own are such numbers.
    * Constant: everything else that Python code reads, such as the contents of lists and dicts, properties,
      and attributes read through a local name. Python code does not run in a replay.

    Audits check the contract: runs 4, 8, 16, ..., 512, 1000, 2000, 3000, ... of a plan (fewer for a very
    short step) are eager and are compared with the plan call by call. If they differ, a RuntimeWarning names
    the line and the change, or with `strict` CaptureError is raised; then the step is captured again.
    `step.reset()` forgets all plans.

    Plans are kept for `cache_size` kinds of arguments; the least recently used are dropped first. PyTorch's
    keywords are accepted if they change nothing: `fullgraph`, `dynamic`, `mode`, `backend="inductor"`;
    `disable=True` returns `fn`. Without `fn`, a decorator is returned.

    Errors: CaptureError, with the line, for anything that a replay could not repeat: a value read inside the
    step (`.item()`, `.numpy()`, a condition on a tensor), a tensor made from Python data, a tensor of the
    step kept by something other than its result, different calls in each run.

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
    >>> losses[-1] < losses[0], step.captures, step.audits, step.replays
    (True, 2, 4, 44)
    """
    flags: tuple[Any, ...] = fullgraph, dynamic is not None and dynamic
    is_known = all(isinstance(flag, bool) for flag in flags) and mode in MODES
    if not is_known or backend != "inductor" or options is not None:
        raise ValueError(
            "compile: of PyTorch's keywords, fullgraph and dynamic take True or False, mode one of "
            f"{MODES}, backend only 'inductor', and options only None"
        )
    rows = size("compile", "cache_size", cache_size, 1)
    if fn is None:
        return functools.partial(compile, cache_size=rows, strict=strict, disable=disable)
    if isinstance(fn, type) or not callable(fn):
        raise TypeError(f"compile: expected a function or a Module, got {brief(fn)}")
    if disable:
        return fn
    kind = CompiledModule if hasattr(fn, "named_parameters") else CompiledStep
    return kind(fn, rows, bool(strict))
