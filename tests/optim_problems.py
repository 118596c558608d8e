"""Two small problems for optimizers, written for PyTorch and nncore alike: `lib` is one of both.

`tools/record_optimizers.py` records what PyTorch's optimizers make of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

NET = {"w1": (3, 2), "b1": (3,), "w2": (1, 3), "b2": (1,)}


Params = dict[str, Any]
Loss = Callable[[Params], Any]


def steps_of(optimizer: str) -> int:
    """20 steps. A step of L-BFGS makes up to 20 iterations, in which rounding errors grow."""
    return 2 if optimizer == "LBFGS" else 20


def quadratic(lib: Any, dtype: Any) -> Loss:
    """Half the square of a matrix minus another one, elementwise weighted."""
    weight = lib.tensor([[1.0, 0.5, 3.0], [0.25, 2.0, 1.0]], dtype=dtype)
    target = lib.tensor([[2.0, -1.0, 0.5], [1.5, 0.0, -3.0]], dtype=dtype)
    return lambda params: (0.5 * weight * (params["w"] - target) * (params["w"] - target)).sum()


def net(lib: Any, dtype: Any) -> Loss:
    """The mean squared error of a network of one hidden layer on eight points."""
    rng = np.random.default_rng(5)
    x, y = (lib.tensor(rng.normal(size=(8, n)), dtype=dtype) for n in (2, 1))

    def loss(params: Params) -> Any:
        hidden = lib.tanh(x @ params["w1"].T + params["b1"])
        error = hidden @ params["w2"].T + params["b2"] - y
        return (error * error).mean()

    return loss


PROBLEMS: dict[str, tuple[Callable[[Any, Any], Loss], dict[str, tuple[int, ...]]]] = {
    "quadratic": (quadratic, {"w": (2, 3)}),
    "net": (net, NET),
}


def parameters(lib: Any, problem: str, dtype: Any) -> Params:
    """The parameters before the first step."""
    rng = np.random.default_rng(7)
    shapes = PROBLEMS[problem][1]
    return {
        name: lib.nn.Parameter(lib.tensor(rng.normal(size=shape), dtype=dtype))
        for name, shape in shapes.items()
    }


def optimized(optimizer: str, params: Params) -> list[Any]:
    """The parameters that the optimizer takes: Muon takes matrices only."""
    return [param for param in params.values() if optimizer != "Muon" or param.ndim == 2]


def closure_of(lib: Any, problem: str, params: Params, optimizer: Any) -> Callable[[], Any]:
    """Computes the loss and its gradients; the negative loss for an optimizer that maximizes."""
    loss_of = PROBLEMS[problem][0](lib, next(iter(params.values())).dtype)
    sign = -1.0 if optimizer.param_groups[0].get("maximize") else 1.0

    def closure() -> Any:
        optimizer.zero_grad()
        loss = sign * loss_of(params)
        loss.backward()
        return loss

    return closure


def values(params: Params) -> list[float]:
    """All parameters as one list."""
    return [float(value) for param in params.values() for value in param.detach().numpy().ravel()]
