"""Every optimizer gives PyTorch's parameters in all configurations of its own tests, and its state dict."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from compile_twin import bits
from nncore import nn, optim
from optim_problems import PROBLEMS, closure_of, optimized, parameters, steps_of, values

RECORDED = json.loads((Path(__file__).parent / "data" / "optimizers.json").read_text())
RUNS: list[dict[str, Any]] = RECORDED["runs"]
each_run = pytest.mark.parametrize("run", RUNS, ids=[f"{run['optimizer']} {run['settings']}" for run in RUNS])
OURS: list[dict[str, Any]] = [{"optimizer": name, "settings": {}} for name in ("LAMB", "LARS", "Lion")]


def from_json(value: Any) -> Any:
    """A value of the file, with tensors and tuples as PyTorch has them."""
    if isinstance(value, dict) and "tensor" in value:
        return nncore.tensor(value["tensor"], dtype=getattr(nncore, value["dtype"]))
    if isinstance(value, dict):
        return {int(key) if key.isdigit() else key: from_json(part) for key, part in value.items()}
    return [from_json(part) for part in value] if isinstance(value, list) else value


def make(run: dict[str, Any], params: dict[str, Any]) -> optim.Optimizer:
    read = {key: from_json(value) for key, value in run["settings"].items()}
    settings = {key: tuple(value) if isinstance(value, list) else value for key, value in read.items()}
    made: optim.Optimizer = getattr(optim, run["optimizer"])(optimized(run["optimizer"], params), **settings)
    return made


def reached(run: dict[str, Any], problem: str, dtype: Any) -> list[float]:
    params = parameters(nncore, problem, dtype)
    optimizer = make(run, params)
    closure = closure_of(nncore, problem, params, optimizer)
    for _ in range(steps_of(run["optimizer"])):
        optimizer.step(closure)
    return values(params)


@pytest.mark.parametrize("problem", PROBLEMS)
@each_run
def test_parameters_after_twenty_steps(run: dict[str, Any], problem: str) -> None:
    # L-BFGS amplifies rounding errors: PyTorch's own results in float32 differ by 0.05.
    exact, rough = (1e-8, 0.2) if run["optimizer"] == "LBFGS" else (1e-11, 2e-4)
    if isinstance(run["settings"].get("lr"), dict):  # PyTorch computes with a tensor of float32
        exact = 1e-6
    for dtype, tolerance in ((nncore.float64, exact), (nncore.float32, rough)):
        np.testing.assert_allclose(reached(run, problem, dtype), run[problem], tolerance, tolerance)


@pytest.mark.parametrize("run", [run for run in RUNS if "middle" in run], ids=lambda run: run["optimizer"])
def test_state_dicts_are_pytorchs(run: dict[str, Any]) -> None:
    """A run that goes on from PyTorch's state ends with its parameters; the same run has the same layout."""
    middle = from_json(run["middle"])
    params = parameters(nncore, "net", nncore.float64)
    optimizer = make(run, params)
    closure = closure_of(nncore, "net", params, optimizer)
    steps = steps_of(run["optimizer"])
    for _ in range(steps // 2):
        optimizer.step(closure)
    assert layout(optimizer.state_dict()) == layout(middle["state"])
    for param in params.values():
        size = param.numel()
        nn.init.constant_(param, 0.0)
        _assign(param, middle["params"][:size])
        middle["params"] = middle["params"][size:]
    resumed = make(run, params)
    resumed.load_state_dict(middle["state"])
    closure = closure_of(nncore, "net", params, resumed)
    for _ in range(steps - steps // 2):
        resumed.step(closure)
    np.testing.assert_allclose(values(params), run["net"], rtol=1e-9, atol=1e-9)


def _assign(param: Any, flat: list[float]) -> None:
    with nncore.no_grad():
        param.copy_(nncore.tensor(flat, dtype=param.dtype).reshape(param.shape))


def layout(value: Any) -> Any:
    """The structure of a state dict: keys, and the shapes and dtypes of tensors.

    The step "t" of L-BFGS is a number or a tensor of one.
    """
    if isinstance(value, nncore.Tensor):
        return tuple(value.shape), value.dtype
    if isinstance(value, dict):
        return {key: layout(part) if key != "t" else "number" for key, part in value.items()}
    return [layout(part) for part in value] if isinstance(value, (list, tuple)) else type(value) is not str


@pytest.mark.parametrize(
    "case",
    RECORDED["refused"],
    ids=[f"{case['optimizer']} {case['settings']}" for case in RECORDED["refused"]],
)
def test_bad_settings_are_refused(case: dict[str, Any]) -> None:
    error = {"ValueError": ValueError, "RuntimeError": RuntimeError}[case["error"]]
    with pytest.raises(error, match=case["message"]):
        make(case, {"w": nn.Parameter(nncore.ones(2, 2))})


@pytest.mark.parametrize(
    "run",
    [run for run in RUNS + OURS if run["optimizer"] != "LBFGS"],
    ids=[f"{run['optimizer']} {run['settings']}" for run in RUNS + OURS if run["optimizer"] != "LBFGS"],
)
@pytest.mark.parametrize("dtype", [nncore.float32, nncore.float64], ids=str)
def test_a_captured_step_gives_the_same_bits(run: dict[str, Any], dtype: Any) -> None:
    found = []
    for compiled in (False, True):
        params = parameters(nncore, "net", dtype)
        optimizer = make(run, params)

        closure = closure_of(nncore, "net", params, optimizer)

        def step(optimizer: Any = optimizer, closure: Any = closure) -> Any:
            loss = closure()
            optimizer.step()
            return loss

        call = nncore.compile(step, strict=True) if compiled else step
        for i in range(8):
            optimizer.param_groups[0]["lr"] = 0.01 / (i + 1)
            call()
        state = [optimizer.state[param] for param in optimizer.param_groups[0]["params"]]
        tensors = [*params.values(), *(value for values in state for value in values.values())]
        found.append([bits(tensor) for tensor in tensors])
    assert found[0] == found[1]


OPTIONS = ["foreach", "fused", "capturable"]
KINDS = [getattr(optim, name) for name in optim.__all__ if inspect.isclass(getattr(optim, name))]
KINDS.remove(optim.Optimizer)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_choices_of_an_implementation_are_accepted(kind: Any) -> None:
    taken = inspect.signature(kind).parameters
    for option in filter(taken.__contains__, OPTIONS):
        optimizer = kind([nn.Parameter(nncore.ones(2, 2))], **{option: True})
        assert optimizer.param_groups[0][option] is True
    if {"fused", "foreach"} <= set(taken):
        with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
            kind([nn.Parameter(nncore.ones(2, 2))], fused=True, foreach=True)
    if "differentiable" in taken:
        with pytest.raises(ValueError, match="differentiable must be False, because a step is not recorded"):
            kind([nn.Parameter(nncore.ones(2, 2))], differentiable=True)
