"""Recurrent layers over packed sequences: one call for each segment, in which the same sequences run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from nncore import _core
from nncore._core import Tensor

from .utils.rnn import PackedSequence, Segment

if TYPE_CHECKING:
    from .recurrent import RNNBase

__all__ = ["run_packed"]

States = list[Tensor]  # h, and of an LSTM c: (1, sequences, width)


def run_packed(
    layer: RNNBase, input: PackedSequence, h_0: Tensor | None, c_0: Tensor | None
) -> tuple[PackedSequence, Tensor, Tensor | None]:
    """The output, h_n and c_n or None of a recurrent layer; states are in the order before sorting."""
    data, segments = input.data, input.segments()
    if data.ndim != 2:
        raise ValueError(
            f"{type(layer).__name__}: the packed sequence has data of shape {data.shape}; expected (rows, "
            "features)"
        )
    batch, count = segments[0].batch, layer.num_layers * layer._directions
    layer._check_states(h_0, c_0, data, (batch,))
    begin = [
        _core.zeros((count, batch, width), dtype=data.dtype)
        if state is None
        else _reordered(state, input.sorted_indices)
        for state, width in ((h_0, layer._out), (c_0, layer.hidden_size))
    ]
    run = partial(_run_layer, layer.mode, segments)
    y, h_n, c_n = layer._run_layers(run, data, begin[0], begin[1] if layer.mode == "LSTM" else None)
    back = input.unsorted_indices
    return input._with(y), _reordered(h_n, back), None if c_n is None else _reordered(c_n, back)


def _reordered(state: Tensor, order: Tensor | None) -> Tensor:
    """The state of each sequence in the given order."""
    return state if order is None else state.index_select(1, order)


def _run_layer(
    mode: str,
    segments: list[Segment],
    data: Tensor,
    h_0: Tensor,
    c_0: Tensor | None,
    directions: Sequence[Sequence[Tensor | None]],
) -> tuple[Tensor, Tensor, Tensor | None]:
    """`_core.recurrent` for the rows `data` of a PackedSequence: (rows of the output, h_n, c_n or None).

    Shapes: h_0 and c_0 (directions, sequences, width). A sequence takes part in its own steps only: its
    forward state is kept where it ends, and its backward state begins there.
    """
    found = []
    for i, weights in enumerate(directions):
        begin = [state.narrow(0, i, 1) for state in (h_0, c_0) if state is not None]
        found.append((_backward if i else _forward)(mode, segments, data, begin, weights))
    outputs = [output for output, _ in found]
    h_n, *c_n = (_joined(list(states), 0) for states in zip(*(states for _, states in found), strict=True))
    return _joined(outputs, 1), h_n, c_n[0] if c_n else None


def _forward(
    mode: str, segments: list[Segment], data: Tensor, states: States, weights: Sequence[Tensor | None]
) -> tuple[Tensor, States]:
    outputs: list[Tensor] = []
    ended: list[States] = []
    for segment, later in pairwise([*segments, Segment(0, 0, 0)]):
        output, states = _run(mode, _steps(data, segment), states, weights)
        outputs.append(output.reshape((segment.steps * segment.batch, -1)))
        ended.insert(0, [state.narrow(1, later.batch, segment.batch - later.batch) for state in states])
        states = [state.narrow(1, 0, later.batch) for state in states]
    return _joined(outputs, 0), [_joined(list(parts), 1) for parts in zip(*ended, strict=True)]


def _backward(
    mode: str, segments: list[Segment], data: Tensor, begin: States, weights: Sequence[Tensor | None]
) -> tuple[Tensor, States]:
    outputs: list[Tensor] = []
    states = [state.narrow(1, 0, 0) for state in begin]
    for segment in reversed(segments):
        known = states[0].shape[1]
        new = [state.narrow(1, known, segment.batch - known) for state in begin]
        states = [_core.cat([state, more], 1) for state, more in zip(states, new, strict=True)]
        output, states = _run(mode, _steps(data, segment).flip(0), states, weights)
        outputs.insert(0, output.flip(0).reshape((segment.steps * segment.batch, -1)))
    return _joined(outputs, 0), states


def _run(mode: str, input: Tensor, states: States, weights: Sequence[Tensor | None]) -> tuple[Tensor, States]:
    h, c = states if len(states) == 2 else (states[0], None)
    output, h, c = _core.recurrent(mode, input, h, c, [weights])
    return output, [h] if c is None else [h, c]


def _steps(data: Tensor, segment: Segment) -> Tensor:
    """The rows of a segment as (steps, sequences, features)."""
    rows = data.narrow(0, segment.start, segment.steps * segment.batch)
    return rows.reshape((segment.steps, segment.batch, -1))


def _joined(parts: list[Tensor], dim: int) -> Tensor:
    return parts[0] if len(parts) == 1 else _core.cat(parts, dim)
