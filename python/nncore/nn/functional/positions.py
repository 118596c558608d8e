"""Position encodings for attention."""

from __future__ import annotations

from nncore import _core
from nncore._core import Tensor, dtype
from nncore.errors.arguments import number, size, tensors

__all__ = ["apply_rotary", "rotary_tables", "sinusoidal_positions"]


def _angles(where: str, steps: int, dim: int, base: float) -> Tensor:
    """position / base^(2 i / dim), shape (steps, dim / 2), in float64."""
    steps, dim = size(where, "steps", steps), size(where, "dim", dim)
    if dim % 2:
        raise ValueError(f"{where}: dim is {dim}; expected an even number, for pairs of sine and cosine")
    number(where, "base", base, above=0)
    positions = _core.arange(steps, dtype=_core.float64).unsqueeze(1)
    exponents = _core.arange(dim // 2, dtype=_core.float64) * (2.0 / max(dim, 1))
    return positions * base**-exponents


def sinusoidal_positions(
    steps: int, dim: int, base: float = 10000.0, *, dtype: dtype | None = None
) -> Tensor:
    """p[t, 2i] = sin(t / base^(2i / dim)), p[t, 2i + 1] = cos(t / base^(2i / dim)); add it to embeddings.

    Shape: (steps, dim), dim even. Errors: ValueError for an odd or negative size or a base of 0 or less.
    Source: Vaswani et al. 2017, "Attention is all you need", section 3.5.

    >>> nn.functional.sinusoidal_positions(2, 4)[1].tolist()
    [0.8414709568023682, 0.5403022766113281, 0.009999833069741726, 0.9999499917030334]
    """
    angles = _angles("sinusoidal_positions", steps, dim, base)
    table = _core.stack([_core.sin(angles), _core.cos(angles)], -1)
    return table.reshape(angles.shape[0], 2 * angles.shape[1]).to(dtype or _core.float32)


def rotary_tables(
    steps: int, dim: int, base: float = 10000.0, *, dtype: dtype | None = None
) -> tuple[Tensor, Tensor]:
    """cos and sin of t / base^(2i / dim): the tables of `apply_rotary`.

    Shapes: (steps, dim / 2) each, dim even. Errors: ValueError, as in `sinusoidal_positions`.
    Source: Su et al. 2021, "RoFormer", eq. 15.

    >>> cos, sin = nn.functional.rotary_tables(3, 4)
    >>> cos.shape, sin[0].tolist()
    ((3, 2), [0.0, 0.0])
    """
    angles, kind = _angles("rotary_tables", steps, dim, base), dtype or _core.float32
    return _core.cos(angles).to(kind), _core.sin(angles).to(kind)


def apply_rotary(input: Tensor, cos: Tensor, sin: Tensor, *, interleaved: bool = False) -> Tensor:
    """Rotate each pair (a, b) of a row by the angle of its position: (a cos - b sin, b cos + a sin).

    Shapes: input (..., steps, dim), cos and sin (steps, dim / 2) from `rotary_tables`; pass slices of longer
    tables for later positions. Pairs are (i, i + dim / 2), as in GPT-NeoX, or with `interleaved` (2i,
    2i + 1), as in RoFormer and GPT-J.

    Errors: ValueError for tables that do not fit, TypeError for dtypes that differ.
    Source: Su et al. 2021, "RoFormer: enhanced transformer with rotary position embedding", eq. 34.

    >>> cos, sin = nn.functional.rotary_tables(2, 2)
    >>> nn.functional.apply_rotary(nncore.tensor([[1.0, 0.0], [1.0, 0.0]]), cos, sin).tolist()
    [[1.0, 0.0], [0.5403022766113281, 0.8414709568023682]]
    """
    tensors("apply_rotary", input=input, cos=cos, sin=sin)
    half = input.shape[-1] // 2 if input.ndim > 1 else 0
    if input.ndim < 2 or input.shape[-1] % 2 or not cos.shape == sin.shape == (input.shape[-2], half):
        raise ValueError(
            f"apply_rotary: input {input.shape} with tables {cos.shape} and {sin.shape}; expected (..., "
            "steps, dim) with an even dim and tables (steps, dim / 2)"
        )
    if not cos.dtype == sin.dtype == input.dtype:
        raise TypeError(
            f"apply_rotary: the input is {input.dtype} but the tables are {cos.dtype} and {sin.dtype}"
        )
    if interleaved:
        a, b = input[..., 0::2], input[..., 1::2]
        return _core.stack([a * cos - b * sin, b * cos + a * sin], -1).reshape(input.shape)
    a, b = input[..., :half], input[..., half:]
    return _core.cat([a * cos - b * sin, b * cos + a * sin], -1)
