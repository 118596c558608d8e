"""RNN, LSTM and GRU layers and cells: names, defaults, shapes, PyTorch's values, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, nn

F64 = nncore.float64


def filled(module: nn.Module) -> nn.Module:
    """Parameters that rise evenly from -1/2 to 1/2."""
    for p in module.parameters():
        _core.assign_(p, nncore.tensor(np.linspace(-0.5, 0.5, p.numel()).reshape(p.shape), dtype=p.dtype))
    return module


def inputs(*shape: int) -> nncore.Tensor:
    return nncore.tensor(np.linspace(-1, 1, int(np.prod(shape))).reshape(shape))


@pytest.mark.parametrize(
    ("layer", "last", "gradients"),
    [
        (
            nn.LSTM(2, 2, num_layers=2, bidirectional=True, dtype=F64),
            [0.043658813252, 0.182931600367, 0.027620075474, 0.106664062126],
            [0.037289727142, 0.002349664314],
        ),
        (
            nn.LSTM(2, 3, proj_size=2, dtype=F64),
            [-0.064588295131, 0.137248395343],
            [0.530951268185, 0.031052795097],
        ),
        (
            nn.GRU(2, 2, bidirectional=True, dtype=F64),
            [0.481903138588, 0.520116689009, 0.386040975994, 0.361089554689],
            [2.904704549335, 0.182330564986],
        ),
        (nn.RNN(2, 2, nonlinearity="relu", dtype=F64), [0.0, 2.266666666667], [1.7, 2.133333333333]),
        (nn.RNN(2, 2, dtype=F64), [-0.853558032106, 0.957154922712], [1.833186530236, 1.197781452819]),
    ],
    ids=["lstm", "projected", "gru", "relu", "tanh"],
)
def test_what_pytorch_2_15_computes(layer: Any, last: list[float], gradients: list[float]) -> None:
    y, _ = filled(layer)(inputs(3, 1, 2))
    y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy()[-1, 0], last, atol=1e-12)
    found = [np.abs(p.grad.numpy()).sum() for p in list(layer.parameters())[:2]]
    np.testing.assert_allclose(found, gradients, atol=1e-12)


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_names_and_shapes_are_pytorchs(kind: Any, gates: int) -> None:
    state = {n: p.shape for n, p in kind(3, 5, num_layers=2, bidirectional=True).state_dict().items()}
    width = gates * 5
    expected: dict[str, tuple[int, ...]] = {}
    for layer, features in ((0, 3), (1, 10)):
        for suffix in (f"l{layer}", f"l{layer}_reverse"):
            expected[f"weight_ih_{suffix}"] = (width, features)
            expected[f"weight_hh_{suffix}"] = (width, 5)
            expected[f"bias_ih_{suffix}"] = expected[f"bias_hh_{suffix}"] = (width,)
    assert state == expected
    assert list(state) == list(expected)
    assert list(kind(3, 5, bias=False).state_dict()) == ["weight_ih_l0", "weight_hh_l0"]


def test_projection_names_and_printed_form() -> None:
    layer = nn.LSTM(3, 4, 2, batch_first=True, dropout=0.5, bidirectional=True, proj_size=2)
    assert layer.state_dict()["weight_hr_l1_reverse"].shape == (2, 4)
    assert layer.state_dict()["weight_hh_l0"].shape == (16, 2)
    assert layer.state_dict()["weight_ih_l1"].shape == (16, 4)
    text = "LSTM(3, 4, proj_size=2, num_layers=2, batch_first=True, dropout=0.5, bidirectional=True)"
    assert repr(layer) == text
    assert repr(nn.RNNCell(3, 4, nonlinearity="relu")) == "RNNCell(3, 4, nonlinearity=relu)"
    assert repr(nn.GRUCell(3, 4, bias=False)) == "GRUCell(3, 4, bias=False)"


def test_parameters_start_uniform_within_the_bound() -> None:
    values = nn.LSTM(30, 64).weight_ih_l0.detach().numpy()
    assert 0.97 / 8 < np.abs(values).max() <= 1 / 8
    assert values.std() == pytest.approx(1 / 8 / np.sqrt(3), rel=0.02)


def as_list(state: Any) -> list[nncore.Tensor]:
    return list(state) if isinstance(state, tuple) else [state]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_layers_one_above_the_other(kind: Any) -> None:
    """Two stacked layers equal a layer with the second layer's weights on the output of the first."""
    both = kind(3, 4, num_layers=2, bidirectional=True, dtype=F64)
    one, two = (kind(n, 4, bidirectional=True, dtype=F64) for n in (3, 8))
    for name, value in both.state_dict().items():
        target = one if "l0" in name else two
        _core.assign_(getattr(target, name.replace("l1", "l0")), value)
    x = inputs(5, 2, 3)
    y, state = both(x)
    middle, first = one(x)
    expected, second = two(middle)
    assert np.array_equal(y.detach().numpy(), expected.detach().numpy())
    for all_, lower, upper in zip(as_list(state), as_list(first), as_list(second), strict=True):
        assert np.array_equal(
            all_.detach().numpy(), np.concatenate([lower.detach().numpy(), upper.detach().numpy()])
        )


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_batch_first_and_one_sequence_alone(kind: Any) -> None:
    steps_first, batch_first = kind(3, 4, dtype=F64), kind(3, 4, batch_first=True, dtype=F64)
    batch_first.load_state_dict(steps_first.state_dict())
    x, h = inputs(5, 2, 3), [inputs(1, 2, 4)] * (2 if kind is nn.LSTM else 1)
    state = tuple(h) if kind is nn.LSTM else h[0]
    y, last = steps_first(x, state)
    z, _ = batch_first(x.transpose(0, 1), state)
    assert np.array_equal(y.transpose(0, 1).detach().numpy(), z.detach().numpy())
    row = tuple(s[:, 1] for s in h) if kind is nn.LSTM else h[0][:, 1]
    alone, alone_last = steps_first(x[:, 1], row)
    assert np.array_equal(alone.detach().numpy(), y[:, 1].detach().numpy())
    for a, b in zip(as_list(alone_last), as_list(last), strict=True):
        assert np.array_equal(a.detach().numpy(), b[:, 1].detach().numpy())
    assert batch_first(x[:, 1], row)[0].shape == (5, 4)


@pytest.mark.parametrize(
    ("cell", "layer"), [(nn.LSTMCell, nn.LSTM), (nn.GRUCell, nn.GRU), (nn.RNNCell, nn.RNN)]
)
@pytest.mark.parametrize("bias", [True, False])
def test_a_cell_is_one_step_of_the_layer(cell: Any, layer: Any, bias: bool) -> None:
    step, whole = cell(3, 4, bias=bias, dtype=F64), layer(3, 4, bias=bias, dtype=F64)
    assert list(step.state_dict()) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"][: 4 if bias else 2]
    for name, value in step.state_dict().items():
        _core.assign_(getattr(whole, f"{name}_l0"), value)
    x, state = inputs(4, 2, 3), None
    for t in range(4):
        state = step(x[t], state)
        y = state[0] if isinstance(state, tuple) else state
        np.testing.assert_allclose(y.detach().numpy(), whole(x)[0][t].detach().numpy(), rtol=1e-14)
    assert as_list(step(x[0, 0]))[0].shape == (4,)


def test_gradients_reach_every_parameter_and_the_state() -> None:
    layer = nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2)
    h = nncore.zeros(4, 5, 2, requires_grad=True)
    c = nncore.zeros(4, 5, 4, requires_grad=True)
    _, (_, c_n) = layer(nncore.ones(3, 5, 3), (h, c))
    c_n.sum().backward()
    untouched = {n for n, p in layer.named_parameters() if p.grad is None}
    assert not untouched
    assert h.grad is not None
    assert c.grad is not None
    assert np.abs(c.grad.numpy()).min() > 0


def test_dropout_acts_between_layers_while_training_only() -> None:
    layer = nn.GRU(3, 8, num_layers=2, dropout=0.5)
    x = nncore.ones(4, 2, 3)
    assert not np.array_equal(layer(x)[0].detach().numpy(), layer(x)[0].detach().numpy())
    layer.eval()
    assert np.array_equal(layer(x)[0].detach().numpy(), layer(x)[0].detach().numpy())
    with pytest.warns(UserWarning, match="dropout acts between layers"):
        single = nn.GRU(3, 8, dropout=0.5)
    assert np.array_equal(single(x)[0].detach().numpy(), single(x)[0].detach().numpy())


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("hidden", [5, 48])
def test_a_sequence_does_not_depend_on_its_place_threads_or_level(kind: Any, hidden: int) -> None:
    layer = kind(6, hidden, bidirectional=True)
    rng = np.random.default_rng(1)
    x = nncore.tensor(rng.normal(size=(9, 37, 6)).astype(np.float32))
    results = []
    for threads in (1, 2, 3, 7):
        nncore.set_num_threads(threads)
        results.append(layer(x)[0].detach().numpy())
    for y in results[1:]:
        assert np.array_equal(y, results[0])
    for at in (0, 17, 36):
        assert np.array_equal(layer(x[:, at : at + 1])[0].detach().numpy()[:, 0], results[0][:, at])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.LSTM(3, 0), ValueError, "hidden_size must be at least 1"),
        (lambda: nn.LSTM(3, 4, num_layers=0), ValueError, "num_layers must be at least 1"),
        (lambda: nn.LSTM(3, 4, proj_size=4), ValueError, "proj_size must be smaller than hidden_size 4"),
        (lambda: nn.LSTM(3, 4, dropout=1.5), ValueError, "dropout must be finite, at least 0, at most 1"),
        (lambda: nn.RNN(3, 4, nonlinearity="gelu"), ValueError, "expected 'tanh' or 'relu'"),
        (lambda: nn.LSTM(3.0, 4), TypeError, "input_size must be an int"),  # type: ignore[arg-type]
        (
            lambda: nn.LSTM(3, 4)(nncore.ones(5, 2, 2)),
            ValueError,
            r"2 features but weight_ih has shape \(16, 3\)",
        ),
        (
            lambda: nn.LSTM(3, 4)(nncore.ones(3)),
            ValueError,
            r"shape \(3,\); expected \(steps, batch, features\)",
        ),
        (lambda: nn.GRU(3, 4)(nncore.ones(0, 2, 3)), ValueError, "no steps"),
        (
            lambda: nn.GRU(3, 4)(nncore.ones(5, 2, 3), nncore.ones(1, 3, 4)),
            ValueError,
            r"h_0 has shape \(1, 3, 4\); the input \(5, 2, 3\) needs \(1, 2, 4\)",
        ),
        (lambda: nn.GRU(3, 4)(nncore.ones(5, 2, 3, dtype=F64)), TypeError, "weight_ih is .*float32"),
        (lambda: nn.GRU(3, 4)(nncore.ones(5, 2, 3, dtype=nncore.int64)), TypeError, "the input is .*int64"),
        (
            lambda: nn.LSTMCell(3, 4)(nncore.ones(2, 3), (nncore.ones(2, 4), nncore.ones(2, 3))),
            ValueError,
            r"c has shape \(2, 3\); the input \(2, 3\) needs \(2, 4\)",
        ),
    ],
)
def test_errors(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
