"""Programs that write inside a graph; they run with nncore and with PyTorch. x is (2, 3), w is (3,)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Program = Callable[[Any, Any, Any], Any]


def _augmented(lib: Any, x: Any, w: Any) -> Any:
    y = x * 2
    y += w
    y *= y.detach() + 1
    y -= 0.5
    y /= 3
    return (y * y).sum()


def _methods(lib: Any, x: Any, w: Any) -> Any:
    y = x * 1
    y.add_(w, alpha=2).mul_(w).clamp_(-2, 2)
    z = (y * y + 1).log_().neg_()
    return z.addcmul_(w, w, value=0.5).lerp_(w.expand(2, 3) * 1, 0.25).sum()


def _of_a_leaf(lib: Any, x: Any, w: Any) -> Any:
    y = lib.zeros(2, 3)
    y += w
    y[0] = x[1] * w
    y[:, 1] *= 3
    return (y * x).sum()


def _filled(lib: Any, x: Any, w: Any) -> Any:
    y = x * 3
    y[1].clone().zero_()
    z = x * w
    z.zero_()
    u = x + w
    u.fill_(w[0])
    return (y * w).sum() + z.sum() + (u * x).sum()


def _copied(lib: Any, x: Any, w: Any) -> Any:
    y = x * 3
    y.copy_(w)
    z = lib.zeros(2, 3)
    z.copy_(x)
    return (y * z * w).sum()


def _rows(lib: Any, x: Any, w: Any) -> Any:
    y = lib.ones(4, 3)
    for i in range(4):
        y[i] = x[i % 2] * w + i
    y[1:3] += 1
    return (y**2).sum()


def _indexed(lib: Any, x: Any, w: Any) -> Any:
    y = x * w
    y[:, lib.tensor([2, 0])] = w[:2] * 2
    y[lib.tensor([1]), 1:] = 5.0
    y[y > 1] = w.sum()
    y[lib.tensor([[True, False, False], [False, True, True]])] = w
    return (y * x).sum()


def _scattered(lib: Any, x: Any, w: Any) -> Any:
    y = x * 2
    y.scatter_(1, lib.tensor([[0], [2]]), x[:, 1:2] * 3)
    y.scatter_add_(1, lib.tensor([[0, 0], [1, 2]]), x[:, :2] * x[:, :2])
    y.index_add_(0, lib.tensor([1, 1]), x * w)
    y.index_copy_(1, lib.tensor([1]), x[:, :1] * 4)
    y.index_fill_(1, lib.tensor([2]), 0.5)
    y.masked_fill_(lib.tensor([True, False, False]), 2.0)
    return (y * y * w).sum()


def _random(lib: Any, x: Any, w: Any) -> Any:
    y = x * w
    y.uniform_(2, 2)
    return (y * x).sum()


PROGRAMS: dict[str, Program] = {
    "augmented": _augmented,
    "methods": _methods,
    "of a leaf": _of_a_leaf,
    "filled": _filled,
    "copied": _copied,
    "rows": _rows,
    "indexed": _indexed,
    "scattered": _scattered,
    "random": _random,
}
X, W = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], [0.5, 1.5, -0.5]


def gradients(lib: Any, program: Program) -> dict[str, Any]:
    """The loss of a program, and the gradients of x and w."""
    x, w = lib.tensor(X, requires_grad=True), lib.tensor(W, requires_grad=True)
    loss = program(lib, x, w)
    loss.backward()
    return {"loss": loss.item(), "x": x.grad.tolist(), "w": w.grad.tolist() if w.grad is not None else None}
