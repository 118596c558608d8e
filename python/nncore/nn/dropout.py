"""Dropout layers: noise in training, the identity in `eval()` mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number

from .module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class Dropout(Module):
    """y = 0 with probability p, else x / (1 - p), for each element; in `eval()` mode y = x.

    With `inplace=True` the values of y are written into x. Errors: ValueError for p outside [0, 1].
    Source: Srivastava et al. 2014.

    >>> layer = nn.Dropout(1.0)
    >>> layer(nncore.ones(2)).tolist(), layer.eval()(nncore.ones(2)).tolist()
    ([0.0, 0.0], [1.0, 1.0])
    """

    function: ClassVar[Callable[..., Tensor]] = staticmethod(_core.dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        self.p = number(type(self).__name__, "p", p, 0.0, 1.0)
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return self.function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """`Dropout` of whole channels of x (N, C, L). Source: Tompson et al. 2015.

    >>> nn.Dropout1d(1.0)(nncore.ones(1, 1, 2)).tolist()
    [[[0.0, 0.0]]]
    """

    function = staticmethod(_core.dropout1d)


class Dropout2d(Dropout):
    """`Dropout` of whole channels of x (N, C, H, W). Source: Tompson et al. 2015.

    >>> nn.Dropout2d(0.5)
    Dropout2d(p=0.5, inplace=False)
    """

    function = staticmethod(_core.dropout2d)


class Dropout3d(Dropout):
    """`Dropout` of whole channels of x (N, C, D, H, W). Source: Tompson et al. 2015.

    >>> nn.Dropout3d(0.0)(nncore.ones(1, 1, 1, 1, 1)).item()
    1.0
    """

    function = staticmethod(_core.dropout3d)


class AlphaDropout(Dropout):
    """Dropout that sets elements to SELU's lowest value, scaled and shifted to keep mean 0 and variance 1.

    Source: Klambauer et al. 2017, section 2.

    >>> nn.AlphaDropout(0.1).eval()(nncore.ones(1)).item()
    1.0
    """

    function = staticmethod(_core.alpha_dropout)


class FeatureAlphaDropout(Dropout):
    """`AlphaDropout` of whole channels of x (N, C, ...).

    >>> nn.FeatureAlphaDropout(0.1)
    FeatureAlphaDropout(p=0.1, inplace=False)
    """

    function = staticmethod(_core.feature_alpha_dropout)
