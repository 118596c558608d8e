"""Distributions: PyTorch's figures, moments and gradients of samples, and errors."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from distributions_record import RECORD, ROWS, figures
from nncore import distributions as d
from nncore.distributions.gamma import _slope
from nncore.distributions.special import digamma, lgamma

WEIGHTS = nncore.tensor([1.0, -2.0, 3.0], dtype=nncore.float64)
RECORDED = json.loads(RECORD.read_text(encoding="utf-8"))
WITHOUT = {"Beta": {"mode"}, "Gamma": {"cdf"}}  # recorded figures that nncore does not have


def gradient(x: nncore.Tensor) -> Any:
    assert x.grad is not None
    return x.grad.numpy()


def compare(name: str, ours: Any, theirs: Any) -> None:
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key in theirs:
            compare(f"{name} {key}", ours[key], theirs[key])
    elif ours is None or theirs is None:
        assert not np.any(ours or theirs or 0), name
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("i", range(len(ROWS)), ids=[row[0] for row in ROWS])
def test_figures_are_pytorchs(i: int) -> None:
    row, recorded = ROWS[i], RECORDED[i]
    found = figures(nncore, row)
    for figure in WITHOUT.get(row[0], set()):
        del found[figure], recorded[figure]
    compare(row[0], found, recorded)


@pytest.mark.parametrize("dtype", [nncore.float32, nncore.float64], ids=str)
def test_lgamma_and_digamma(dtype: nncore.dtype) -> None:
    """Against math.lgamma and the recurrence of digamma, from 1e-6 to 1e6."""
    tolerance = 4e-6 if dtype == nncore.float32 else 2e-14
    x = np.concatenate([np.geomspace(1e-6, 1e6, 4001), np.linspace(0.01, 12, 1200)])
    x = x.astype("float32" if dtype == nncore.float32 else "float64")
    t = nncore.tensor(x, requires_grad=True)
    expected = np.array([math.lgamma(v) for v in x.tolist()])
    assert (np.abs(lgamma(t).detach().numpy() - expected) / np.maximum(1, np.abs(expected))).max() < tolerance
    lgamma(t).sum().backward()
    slope = digamma(t).detach().numpy()
    np.testing.assert_allclose(gradient(t), slope, rtol=50 * tolerance, atol=50 * tolerance)
    # psi(x + 1) = psi(x) + 1 / x, and psi(1) = -0.5772...
    assert abs(digamma(nncore.tensor(1.0, dtype=dtype)).item() + np.euler_gamma) < tolerance
    middle = (x > 0.01) & (x < 1e3)
    after = digamma(t + 1).detach().numpy()[middle]
    np.testing.assert_allclose(after - slope[middle], 1 / x[middle], rtol=20 * tolerance, atol=20 * tolerance)


SAMPLED: list[Callable[[], d.Distribution]] = [
    lambda: d.Normal(1.0, nncore.tensor([0.5, 3.0])),
    lambda: d.Laplace(1.0, nncore.tensor([0.5, 3.0])),
    lambda: d.Uniform(nncore.tensor([-1.0, 2.0]), 4.0),
    lambda: d.Exponential(nncore.tensor([0.2, 3.0], dtype=nncore.float64)),
    lambda: d.Bernoulli(nncore.tensor([0.0, 0.3, 1.0])),
    lambda: d.OneHotCategorical(nncore.tensor([[0.0, 1.0, 3.0, 0.0], [2.0, 1.0, 0.0, 1.0]])),
    lambda: d.Gamma(nncore.tensor([0.3, 1.0, 2.5, 40.0]), 2.0),
    lambda: d.Beta(nncore.tensor([0.05, 1.0, 2.5]), nncore.tensor([0.1, 3.0, 1.5])),
    lambda: d.MultivariateNormal(nncore.ones(2), nncore.tensor([[2.0, 0.6], [0.6, 0.5]])),
    lambda: d.Independent(d.Normal(nncore.zeros(3), 1.0), 1),
    lambda: d.Dirichlet(nncore.tensor([[0.3, 2.0, 1.0], [5.0, 0.5, 0.1]])),
    lambda: d.LogNormal(nncore.tensor([0.5, -2.0]), 0.3),
    lambda: d.HalfNormal(nncore.tensor([0.5, 3.0])),
    lambda: d.Gumbel(nncore.tensor([0.5, -2.0]), 3.0),
    lambda: d.StudentT(nncore.tensor([12.0, 30.0]), 1.0, 2.0),
    lambda: d.Geometric(nncore.tensor([0.2, 0.9, 1.0])),
]


@pytest.mark.parametrize("make", SAMPLED, ids=lambda make: type(make()).__name__)
def test_moments_of_samples(make: Callable[[], d.Distribution]) -> None:
    """Mean and variance lie within five standard errors, and each sample is in the support."""
    made, n = make(), 40_000
    x = made.sample((n,))
    assert x.shape == (n, *made.batch_shape, *made.event_shape)
    assert not x.requires_grad
    assert made.support.check(x).all().item()
    assert np.isfinite(x.numpy()).all()
    values, mean, variance = x.numpy().astype("float64"), made.mean.numpy(), made.variance.numpy()
    assert (np.abs(values.mean(0) - mean) <= 5 * np.sqrt(variance / n) + 1e-7).all()
    fourth = ((values - values.mean(0)) ** 4).mean(0)
    assert (np.abs(values.var(0) - variance) <= 5 * np.sqrt(fourth / n) + 1e-7).all()


def test_categorical_samples_follow_the_probabilities() -> None:
    probs = np.array([0.0, 0.1, 0.6, 0.3, 0.0])
    for made in (
        d.Categorical(probs=nncore.tensor(probs)),
        d.Categorical(logits=nncore.tensor(np.log(probs + 1e-300))),
    ):
        counts = np.bincount(made.sample((50_000,)).numpy(), minlength=5) / 50_000
        np.testing.assert_allclose(counts, probs, atol=0.012)
        assert counts[0] == counts[4] == 0
    assert d.Categorical(nncore.ones(4, 3)).sample((2, 5)).shape == (2, 5, 4)


@pytest.mark.parametrize("make", SAMPLED, ids=lambda make: type(make()).__name__)
def test_expand(make: Callable[[], d.Distribution]) -> None:
    made = make()
    wide = made.expand((3, *made.batch_shape))
    assert (wide.batch_shape, wide.event_shape) == ((3, *made.batch_shape), made.event_shape)
    x = wide.sample()
    assert nncore.allclose(wide.log_prob(x), made.log_prob(x))


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (d.Normal, {"loc": [0.5, 1.0], "scale": [1.0, 3.0]}),
        (d.Laplace, {"loc": [0.5, 1.0], "scale": [1.0, 3.0]}),
        (d.Uniform, {"low": [0.5, 1.0], "high": [1.0, 3.0]}),
        (d.Exponential, {"rate": [0.5, 2.0]}),
        (d.LogNormal, {"loc": [0.5, 1.0], "scale": [0.2, 0.3]}),
        (d.HalfNormal, {"scale": [0.5, 2.0]}),
        (d.Gumbel, {"loc": [0.5, 1.0], "scale": [1.0, 3.0]}),
        (d.Cauchy, {"loc": [0.5, 1.0], "scale": [1.0, 3.0]}),
        (d.MultivariateNormal, {"loc": [0.5, 1.0], "scale_tril": [[1.0, 0.0], [0.5, 2.0]]}),
        (d.MultivariateNormal, {"loc": [0.5, 1.0], "covariance_matrix": [[2.0, 0.5], [0.5, 2.0]]}),
        (d.MultivariateNormal, {"loc": [0.5, 1.0], "precision_matrix": [[2.0, 0.5], [0.5, 2.0]]}),
    ],
)
def test_gradients_of_rsample(kind: Any, parameters: dict[str, Any]) -> None:
    """The gradient of a sample is its slope when the parameters change and the random numbers do not."""
    given = {k: nncore.tensor(v, dtype=nncore.float64, requires_grad=True) for k, v in parameters.items()}
    weight = nncore.randn(3, 2, dtype=nncore.float64)

    def sampled(**changed: Any) -> Any:
        nncore.manual_seed(5)
        return (kind(**changed).rsample((3,)) * weight).sum()

    sampled(**given).backward()
    step = 1e-6
    for name, values in parameters.items():
        direction = np.random.default_rng(1).normal(size=np.shape(values))
        if name in ("covariance_matrix", "precision_matrix"):
            direction = direction + direction.T
        if name == "scale_tril":
            direction = np.tril(direction)
        two = [
            sampled(**{**given, name: nncore.tensor(np.asarray(values) + sign * step * direction)}).item()
            for sign in (1, -1)
        ]
        slope = (two[0] - two[1]) / (2 * step)
        assert abs((gradient(given[name]) * direction).sum() - slope) < 1e-6 * max(1, abs(slope))


# Concentration a, x, and dx/da at a constant value of the distribution function, by SciPy's gammaincinv
GAMMA_SLOPES = [
    (0.1, 1e-06, 0.0001339176862),
    (0.1, 0.4, 4.617097162),
    (0.9, 2.0, 1.738251468),
    (1.0, 0.01, 0.05055692237),
    (3.0, 1.0, 0.5787730492),
    (3.0, 9.0, 1.739755412),
    (40.0, 45.0, 1.064473665),
    (300.0, 270.0, 0.9487714144),
    (1000.0, 1050.0, 1.024764217),
    (5000.0, 4900.0, 0.9899656565),
]


@pytest.mark.parametrize(("a", "x", "expected"), GAMMA_SLOPES)
def test_derivative_of_gamma_samples(a: float, x: float, expected: float) -> None:
    found = x * _slope(np.log([x]), np.array([a]))[0]
    assert found == pytest.approx(expected, rel=1e-7 if a <= 1000 else 1e-5)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (d.Gamma, {"concentration": 2.5, "rate": 2.0}),
        (d.Gamma, {"concentration": 2000.0, "rate": 50.0}),
        (d.Beta, {"concentration1": 0.7, "concentration0": 3.0}),
        (d.Dirichlet, {"concentration": [0.5, 2.0, 4.0]}),
        (d.StudentT, {"df": 12.0, "loc": 1.0, "scale": 2.0}),
    ],
)
def test_mean_gradient_of_rsample_is_that_of_the_moments(kind: Any, parameters: dict[str, Any]) -> None:
    """The gradient of x^2 for each sample has the mean of the gradient of variance + mean^2."""
    n = 40_000
    nncore.manual_seed(4)
    values = {k: np.broadcast_to(v, (n, *np.shape(v))).copy() for k, v in parameters.items()}
    each = {k: nncore.tensor(v, dtype=nncore.float64, requires_grad=True) for k, v in values.items()}
    one = {k: nncore.tensor(v, dtype=nncore.float64, requires_grad=True) for k, v in parameters.items()}
    (kind(**each).rsample() ** 2 * WEIGHTS[: np.size(values[next(iter(values))][0])]).sum().backward()
    made = kind(**one)
    ((made.variance + made.mean**2) * WEIGHTS[: max(made.mean.numel(), 1)]).sum().backward()
    for name in parameters:
        slopes = gradient(each[name])
        error = slopes.std(0) / math.sqrt(n)
        assert (np.abs(slopes.mean(0) - gradient(one[name])) <= 5 * error + 1e-9).all(), name


def test_gradients_of_gamma_samples_at_the_limits_are_numbers() -> None:
    a = nncore.tensor([1e-30, 1e-4, 1.0, 1e4, 1e30], requires_grad=True)
    x = d.Gamma(a, 1.0).rsample((50,))
    x.sum().backward()
    assert np.isfinite(gradient(a)).all()
    assert not np.isnan(x.detach().numpy()).any()


def test_quantiles_invert_the_distribution_function() -> None:
    p = nncore.tensor([0.01, 0.3, 0.5, 0.99], dtype=nncore.float64)
    normal = d.Laplace(nncore.tensor(0.0, dtype=nncore.float64), 1.0)
    for made in (
        d.Uniform(-1.0, 3.0),
        d.Exponential(2.0),
        d.Laplace(1.0, 2.0),
        d.Cauchy(1.0, 2.0),
        d.Gumbel(1.0, 2.0),
        d.TransformedDistribution(normal, [d.AffineTransform(0.5, -2.0), d.TanhTransform()]),
    ):
        np.testing.assert_allclose(made.cdf(made.icdf(p)).numpy(), p.numpy(), atol=3e-7)


# Of PyTorch, for Normal([0.3, -1.0], [0.5, 2.0]): transforms, values, log_prob, its gradients, cdf
TRANSFORMED: dict[str, tuple[list[d.Transform], list[list[float]]]] = {
    "tanh": (
        [d.TanhTransform()],
        [
            [0.2, -0.9],
            [-0.20389127020615616, 0.020771587264253988],
            [-0.3890697837836712, -0.11805487239580509],
            [-1.9243123516732636, -0.47212609420722035],
            [0.42287853888023863, 0.40667375621777657],
        ],
    ),
    "affine tanh": (
        [d.AffineTransform(0.5, -2.0), d.TanhTransform()],
        [
            [0.2, -0.9],
            [-0.9239400383264713, -1.1375806772974362],
            [-0.6054651081081643, 0.4965274361979025],
            [-1.8167060014317844, -0.006921010205475697],
            [0.6189531566658844, 0.1603416071471847],
        ],
    ),
    "sigmoid affine": (
        [d.SigmoidTransform(), d.AffineTransform(1.0, 3.0)],
        [
            [1.5, 3.9],
            [-6.642228898172217, -1.659758177422047],
            [-7.637751649736401, 1.0918239574966186],
            [27.16762513152556, 1.884159108327156],
            [6.703061066060112e-05, 0.9855059350988912],
        ],
    ),
    "exp": (
        [d.ExpTransform()],
        [
            [0.2, 3.0],
            [-5.908259723092017, -3.261219694701328],
            [-7.637751649736401, 0.5246530721670275],
            [27.16762513152556, 0.05052169226860037],
            [6.703061066060112e-05, 0.8529813804934137],
        ],
    ),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_transformed_distributions_are_pytorchs(name: str) -> None:
    transforms, (values, *expected) = TRANSFORMED[name]
    loc, scale = (
        nncore.tensor(v, dtype=nncore.float64, requires_grad=True) for v in ([0.3, -1.0], [0.5, 2.0])
    )
    made, y = d.TransformedDistribution(d.Normal(loc, scale), transforms), nncore.tensor(np.array(values))
    log_prob = made.log_prob(y)
    log_prob.sum().backward()
    found = [log_prob.detach().numpy(), gradient(loc), gradient(scale), made.cdf(y).detach().numpy()]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    whole = d.TransformedDistribution(d.Independent(d.Normal(loc, scale), 1), transforms)
    assert (whole.batch_shape, whole.event_shape) == ((), (2,))
    assert whole.log_prob(y).item() == pytest.approx(sum(expected[0]))
    assert made.expand((3, 2)).log_prob(y).shape == (3, 2)
    assert made.support.check(made.sample((5,))).all().item()


def test_a_cache_keeps_the_argument_of_a_squashed_sample() -> None:
    """tanh(20) is 1 in float32, whose inverse is infinite."""
    mean = nncore.tensor([20.0], requires_grad=True)
    policy = d.TransformedDistribution(d.Normal(mean, 1.0), d.TanhTransform(cache_size=1))
    action = policy.rsample()
    log_prob = policy.log_prob(action)
    log_prob.sum().backward()
    assert action.item() == 1
    assert log_prob.item() > 30
    assert gradient(mean).tolist() == [2.0]  # of -log(1 - tanh(x)^2), which is about 2 x - log(4)


def test_numbers_as_parameters_have_the_default_dtype() -> None:
    try:
        nncore.set_default_dtype(nncore.float64)
        assert d.Normal(0.0, 1.0).sample().dtype == nncore.float64
        assert d.Normal(0.0, nncore.ones(1, dtype=nncore.float32)).sample().dtype == nncore.float32
    finally:
        nncore.set_default_dtype(nncore.float32)
    assert d.LogNormal(0.0, 1.0).sample().dtype == nncore.float32


def test_independent_and_support() -> None:
    made = d.Independent(d.Normal(nncore.zeros(4, 3), 1.0), 1)
    assert made.has_rsample
    assert not d.Independent(d.Bernoulli(nncore.ones(3)), 1).has_rsample
    assert made.entropy().shape == (4,)
    assert d.kl_divergence(made, made).tolist() == [0.0] * 4
    assert d.Categorical(nncore.ones(2, 3)).enumerate_support().tolist() == [[0, 0], [1, 1], [2, 2]]
    assert d.Bernoulli(nncore.tensor([0.5])).enumerate_support(expand=False).tolist() == [[0.0], [1.0]]
    assert d.OneHotCategorical(nncore.ones(2)).enumerate_support().tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_register_kl_serves_subclasses() -> None:
    class Mine(d.Normal):
        pass

    assert d.kl_divergence(Mine(0.0, 1.0), d.Normal(1.0, 1.0)).item() == 0.5

    @d.register_kl(Mine, Mine)
    def formula(p: Mine, q: Mine) -> nncore.Tensor:
        return nncore.tensor(7.0)

    assert d.kl_divergence(Mine(0.0, 1.0), Mine(0.0, 1.0)).item() == 7


def test_steps_that_sample_can_be_captured() -> None:
    mean = nncore.tensor([0.5, 1.0], requires_grad=True)

    def draw() -> nncore.Tensor:
        gaussian, gamma = d.Normal(mean, 1.0), d.Gamma(mean, 2.0)
        action = d.Categorical(logits=mean).sample((4,))
        loss = gaussian.log_prob(gamma.sample((4,))).sum() + d.Categorical(logits=mean).log_prob(action).sum()
        return loss + gaussian.rsample().sum()

    step = nncore.compile(draw)
    captured: list[float] = []
    eager: list[float] = []
    for found, run in ((captured, step), (eager, draw)):
        nncore.manual_seed(3)
        found += [run().item() for _ in range(6)]
    assert captured == eager
    assert step.replays > 0


normal: Any = d.Normal  # for arguments of the wrong type


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: d.Normal(0.0, -1.0), "Normal: scale must be positive, got -1.0"),
        (lambda: d.Normal(0.0, nncore.tensor([1.0, math.nan])), r"scale must be positive, got nan at \[1\]"),
        (lambda: d.Normal(nncore.zeros(2), nncore.ones(3)), "loc of shape .* cannot be broadcast together"),
        (lambda: d.Normal(nncore.tensor([1]), 1.0), "Normal: loc must be a float tensor, got .*int64"),
        (lambda: normal("a", 1.0), "Normal: loc must be a number"),
        (lambda: normal(0.0, 1.0).sample(3), r"sample_shape must be a tuple of ints, got 3; write \(3,\)"),
        (lambda: normal(0.0, 1.0).log_prob(1.0), "Normal: value is a float; expected a Tensor"),
        (
            lambda: d.Normal(nncore.zeros(2), 1.0).log_prob(nncore.ones(3)),
            r"does not match batch_shape \(2,\)",
        ),
        (lambda: d.Normal(0.0, 1.0).icdf(nncore.ones(1)), "Normal has no icdf"),
        (lambda: d.Bernoulli(0.5).rsample(), "Bernoulli has no rsample"),
        (lambda: d.Uniform(2.0, 1.0), "Uniform: low must be below high"),
        (
            lambda: d.Uniform(0.0, 1.0).log_prob(nncore.tensor(3.0)),
            "value must be between its bounds, got 3.0",
        ),
        (lambda: d.Bernoulli(), "Bernoulli: give one of probs and logits, got none"),
        (lambda: d.Bernoulli(0.5, 0.5), "got probs and logits"),
        (lambda: d.Bernoulli(1.5), "Bernoulli: probs must be between 0 and 1, got 1.5"),
        (
            lambda: d.Categorical(nncore.tensor([-1.0, 2.0])),
            "Categorical: probs must be at least 0 and sum to 1",
        ),
        (lambda: d.Categorical(nncore.tensor(1.0)), "must have at least one dimension"),
        (
            lambda: d.Categorical(nncore.ones(3)).log_prob(nncore.tensor(3)),
            "must be an integer from 0 to 2, got 3",
        ),
        (
            lambda: d.MultivariateNormal(nncore.zeros(2), nncore.ones(2, 2)),
            "covariance_matrix must be symmetric",
        ),
        (
            lambda: d.MultivariateNormal(nncore.zeros(2), precision_matrix=nncore.zeros(2, 2)),
            "precision_matrix must be symmetric",
        ),
        (lambda: d.MultivariateNormal(nncore.zeros(2), nncore.eye(3)), r"of shape \(\.\.\., n, n\), got"),
        (
            lambda: d.MultivariateNormal(nncore.zeros(2), scale_tril=nncore.ones(2, 2)),
            "scale_tril must be lower triangular",
        ),
        (lambda: d.Geometric(0.0), "Geometric: probs must be above 0 and at most 1, got 0.0"),
        (lambda: d.Geometric(0.5).log_prob(nncore.tensor(0.5)), "must be an integer of at least 0, got 0.5"),
        (lambda: d.Dirichlet(normal(1.0, 1.0).mean), "Dirichlet: concentration must have at least one"),
        (lambda: d.Dirichlet(nncore.tensor([1.0, 0.0])), "Dirichlet: concentration must be positive"),
        (lambda: d.HalfNormal(1.0).log_prob(nncore.tensor(-1.0)), "value must be at least 0, got -1.0"),
        (lambda: d.TransformedDistribution(3, []), "base_distribution must be a Distribution, got int"),
        (lambda: d.TransformedDistribution(normal(0.0, 1.0), normal), "transforms must be a Transform or a"),
        (lambda: d.ComposeTransform([normal]), "ComposeTransform: parts must be Transforms, got a type"),
        (lambda: d.AffineTransform(0.0, 1.0, event_dim=1), "event_dim must be 0, got 1"),
        (lambda: d.TanhTransform(cache_size=2), "cache_size must be 0 or 1, got 2"),
        (lambda: d.Independent(d.Normal(0.0, 1.0), 1), "reinterpreted_batch_ndims must be at most 0"),
        (lambda: d.kl_divergence(d.Normal(0.0, 1.0), d.Gamma(1.0, 1.0)), "no formula for Normal and Gamma"),
        (lambda: d.register_kl(int, d.Normal), "type_p must be a subclass of Distribution"),
    ],
)
def test_errors(call: Callable[[], object], message: str) -> None:
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=message):
        call()


def test_checks_can_be_switched_off() -> None:
    assert d.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    d.Distribution.set_default_validate_args(False)
    try:
        assert d.Normal(0.0, -1.0).scale.item() == -1
    finally:
        d.Distribution.set_default_validate_args(True)
