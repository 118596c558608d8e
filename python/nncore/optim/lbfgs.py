"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nncore import _core
from nncore._core import Tensor
from nncore.errors import CaptureError, arguments
from nncore.grad_mode import enable_grad, no_grad

from .group import in_range
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer, ParamsT

__all__ = ["LBFGS"]

LEAST_CURVATURE = 1e-10


class LBFGS(Optimizer):
    r"""Quasi-Newton steps that take the curvature from the last `history_size` changes of the gradient.

    A call of `step(closure)` makes up to `max_iter` iterations p := p + t * d and calls `closure`, which must
    clear the gradients, compute the loss, call backward and return the loss, up to `max_eval` times (by
    default 1.25 * max_iter). t is lr, in the very first iteration min(1, 1 / sum(abs(g))) * lr; with
    `line_search_fn` of "strong_wolfe" the search starts there. The step ends early if no gradient is larger
    than `tolerance_grad`, or if the loss or all weights change by less than `tolerance_change`. `maximize`
    ascends instead of descending. There is one parameter group, and parameters of one dtype.

    Errors: ValueError for lr that is negative, infinite or NaN, for another line search and for a second
    group; TypeError for a step without closure; CaptureError for a step inside `nncore.compile`. An error
    restores the weights.
    Source: Nocedal and Wright 2006, algorithms 7.4 and 7.5, with PyTorch's rules for the step and the end.

    >>> weight = nn.Parameter(nncore.tensor([3.0, -4.0]))
    >>> optimizer = nncore.optim.LBFGS([weight], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((weight - 1) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    29.0
    >>> [round(value, 4) for value in weight.tolist()]
    [1.0, 1.0]
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        super().add_param_group(param_group)

    def _check(self, group: dict[str, Any]) -> None:
        in_range("lr", "Invalid learning rate", group["lr"])
        for name in ("tolerance_grad", "tolerance_change"):
            in_range(name, f"Invalid {name} value", group[name])
        for name in ("max_iter", "max_eval", "history_size"):
            arguments.size("LBFGS", name, group[name])
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: only 'strong_wolfe' is supported, got {group['line_search_fn']!r}")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make up to `max_iter` iterations; return the loss before the first one."""
        if _core.capturing():
            raise CaptureError(
                "LBFGS: a step reads losses and gradients to decide how to go on, so nncore.compile cannot "
                "capture it; call optimizer.step(closure) outside, and compile the closure if you like"
            )
        if not callable(closure):
            raise TypeError(
                "LBFGS: step() needs a closure that clears the gradients, computes the loss, calls backward "
                "and returns the loss"
            )
        (group,) = self.param_groups
        self._check_complete(group)
        group.ready()
        with no_grad():
            line = _Line(group["params"], enable_grad()(closure), bool(group["maximize"]))
            before = line.weights()
            try:
                first, state = _iterate(line, group, dict(self.state.get(group["params"][0], {})))
            except BaseException:
                line.set(before)
                raise
        self.state[group["params"][0]] = state
        return first

    def _restored(self, index: int, name: str, value: Any, param: Tensor) -> Any:
        """A copy of one saved value; tensors are of all parameters together, alone or in a list."""
        if isinstance(value, list):
            return [self._restored(index, name, part, param) for part in value]
        if hasattr(value, "__array__") and not isinstance(value, Tensor):
            value = _core.tensor(value.__array__())
        if not isinstance(value, Tensor):
            return value
        size = sum(each.numel() for each in self._all_params())
        if value.ndim > 0 and value.shape != (size,):
            raise ValueError(
                f"loaded state dict: {name} has shape {value.shape}, the parameters have {size} elements; "
                "was it saved with another model?"
            )
        return arguments.converted("loaded state dict", name, value, param.dtype).to(param.device).clone()


class _Line:
    """The parameters as one vector, the loss and its gradient."""

    def __init__(self, params: list[Tensor], closure: Callable[[], Any], maximize: bool) -> None:
        self.params, self.closure, self.sign = params, closure, -1.0 if maximize else 1.0

    def loss(self) -> tuple[Any, float]:
        """What the closure returns, and the loss to minimize as a number."""
        result = self.closure()
        return result, self.sign * arguments.real("LBFGS", "the result of the closure", result)

    def grad(self) -> Tensor:
        parts = [_core.zeros_like(param) if param.grad is None else param.grad for param in self.params]
        return self.sign * _core.cat([part.detach().reshape(-1) for part in parts])

    def weights(self) -> list[Tensor]:
        return [param.detach().clone() for param in self.params]

    def set(self, weights: list[Tensor]) -> None:
        for param, value in zip(self.params, weights, strict=True):
            _core.assign_(param, value)

    def move(self, t: float, direction: Tensor) -> None:
        first = 0
        for param in self.params:
            part = direction[first : first + param.numel()].reshape(param.shape)
            _core.assign_(param, param.detach() + t * part)
            first += param.numel()

    def search(self, start: Point, t: float, direction: Tensor, limit: int) -> tuple[Point, int]:
        """The point that the line search finds, and how often it called the closure."""
        origin = self.weights()

        def at(t: float) -> Point:
            self.move(t, direction)
            _, loss = self.loss()
            grad = self.grad()
            self.set(origin)
            return Point(t, loss, grad, grad.dot(direction).item())

        return strong_wolfe(at, start, t, largest(direction), limit)


def largest(x: Tensor) -> float:
    """The largest absolute value."""
    return float(x.abs().max().item())


def _direction(grad: Tensor, state: dict[str, Any]) -> Tensor:
    """-H g, with the inverse Hessian H that the changes in the state imply, by the two-loop recursion."""
    changes = list(zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True))
    q, factors = -grad, []
    for y, s, ro in reversed(changes):
        factors.append(s.dot(q) * ro)
        q = q - factors[-1] * y
    r: Tensor = q * state["H_diag"]
    for (y, s, ro), factor in zip(changes, reversed(factors), strict=True):
        r = r + (factor - y.dot(r) * ro) * s
    state["al"] = factors[::-1] + [None] * (len(state["al"]) - len(factors))
    return r


def _remember(grad: Tensor, state: dict[str, Any], size: int) -> None:
    """Add the last change of the weights and of the gradient to the state, if the loss is convex there."""
    y, s = grad - state["prev_flat_grad"], state["d"] * state["t"]
    curvature = y.dot(s)
    if curvature.item() <= LEAST_CURVATURE:
        return
    for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / curvature)):
        state[name] = [*state[name], value][-size:] if size else []
    state["H_diag"] = curvature / y.dot(y)


def _iterate(line: _Line, group: dict[str, Any], state: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The first result of the closure, and the new state."""
    lr, tolerance, least_change = (float(group[key]) for key in ("lr", "tolerance_grad", "tolerance_change"))
    state = {"func_evals": 0, "n_iter": 0} | state
    first, loss = line.loss()
    grad, evaluations = line.grad(), 1
    if not largest(grad) <= tolerance:
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                state |= {"old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1, "d": -grad}
                t = min(1.0, 1.0 / grad.abs().sum().item()) * lr
            else:
                _remember(grad, state, group["history_size"])
                state.setdefault("al", [None] * group["history_size"])
                state["d"], t = _direction(grad, state), lr
            before, d = loss, state["d"]
            state |= {"prev_flat_grad": grad, "prev_loss": loss, "t": t}
            slope = grad.dot(d).item()
            if slope > -least_change:
                break
            if group["line_search_fn"]:
                left = group["max_eval"] - evaluations
                found, tried = line.search(Point(0.0, loss, grad, slope), t, d, left)
                t, loss, grad = found.t, found.loss, found.grad
                line.move(t, d)
            else:
                line.move(t, d)
                tried = int(iteration < group["max_iter"])  # the last point is not needed
                if tried:
                    _, loss = line.loss()
                    grad = line.grad()
            state["t"] = t
            evaluations += tried
            if (
                evaluations >= group["max_eval"]
                or largest(grad) <= tolerance
                or largest(d * t) <= least_change
                or abs(loss - before) < least_change
            ):
                break
    state["func_evals"] += evaluations
    return first, state
