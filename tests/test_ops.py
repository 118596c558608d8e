"""The table of ops against float64 NumPy and finite differences."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core
from op_case import Array, Case
from op_table import BINARY, UNARY
from op_tables import CASES, output_gradient, run

MOST = 32  # the most directions by operand


def directions(a: Array) -> list[Array]:
    """Directions of disjoint elements: one element each, or some with different factors if there are many."""
    count = min(a.size, MOST)
    factors = np.random.default_rng(6).uniform(0.5, 1, a.shape) if a.size > count else np.ones(a.shape)
    group = np.arange(a.size).reshape(a.shape) % max(count, 1)
    return [np.where(group == i, factors, 0.0) for i in range(count)]


def finite_difference(case: Case, arrays: list[Array], i: int, direction: Array, dy: Array) -> float:
    """The fourth-order central difference of sum(dy * truth) by operand i in a direction."""

    def value(h: float) -> float:
        moved = [a + h * direction if k == i else a.copy() for k, a in enumerate(arrays)]
        return float(np.sum(dy * case.truth(*moved)))

    h = 1e-3
    return (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)


def elements(shape: Any) -> int:
    """The number of elements of one shape, or of several shapes together."""
    return sum(map(elements, shape)) if any(isinstance(s, tuple) for s in shape) else math.prod(shape)


def each_shape() -> list[Any]:
    return [pytest.param(case, shape, id=f"{case}-{shape}") for case in CASES for shape in case.shapes]


def test_every_elementwise_op_has_a_row() -> None:
    listed = {op["name"] for op in _core.elementwise_ops()}
    assert listed == (set(UNARY) - {"pos"}) | set(BINARY)


# Functions without a derivative, and functions that equal another one with other arguments
WITHOUT_ROW = """
    allclose any are_deterministic_algorithms_enabled argmax argmin as_tensor autograd backends
    bernoulli bfloat16 bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or
    bitwise_right_shift bitwise_xor compile count_nonzero cuda data device distributions double
    dropout1d dropout3d empty empty_like enable_grad eq equal eye feature_alpha_dropout finfo
    float16 from_dlpack from_numpy full_like ge get_default_device get_default_dtype
    get_float32_matmul_precision get_num_threads get_rng_state gt gumbel_softmax hstack iinfo
    inference_mode initial_seed int16 int8 is_floating_point is_grad_enabled is_tensor isclose isnan
    le linspace load load_model logical_and logical_not logical_or logical_xor long lt manual_seed meshgrid
    models multinomial nan ne newaxis no_grad nonzero normal numel one_hot ones_like optim poisson
    rand rand_like randint randint_like randn randn_like randperm rotary_tables save seed_everything
    set_default_device set_default_dtype set_float32_matmul_precision set_grad_enabled
    set_num_threads set_printoptions set_rng_state short show_config sinusoidal_positions summary swapdims
    train uint16 uint8 unique use_deterministic_algorithms utils vstack"""


def test_every_function_has_a_row() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("op_table*.py"))
    public = {name for name in nncore.__all__ if name[0].islower()} | set(nncore.nn.functional.__all__)
    assert public - set(re.findall(r"\w+", text)) == set(WITHOUT_ROW.split())


# Ops without a row with an empty operand, or with one of one element, because it has no meaning
WITHOUT = {
    "empty": """addmm affine_grid cosine_embedding_loss cosine_similarity cross_entropy ctc_loss diag
        embedding embedding_bag flatten gather group_norm index_add masked_select multi_margin_loss
        multilabel_soft_margin_loss new nll_loss prelu scatter scatter_add split, take take_along_dim topk
        triplet_margin_loss unflatten where""",
    "one": """addmm cosine_embedding_loss cosine_similarity ctc_loss embedding gather index_add
        maxout multi_margin_loss multilabel_soft_margin_loss nll_loss reshape scatter
        scatter_add std topk var""",
    "odd": "",
}


def test_every_op_has_awkward_rows() -> None:
    """Operands that are empty, have one element, or a size that is not a multiple of a vector."""
    families: dict[str, set[str]] = {}
    for case in CASES:
        kinds = families.setdefault(case.name.split()[0], set())
        for shape in case.shapes:
            arrays = case.make(np.random.default_rng(0), shape)
            kinds |= {"empty" for a in arrays if a.size == 0}
            kinds |= {"one" for a in arrays if a.size == 1 or 1 in a.shape}
            kinds |= {"odd" for a in arrays if a.ndim and a.shape[-1] % 8 not in (0, 1)}
    for kind, names in WITHOUT.items():
        assert {name for name, kinds in families.items() if kind not in kinds} == set(names.split())


@pytest.mark.parametrize(("case", "shape"), each_shape())
def test_value(case: Case, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    arrays = case.make(rng, shape)
    truth = np.asarray(case.truth(*arrays), dtype=np.float64)
    for dtype in (np.float64, np.float32):
        y, _ = run(case, arrays, dtype)
        assert y.dtype == dtype
        assert y.shape == truth.shape
        scale = np.maximum(np.abs(truth), np.asarray(case.size(*arrays)) if case.size else 0.0)
        bound = (case.ulp + (4 if dtype == np.float64 else 0)) * np.finfo(
            dtype
        ).eps  # NumPy has rounding errors in float64 too
        np.testing.assert_array_less(np.abs(y - truth), bound * scale + np.finfo(dtype).tiny)


@pytest.mark.parametrize(("case", "shape"), [p for p in each_shape() if elements(p.values[1]) < 1000])
def test_gradient(case: Case, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    arrays = case.make(rng, shape)
    if sum(a.size for a in arrays) > 2000:
        pytest.skip("too many differences; smaller shapes of the same op are checked")
    y, gradients = run(case, arrays, np.float64)
    _, single = run(case, arrays, np.float32)
    dy = output_gradient(y.shape)
    for i, (a, g, g32) in enumerate(zip(arrays, gradients, single, strict=True)):
        ways = directions(a)
        found = [float(np.sum(way * g)) for way in ways]
        exact = [finite_difference(case, arrays, i, way, dy) for way in ways]
        np.testing.assert_allclose(found, exact, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(g32, g, rtol=2e-5, atol=2e-6)


def test_two_uses_of_one_value_add_their_gradients() -> None:
    x = nncore.tensor([1.0, -2.0], requires_grad=True)
    (x * x + nncore.exp(x)).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.detach().numpy() + np.exp(x.detach().numpy()), rtol=1e-6)


@pytest.mark.parametrize("dtype", [nncore.float32, nncore.float64], ids=str)
def test_the_angle_of_the_origin_has_gradient_0(dtype: Any) -> None:
    a, b = (nncore.tensor([0.0, 1.0, -0.0], dtype=dtype, requires_grad=True) for _ in range(2))
    nncore.atan2(a, b).sum().backward()
    assert a.grad is not None
    assert b.grad is not None
    assert (a.grad.tolist(), b.grad.tolist()) == ([0.0, 0.5, 0.0], [0.0, -0.5, 0.0])


def test_a_long_chain_does_not_recurse_in_backward_or_when_freed() -> None:
    x = nncore.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 1.0
    del y


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_largest_or_smallest_subnormal_is_zero(dtype: Any) -> None:
    """Maxima and minima flush subnormals to 0, as all arithmetic does, on all levels."""
    tiny = np.finfo(dtype).tiny / 4
    x = nncore.tensor(np.full((3, 40), -tiny, dtype))
    y = nncore.tensor(np.full((3, 40), tiny, dtype))
    found = [nncore.amax(x), nncore.amin(y), nncore.amax(x, 0), nncore.amin(y, 1), nncore.max(x, 1)[0]]
    found += [nncore.maximum(x, x), nncore.minimum(y, y), nncore.clamp(y, 0, 1), nncore.relu(y)]
    for value in found:
        assert (value.numpy() == 0).all()
