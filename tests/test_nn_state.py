"""Hooks of the state dict, values beside the tensors, and replaced submodules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn


def nested() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 1, bias=False)))


def test_hooks_run_around_state_dict() -> None:
    model, seen = nested(), []
    for module in (model, model[1]):
        module.register_state_dict_pre_hook(lambda m, prefix, keep_vars: seen.append((prefix, keep_vars)))
        module.register_state_dict_post_hook(
            lambda m, state, prefix, metadata: state.update({f"{prefix}extra": len(state)})
        )
    assert list(model.state_dict(prefix="p.")) == [
        "p.0.weight",
        "p.0.bias",
        "p.1.0.weight",
        "p.1.extra",
        "p.extra",
    ]
    assert seen == [("p.", False), ("p.1.", False)]


def test_a_hook_may_rename_keys_before_loading() -> None:
    model, source = nested(), nested()

    def rename(module: nn.Module, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        state[prefix + "weight"] = state.pop(prefix + "kernel")

    handle = model[1][0].register_load_state_dict_pre_hook(rename)
    saved = source.state_dict()
    saved["1.0.kernel"] = saved.pop("1.0.weight")
    before = list(saved)
    model.load_state_dict(saved)
    assert model[1][0].weight.tolist() == source[1][0].weight.tolist()
    assert list(saved) == before
    handle.remove()
    with pytest.raises(ValueError, match=r'Unexpected key\(s\) in state_dict: "1.0.kernel"'):
        model.load_state_dict(saved)


def test_arguments_of_the_hook_before_loading() -> None:
    layer, seen = nn.Linear(2, 1), []

    def refuse(
        module: Any,
        state: Any,
        prefix: str,
        metadata: Any,
        strict: bool,
        missing: Any,
        unexpected: Any,
        errors: Any,
    ) -> None:
        seen.append((module, sorted(state), prefix, metadata, strict, missing, unexpected))
        errors.append("a number is missing.")

    layer.register_load_state_dict_pre_hook(refuse)
    with pytest.raises(ValueError, match="Error.* for Linear:\n\ta number is missing."):
        layer.load_state_dict(layer.state_dict())
    assert seen == [(layer, ["bias", "weight"], "", {}, True, [], [])]


def test_hooks_after_loading_run_children_first_and_may_accept_missing_keys() -> None:
    model, seen = nested(), []

    def accept(module: nn.Module, keys: Any) -> None:
        seen.append(type(module).__name__)
        keys.missing_keys.clear()

    model.register_load_state_dict_post_hook(accept)
    handle = model[0].register_load_state_dict_post_hook(accept)
    weight = np.ones((1, 3))
    assert model.load_state_dict({"1.0.weight": weight}).missing_keys == []
    assert seen == ["Linear", "Sequential"]
    assert model[1][0].weight.tolist() == weight.tolist()
    with pytest.raises(ValueError, match="Unexpected"):
        model.load_state_dict({"other": weight})
    handle.remove()


def test_assign_replaces_the_tensors() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    model[0].bias.requires_grad_(False)
    saved = {name: value.detach().clone() for name, value in model.double().state_dict().items()}
    other = nn.Sequential(nn.Linear(2, 3), nn.LazyBatchNorm1d())
    other[0].bias.requires_grad_(False)
    assert str(other.load_state_dict(saved, assign=True)) == "<All keys matched successfully>"
    assert repr(other) == repr(model)
    for name, value in other.state_dict().items():
        assert (value.dtype, value.data_ptr()) == (saved[name].dtype, saved[name].data_ptr())
    assert [p.requires_grad for p in other.parameters()] == [True, False, True, True]
    with pytest.raises(ValueError, match="size mismatch for weight"):
        nn.Linear(2, 3).load_state_dict({"weight": np.ones((1, 2)), "bias": np.ones(3)}, assign=True)


class Counted(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.inner = nn.Linear(1, 1)
        self.count = count

    def get_extra_state(self) -> Any:
        return {"count": self.count}

    def set_extra_state(self, state: Any) -> None:
        self.count = state["count"]


def test_extra_state_is_saved_and_loaded() -> None:
    model, other = nn.Sequential(Counted(7)), nn.Sequential(Counted(0))
    saved = model.state_dict()
    assert list(saved) == ["0._extra_state", "0.inner.weight", "0.inner.bias"]
    other.load_state_dict(saved)
    assert other[0].count == 7
    del saved["0._extra_state"]
    with pytest.raises(ValueError, match='Missing key.*"0._extra_state"'):
        other.load_state_dict(saved)
    with pytest.raises(ValueError, match='Unexpected key.*"_extra_state"'):
        nn.Linear(1, 1).load_state_dict({**nn.Linear(1, 1).state_dict(), "_extra_state": 1})
    with pytest.raises(RuntimeError, match="Linear has no get_extra_state"):
        nn.Linear(1, 1).get_extra_state()


def test_set_submodule_replaces_and_adds() -> None:
    model = nested()
    model.set_submodule("1.0", nn.Linear(3, 5), strict=True)
    model.set_submodule("1.1", nn.ReLU())
    assert model(nncore.ones(1, 2)).shape == (1, 5)
    model.set_submodule("0", nn.Identity())
    assert [type(m).__name__ for m in model.modules()] == [
        "Sequential",
        "Identity",
        "Sequential",
        "Linear",
        "ReLU",
    ]


Use = Callable[[nn.Sequential], Any]
MISUSE: dict[str, tuple[Use, type[Exception], str]] = {
    "no name": (lambda m: m.set_submodule("", nn.ReLU()), ValueError, "set_submodule: target is empty"),
    "not a module": (lambda m: m.set_submodule("0", 3), ValueError, "module is a int; expected a Module"),  # type: ignore[arg-type]
    "no owner": (lambda m: m.set_submodule("7.0", nn.ReLU()), AttributeError, "no submodule '7'"),
    "a parameter": (
        lambda m: m.set_submodule("0.weight", nn.ReLU()),
        AttributeError,
        "no submodule 'weight'",
    ),
    "absent": (lambda m: m.set_submodule("2", nn.ReLU(), strict=True), AttributeError, "no submodule '2'"),
    "half": (lambda m: m.half(), TypeError, "to: modules compute .* got nncore.float16.*state_dict"),
    "bfloat16": (lambda m: m.bfloat16(), TypeError, "to: modules compute .* got nncore.bfloat16"),
}


@pytest.mark.parametrize(("call", "error", "message"), MISUSE.values(), ids=MISUSE)
def test_misuse_is_named(call: Use, error: type[Exception], message: str) -> None:
    model = nested()
    with pytest.raises(error, match=message):
        call(model)
    assert repr(model) == repr(nested())


def test_a_conversion_keeps_the_parameters_that_others_hold() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    weight, mean = model[0].weight, model[1].running_mean
    model[0].bias = nn.Parameter(nncore.zeros(2))
    optimizer = nncore.optim.SGD(model.parameters(), lr=0.5)
    weight.register_hook(lambda gradient: gradient * 0)
    model(nncore.ones(3, 2)).sum().backward()
    model.double()
    assert model[0].weight is weight
    assert model[1].running_mean is mean
    assert (weight.dtype, mean.dtype, weight.grad.dtype) == (nncore.float64,) * 3
    optimizer.zero_grad()
    before = model[1].bias.tolist()
    model(nncore.randn(3, 2, dtype=nncore.float64)).sum().backward()
    assert weight.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    optimizer.step()
    assert model[1].bias.tolist() == [b - 1.5 for b in before]
