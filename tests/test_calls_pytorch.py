"""Calls that are valid in PyTorch and once failed or had another meaning here."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn
from nncore.nn import functional as F

X = np.array([[3.0, 0.0, -4.0], [0.0, 0.0, 2.0]], np.float32)


def grown() -> nn.Parameter:
    p = nn.Parameter(nncore.tensor([3.0, -4.0]))
    (p * p / 2).sum().backward()
    return p


@pytest.mark.parametrize("norm", [math.inf, "inf"])
def test_clip_by_the_largest_magnitude(norm: Any) -> None:
    p = grown()
    assert nn.utils.clip_grad_norm_([p], 1.0, norm).item() == 4.0
    assert p.grad is not None
    np.testing.assert_allclose(p.grad.numpy(), [0.75, -1.0], rtol=1e-5)


@pytest.mark.parametrize(
    ("p", "length"),
    [
        (0.0, np.count_nonzero(X, 1)),
        (0, np.count_nonzero(X, 1)),
        (1.0, np.abs(X).sum(1)),
        (math.inf, np.abs(X).max(1)),
        (3.0, (np.abs(X.astype(float)) ** 3).sum(1) ** (1 / 3)),
    ],
)
def test_normalize_by_any_norm(p: float, length: Any) -> None:
    np.testing.assert_allclose(F.normalize(nncore.tensor(X), p=p).numpy(), X / length[:, None], rtol=1e-6)


@pytest.mark.parametrize("unbiased", [True, False])
def test_spread_of_all_elements_by_unbiased(unbiased: bool) -> None:
    x, ddof = nncore.tensor(X), int(unbiased)
    var, std = X.var(ddof=ddof, dtype=float), X.std(ddof=ddof, dtype=float)
    for found in (x.var(unbiased), nncore.var(x, unbiased), x.var(unbiased=unbiased)):
        assert found.item() == pytest.approx(var, rel=1e-6)
    for found in (x.std(unbiased), nncore.std(x, unbiased)):
        assert found.item() == pytest.approx(std, rel=1e-6)
    pairs = nncore.var_mean(x, unbiased), nncore.std_mean(x, unbiased)
    assert [p[0].item() for p in pairs] == pytest.approx([var, std], rel=1e-6)
    assert [p[1].item() for p in pairs] == pytest.approx([X.mean()] * 2, rel=1e-6)
    np.testing.assert_allclose(x.std(1, unbiased).numpy(), X.std(1, ddof=ddof), rtol=1e-6)
    np.testing.assert_allclose(x.std(-1, correction=ddof).numpy(), X.std(1, ddof=ddof), rtol=1e-6)


def test_a_rate_given_as_a_tensor() -> None:
    p = grown()
    optimizer = nncore.optim.SGD([p], lr=nncore.tensor(0.5))
    assert optimizer.param_groups[0]["lr"] == 0.5
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), [1.5, -2.0])
    optimizer.param_groups[0]["lr"] = nncore.tensor(0.25)
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), [0.75, -1.0])
    groups: Any = [{"params": [p], "lr": nncore.tensor(0.125)}]
    assert nncore.optim.Adam(groups, lr=nncore.tensor(0.1)).param_groups[0]["lr"] == 0.125
    with pytest.raises(ValueError, match="learning rate"):
        nncore.optim.SGD([p], lr=nncore.tensor(-0.5))


def test_take_along_a_negative_dim() -> None:
    x, order = nncore.tensor(X), nncore.tensor(X).argsort(-1)
    np.testing.assert_array_equal(nncore.take_along_dim(x, order, -1).numpy(), np.sort(X, -1))
    np.testing.assert_array_equal(x.take_along_dim(nncore.tensor([[1], [0]]), dim=-1).numpy(), [[0.0], [0.0]])


def test_take_along_dim_counts_negative_indices_from_the_end() -> None:
    x = nncore.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.take_along_dim(nncore.tensor([-1, 0, -3]), 0)
    assert y.tolist() == [3.0, 1.0, 1.0]
    y.backward(nncore.tensor([1.0, 2.0, 4.0]))
    assert x.grad is not None
    assert x.grad.tolist() == [6.0, 0.0, 1.0]
    for index in (3, -4):  # PyTorch takes these modulo 3
        with pytest.raises(IndexError, match="take_along_dim"):
            x.take_along_dim(nncore.tensor([index]), 0)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (2, 0, 1)])
def test_every_tensor_has_a_transpose(shape: tuple[int, ...]) -> None:
    x = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    t = nncore.tensor(x)
    assert hasattr(t, "T")
    np.testing.assert_array_equal(t.T.numpy(), x.T)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_dropout_between_no_layers_warns(kind: Any) -> None:
    with pytest.warns(UserWarning, match=f"{kind.__name__}: dropout acts between layers") as seen:
        kind(2, 3, dropout=0.5)
    assert seen[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kind(2, 3, num_layers=2, dropout=0.5)
        kind(2, 3)


def test_an_exhausted_iterator_is_not_an_empty_list() -> None:
    layer = nn.Linear(2, 1)
    parameters = layer.parameters()
    list(parameters)
    calls: list[Any] = [
        lambda: nn.utils.clip_grad_norm_(parameters, 1.0),
        lambda: nn.utils.clip_grad_value_(parameters, 1.0),
        lambda: nn.utils.parameters_to_vector(parameters),
        lambda: nn.utils.vector_to_parameters(nncore.zeros(0), parameters),
        lambda: nncore.optim.SGD(parameters, lr=0.1),
        lambda: nncore.optim.SGD([{"params": parameters}], lr=0.1),
        lambda: nn.utils.clip_grad_norm_(iter(()), 1.0),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="is exhausted"):
            call()
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0.0
    assert nn.utils.clip_grad_norm_(nn.ReLU().parameters(), 1.0).item() == 0.0
    assert nn.utils.clip_grad_norm_(layer.parameters(), 1.0).item() == 0.0  # no gradients yet
    with pytest.raises(ValueError, match="empty parameter list"):
        nncore.optim.SGD([], lr=0.1)
