"""L-BFGS: errors restore the weights, and steps are refused where they cannot run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nncore
from compile_twin import bits
from nncore import nn
from nncore.errors import CaptureError
from nncore.optim import LBFGS
from optim_problems import closure_of, parameters


def ready(**settings: Any) -> tuple[LBFGS, Callable[[], Any], list[Any]]:
    params = parameters(nncore, "net", nncore.float64)
    optimizer = LBFGS(params.values(), **settings)
    return optimizer, closure_of(nncore, "net", params, optimizer), list(params.values())


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("warm", [0, 1])
def test_an_error_in_the_closure_restores_weights_and_state(
    error: type[BaseException], search: str | None, warm: int
) -> None:
    optimizer, closure, params = ready(line_search_fn=search, max_iter=4)
    for _ in range(warm):
        optimizer.step(closure)
    calls = 0

    def failing() -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise error
        return closure()

    before = [bits(param) for param in params], repr(optimizer.state_dict())
    with pytest.raises(error):
        optimizer.step(failing)
    assert calls == 4
    assert ([bits(param) for param in params], repr(optimizer.state_dict())) == before
    optimizer.step(closure)


def test_a_line_search_reaches_a_lower_loss() -> None:
    optimizer, closure, _ = ready(line_search_fn="strong_wolfe")
    losses = [optimizer.step(closure).item() for _ in range(5)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.2 * losses[0]


def test_the_number_of_calls_is_limited() -> None:
    optimizer, closure, params = ready(max_iter=9, max_eval=3)
    optimizer.step(closure)
    state = optimizer.state[params[0]]
    assert (state["func_evals"], state["n_iter"]) == (3, 2)


def test_a_parameter_without_a_gradient_stays() -> None:
    used, unused = nn.Parameter(nncore.ones(2)), nn.Parameter(nncore.ones(3))
    optimizer = LBFGS([used, unused])

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (used * used).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert used.tolist() == pytest.approx([0, 0])
    assert unused.tolist() == [1, 1, 1]


def test_a_compiled_step_is_refused_with_the_remedy() -> None:
    optimizer, closure, params = ready()
    before = [bits(param) for param in params]
    with pytest.raises(CaptureError, match="LBFGS: a step reads losses.*call optimizer.step"):
        nncore.compile(lambda: optimizer.step(closure))()
    assert [bits(param) for param in params] == before
    optimizer.step(nncore.compile(closure))
    assert [bits(param) for param in params] != before


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"lr": -1.0}, ValueError, "Invalid learning rate: -1.0"),
    ({"lr": "fast"}, TypeError, "Invalid learning rate: 'fast' is not a number"),
    ({"max_iter": 2.5}, TypeError, "LBFGS: max_iter must be an int"),
    ({"history_size": -1}, ValueError, "LBFGS: history_size must be"),
    ({"tolerance_grad": float("nan")}, ValueError, "Invalid tolerance_grad value: nan"),
    ({"line_search_fn": "armijo"}, ValueError, "only 'strong_wolfe' is supported, got 'armijo'"),
]


@pytest.mark.parametrize(("settings", "error", "message"), BAD)
def test_bad_settings_are_named(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ready(**settings)


def test_other_groups_closures_and_states_are_refused() -> None:
    optimizer, closure, params = ready()
    with pytest.raises(ValueError, match="LBFGS doesn't support per-parameter options"):
        optimizer.add_param_group({"params": [nn.Parameter(nncore.ones(1))]})
    for wrong in (None, 3):
        with pytest.raises(TypeError, match=r"LBFGS: step\(\) needs a closure"):
            optimizer.step(wrong)  # type: ignore[arg-type]
    for result in (None, nncore.ones(2)):
        with pytest.raises(TypeError, match="LBFGS: the result of the closure must be a number, got"):
            optimizer.step(lambda result=result: result)  # type: ignore[misc]
    optimizer.step(closure)
    saved = optimizer.state_dict()
    saved["state"][0]["d"] = nncore.ones(3)
    with pytest.raises(ValueError, match=r"d has shape \(3,\), the parameters have 13 elements"):
        ready()[0].load_state_dict(saved)
    assert params
