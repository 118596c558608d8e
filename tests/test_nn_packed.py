"""Padded and packed sequences, and recurrent layers over them, compared with results of PyTorch."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
    unpad_sequence,
)

# Of each tensor t: the sum of t times `numbers`, and the sum of |t|
RECORDED = json.loads((Path(__file__).parent / "data" / "pytorch" / "packed.json").read_text())
LAYERS: dict[str, dict[str, Any]] = {
    "RNN": {},
    "GRU": {"num_layers": 2, "bidirectional": True},
    "LSTM": {"num_layers": 2, "bidirectional": True},
    "LSTM proj": {"proj_size": 1, "bidirectional": True},
    "RNN relu": {"nonlinearity": "relu", "bias": False},
}


def numbers(*shape: int, k: int = 7) -> Any:
    return ((np.arange(np.prod(shape, dtype=int)) * k % 11 - 5) / 10).reshape(shape)


def tensor(*shape: int, k: int = 7) -> Any:
    return nncore.tensor(numbers(*shape, k=k), requires_grad=True)


def digest(t: Any) -> Any:
    array = t.detach().numpy()
    return pytest.approx([(array * numbers(*array.shape, k=8)).sum(), np.abs(array).sum()], abs=1e-9)


@pytest.mark.parametrize("case", RECORDED)
def test_recurrent_layers(case: str) -> None:
    recorded = RECORDED[case]
    name, lengths = case.split(" [")[0], json.loads(case[case.index("[") : case.index("]") + 1])
    first, has_state, is_sorted = lengths[0] == 2, "without" not in case, lengths[0] == 4
    layer = getattr(nn, name.split()[0])(3, 2, batch_first=first, dtype=nncore.float64, **LAYERS[name])
    for i, parameter in enumerate(layer.parameters()):
        nn.init.constant_(parameter, 0.0)
        nn.utils.vector_to_parameters(tensor(parameter.numel(), k=i + 2), [parameter])
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    x, h, c = (
        tensor(4, 4, 3),
        tensor(count, 4, LAYERS[name].get("proj_size", 2), k=3),
        tensor(count, 4, 2, k=4),
    )
    packed = pack_padded_sequence(x, nncore.tensor(lengths), batch_first=first, enforce_sorted=is_sorted)
    state = ((h, c) if "LSTM" in name else h) if has_state else None
    y, last = layer(packed, state)
    states = last if isinstance(last, tuple) else (last,)
    padded, found = pad_packed_sequence(y, batch_first=first, padding_value=9.0, total_length=5)
    loss = (padded * nncore.tensor(numbers(*padded.shape, k=3))).sum()
    for one in states:
        loss = loss + (one * nncore.tensor(numbers(*one.shape, k=5))).sum()
    loss.backward()
    assert isinstance(y, PackedSequence)
    assert (recorded["rows"], recorded["padded"], recorded["lengths"]) == (
        digest(y.data),
        digest(padded),
        found.tolist(),
    )
    assert recorded["states"] == [digest(one) for one in states]
    assert recorded["dx"] == digest(x.grad)
    assert recorded["dw"] == [digest(parameter.grad) for parameter in layer.parameters()]
    for name, gradient in (("dh", h.grad), ("dc", c.grad)):
        assert recorded[name] == (None if gradient is None else digest(gradient))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_each_sequence_gives_the_bits_it_gives_alone(kind: Any, isa: str) -> None:
    layer = kind(3, 4, num_layers=2, bidirectional=True)
    sequences = [nncore.randn(n, 3) for n in (5, 1, 7, 5, 2)]
    y, states = layer(pack_sequence(sequences, enforce_sorted=False))
    for i, (sequence, output) in enumerate(zip(sequences, unpack_sequence(y), strict=True)):
        alone, last = layer(sequence)
        np.testing.assert_array_equal(output.detach().numpy(), alone.detach().numpy())
        for state, expected in zip(
            *((s if isinstance(s, tuple) else (s,)) for s in (states, last)), strict=True
        ):
            np.testing.assert_array_equal(state.detach().numpy()[:, i], expected.detach().numpy())


def test_packing_and_padding() -> None:
    x = nncore.arange(24).reshape(3, 4, 2)
    for first, lengths, rows, sizes, order in (
        (True, [4, 2, 1], [0, 8, 16, 2, 10, 4, 6], [3, 2, 1, 1], None),
        (True, [1, 4, 2], [8, 16, 0, 10, 18, 12, 14], [3, 2, 1, 1], [1, 2, 0]),
        (False, [2, 2, 1, 1], [0, 2, 4, 6, 8, 10], [4, 2], None),
    ):
        packed = pack_padded_sequence(x, lengths, first, enforce_sorted=order is None)
        assert packed.data[:, 0].tolist() == rows
        assert packed.batch_sizes.tolist() == sizes
        assert (packed.sorted_indices is None) == (order is None)
        if packed.sorted_indices is not None and packed.unsorted_indices is not None:
            assert packed.sorted_indices.tolist() == order
            assert packed.sorted_indices[packed.unsorted_indices].tolist() == [0, 1, 2]
        padded, found = pad_packed_sequence(packed, first, padding_value=-1)
        assert found.tolist() == lengths
        for i, length in enumerate(lengths):
            one = padded[i] if first else padded[:, i]
            assert one[:length].tolist() == (x[i] if first else x[:, i])[:length].tolist()
            assert (one[length:] == -1).all()


def test_padding_of_sequences() -> None:
    sequences = [nncore.tensor([1, 2, 3]), nncore.zeros(0, dtype=nncore.int64), nncore.tensor([4])]
    assert pad_sequence(sequences).tolist() == [[1, 0, 4], [2, 0, 0], [3, 0, 0]]
    assert pad_sequence(sequences, True, 9).tolist() == [[1, 2, 3], [9, 9, 9], [4, 9, 9]]
    assert pad_sequence(sequences, True, padding_side="left").tolist() == [[1, 2, 3], [0, 0, 0], [0, 0, 4]]
    values = [nncore.ones(2, 3, requires_grad=True), nncore.ones(1, 3, requires_grad=True)]
    padded = pad_sequence(values)
    assert padded.shape == (2, 2, 3)
    (padded * 2).sum().backward()
    assert [value.grad.tolist() for value in values if value.grad is not None] == [[[2] * 3] * 2, [[2] * 3]]
    assert [one.tolist() for one in unpad_sequence(padded, [2, 1])] == [value.tolist() for value in values]


def test_packed_sequences_are_values() -> None:
    packed = pack_sequence([nncore.ones(1, 2), nncore.ones(3, 2)], enforce_sorted=False)
    made = PackedSequence(*packed[:3])
    assert made.unsorted_indices is not None
    assert made.unsorted_indices.tolist() == [1, 0]
    for other in (made, copy.deepcopy(packed), packed.double(), packed.to(nncore.float64), packed.cpu()):
        padded, lengths = pad_packed_sequence(other)
        assert padded.shape == (3, 2, 2)
        assert lengths.tolist() == [1, 3]
    assert packed.double().data.dtype == nncore.float64
    assert packed.double().float().data.dtype == nncore.float32
    data, sizes, *_ = packed
    assert data.shape == (4, 2)
    assert sizes.tolist() == [2, 1, 1]


X = nncore.zeros(4, 2, 3)
ANY: Any = X  # for arguments of a wrong type
MISUSE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "not sorted": (
        lambda: pack_padded_sequence(X, [1, 2]),
        ValueError,
        "must not increase; .*enforce_",
    ),
    "too long": (lambda: pack_padded_sequence(X, [5, 2]), ValueError, r"do not fit the input \(4, 2, 3\)"),
    "too many": (lambda: pack_padded_sequence(X, [4, 3, 2]), ValueError, "2 sequences of 4 steps"),
    "zero": (lambda: pack_padded_sequence(X, [4, 0]), ValueError, "each length must be at least 1, got 0"),
    "float": (lambda: pack_padded_sequence(X, X[0, 0]), TypeError, "each length must be an int"),
    "none": (lambda: pack_padded_sequence(X, []), ValueError, "lengths is empty"),
    "vector": (lambda: pack_padded_sequence(X[0, 0], [1]), ValueError, "expected at least 2 axes"),
    "array": (lambda: pack_padded_sequence(ANY.numpy(), [1]), TypeError, "input is a ndarray; expected"),
    "not packed": (lambda: pad_packed_sequence(ANY), TypeError, "sequence is a Tensor; expected a Packed"),
    "total length": (
        lambda: pad_packed_sequence(pack_padded_sequence(X, [4, 2]), total_length=3),
        ValueError,
        "total_length must be at least 4, got 3",
    ),
    "no sequences": (lambda: pad_sequence([]), ValueError, "expected at least one"),
    "shapes": (lambda: pad_sequence([X, X[0]]), ValueError, r"\[\(4, 2, 3\), \(2, 3\)\]; expected"),
    "numbers": (
        lambda: pad_sequence(ANY.tolist()),
        TypeError,
        r"sequences\[0\] is a list; expected",
    ),
    "side": (lambda: pad_sequence([X], padding_side="up"), ValueError, "padding_side is 'up'; expected"),
    "unpad": (lambda: unpad_sequence(X, [5, 1]), ValueError, "do not fit the sequences"),
    "sizes": (lambda: PackedSequence(X[0], nncore.tensor([1, 2])), ValueError, r"\[1, 2\] do not fit"),
    "sum": (lambda: PackedSequence(X[0], nncore.tensor([3])), ValueError, r"\[3\] do not fit data of 2 rows"),
    "no sizes": (lambda: PackedSequence(X), TypeError, "batch_sizes is a NoneType; expected a Tensor"),
    "state": (
        lambda: nn.GRU(3, 5)(pack_padded_sequence(X, [4, 2]), nncore.zeros(1, 3, 5)),
        ValueError,
        r"GRU: h_0 has shape \(1, 3, 5\); .* needs \(1, 2, 5\)",
    ),
    "axes": (
        lambda: nn.GRU(3, 5)(pack_padded_sequence(X.unsqueeze(3), [4, 2])),
        ValueError,
        r"GRU: the packed sequence has data of shape \(6, 3, 1\); expected \(rows, features\)",
    ),
    "width": (lambda: nn.GRU(4, 5)(pack_padded_sequence(X, [4, 2])), ValueError, "3.*4|4.*3"),
}


@pytest.mark.parametrize(("call", "error", "text"), MISUSE.values(), ids=MISUSE)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
