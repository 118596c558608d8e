"""Attention and recurrent layers, compared with PyTorch and the limits of the machine.

"forward" runs without gradients; "both" is forward and backward. Results are checked against float64 first.
The limit counts only the multiply-adds of the matrix products. Forward and backward of attention take seven
products, because backward computes the scores again; those of a recurrent layer take three times the products
of forward.

    python bench/sequences.py --threads 1 --json sequences.jsonl
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from compare import Case, checked_calls, main, torch
from nncore import _core, nn
from report import Call


class Sequence(NamedTuple):
    name: str
    flops: float  # of forward
    backward: float  # flops of forward and backward together, divided by those of forward
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    inputs: list[Any]


def attention(batch: int, heads: int, steps: int, width: int, causal: bool) -> Sequence:
    rng = np.random.default_rng(0)
    qkv = [rng.normal(size=(batch, heads, steps, width)).astype(np.float32) for _ in range(3)]

    def peer(*xs: Any) -> Any:
        return torch.nn.functional.scaled_dot_product_attention(*xs, is_causal=causal)

    flops = 4.0 * batch * heads * width * (steps * (steps + 1) / 2 if causal else steps * steps)
    name = f"attention {batch}x{heads}x{steps}x{width}{' causal' if causal else ''}"
    ours = partial(nn.functional.scaled_dot_product_attention, is_causal=causal)
    return Sequence(name, flops, 3.5, ours, peer, qkv)


def recurrent(kind: str, hidden: int, batch: int, steps: int) -> Sequence:
    """A recurrent layer. Its parameters are inputs, as x is, so that they get gradients."""
    rng = np.random.default_rng(0)
    gates = {"LSTM": 4, "GRU": 3}[kind]
    bound = hidden**-0.5
    shapes = [(gates * hidden, hidden)] * 2 + [(gates * hidden,)] * 2
    x = rng.normal(size=(steps, batch, hidden))
    inputs = [x, *(rng.uniform(-bound, bound, shape) for shape in shapes)]

    def ours(x: Any, *weights: Any) -> Any:
        return _core.recurrent(kind, x, None, None, [[*weights, None]])[0]

    def peer(x: Any, *weights: Any) -> Any:
        zeros = torch.zeros(1, batch, hidden)
        run, state = (torch.lstm, [zeros, zeros]) if kind == "LSTM" else (torch.gru, zeros)
        return run(x, state, list(weights), True, 1, 0.0, True, False, False)[0]

    flops = 4.0 * steps * batch * gates * hidden * hidden
    name = f"{kind} {hidden} {steps}x{batch}"
    return Sequence(name, flops, 3.0, ours, peer, [a.astype(np.float32) for a in inputs])


def sequences() -> Iterator[Sequence]:
    for causal in (False, True):
        yield attention(12, 4, 64, 32, causal)
        yield attention(4, 12, 1024, 64, causal)
    yield recurrent("LSTM", 256, 32, 64)
    yield recurrent("GRU", 256, 32, 64)


def calls(sequence: Sequence, backward: bool) -> dict[str, Call]:
    functions = {"nncore": sequence.ours} | ({"pytorch": sequence.theirs} if torch else {})
    return checked_calls(functions, sequence.inputs, [True] * len(sequence.inputs) if backward else None)


def cases(limits: dict[str, float]) -> Iterator[Case]:
    for sequence in sequences():
        forward = sequence.flops / limits["fma_f32"]
        yield Case(sequence.name, "forward", partial(calls, sequence, False), forward)
        yield Case(sequence.name, "both", partial(calls, sequence, True), forward * sequence.backward)


if __name__ == "__main__":
    main(__doc__, cases, seconds=1.0)
