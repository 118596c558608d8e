"""`inplace=True` of activations and dropout writes the result into the input by the rules of all writes."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

import nncore
from nncore import Tensor, nn
from nncore.nn import functional as F

VALUES = [-4.0, -0.7, -0.2, 0.0, 0.3, 0.8, 2.0, 7.0]
Function = Callable[..., Tensor]


def _has_inplace(function: Function) -> bool:
    return "inplace" in inspect.signature(function).parameters


FUNCTIONS = [name for name in F.__all__ if _has_inplace(getattr(F, name))]
MODULES: dict[str, Callable[..., nn.Module]] = {
    name: getattr(nn, name)
    for name in nn.__all__
    if isinstance(getattr(nn, name), type) and _has_inplace(getattr(nn, name))
}
NUMBERS = {"threshold": (0.5, 0.2), "Threshold": (0.5, 0.2)}


def _function(name: str, inplace: bool) -> Function:
    function = getattr(F, name)
    settings = {"training": True} if "training" in inspect.signature(function).parameters else {}
    return lambda x: function(x, *NUMBERS.get(name, ()), **settings, inplace=inplace)


def _module(name: str, inplace: bool) -> Function:
    return MODULES[name](*NUMBERS.get(name, ()), inplace=inplace)


MAKERS = {**dict.fromkeys(FUNCTIONS, _function), **dict.fromkeys(MODULES, _module)}


@pytest.fixture(params=MAKERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _run(name: str, inplace: bool, x: Tensor) -> Tensor:
    nncore.manual_seed(3)  # the same dropout in each run
    return MAKERS[name](name, inplace)(x)


def _input(name: str) -> Tensor:
    axes = next((n for n in (1, 2, 3) if f"{n}d" in name), 1)
    return nncore.tensor(VALUES).reshape(1, len(VALUES), *[1] * axes)


def test_the_result_is_written_into_the_input(name: str) -> None:
    expected = _run(name, False, _input(name))
    x = _input(name)
    shared = x.detach()
    y = _run(name, True, x)
    assert y is x
    assert x.tolist() == expected.tolist() == shared.tolist()
    assert expected.tolist() != _input(name).tolist()


def test_gradients_inside_a_graph(name: str) -> None:
    gradients = []
    for inplace in (False, True):
        leaf = _input(name).requires_grad_()
        x = leaf * 1.0
        y = _run(name, inplace, x)
        (y * y).sum().backward()
        assert (y is x) == inplace
        assert leaf.grad is not None
        gradients.append(leaf.grad.tolist())
    assert gradients[0] == gradients[1]


def test_captured_steps_agree_with_eager_ones(name: str) -> None:
    call = MAKERS[name](name, True)

    def step(x: Tensor) -> Tensor:
        y = x * 2.0
        call(y)
        call(x)
        return y

    runs = []
    for run in (step, nncore.compile(step)):
        nncore.manual_seed(3)
        inputs = [_input(name) for _ in range(3)]
        runs.append([run(x).tolist() for x in inputs] + [x.tolist() for x in inputs])
    assert runs[0] == runs[1]


def test_printed_forms() -> None:
    assert repr(nn.ReLU(True)) == "ReLU(inplace=True)"
    assert repr(nn.Threshold(0.5, 0.0, True)) == "Threshold(threshold=0.5, value=0.0, inplace=True)"


def test_sequential_chains_agree() -> None:
    nncore.manual_seed(0)
    layers = [nn.Linear(4, 4), nn.ReLU(), nn.ELU(), nn.Linear(4, 4), nn.Tanh(), nn.Hardtanh(-0.5, 0.5)]
    written = nn.Sequential(
        *layers[:1], nn.ReLU(True), nn.ELU(inplace=True), *layers[3:5], nn.Hardtanh(-0.5, 0.5, True)
    )
    x = nncore.randn(5, 4)
    results = []
    for model in (nn.Sequential(*layers), written):
        model.zero_grad()
        y = model(x)
        y.sum().backward()
        results.append([y.tolist(), *(p.grad.tolist() for p in model.parameters() if p.grad is not None)])
    assert results[0] == results[1]


REFUSED: dict[str, tuple[Function, type[Exception], str]] = {
    "leaf": (lambda x: F.relu(x.requires_grad_(), inplace=True), RuntimeError, "relu: this leaf"),
    "copy of a part": (lambda x: F.relu(x[:, 1:], True), RuntimeError, "relu: this tensor of shape"),
    "shared memory": (
        lambda x: nn.ReLU(True)((y := x.requires_grad_() * 1).reshape(-1)) + y.sum(),
        RuntimeError,
        "relu:.*share",
    ),
    "integers": (lambda x: F.elu(x.to(nncore.int64), inplace=True), TypeError, "elu"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_inputs_keep_their_values(case: str) -> None:
    call, error, message = REFUSED[case]
    x = _input("relu")
    with pytest.raises(error, match=message):
        call(x)
    assert x.tolist() == _input("relu").tolist()


def test_dropout_returns_the_input_in_evaluation() -> None:
    x = nncore.ones(5, requires_grad=True)
    assert nn.Dropout(0.5, inplace=True).eval()(x) is x
    assert F.dropout(x, 0.5, training=False, inplace=True) is x
