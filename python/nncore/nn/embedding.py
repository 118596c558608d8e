"""Embedding layers: tables of vectors, looked up by id."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import optional_tensors, size

from . import init
from .functional.embeddings import Mode, embedding_bag, refuse
from .module import Module
from .parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]


def _sizes(where: str, table: Tensor) -> tuple[int, int]:
    if table.ndim != 2:
        raise ValueError(f"{where}: the table has shape {table.shape}; expected (rows, columns)")
    return table.shape[0], table.shape[1]


class _Table(Module):
    """Base: a table of num_embeddings vectors, initially normal with mean 0 and variance 1."""

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        sparse: bool,
        table: Tensor | None,
        freeze: bool,
        device: device | str | None,
        dtype: dtype | None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        refuse(name, max_norm, sparse)
        optional_tensors(name, _weight=table)
        self.num_embeddings = size(name, "num_embeddings", num_embeddings)
        self.embedding_dim = size(name, "embedding_dim", embedding_dim)
        if padding_idx is not None:
            rows = self.num_embeddings
            if not -rows <= padding_idx < rows:
                raise ValueError(f"{name}: padding_idx {padding_idx} is out of range for {rows} rows")
            padding_idx += rows if padding_idx < 0 else 0
        self.padding_idx = padding_idx
        shape = (self.num_embeddings, self.embedding_dim)
        if table is None:
            self.weight = Parameter(_core.empty(shape, device=device, dtype=dtype), not freeze)
            self.reset_parameters()
        elif table.shape != shape:
            raise ValueError(f"{name}: the table has shape {table.shape}; expected {shape}")
        else:
            self.weight = Parameter(table, not freeze)

    def reset_parameters(self) -> None:
        """Draw new values for the table; the padding row becomes 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            keep = _core.ones(self.num_embeddings, 1, dtype=self.weight.dtype)
            row = _core.arange(self.num_embeddings).reshape(-1, 1)
            keep = _core.where(row == self.padding_idx, _core.zeros_like(keep), keep)
            _core.assign_(self.weight, self.weight.detach() * keep)


class Embedding(_Table):
    """y = weight[x]: the vector of each id.

    Shapes: x any, of an integer dtype; y (*x.shape, embedding_dim); weight (num_embeddings, embedding_dim),
    initially normal with mean 0 and variance 1. The row `padding_idx` starts at 0 and gets no gradient.
    `max_norm` and `sparse` are not supported.

    Errors: IndexError for an id outside [0, num_embeddings); TypeError for ids that are not integers.

    >>> layer = nn.Embedding(10, 3, padding_idx=0)
    >>> layer(nncore.tensor([[1, 0]])).shape
    (1, 2, 3)
    >>> layer
    Embedding(10, 3, padding_idx=0)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, sparse, _weight, _freeze, device, dtype
        )
        self.scale_grad_by_freq = scale_grad_by_freq

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """A layer with this table, which is not trained unless `freeze` is False."""
        rows, columns = _sizes("Embedding", embeddings)
        return cls(
            rows,
            columns,
            padding_idx=padding_idx,
            max_norm=max_norm,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
            _weight=embeddings,
            _freeze=freeze,
        )

    def forward(self, input: Tensor) -> Tensor:
        return _core.embedding(input, self.weight, self.padding_idx, self.scale_grad_by_freq)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        frequency = ", scale_grad_by_freq=True" if self.scale_grad_by_freq else ""
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}{frequency}"


class EmbeddingBag(_Table):
    """The elementwise mean, sum or maximum of the vectors of each bag of ids; 0 for an empty bag.

    Shapes: x (bags, length), or (count,) with the start of each bag in offsets (bags,); y (bags,
    embedding_dim). With `include_last_offset` offsets is (bags + 1,) and ends with the end of the last bag.
    Ids equal to `padding_idx` are skipped. `per_sample_weights`, of the shape of x, multiply the vectors of a
    sum. `max_norm` and `sparse` are not supported.

    Errors: IndexError for an id outside [0, num_embeddings), and for offsets that do not rise from 0.

    >>> layer = nn.EmbeddingBag(10, 3, mode="sum")
    >>> layer(nncore.tensor([1, 2, 4]), nncore.tensor([0, 2])).shape
    (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, sparse, _weight, False, device, dtype
        )
        if mode not in ("mean", "sum", "max"):
            raise ValueError(f"EmbeddingBag: mode is {mode!r}; expected 'mean', 'sum' or 'max'")
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode: Mode = mode
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """A layer with this table, which is not trained unless `freeze` is False."""
        rows, columns = _sizes("EmbeddingBag", embeddings)
        bag = cls(
            rows,
            columns,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            embeddings,
            include_last_offset,
            padding_idx,
        )
        bag.weight.requires_grad = not freeze
        return bag

    def forward(
        self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
    ) -> Tensor:
        return embedding_bag(
            input,
            self.weight,
            offsets,
            scale_grad_by_freq=self.scale_grad_by_freq,
            mode=self.mode,
            per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )

    def extra_repr(self) -> str:
        frequency = ", scale_grad_by_freq=True" if self.scale_grad_by_freq else ""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{frequency}, mode={self.mode!r}{padding}"
