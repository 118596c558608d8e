"""Layers that only change the shape."""

from __future__ import annotations

from collections.abc import Iterable

from nncore._core import Tensor
from nncore.errors.arguments import size, tensors

from .module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Merge the axes `start_dim` to `end_dim` into one; by default all axes but the first.

    Shapes: (N, A, B) to (N, A*B).

    >>> nn.Flatten()(nncore.zeros(5, 2, 3)).shape
    (5, 6)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        tensors("Flatten", input=input)
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split the axis `dim` into axes of sizes `unflattened_size`; one size may be -1.

    Shapes: (N, A*B) to (N, A, B) for dim=1 and unflattened_size=(A, B).
    Errors: IndexError for an axis out of range; ValueError if the product of the sizes is not that of `dim`.

    >>> nn.Unflatten(1, (2, -1))(nncore.zeros(5, 6)).shape
    (5, 2, 3)
    """

    def __init__(self, dim: int, unflattened_size: Iterable[int]) -> None:
        super().__init__()
        self.dim = size("Unflatten", "dim", dim, -(2**63))
        self.unflattened_size = tuple(size("Unflatten", "unflattened_size", n, -1) for n in unflattened_size)
        if not self.unflattened_size:
            raise ValueError("Unflatten: unflattened_size must not be empty")

    def forward(self, input: Tensor) -> Tensor:
        tensors("Unflatten", input=input)
        shape = input.shape
        if not -len(shape) <= self.dim < len(shape):
            raise IndexError(f"Unflatten: dim {self.dim} is out of range for an input of shape {shape}")
        dim = self.dim % len(shape)
        return input.reshape(*shape[:dim], *self._sizes(shape[dim]), *shape[dim + 1 :])

    def _sizes(self, total: int) -> tuple[int, ...]:
        """The sizes, with -1 replaced by the remaining size."""
        known = 1
        for n in self.unflattened_size:
            known *= n if n >= 0 else 1
        free = self.unflattened_size.count(-1)
        if free > 1 or (free and (known == 0 or total % known)) or (not free and known != total):
            raise ValueError(
                f"Unflatten: an axis of size {total} cannot be split into {self.unflattened_size}"
            )
        return tuple(n if n >= 0 else total // known for n in self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
