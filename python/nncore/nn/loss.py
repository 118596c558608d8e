"""Losses as modules: the cost of a model's output, given the target."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import number

from .module import Module

__all__ = ["CrossEntropyLoss", "MSELoss", "NLLLoss", "SumSquaredError"]

Reduction = Literal["none", "mean", "sum"]


class _Loss(Module):
    """Base: a loss with a reduction; size_average and reduce are PyTorch's old arguments for it."""

    reductions: ClassVar[tuple[str, ...]] = ("none", "mean", "sum")

    def __init__(self, size_average: None = None, reduce: None = None, reduction: str = "mean") -> None:
        super().__init__()
        if (size_average, reduce) != (None, None):
            raise TypeError(
                f"{type(self).__name__}: size_average and reduce were removed; use reduction='none', 'mean' "
                "or 'sum'"
            )
        if reduction not in self.reductions:
            known = ", ".join(map(repr, self.reductions))
            raise ValueError(f"{reduction} is not a valid value for reduction; use one of {known}")
        self.reduction: Any = reduction


class CrossEntropyLoss(_Loss):
    r"""E = -log softmax(x)[t] for logits x and classes t; or E = -Σ t log softmax(x) for probabilities t.

    Shapes: logits (N, C), (C,) or (N, C, d1, ...); classes (N,), () or (N, d1, ...), of an integer dtype, or
    probabilities of the logits' shape. The mean weights each sample by its class's `weight` and ignores
    samples of class `ignore_index`. `label_smoothing` s replaces the target t by (1 - s) t + s / C.

    Errors: ValueError for shapes that do not fit; IndexError for a class outside [0, C).
    Source: PyTorch's `CrossEntropyLoss`; Szegedy et al. 2016, section 7 (smoothing).

    >>> loss = nn.CrossEntropyLoss()
    >>> round(loss(nncore.tensor([[0.0, 0.0]]), nncore.tensor([1])).item(), 4)
    0.6931
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: None = None,
        ignore_index: int = -100,
        reduce: None = None,
        reduction: Reduction = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.label_smoothing = number("CrossEntropyLoss", "label_smoothing", label_smoothing, 0.0, 1.0)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return _core.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_Loss):
    r"""E = -x[t]: the negative log-likelihood of classes t for log-probabilities x.

    Shapes, weights and errors are those of CrossEntropyLoss, which is LogSoftmax followed by NLLLoss.

    >>> loss = nn.NLLLoss(reduction="sum")
    >>> loss(nncore.tensor([[-1.0, -2.0], [-3.0, -4.0]]), nncore.tensor([0, 1])).item()
    5.0
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: None = None,
        ignore_index: int = -100,
        reduce: None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return _core.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class MSELoss(_Loss):
    r"""E = mean (y - d)² over all elements, or the sum, or each element, by `reduction`.

    Shapes: y and d the same. Errors: ValueError for different shapes; they are never broadcast.

    >>> nn.MSELoss()(nncore.tensor([1.0, 2.0]), nncore.tensor([1.0, 4.0])).item()
    2.0
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return _core.mse_loss(input, target, reduction=self.reduction)


class SumSquaredError(Module):
    r"""E = ½ Σ (y - d)², with derivative y - d by an output y.

    Shapes: y and d the same. Errors: ValueError for different shapes.
    Source: Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors", eq. 3.

    >>> nn.SumSquaredError()(nncore.tensor([1.0, 2.0]), nncore.tensor([1.0, 4.0])).item()
    2.0
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        error: Tensor = _core.squared_error(input, target, 0.5)
        return error
