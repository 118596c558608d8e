"""Losses of single elements and of vectors as modules: limits, state and errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn import functional as F


def t(*values: float) -> nncore.Tensor:
    return nncore.tensor([float(v) for v in values])


def test_extreme_logits_neither_overflow_nor_lose_digits() -> None:
    x = nncore.tensor([1e4, -1e4, -20.0, 20.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, t(0, 1, 0, 1), reduction="none")
    small = math.log1p(math.exp(-20))
    np.testing.assert_allclose(loss.detach().numpy(), [1e4, 1e4, small, small], rtol=1e-6)
    loss.sum().backward()
    assert x.grad is not None
    tail = 1 / (1 + math.exp(20))
    np.testing.assert_allclose(x.grad.numpy(), [1, -1, tail, -tail], rtol=1e-6)


def test_probabilities_of_zero_and_one_cost_at_most_100() -> None:
    x = nncore.tensor([0.0, 1.0, 1.0], requires_grad=True)
    loss = F.binary_cross_entropy(x, t(1, 0, 1), reduction="none")
    np.testing.assert_array_equal(loss.detach().numpy(), [100, 100, 0])
    loss.sum().backward()
    assert x.grad is not None
    assert np.isfinite(x.grad.numpy()).all()


def test_targets_of_probability_zero_add_nothing_to_kl_div() -> None:
    assert F.kl_div(t(-1, -math.inf), t(0, 0), reduction="none").tolist() == [0.0, 0.0]


def test_modules_are_their_functions(rng: np.random.Generator) -> None:
    x, y = (nncore.tensor(rng.uniform(0.1, 0.9, (6, 5))) for _ in range(2))
    sign = nncore.tensor(np.where(rng.random((6, 5)) > 0.5, 1.0, -1.0))
    w, classes = nncore.tensor(rng.uniform(0.5, 2, 5)), nncore.tensor([0, 1, 2, 3, 4, 0])
    pairs = [
        (nn.L1Loss()(x, y), F.l1_loss(x, y)),
        (nn.SmoothL1Loss(beta=0.2)(x, y), F.smooth_l1_loss(x, y, beta=0.2)),
        (nn.HuberLoss(delta=0.2)(x, y), F.huber_loss(x, y, delta=0.2)),
        (nn.BCELoss(w)(x, y), F.binary_cross_entropy(x, y, w)),
        (
            nn.BCEWithLogitsLoss(w, pos_weight=2 * w)(x, y),
            F.binary_cross_entropy_with_logits(x, y, w, pos_weight=2 * w),
        ),
        (nn.KLDivLoss(reduction="batchmean")(x, y), F.kl_div(x, y, reduction="batchmean")),
        (nn.HingeEmbeddingLoss(0.5)(x, sign), F.hinge_embedding_loss(x, sign, 0.5)),
        (nn.SoftMarginLoss()(x, sign), F.soft_margin_loss(x, sign)),
        (nn.PoissonNLLLoss(full=True)(x, y), F.poisson_nll_loss(x, y, full=True)),
        (nn.GaussianNLLLoss(full=True)(x, y, y), F.gaussian_nll_loss(x, y, y, full=True)),
        (nn.MarginRankingLoss(0.1)(x, y, sign), F.margin_ranking_loss(x, y, sign, 0.1)),
        (nn.MultiMarginLoss(2, weight=w)(x, classes), F.multi_margin_loss(x, classes, 2, weight=w)),
        (nn.MultiLabelSoftMarginLoss(w)(x, y), F.multilabel_soft_margin_loss(x, y, w)),
        (nn.CosineEmbeddingLoss(0.1)(x, y, sign[:, 0]), F.cosine_embedding_loss(x, y, sign[:, 0], 0.1)),
        (nn.TripletMarginLoss(swap=True)(x, y, sign), F.triplet_margin_loss(x, y, sign, swap=True)),
        (nn.CosineSimilarity()(x, y), F.cosine_similarity(x, y)),
        (nn.PairwiseDistance()(x, y), F.pairwise_distance(x, y)),
    ]
    pairs.append((nn.GaussianNLLLoss()(input=x, target=y, var=y), F.gaussian_nll_loss(x, y, y)))
    for module, function in pairs:
        assert np.array_equal(module.numpy(), function.numpy())


def test_values_that_pytorch_documents() -> None:
    """Values in PyTorch's documentation of MultiMarginLoss and TripletMarginLoss; a variance as a number."""
    assert F.multi_margin_loss(nncore.tensor([[0.1, 0.2, 0.4, 0.8]]), nncore.tensor([3])).item() == (
        pytest.approx(0.325)
    )
    near, far = nncore.zeros(1, 4), nncore.ones(1, 4)
    assert F.triplet_margin_loss(near, far, near, eps=0.0).item() == pytest.approx(3.0)
    assert F.gaussian_nll_loss(t(1.0), t(3.0), 1.0).item() == 2.0


def test_weights_are_state() -> None:
    loss = nn.BCEWithLogitsLoss(nncore.ones(3), pos_weight=nncore.ones(3))
    assert list(loss.state_dict()) == ["weight", "pos_weight"]
    assert not nn.BCEWithLogitsLoss().state_dict()
    assert repr(nn.SmoothL1Loss()) == "SmoothL1Loss()"


def test_ctc_targets_padded_or_one_after_another(rng: np.random.Generator) -> None:
    x = nncore.tensor(rng.normal(size=(7, 2, 5))).log_softmax(-1)
    padded = F.ctc_loss(x, nncore.tensor([[1, 2, 2], [3, 0, 0]]), (7, 6), (3, 1), reduction="none")
    joined = F.ctc_loss(x, nncore.tensor([1, 2, 2, 3]), (7, 6), (3, 1), reduction="none")
    assert padded.tolist() == joined.tolist()
    alone = F.ctc_loss(
        x[:, 0], nncore.tensor([1, 2, 2]), nncore.tensor(7), nncore.tensor(3), reduction="none"
    )
    assert alone.item() == padded[0].item()


def test_gradient_of_ctc_through_log_softmax_sums_to_zero(rng: np.random.Generator) -> None:
    """The gradient of a step's logits is softmax minus the class probabilities, so its sum is 0."""
    x = nncore.tensor(rng.normal(size=(40, 3, 6)), requires_grad=True)
    targets = nncore.tensor(rng.integers(1, 6, (3, 9)))
    F.ctc_loss(x.log_softmax(-1), targets, (40, 30, 25), (9, 9, 4), reduction="sum").backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy().sum(-1), 0, atol=1e-12)
    assert np.abs(x.grad.numpy()[30:, 1]).max() == 0


def test_ctc_of_a_target_too_long() -> None:
    x = nncore.zeros(2, 1, 3, requires_grad=True)
    targets = nncore.tensor([[1, 1]])  # needs three steps
    assert F.ctc_loss(x, targets, (2,), (2,)).item() == math.inf
    loss = F.ctc_loss(x, targets, (2,), (2,), zero_infinity=True)
    assert loss.item() == 0
    loss.backward()
    assert x.grad is not None
    assert np.abs(x.grad.numpy()).max() == 0
    assert F.ctc_loss(x, targets, (2,), (0,), reduction="sum").item() == 0.0


@pytest.mark.parametrize(
    ("name", "dtypes"),
    [
        *((name, ("float64", "int64", "uint8", "bool")) for name in (
            "l1_loss", "mse_loss", "smooth_l1_loss", "poisson_nll_loss", "soft_margin_loss")),
        ("binary_cross_entropy_with_logits", ("float64",)),
        ("kl_div", ("float64",)),
    ],
)  # fmt: skip
def test_a_target_of_another_dtype_is_converted(name: str, dtypes: tuple[str, ...]) -> None:
    loss = getattr(F, name)
    target = nncore.tensor([1, 0, 1, 1])
    for dtype in dtypes:
        x = nncore.tensor([0.5, -1.0, 2.0, 0.25], requires_grad=True)
        wide = nncore.float64 if dtype == "float64" else nncore.float32
        found = loss(x, target.to(dtype))
        assert found.dtype == wide
        assert found.item() == loss(x.detach().to(wide), target.to(wide)).item()
        found.backward()
        assert x.grad is not None
        assert x.grad.dtype == nncore.float32


A, B = nncore.zeros(4, 3), nncore.zeros(4, 1)
LP = nncore.zeros(5, 2, 3)
TG = nncore.tensor([[1, 2], [1, 1]])
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    *((lambda f=f: f(A, B), ValueError, r"\(4, 3\) but target has \(4, 1\)") for f in (
        F.l1_loss, F.mse_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy, F.kl_div,
        F.binary_cross_entropy_with_logits, F.hinge_embedding_loss, F.soft_margin_loss, F.poisson_nll_loss)),
    (lambda: F.huber_loss(A, A.double()), TypeError, "float32 but target is float64"),
    (lambda: F.binary_cross_entropy(A, A.long()), TypeError, "float32 but target is int64"),
    (lambda: F.binary_cross_entropy(A, A.double()), TypeError, "float32 but target is float64"),
    (lambda: F.binary_cross_entropy_with_logits(A, A.long()), TypeError, "float32 but target is int64"),
    (lambda: F.kl_div(A, A.long()), TypeError, "float32 but target is int64"),
    (lambda: F.l1_loss(A[:0], A[:0]), ValueError, "mean of an empty batch"),
    (lambda: F.l1_loss(A, A, reduction="batch"), ValueError, "reduction is 'batch'"),
    (lambda: F.binary_cross_entropy(A + 1.5, A), ValueError, "between 0 and 1, got values from 1.5"),
    (lambda: F.binary_cross_entropy(A * math.nan, A), ValueError, "between 0 and 1"),
    (lambda: F.gaussian_nll_loss(A, A, A - 1), ValueError, "var must not be negative"),
    (lambda: F.gaussian_nll_loss(A, A, A[:2]), ValueError, "var has shape"),
    (lambda: F.gaussian_nll_loss(A, A, A, eps=0.0), ValueError, "eps must be finite, above 0"),
    (lambda: F.kl_div(A, A, True), TypeError, "kl_div: size_average"),  # type: ignore[arg-type]
    (lambda: F.binary_cross_entropy(A, A, nn.Parameter(A)), ValueError, "respect to the weight"),
    (lambda: F.huber_loss(A, A, delta=0.0), ValueError, "delta must be above 0"),
    (lambda: nn.HuberLoss(delta=-1.0), ValueError, "delta must be"),
    (lambda: nn.SmoothL1Loss(beta=-1.0), ValueError, "beta must be"),
    (lambda: F.margin_ranking_loss(A, A, B), ValueError, "third operand"),
    (lambda: F.triplet_margin_loss(A, A, B), ValueError, "must have the same shape"),
    (lambda: F.cosine_embedding_loss(A, B, A[:, 0]), ValueError, "must be equal"),
    (lambda: F.multi_margin_loss(A, nncore.tensor([0, 1, 3, 0])), IndexError, "target 3 at row 2"),
    (lambda: F.multi_margin_loss(A, nncore.tensor([0, 1, 2, 0]), p=3), ValueError, "expected 1 or 2"),
    (lambda: F.soft_margin_loss(A, nncore.zeros(4, 3, requires_grad=True)), ValueError, "no derivative"),
    (lambda: F.ctc_loss(LP, TG, (5, 6), (2, 2)), ValueError, r"input_lengths\[1\] is 6"),
    (lambda: F.ctc_loss(LP, TG, (5, 5), (3, 2)), ValueError, r"target_lengths\[0\] is 3"),
    (lambda: F.ctc_loss(LP, 3 * TG, (5, 5), (2, 2)), IndexError, "target 3 at position 0"),
    (lambda: F.ctc_loss(LP, 0 * TG, (5, 5), (2, 2)), IndexError, "not the blank 0"),
    (lambda: F.ctc_loss(LP, TG, (5, 5), (2, 2), blank=3), ValueError, "blank is 3"),
    (lambda: F.ctc_loss(LP, TG[0], (5, 5), (1, 2)), ValueError, "1 targets are left"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_cosine_similarity_broadcasts_before_it_sums() -> None:
    rng = np.random.default_rng(0)
    for shapes in [((1, 2, 2), (2, 1, 2)), ((3, 1), (4,)), ((2, 3), (2, 1))]:
        a, b = (rng.normal(size=shape) for shape in shapes)
        wide = np.broadcast_arrays(a, b)
        dot, aa, bb = ((x * y).sum(1) for x, y in (wide, wide[:1] * 2, wide[1:] * 2))
        x, y = (nncore.tensor(v, requires_grad=True) for v in (a, b))
        found = F.cosine_similarity(x, y)
        np.testing.assert_allclose(found.detach().numpy(), dot / np.sqrt(aa * bb), rtol=1e-13)
        found.sum().backward()
        for t, values, other in ((x, a, b), (y, b, a)):
            step = rng.normal(size=values.shape) * 1e-6
            high, low = (
                F.cosine_similarity(nncore.tensor(values + s), nncore.tensor(other)).sum().item()
                for s in (step, -step)
            )
            assert t.grad is not None
            np.testing.assert_allclose((t.grad.numpy() * step).sum(), (high - low) / 2, rtol=1e-6, atol=1e-15)
    with pytest.raises(ValueError, match=r"cosine_similarity: x1 has shape \(2, 3\) and x2 \(2, 4\)"):
        F.cosine_similarity(nncore.zeros(2, 3), nncore.zeros(2, 4))


@pytest.mark.parametrize("target", [1.0, -1.0])
def test_cosine_embedding_loss_at_zero_vectors(target: float) -> None:
    """cos = x1 . x2 / sqrt((|x1|^2 + 1e-12) (|x2|^2 + 1e-12)), and its gradient, as PyTorch has them."""
    a = np.array([[0.0, 0.0], [0.0, 0.0], [0.5, -1.0], [1e-7, 0.0]])
    b = np.array([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [0.0, 3.0]])
    x, y = (nncore.tensor(v, requires_grad=True) for v in (a, b))
    margin = -0.5
    loss = F.cosine_embedding_loss(
        x, y, nncore.full((4,), target, dtype=nncore.float64), margin, reduction="none"
    )
    dot = (a * b).sum(1, keepdims=True)
    aa, bb = ((v * v).sum(1, keepdims=True) + 1e-12 for v in (a, b))
    cos = dot / np.sqrt(aa * bb)
    np.testing.assert_allclose(
        loss.detach().numpy(), (1 - cos if target > 0 else cos - margin)[:, 0], rtol=1e-12
    )
    loss.sum().backward()
    for t, v, w, vv in ((x, a, b, aa), (y, b, a, bb)):
        expected = -target * (w / np.sqrt(aa * bb) - cos * v / vv)
        assert t.grad is not None
        np.testing.assert_allclose(t.grad.numpy(), expected, rtol=1e-12, atol=1e-18)
