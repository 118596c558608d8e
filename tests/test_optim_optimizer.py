"""Optimizers against float64 NumPy written from the published formulas; groups, state and bad settings."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import bits
from nncore import _core, nn
from nncore.optim import SGD, Adam, AdamW, Optimizer
from optim_table import RULES, SETTINGS, Array

SHAPES = [(3, 4), (5,), (), (2, 0)]


def feed(params: list[nn.Parameter], grads: list[Array]) -> None:
    for param, grad in zip(params, grads, strict=True):
        param.grad = nncore.tensor(grad, dtype=param.dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), [(nncore.float64, 1e-13), (nncore.float32, 2e-6)])
@pytest.mark.parametrize(("make", "oracle", "settings"), RULES)
def test_steps_follow_the_formula(
    make: Any, oracle: Any, settings: dict[str, Any], dtype: Any, tolerance: float, rng: np.random.Generator
) -> None:
    start = [rng.normal(size=shape) for shape in SHAPES]
    grads = [[np.asarray(rng.normal(size=shape)) for shape in SHAPES] for _ in range(6)]
    params = [nn.Parameter(nncore.tensor(p, dtype=dtype)) for p in start]
    optimizer = make(params, **settings)
    expected = [oracle(p, [step[i] for step in grads], **settings) for i, p in enumerate(start)]
    for step in grads:
        feed(params, step)
        optimizer.step()
        for param, oracle_steps in zip(params, expected, strict=True):
            want = next(oracle_steps)
            np.testing.assert_allclose(param.detach().numpy(), want, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("make", "settings"), SETTINGS)
def test_resuming_gives_the_same_bits(make: Any, settings: dict[str, Any], rng: np.random.Generator) -> None:
    grads = [[np.asarray(rng.normal(size=shape)) for shape in SHAPES] for _ in range(6)]
    params = [nn.Parameter(nncore.tensor(rng.normal(size=shape), dtype=nncore.float32)) for shape in SHAPES]
    optimizer = make(params, lr=0.1, **settings)
    for step in grads[:3]:
        feed(params, step)
        optimizer.step()
    later = copy.deepcopy(params)
    resumed = make(later, lr=9.0)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for step in grads[3:]:
        for which, owner in ((params, optimizer), (later, resumed)):
            feed(which, step)
            owner.step()
    assert [p.tolist() for p in params] == [p.tolist() for p in later]


@pytest.mark.parametrize("dtype", [nncore.float32, nncore.float64], ids=str)
@pytest.mark.parametrize(("make", "settings"), SETTINGS)
def test_all_levels_and_numbers_of_threads_give_the_same_bits(
    make: Any, settings: dict[str, Any], dtype: Any, rng: np.random.Generator
) -> None:
    shapes = [(3, 4), (131, 301), (37,), ()]
    start = [rng.normal(size=shape) for shape in shapes]
    grads = [[np.asarray(rng.normal(size=shape)) for shape in shapes] for _ in range(8)]
    found = set()
    for level in _core.isa_levels():
        for threads in (1, 2):
            _core.set_isa(level)
            nncore.set_num_threads(threads)
            params = [nn.Parameter(nncore.tensor(p, dtype=dtype)) for p in start]
            optimizer = make(params, lr=0.1, **settings)
            for step in grads:
                feed(params, step)
                optimizer.step()
            states = [value for param in params for value in optimizer.state[param].values()]
            found.add(tuple(bits(tensor) for tensor in (*params, *states)))
    assert len(found) == 1


def test_parameters_without_a_gradient_stay_and_keep_no_state() -> None:
    with_grad, without = nn.Parameter(nncore.ones(2)), nn.Parameter(nncore.ones(2))
    both = [without, with_grad]
    for optimizer in (SGD(both, lr=0.5, momentum=0.9), Adam(both, lr=0.5)):
        with_grad.grad = nncore.ones(2)
        optimizer.step()
        assert without.tolist() == [1, 1]
        assert list(optimizer.state) == [with_grad]
        without.grad = nncore.ones(2)  # takes its first step later
        optimizer.step()
        assert without.tolist() == pytest.approx([0.5, 0.5])
        optimizer.zero_grad()
        before = [with_grad.tolist(), without.tolist()]
        optimizer.step()
        assert [with_grad.tolist(), without.tolist()] == before
        for param in (with_grad, without):
            nn.init.ones_(param)


def test_groups_have_settings_of_their_own() -> None:
    first, second = nn.Parameter(nncore.ones(1)), nn.Parameter(nncore.ones(1))
    optimizer = SGD([{"params": first}, {"params": iter([second]), "lr": 0.25}], lr=0.5)
    for param in (first, second):
        param.grad = nncore.ones(1)
    optimizer.step()
    assert (first.item(), second.item()) == (0.5, 0.75)
    assert optimizer.defaults["lr"] == 0.5


def test_named_parameters_keep_their_names_in_the_state_dict() -> None:
    model = nn.Linear(2, 1)
    optimizer = SGD(model.named_parameters(), lr=0.5)
    assert optimizer.param_groups[0]["params"] == list(model.parameters())
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    plain = SGD(model.parameters())
    plain.load_state_dict(optimizer.state_dict())
    assert plain.param_groups[0]["lr"] == 0.5


def test_zero_grad() -> None:
    param, other = nn.Parameter(nncore.ones(2)), nn.Parameter(nncore.ones(2))
    optimizer = SGD([param, other], lr=1.0)
    param.grad = nncore.ones(2)
    optimizer.zero_grad(set_to_none=False)
    assert param.grad is not None
    assert param.grad.tolist() == [0, 0]
    optimizer.zero_grad()
    assert param.grad is None


def test_closure_runs_with_gradients_and_its_loss_is_returned() -> None:
    param = nn.Parameter(nncore.tensor([3.0]))
    optimizer = SGD([param], lr=0.5)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (param * param).sum()
        loss.backward()
        return loss

    with nncore.no_grad():
        assert optimizer.step(closure).item() == 9
    assert param.item() == 0
    assert optimizer.step() is None


def test_state_dict_has_pytorchs_layout() -> None:
    params: list[nn.Parameter] = [nn.Parameter(nncore.ones(2, 3)), nn.Parameter(nncore.ones(3))]
    optimizer = Adam([{"params": params[:1]}, {"params": params[1:], "lr": 0.1}], amsgrad=True)
    feed(params, [np.ones((2, 3)), np.ones(3)])
    optimizer.step()
    saved = optimizer.state_dict()
    assert list(saved) == ["state", "param_groups"]
    assert [group["params"] for group in saved["param_groups"]] == [[0], [1]]
    settings = {
        name: saved["param_groups"][1][name] for name in ("lr", "betas", "eps", "weight_decay", "amsgrad")
    }
    assert settings == {
        "lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "amsgrad": True,
    }  # fmt: skip
    assert list(saved["state"]) == [0, 1]
    assert set(saved["state"][0]) == {"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"}
    assert saved["state"][0]["exp_avg"].shape == (2, 3)
    assert (saved["state"][0]["step"].dtype, saved["state"][0]["step"].shape) == (nncore.float32, ())
    assert saved["state"][0]["step"].item() == 1
    momentum = SGD(params, momentum=0.9)
    momentum.step()
    assert list(momentum.state_dict()["state"][1]) == ["momentum_buffer"]
    plain = SGD(params)
    plain.step()
    assert plain.state_dict()["state"] == {}


def test_loading_takes_pytorchs_extra_settings_and_a_momentum_buffer_of_none() -> None:
    param = nn.Parameter(nncore.ones(2))
    optimizer = SGD([param], momentum=0.9)
    group = {
        "lr": 0.5,
        "foreach": None,
        "fused": None,
        "differentiable": False,
        "initial_lr": 1.0,
        "params": [7],
    }
    optimizer.load_state_dict({"state": {7: {"momentum_buffer": None}}, "param_groups": [group]})
    assert optimizer.param_groups[0]["params"] == [param]
    assert optimizer.param_groups[0]["momentum"] == 0.9
    assert optimizer.param_groups[0]["initial_lr"] == 1.0
    param.grad = nncore.ones(2)
    optimizer.step()
    assert param.tolist() == [0.5, 0.5]


def test_loaded_state_is_a_copy_of_tensors_or_arrays_in_the_parameters_dtype() -> None:
    param = nn.Parameter(nncore.ones(2, dtype=nncore.float64))
    optimizer = Adam([param])
    saved: dict[str, Any] = {"step": np.float32(3), "exp_avg": nncore.ones(2), "exp_avg_sq": np.ones(2)}
    optimizer.load_state_dict({"state": {0: saved}, "param_groups": [{"params": [0]}]})
    loaded = optimizer.state[param]
    assert loaded["exp_avg"].dtype == loaded["exp_avg_sq"].dtype == nncore.float64
    assert (loaded["step"].dtype, loaded["step"].item()) == (nncore.float32, 3)
    param.grad = nncore.zeros(2, dtype=nncore.float64)
    optimizer.step()
    assert saved["exp_avg"].tolist() == [1, 1]
    assert saved["exp_avg_sq"].tolist() == [1, 1]


def test_adams_quotient_is_exact_up_to_rounding() -> None:
    """With no gradient, betas of 1/2 and a late step, the weight becomes -(m / 2) / sqrt(v / 2) exactly."""
    rng = np.random.default_rng(0)
    m, v = (
        (rng.uniform(1, 4, 100_003) * 2.0 ** rng.integers(-low, 30, 100_003)).astype(np.float32)
        for low in (30, 100)
    )
    v[:4], m[:4] = [0, 0, np.inf, np.nan], [2, 0, 2, 2]
    param = nn.Parameter(nncore.zeros(v.size))
    optimizer = Adam([param], lr=1, betas=(0.5, 0.5), eps=1e-36)
    state = {"step": 1000, "exp_avg": m, "exp_avg_sq": v}
    optimizer.load_state_dict(
        {"state": {0: state}, "param_groups": [optimizer.param_groups[0] | {"params": [0]}]}
    )
    param.grad = nncore.zeros(v.size)
    optimizer.step()
    exact = -(m / 2) / (np.sqrt(v / 2) + np.float32(1e-36)).astype(np.float64)
    result = param.detach().numpy()
    unit = np.spacing(np.abs(exact).astype(np.float32))
    assert np.array_equal(result[:4], exact[:4].astype(np.float32), equal_nan=True)
    assert np.abs((result - exact) / unit)[4:].max() < 0.501


STATE = {"exp_avg": nncore.ones(2), "exp_avg_sq": nncore.ones(2), "step": 1}


def saved_with(**changes: Any) -> dict[str, Any]:
    return {"state": {0: STATE}, "param_groups": [{"params": [0]}], **changes}


@pytest.mark.parametrize(
    ("saved", "error", "message"),
    [
        (
            saved_with(param_groups=[]),
            ValueError,
            "different number of parameter groups: 0, the optimizer has 1",
        ),
        (
            saved_with(param_groups=[{"params": [0, 1]}]),
            ValueError,
            "doesn't match the size of optimizer's group: 2",
        ),
        (
            saved_with(param_groups=[{"params": [0], "lr": math.nan}]),
            ValueError,
            "Invalid learning rate: nan",
        ),
        (saved_with(state={3: {}}), ValueError, "state for parameter 3, which is in none of its groups"),
        (
            saved_with(state={0: {"momentum_buffer": np.ones(2)}}),
            ValueError,
            "no step, exp_avg, exp_avg_sq; was",
        ),
        (
            saved_with(state={0: {**STATE, "exp_avg": np.ones(3)}}),
            ValueError,
            r"exp_avg of parameter 0 has shape \(3,\)",
        ),
        (None, TypeError, "Expected state_dict to be dict-like, got <class 'NoneType'>"),
        ({"state": {}}, KeyError, "param_groups"),
        ({"param_groups": [{"params": [0]}]}, KeyError, "state"),
    ],
)
def test_loading_what_does_not_fit_changes_nothing(
    saved: dict[str, Any], error: type[Exception], message: str
) -> None:
    optimizer = Adam([nn.Parameter(nncore.ones(2))])
    before = repr(optimizer)
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(saved)
    assert repr(optimizer) == before
    assert not optimizer.state


def one() -> list[nn.Parameter]:
    return [nn.Parameter(nncore.ones(1))]


SHARED = one()
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    *((lambda make=make, lr=lr: make(one(), lr=lr), ValueError, f"Invalid learning rate: {lr}")
      for make in (SGD, Adam, AdamW) for lr in (-1.0, math.nan, math.inf)),
    (lambda: SGD(one(), lr="a"), TypeError, "Invalid learning rate: 'a' is not a number"),  # type: ignore[arg-type]
    (lambda: SGD(one(), momentum=-0.1), ValueError, "Invalid momentum value: -0.1"),
    (lambda: SGD(one(), momentum=math.nan), ValueError, "Invalid momentum value: nan"),
    (lambda: SGD(one(), dampening=math.nan), ValueError, "Invalid dampening value: nan"),
    (lambda: SGD(one(), weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (lambda: SGD(one(), nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero"),
    (lambda: SGD(one(), momentum=0.9, dampening=0.1, nesterov=True), ValueError, "Nesterov momentum"),
    (lambda: Adam(one(), betas=(1.0, 0.9)), ValueError, "Invalid beta parameter at index 0: 1.0"),
    (lambda: Adam(one(), betas=(0.9, -0.1)), ValueError, "Invalid beta parameter at index 1: -0.1"),
    (lambda: Adam(one(), betas=0.9), ValueError, "betas must be a pair of numbers, got 0.9"),  # type: ignore[arg-type]
    (lambda: Adam(one(), eps=0), ValueError, "Invalid epsilon value: 0"),
    (lambda: AdamW(one(), weight_decay=math.inf), ValueError, "Invalid weight_decay value: inf"),
    (lambda: SGD(one(), lr=0.1).step(3), TypeError, "SGD.step: closure must be a function that computes the"),  # type: ignore[arg-type]
    (lambda: SGD([]), ValueError, "optimizer got an empty parameter list"),
    (lambda: SGD(SHARED[0]), TypeError, "should be an iterable of Tensors or dicts, but got Parameter"),
    (lambda: SGD(3), TypeError, "should be an iterable of Tensors or dicts, but got int"),  # type: ignore[arg-type]
    (lambda: SGD([1.0]), TypeError, "can only optimize Tensors, but one of the params is float"),  # type: ignore[list-item]
    (lambda: SGD([SHARED[0] * 2]), ValueError, "can't optimize a non-leaf Tensor"),
    (lambda: SGD(SHARED * 2), ValueError, "some parameters appear in more than one parameter group"),
    (lambda: SGD([{"params": SHARED}, {"params": SHARED}]), ValueError, "some parameters appear in more"),
    (lambda: SGD([{"params": set(SHARED)}]), TypeError, "a set has no order"),
    (lambda: SGD([("w", SHARED[0]), *one()]), ValueError, "with/without names. Some param names are missing"),
    (lambda: SGD([{"params": [("w", SHARED[0])]}, {"params": one()}]), ValueError, "cannot add param group"),
    (lambda: SGD([("w", 1, 2)]), TypeError, "a named parameter must be a pair of a name and a Tensor, got"),  # type: ignore[list-item]
    (lambda: SGD([("w", 1)]), TypeError, "can only optimize Tensors, but one of the params is int"),  # type: ignore[list-item]
    (lambda: SGD([{"lr": 1}]), ValueError, 'param_group must have the key "params"'),
    (lambda: SGD(SHARED).add_param_group(one()), TypeError, "param_group must be a dict"),  # type: ignore[arg-type]
    (lambda: SGD([{"params": SHARED, "lr": -2}]), ValueError, "Invalid learning rate: -2"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_bad_settings_are_named(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_an_invalid_rate_set_later_stops_the_step() -> None:
    param = nn.Parameter(nncore.ones(1))
    optimizer = SGD([param], lr=1.0)
    param.grad = nncore.ones(1)
    for lr in (math.nan, math.inf, -1.0):
        optimizer.param_groups[0]["lr"] = lr
        with pytest.raises(ValueError, match=f"Invalid learning rate: {lr}"):
            optimizer.step()
    assert param.item() == 1


class Descent(Optimizer):
    """An optimizer written as for PyTorch: a constructor and a step."""

    def __init__(self, params: Any, lr: float = 0.1, momentum: float = 0.5) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None if closure is None else closure()
        with nncore.no_grad():
            for group in self.param_groups:
                for param in group["params"]:
                    if param.grad is not None:
                        speed = self.state[param].setdefault("speed", nncore.zeros_like(param))
                        _core.assign_(speed, group["momentum"] * speed + param.grad)
                        _core.assign_(param, param - group["lr"] * speed)
        return loss


def test_an_optimizer_with_only_a_constructor_and_a_step() -> None:
    start = [
        np.random.default_rng(i).standard_normal(shape).astype(np.float32) for i, shape in enumerate(SHAPES)
    ]
    params = [[nn.Parameter(nncore.tensor(array)) for array in start] for _ in range(2)]
    own, ours = Descent(params[0][:2], lr=0.25), SGD(params[1][:2], lr=0.25, momentum=0.5)
    for optimizer, some in ((own, params[0]), (ours, params[1])):
        optimizer.add_param_group({"params": some[2:], "lr": 0.5})
    for i in range(4):
        for some in params:
            feed(some, [np.full(shape, i - 1.5) for shape in SHAPES])
        assert own.step(lambda i=i: i) == i  # type: ignore[misc]
        ours.step()
        again = Descent(params[0][:2])
        again.add_param_group({"params": params[0][2:]})
        again.load_state_dict(own.state_dict())
        own = again
    for a, b in zip(*params, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-6, atol=1e-7)


INSERTS: dict[str, Callable[[Any, Any], Any]] = {
    "assigned": lambda state, param: state.__setitem__(param, {"a": 1}),
    "setdefault": lambda state, param: state.setdefault(param, {"a": 1}),
    "update": lambda state, param: state.update({param: {"a": 1}}),
    "update with pairs": lambda state, param: state.update([(param, {"a": 1})]),
    "|=": lambda state, param: state.__ior__({param: {"a": 1}}),
    "|": lambda state, param: state | {param: {"a": 1}},
    "| from the right": lambda state, param: {param: {"a": 1}} | state,
    "fromkeys": lambda state, param: type(state).fromkeys([param], {"a": 1}),
    "constructor": lambda state, param: type(state)(None, {param: {"a": 1}}),
    "copied": lambda state, param: (state.update({param: {"a": 1}}), copy.copy(state))[1],
    "copied deeply": lambda state, param: (state.update({param: {"a": 1}}), copy.deepcopy(state))[1],
}


@pytest.mark.parametrize("insert", INSERTS.values(), ids=INSERTS)
def test_a_dict_put_into_the_state_becomes_one_that_is_watched(insert: Callable[[Any, Any], Any]) -> None:
    optimizer = SGD(one(), lr=0.1)
    made = insert(optimizer.state, optimizer.param_groups[0]["params"][0])
    if isinstance(made, type(optimizer.state)):
        optimizer.state = made
    (values,) = optimizer.state.values()
    assert type(values) is type(SGD(one()).state[one()[0]])
    assert values == {"a": 1}
    version = _core.structure_version()
    values["a"] = 2
    assert _core.structure_version() != version


def test_setdefault_keeps_what_is_there() -> None:
    optimizer = SGD(one(), lr=0.1)
    param = optimizer.param_groups[0]["params"][0]
    first = optimizer.state.setdefault(param, {"a": 1})
    assert optimizer.state.setdefault(param, {"a": 2}) is first
    assert (first.setdefault("a", 3), first.setdefault("b"), first) == (1, None, {"a": 1, "b": None})


NO_PARAMS: list[tuple[Any, str]] = [
    ("x", "must be a list of Tensors, got str"),
    (3, "must be a list of Tensors, got int"),
    (None, "must be a list of Tensors, got NoneType"),
    (SHARED[0], "must be a list of Tensors, got Parameter"),
    (iter(SHARED), "must be a list of Tensors, got list_iterator"),
    ([3], r"holds 3 \(int\)"),
    ([SHARED[0], "x"], r"holds 'x' \(str\)"),
]


@pytest.mark.parametrize(("params", "message"), NO_PARAMS)
@pytest.mark.parametrize("call", ["step", "zero_grad", "state_dict"])
def test_params_replaced_by_something_else(params: Any, message: str, call: str) -> None:
    optimizer = SGD(one(), lr=0.1)
    optimizer.param_groups[0]["params"] = params
    with pytest.raises(TypeError, match=f"'params' of a parameter group {message}"):
        getattr(optimizer, call)()


def test_printed_form() -> None:
    lines = repr(SGD(one(), lr=0.5)).splitlines()
    assert lines[:3] == ["SGD (", "Parameter Group 0", "    dampening: 0.0"]
    assert "    lr: 0.5" in lines
    assert lines[-1] == ")"
