"""Initialization: distributions against their formulas, seeds and errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn
from nncore.nn import init

Array = np.ndarray[Any, np.dtype[Any]]


def drawn(
    fill: Callable[..., nncore.Tensor], *args: Any, shape: tuple[int, ...] = (200, 300), **kwargs: Any
) -> Array:
    tensor = nncore.empty(*shape)
    assert fill(tensor, *args, **kwargs) is tensor
    values: Array = tensor.numpy()
    return values


def normal_cdf(x: Array) -> Array:
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x])


def distance(sample: Array, cdf: Callable[[Array], Array]) -> float:
    """The Kolmogorov distance between a sample and a distribution."""
    ordered = np.sort(sample.ravel().astype(np.float64))
    steps = np.arange(ordered.size + 1) / ordered.size
    expected = cdf(ordered)
    return float(max(np.max(steps[1:] - expected), np.max(expected - steps[:-1])))


def uniform(low: float, high: float) -> Callable[[Array], Array]:
    return lambda x: np.clip((x - low) / (high - low), 0, 1)


def normal(mean: float, std: float) -> Callable[[Array], Array]:
    return lambda x: normal_cdf((x - mean) / std)


def truncated(mean: float, std: float, a: float, b: float) -> Callable[[Array], Array]:
    low, high = normal_cdf((np.array([a, b]) - mean) / std)
    return lambda x: (normal_cdf((x - mean) / std) - low) / (high - low)


GAIN = math.sqrt(2 / (1 + 0.2**2))
DISTRIBUTIONS: dict[str, tuple[Callable[..., Any], dict[str, Any], Callable[[Array], Array]]] = {
    "uniform": (init.uniform_, {}, uniform(0, 1)),
    "uniform a b": (init.uniform_, {"a": -2.0, "b": 3.0}, uniform(-2, 3)),
    "normal": (init.normal_, {}, normal(0, 1)),
    "normal mean std": (init.normal_, {"mean": 3.0, "std": 0.1}, normal(3, 0.1)),
    "xavier uniform": (init.xavier_uniform_, {}, uniform(-math.sqrt(6 / 500), math.sqrt(6 / 500))),
    "xavier normal": (init.xavier_normal_, {"gain": 2.0}, normal(0, 2 * math.sqrt(2 / 500))),
    "kaiming uniform": (init.kaiming_uniform_, {}, uniform(-math.sqrt(6 / 300), math.sqrt(6 / 300))),
    "kaiming fan_out": (
        init.kaiming_normal_,
        {"a": 0.2, "mode": "fan_out"},
        normal(0, GAIN / math.sqrt(200)),
    ),
    "kaiming tanh": (init.kaiming_normal_, {"nonlinearity": "tanh"}, normal(0, 5 / 3 / math.sqrt(300))),
    "truncated": (init.trunc_normal_, {}, truncated(0, 1, -2, 2)),
    "truncated aside": (
        init.trunc_normal_,
        {"mean": 1.0, "std": 0.5, "a": 0.9, "b": 9.0},
        truncated(1, 0.5, 0.9, 9),
    ),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_follow_the_distribution(name: str) -> None:
    fill, settings, cdf = DISTRIBUTIONS[name]
    sample = drawn(fill, shape=(20, 3, 100), **settings) if name == "uniform" else drawn(fill, **settings)
    assert distance(sample, cdf) < 1.63 / math.sqrt(sample.size)  # exceeded by 1 in 100 seeds


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_generator_decides_the_numbers(name: str) -> None:
    fill, settings, _ = DISTRIBUTIONS[name]

    def sample(seed: int) -> list[Any]:
        values: list[Any] = drawn(fill, shape=(4, 5), generator=nncore.Generator(seed), **settings).tolist()
        return values

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_truncated_stays_inside_also_far_from_the_mean() -> None:
    for a, b in ((-0.5, 0.25), (3.0, 4.0), (-100.0, 100.0)):
        sample = drawn(init.trunc_normal_, a=a, b=b)
        assert a <= sample.min() <= sample.max() <= b


def test_convolution_weights_count_their_field() -> None:
    bound = math.sqrt(6 / (3 * 5 * 5))
    sample = drawn(init.kaiming_uniform_, shape=(40, 3, 5, 5))
    assert 0.98 * bound < np.abs(sample).max() <= bound


@pytest.mark.parametrize("shape", [(5, 5), (4, 7), (7, 4), (3, 2, 2), (1, 3)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    weight = drawn(init.orthogonal_, gain=2.0, shape=shape).reshape(shape[0], -1).astype(np.float64)
    product = weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-6)


@pytest.mark.parametrize("shape", [(40, 100), (100, 40), (70, 70), (1, 5), (5, 1)])
def test_orthogonal_is_q_of_the_qr_decomposition_with_positive_diagonal(shape: tuple[int, int]) -> None:
    """Equals the unique QR decomposition of the drawn numbers up to rounding, as PyTorch's does."""
    weight = init.orthogonal_(nncore.empty(*shape, dtype=nncore.float64)).numpy()
    nncore.manual_seed(0)
    drawn = init.normal_(nncore.empty(max(shape), min(shape), dtype=nncore.float64)).numpy()
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))
    np.testing.assert_allclose(weight, q if shape[0] >= shape[1] else q.T, atol=1e-11)
    gram = weight.T @ weight if shape[0] >= shape[1] else weight @ weight.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-14)


def test_orthogonal_has_the_same_bits_on_all_levels_and_threads() -> None:
    bits = set()
    for level in _core.isa_levels():
        for threads in (1, 2, 5):
            _core.set_isa(level)
            nncore.set_num_threads(threads)
            nncore.manual_seed(1)
            weight = init.orthogonal_(nncore.empty(130, 200, dtype=nncore.float64))
            bits.add(weight.numpy().tobytes())
    assert len(bits) == 1


def test_sparse_has_the_same_number_of_zeros_in_each_column() -> None:
    sample = drawn(init.sparse_, sparsity=0.25, std=0.5, shape=(99, 50))
    assert set((sample == 0).sum(axis=0)) == {25}
    assert distance(sample[sample != 0], normal(0, 0.5)) < 1.63 / math.sqrt(74 * 50)
    assert len(set(map(tuple, (sample == 0).T))) == 50  # each column has other positions


def test_constants() -> None:
    assert not drawn(init.zeros_).any()
    assert (drawn(init.ones_) == 1).all()
    assert (drawn(init.constant_, 0.25) == 0.25).all()
    np.testing.assert_array_equal(drawn(init.eye_, shape=(3, 5)), np.eye(3, 5))


def test_float64_and_parameters_are_filled_without_history() -> None:
    parameter = nn.Parameter(nncore.zeros(4, 4, dtype=nncore.float64))
    for fill in (init.uniform_, init.normal_, init.orthogonal_, init.trunc_normal_, init.eye_):
        fill(parameter)
        assert parameter.is_leaf
        assert parameter.requires_grad
        assert parameter.dtype == nncore.float64
        assert parameter.detach().numpy().any()


@pytest.mark.parametrize(
    "fill", [init.uniform_, init.xavier_normal_, init.kaiming_uniform_, init.orthogonal_]
)
def test_empty_tensors_are_left_alone(fill: Callable[..., Any]) -> None:
    for shape in ((0, 3), (3, 0), (0, 0)):
        assert drawn(fill, shape=shape).shape == shape


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1), ("conv2d", None, 1), ("conv_transpose3d", None, 1), ("sigmoid", None, 1),
        ("tanh", None, 5 / 3), ("relu", None, math.sqrt(2)), ("selu", None, 3 / 4),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)), ("leaky_relu", 2, math.sqrt(2 / 5)),
    ],
)  # fmt: skip
def test_gains(name: str, param: float | None, gain: float) -> None:
    assert init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-15)


W = nncore.zeros(2, 3)
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: init.calculate_gain("swish"), ValueError, "Unsupported nonlinearity swish"),
    (lambda: init.calculate_gain("leaky_relu", True), ValueError, "negative_slope True not a valid number"),
    (lambda: init.xavier_uniform_(nncore.zeros(3)), ValueError, "fewer than 2 dimensions"),
    (lambda: init.kaiming_normal_(nncore.zeros(())), ValueError, "fewer than 2 dimensions"),
    (lambda: init.kaiming_normal_(W, mode="fan"), ValueError, "Mode fan not supported"),  # type: ignore[arg-type]
    (lambda: init.orthogonal_(nncore.zeros(3)), ValueError, "Only tensors with 2 or more dimensions"),
    (lambda: init.eye_(nncore.zeros(3)), ValueError, "Only tensors with 2 dimensions"),
    (lambda: init.sparse_(nncore.zeros(3), 0.1), ValueError, "Only tensors with 2 dimensions"),
    (lambda: init.sparse_(W, 1.5), ValueError, "sparsity must be finite, at least 0, at most 1, got 1.5"),
    (lambda: init.trunc_normal_(W, a=1, b=1), ValueError, "needs a < b and std > 0, got a=1, b=1"),
    (lambda: init.trunc_normal_(W, std=math.nan), ValueError, "trunc_normal_: std must be finite, got nan"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
    assert not W.numpy().any()
