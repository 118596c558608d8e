"""Losses of single elements, of vectors and of sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from nncore._core import Tensor
from nncore.errors.arguments import number, size

from . import functional
from .loss import Reduction, _Loss
from .module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CosineSimilarity",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MarginRankingLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "PairwiseDistance",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
]


class _Elementwise(_Loss):
    """Base: function(*tensors, **settings, reduction=...); the settings are attributes."""

    function: ClassVar[Callable[..., Tensor]]
    settings: ClassVar[tuple[str, ...]] = ()

    def forward(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        given: dict[str, Any] = {name: getattr(self, name) for name in self.settings}
        return self.function(*tensors, **named, **given, reduction=self.reduction)


class _Weighted(_Elementwise):
    """Base: a loss with a buffer `weight`."""

    weight: Tensor | None
    settings: ClassVar[tuple[str, ...]] = ("weight",)

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: None = None,
        reduce: None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class L1Loss(_Elementwise):
    """E = mean |x - t|. Shapes: x and t the same. Errors: ValueError for different shapes.

    >>> nn.L1Loss()(nncore.tensor([1.0, 2.0]), nncore.tensor([1.0, 4.0])).item()
    1.0
    """

    function = staticmethod(functional.l1_loss)


class SmoothL1Loss(_Elementwise):
    """E = mean of d² / (2 beta) if |d| < beta, else |d| - beta / 2, with d = x - t.

    Shapes: x and t the same. Errors: ValueError for different shapes and for a negative beta.
    Source: Girshick 2015, "Fast R-CNN", eq. 3.

    >>> nn.SmoothL1Loss()(nncore.tensor([0.0, 0.0]), nncore.tensor([1.0, 2.0])).item()
    1.0
    """

    function = staticmethod(functional.smooth_l1_loss)
    settings = ("beta",)

    def __init__(
        self,
        size_average: None = None,
        reduce: None = None,
        reduction: Reduction = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = number("SmoothL1Loss", "beta", beta, 0.0)


class HuberLoss(_Elementwise):
    """E = mean of d² / 2 if |d| <= delta, else delta (|d| - delta / 2), with d = x - t.

    Shapes: x and t the same. Errors: ValueError for different shapes and for delta <= 0. Source: Huber 1964.

    >>> nn.HuberLoss(delta=2.0)(nncore.tensor([0.0]), nncore.tensor([3.0])).item()
    4.0
    """

    function = staticmethod(functional.huber_loss)
    settings = ("delta",)

    def __init__(self, reduction: Reduction = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = number("HuberLoss", "delta", delta, above=0.0)


class BCELoss(_Weighted):
    """E = mean of -w (t ln x + (1 - t) ln(1 - x)) for probabilities x.

    Logarithms are clamped to at least -100. Shapes: x and t the same; weight w broadcasts to them.
    Errors: ValueError for different shapes and for x outside [0, 1].

    >>> round(nn.BCELoss()(nncore.tensor([0.5]), nncore.tensor([1.0])).item(), 4)
    0.6931
    """

    function = staticmethod(functional.binary_cross_entropy)


class BCEWithLogitsLoss(_Weighted):
    """E = mean of -w (p t ln s(x) + (1 - t) ln(1 - s(x))) with s the sigmoid, without overflow.

    Shapes: x and t the same; weight w and pos_weight p broadcast to them.
    Errors: ValueError for different shapes.

    >>> nn.BCEWithLogitsLoss()(nncore.tensor([1000.0]), nncore.tensor([0.0])).item()
    1000.0
    """

    pos_weight: Tensor | None
    function = staticmethod(functional.binary_cross_entropy_with_logits)
    settings = ("weight", "pos_weight")

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: None = None,
        reduce: None = None,
        reduction: Reduction = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)


class KLDivLoss(_Elementwise):
    """E = mean of t (ln t - x) for log-probabilities x; with `log_target` the target is ln t.

    The reduction 'batchmean' divides the sum by the batch size, which gives the mean divergence of a sample.
    Shapes: x and t the same. Errors: ValueError for different shapes. Source: Kullback and Leibler 1951.

    >>> x = nncore.tensor([[0.5, 0.5]])
    >>> nn.KLDivLoss(reduction="batchmean")(x.log(), x).item()
    0.0
    """

    function = staticmethod(functional.kl_div)
    settings = ("log_target",)
    reductions = (*_Loss.reductions, "batchmean")

    def __init__(
        self,
        size_average: None = None,
        reduce: None = None,
        reduction: Literal["none", "mean", "sum", "batchmean"] = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target


class HingeEmbeddingLoss(_Elementwise):
    """E = mean of x if t is 1, max(0, margin - x) if t is -1. Shapes: x and t the same.

    Errors: ValueError for different shapes.

    >>> nn.HingeEmbeddingLoss()(nncore.tensor([0.5, 0.5]), nncore.tensor([1.0, -1.0])).item()
    0.5
    """

    function = staticmethod(functional.hinge_embedding_loss)
    settings = ("margin",)

    def __init__(
        self,
        margin: float = 1.0,
        size_average: None = None,
        reduce: None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = number("HingeEmbeddingLoss", "margin", margin)


class SoftMarginLoss(_Elementwise):
    """E = mean of ln(1 + e^(-t x)), where t is 1 or -1. Shapes: x and t the same.

    Errors: ValueError for different shapes.

    >>> round(nn.SoftMarginLoss()(nncore.tensor([0.0]), nncore.tensor([1.0])).item(), 4)
    0.6931
    """

    function = staticmethod(functional.soft_margin_loss)


class PoissonNLLLoss(_Elementwise):
    """E = mean of e^x - t x, or of x - t ln(x + eps) without `log_input`.

    `full` adds Stirling's ln t! where t > 1. Shapes: x and t the same.
    Errors: ValueError for different shapes.

    >>> nn.PoissonNLLLoss()(nncore.tensor([0.0]), nncore.tensor([2.0])).item()
    1.0
    """

    function = staticmethod(functional.poisson_nll_loss)
    settings = ("log_input", "full", "eps")

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: None = None,
        eps: float = 1e-8,
        reduce: None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = number("PoissonNLLLoss", "eps", eps, 0.0)


class GaussianNLLLoss(_Elementwise):
    """E = mean of (ln v + (x - t)² / v) / 2 with v = max(var, eps); `full` adds ln(2 pi) / 2.

    Shapes: x and t the same; var the same, or with a last axis of size 1, or without that axis, or a number.
    Errors: ValueError for other shapes and for a negative variance. Source: Nix and Weigend 1994.

    >>> nn.GaussianNLLLoss()(nncore.tensor([1.0]), nncore.tensor([3.0]), nncore.tensor([1.0])).item()
    2.0
    """

    function = staticmethod(functional.gaussian_nll_loss)
    settings = ("full", "eps")

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: Reduction = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = number("GaussianNLLLoss", "eps", eps, above=0.0)


class MarginRankingLoss(_Elementwise):
    """E = mean of max(0, -t (x1 - x2) + margin): x1 should rank above x2 if t is 1, and below x2 if t is -1.

    Shapes: x1, x2 and t the same. Errors: ValueError for different shapes.

    >>> nn.MarginRankingLoss()(nncore.tensor([1.0]), nncore.tensor([3.0]), nncore.tensor([1.0])).item()
    2.0
    """

    function = staticmethod(functional.margin_ranking_loss)
    settings = ("margin",)

    def __init__(
        self,
        margin: float = 0.0,
        size_average: None = None,
        reduce: None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = number("MarginRankingLoss", "margin", margin)


class MultiMarginLoss(_Weighted):
    """E = mean over samples of the sum over c != t of w_t max(0, margin - x_t + x_c)^p / C.

    Shapes: x (N, C) or (C,), t (N,) or () of an integer dtype, weight (C,).
    Errors: IndexError for a class outside [0, C); ValueError for p other than 1 and 2.
    Source: Crammer and Singer 2001.

    >>> nn.MultiMarginLoss()(nncore.tensor([[0.0, 0.0]]), nncore.tensor([1])).item()
    0.5
    """

    function = staticmethod(functional.multi_margin_loss)
    settings = ("p", "margin", "weight")

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: None = None,
        reduce: None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.p = size("MultiMarginLoss", "p", p, 1)
        self.margin = number("MultiMarginLoss", "margin", margin)


class MultiLabelSoftMarginLoss(_Weighted):
    """E = mean of `BCEWithLogitsLoss` over samples and classes; 'none' and 'sum' still average over classes.

    Shapes: x and t (N, C), weight (C,). Errors: ValueError for different shapes.

    >>> loss = nn.MultiLabelSoftMarginLoss()
    >>> round(loss(nncore.zeros(1, 3), nncore.tensor([[1.0, 0.0, 1.0]])).item(), 4)
    0.6931
    """

    function = staticmethod(functional.multilabel_soft_margin_loss)


class CosineEmbeddingLoss(_Elementwise):
    """E = mean of 1 - cos(x1, x2) if t is 1, max(0, cos(x1, x2) - margin) if t is -1.

    Shapes: x1 and x2 (N, D) or (D,), t (N,) or (). Errors: ValueError for different shapes.

    >>> x = nncore.tensor([[1.0, 0.0]])
    >>> nn.CosineEmbeddingLoss()(x, x, nncore.tensor([-1.0])).item()
    1.0
    """

    function = staticmethod(functional.cosine_embedding_loss)
    settings = ("margin",)

    def __init__(
        self,
        margin: float = 0.0,
        size_average: None = None,
        reduce: None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = number("CosineEmbeddingLoss", "margin", margin, -1.0, 1.0)


class TripletMarginLoss(_Elementwise):
    """E = mean of max(0, d(a, p) - d(a, n) + margin) with d(x, y) = |x - y + eps|_p.

    `swap` replaces d(a, n) by d(p, n) if that is smaller. Shapes: anchor a, positive p and negative n the
    same, (N, D) or (D,). Errors: ValueError for different shapes. Source: Balntas et al. 2016, section 3.

    >>> a, b = nncore.zeros(1, 2), nncore.ones(1, 2)
    >>> nn.TripletMarginLoss(eps=0.0, p=1.0)(a, b, a).item()
    3.0
    """

    function = staticmethod(functional.triplet_margin_loss)
    settings = ("margin", "p", "eps", "swap")

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: None = None,
        reduce: None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = number("TripletMarginLoss", "margin", margin, above=0.0)
        self.p = number("TripletMarginLoss", "p", p, above=0.0)
        self.eps = number("TripletMarginLoss", "eps", eps, 0.0)
        self.swap = swap


class CTCLoss(_Loss):
    """E = mean over samples of -ln P(target | log_probs) / length, over all alignments with blanks.

    Shapes: log_probs (T, N, C) or (T, C), targets (N, S) or (sum of lengths,), both lengths (N,).
    A target that is too long to align counts infinity, or 0 with `zero_infinity`.
    Errors: IndexError for a label out of range; ValueError for lengths that do not fit.
    Source: Graves et al. 2006, section 4.

    >>> log_probs = nncore.full((2, 1, 2), 0.5).log()
    >>> round(nn.CTCLoss()(log_probs, nncore.tensor([[1]]), (2,), (1,)).item(), 4)
    0.2877
    """

    def __init__(self, blank: int = 0, reduction: Reduction = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = size("CTCLoss", "blank", blank)
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | tuple[int, ...],
        target_lengths: Tensor | tuple[int, ...],
    ) -> Tensor:
        return functional.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )


class CosineSimilarity(Module):
    """y = x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) along the axis `dim`.

    >>> nn.CosineSimilarity(dim=0)(nncore.tensor([2.0, 0.0]), nncore.tensor([3.0, 0.0])).item()
    1.0
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = number("CosineSimilarity", "eps", eps, 0.0)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return functional.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """y = (sum |x1 - x2 + eps|^p)^(1/p) over the last axis.

    >>> nn.PairwiseDistance(p=1, eps=0.0)(nncore.tensor([[1.0, 2.0]]), nncore.zeros(1, 2)).tolist()
    [3.0]
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = number("PairwiseDistance", "p", p, above=0.0)
        self.eps = number("PairwiseDistance", "eps", eps, 0.0)
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return functional.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
