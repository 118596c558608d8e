"""Batches of sequences of different lengths: padded to one length, or packed step by step."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from nncore import _core
from nncore._core import Tensor
from nncore.errors import absent
from nncore.errors.arguments import all_tensors, listed, size, tensors

__all__ = [
    "PackedSequence",
    "Segment",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]

Indices = np.ndarray[Any, np.dtype[np.int64]]


class Segment(NamedTuple):
    """Consecutive steps of a packed batch in which the same sequences run."""

    start: int  # the first row in `data`
    steps: int
    batch: int


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Fields):
    """The rows of all sequences of a batch, step by step, without padding; the longest sequence is the first.

    Shapes: data (sum of the lengths, features); batch_sizes (steps,), the number of sequences that have each
    step. `sorted_indices` (batch,) orders the sequences by length, and `unsorted_indices` undoes it; both are
    None if the sequences were sorted already. `pack_padded_sequence` and `pack_sequence` make it.

    Errors: ValueError if batch_sizes increase or do not fit the rows of data.
    Source: PyTorch's `torch.nn.utils.rnn.PackedSequence`.

    >>> packed = nn.utils.rnn.pack_sequence([nncore.tensor([1, 2, 3]), nncore.tensor([4])])
    >>> packed.data.tolist(), packed.batch_sizes.tolist()
    ([1, 4, 2, 3], [2, 1, 1])
    """

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        tensors("PackedSequence", data=data, batch_sizes=batch_sizes)
        assert batch_sizes is not None
        if sorted_indices is not None and unsorted_indices is None:
            unsorted_indices = sorted_indices.argsort()
        made = super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)
        if any(a < b for a, b in pairwise([*made._sizes, 1])) or made._sizes.sum() != data.shape[0]:
            raise ValueError(
                f"PackedSequence: batch_sizes {made._sizes.tolist()} do not fit data of {data.shape[0]} rows;"
                " expected numbers that do not increase and have that sum"
            )
        return made

    @cached_property
    def _sizes(self) -> Indices:
        return np.array(self.batch_sizes.numpy())

    def _with(self, data: Tensor) -> PackedSequence:
        """The same sequences with other values."""
        return type(self)(data, *self[1:])

    def segments(self) -> list[Segment]:
        """The runs of steps with one number of sequences, from the first step to the last."""
        found: list[Segment] = []
        start = 0
        for batch in self._sizes.tolist():
            if found and found[-1].batch == batch:
                found[-1] = found[-1]._replace(steps=found[-1].steps + 1)
            else:
                found.append(Segment(start, 1, batch))
            start += batch
        return found

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The sequences with data of another dtype or on another device; see `Tensor.to`."""
        return self._with(self.data.to(*args, **kwargs))

    def float(self) -> PackedSequence:
        """The sequences with data of float32."""
        return self.to(_core.float32)

    def double(self) -> PackedSequence:
        """The sequences with data of float64."""
        return self.to(_core.float64)

    def cpu(self) -> PackedSequence:
        """The sequences with data on the CPU."""
        return self.to("cpu")


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | Iterable[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """The first lengths[i] steps of each sequence i, as a PackedSequence.

    Shapes: input (steps, batch, ...), with `batch_first` (batch, steps, ...); lengths (batch,), a list or a
    tensor. With `enforce_sorted` lengths must not increase. A step of `nncore.compile` cannot pack.

    Errors: ValueError for lengths that are not sorted, below 1 or above the number of steps.
    Source: PyTorch's function of this name.

    >>> x = nncore.tensor([[1, 2, 3], [4, 0, 0]])
    >>> nn.utils.rnn.pack_padded_sequence(x, [3, 1], batch_first=True).data.tolist()
    [1, 4, 2, 3]
    """
    where = "pack_padded_sequence"
    tensors(where, input=input)
    counts = _lengths(where, lengths)
    if input.ndim < 2:
        raise ValueError(f"{where}: the input has shape {input.shape}; expected at least 2 axes")
    steps, batch = (input.shape[1], input.shape[0]) if batch_first else input.shape[:2]
    if len(counts) != batch or counts.max() > steps:
        raise ValueError(
            f"{where}: lengths {counts.tolist()} do not fit the input {input.shape}, {batch} sequences of "
            f"{steps} steps"
        )
    order = np.argsort(-counts, kind="stable")
    is_sorted = bool((order == np.arange(batch)).all())
    if enforce_sorted and not is_sorted:
        raise ValueError(
            f"{where}: lengths {counts.tolist()} must not increase; sort the sequences or pass "
            "enforce_sorted=False"
        )
    step, rank = np.nonzero(_running(counts[order]))
    rows = order[rank] * steps + step if batch_first else step * batch + order[rank]
    data = input.reshape((steps * batch, *input.shape[2:])).index_select(0, _core.tensor(rows))
    sizes = _core.tensor(np.bincount(step))
    return PackedSequence(data, sizes, None if enforce_sorted else _core.tensor(order))


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """(the sequences padded to one length, their lengths), in the order in which they were packed.

    Shapes: (steps, batch, ...), with `batch_first` (batch, steps, ...); lengths (batch,), int64. `steps` is
    the largest length or `total_length`.

    Errors: ValueError if `total_length` is below the largest length.
    Source: PyTorch's function of this name.

    >>> packed = nn.utils.rnn.pack_sequence([nncore.tensor([1.0, 2.0]), nncore.tensor([3.0])])
    >>> padded, lengths = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    >>> padded.tolist(), lengths.tolist()
    ([[1.0, 2.0], [3.0, 0.0]], [2, 1])
    """
    where = "pad_packed_sequence"
    if not isinstance(sequence, PackedSequence):
        raise TypeError(f"{where}: sequence is a {type(sequence).__name__}; expected a PackedSequence")
    sizes = sequence._sizes
    runs = np.arange(sizes[0]) < sizes[:, None]  # (step, sequence)
    table = np.full(runs.shape, -1)
    table[runs] = np.arange(len(sequence.data))
    lengths = runs.sum(0)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.numpy()
        table, lengths = table[:, order], lengths[order]
    if total_length is not None:
        more = size(where, "total_length", total_length, len(sizes)) - len(sizes)
        table = np.pad(table, ((0, more), (0, 0)), constant_values=-1)
    return _padded(sequence.data, table.T if batch_first else table, padding_value), _core.tensor(lengths)


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """The sequences in one tensor, padded to the length of the longest.

    Shapes: sequences (steps_i, ...); result (steps, batch, ...), with `batch_first` (batch, steps, ...).
    `padding_side="left"` puts the padding before the values.

    Errors: ValueError without sequences or if their other axes differ.
    Source: PyTorch's function of this name.

    >>> nn.utils.rnn.pad_sequence([nncore.tensor([1, 2]), nncore.tensor([3])], batch_first=True).tolist()
    [[1, 2], [3, 0]]
    """
    each = _sequences("pad_sequence", sequences)
    if padding_side not in ("left", "right"):
        raise ValueError(f"pad_sequence: padding_side is {padding_side!r}; expected 'left' or 'right'")
    counts = np.array([len(one) for one in each])
    runs = np.arange(max(counts)) < counts[:, None]  # (sequence, step)
    runs = runs[:, ::-1] if padding_side == "left" else runs
    table = np.full(runs.shape, -1)
    table[runs] = np.arange(counts.sum())
    return _padded(_core.cat(each, 0), table if batch_first else table.T, padding_value)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor | Iterable[int], batch_first: bool = False
) -> list[Tensor]:
    """The first lengths[i] steps of each sequence i of a padded tensor, as a list.

    Errors: ValueError for lengths below 0 or above the number of steps. Source: PyTorch's function of this
    name.

    >>> padded = nncore.tensor([[1, 2], [3, 0]])
    >>> [one.tolist() for one in nn.utils.rnn.unpad_sequence(padded, [2, 1], batch_first=True)]
    [[1, 2], [3]]
    """
    tensors("unpad_sequence", padded_sequences=padded_sequences)
    counts = _lengths("unpad_sequence", lengths)
    each = padded_sequences.unbind(0 if batch_first else 1)
    if len(counts) != len(each) or any(count > len(one) for count, one in zip(counts, each, strict=True)):
        raise ValueError(
            f"unpad_sequence: lengths {counts.tolist()} do not fit the sequences {padded_sequences.shape}"
        )
    return [one.narrow(0, 0, int(count)) for one, count in zip(each, counts, strict=True)]


def pack_sequence(sequences: Iterable[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """The sequences as a PackedSequence; with `enforce_sorted` the longest must be the first.

    Errors: ValueError for sequences that are empty, not sorted or differ in other axes. Source: PyTorch's
    function of this name.

    >>> sequences = [nncore.tensor([1]), nncore.tensor([2, 3])]
    >>> nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False).data.tolist()
    [2, 1, 3]
    """
    each = _sequences("pack_sequence", sequences)
    return pack_padded_sequence(pad_sequence(each), [len(one) for one in each], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a PackedSequence, in the order in which they were packed.

    >>> packed = nn.utils.rnn.pack_sequence([nncore.tensor([1, 2]), nncore.tensor([3])])
    >>> [one.tolist() for one in nn.utils.rnn.unpack_sequence(packed)]
    [[1, 2], [3]]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences))


def _running(lengths: Indices) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(step, sequence): whether the sequence has the step."""
    return np.less(np.arange(lengths.max())[:, None], lengths)


def _padded(rows: Tensor, table: Indices, value: float) -> Tensor:
    """The rows whose numbers are in the table; -1 stands for a row of `value`."""
    padding = _core.full((1, *rows.shape[1:]), value, dtype=rows.dtype)
    taken = np.where(table < 0, len(rows), table).reshape(-1)
    found = _core.cat([rows, padding], 0).index_select(0, _core.tensor(taken))
    return found.reshape((*table.shape, *rows.shape[1:]))


def _sequences(where: str, sequences: Iterable[Tensor]) -> list[Tensor]:
    each = list(sequences) if isinstance(sequences, Tensor) else listed(where, "sequences", sequences)
    all_tensors(where, "sequences", each)
    if not each or any(one.ndim == 0 or one.shape[1:] != each[0].shape[1:] for one in each):
        raise ValueError(
            f"{where}: the sequences have the shapes {[one.shape for one in each]}; expected at least one, "
            "and shapes that are equal after the first axis"
        )
    return each


def _lengths(where: str, lengths: Tensor | Iterable[int]) -> Indices:
    given = lengths.tolist() if isinstance(lengths, Tensor) else lengths
    counts = [size(where, "each length", length, 1) for length in listed(where, "lengths", given)]
    if not counts:
        raise ValueError(f"{where}: lengths is empty; expected a length for each sequence")
    return np.array(counts)


absent.answer_in(globals())
