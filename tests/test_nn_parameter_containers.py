"""ParameterList and ParameterDict, and the members of a module by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest

import nncore
from nncore import nn


def test_parameters_in_a_list() -> None:
    shared = nncore.ones(2)
    weights = nn.ParameterList([nn.Parameter(nncore.zeros(3)), shared])
    weights.append(nncore.ones(1)).extend([nncore.ones(4), nncore.ones(5)])
    weights += [nncore.ones(6)]
    assert [len(p) for p in weights] == [3, 2, 1, 4, 5, 6]
    assert [name for name, _ in weights.named_parameters()] == list("012345")
    assert (len(weights), weights[-1].shape, len(weights[1:3])) == (6, (6,), 2)
    assert all(type(p) is nn.Parameter and p.requires_grad for p in weights)
    assert weights[1].detach().numpy().ctypes.data == shared.numpy().ctypes.data
    weights[-1] = nncore.zeros(7)
    assert list(weights.state_dict()) == list("012345")
    assert weights[5].shape == (7,)


def test_parameters_by_name() -> None:
    weights = nn.ParameterDict({"b": nncore.ones(2), "a": nncore.ones(1, 3)})
    assert list(weights) == ["a", "b"], "sorted, as in PyTorch"
    assert list(nn.ParameterDict(OrderedDict(b=nncore.ones(2), a=nncore.ones(1)))) == ["b", "a"]
    assert repr(weights).splitlines() == [
        "ParameterDict(",
        "  (a): Parameter containing: [nncore.float32 of size 1x3]",
        "  (b): Parameter containing: [nncore.float32 of size 2]",
        ")",
    ]
    first = weights["a"]
    weights.update([("c", nncore.zeros(4)), ("a", nncore.zeros(5))])
    assert [(name, len(p)) for name, p in weights.items()] == [("a", 5), ("b", 2), ("c", 4)]
    assert weights["a"] is not first
    assert (weights.get("x"), weights.get("x", 1), "c" in weights, len(weights)) == (None, 1, True, 3)
    assert weights.setdefault("d", nncore.ones(1)) is weights["d"]
    assert list(reversed(weights)) == ["d", "c", "b", "a"]
    assert weights.popitem()[0] == "d"
    assert weights.pop("c").shape == (4,)
    joined = weights | {"z": nncore.ones(1)}
    assert (list(joined), list(weights)) == (["a", "b", "z"], ["a", "b"])
    weights |= {"y": nncore.ones(1)}
    del weights["a"]
    assert weights.keys() == ["b", "y"]
    weights.clear()
    assert not list(weights.parameters())


def test_containers_in_a_model_train() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scales = nn.ParameterList([nncore.ones(2), nncore.ones(2)])
            self.shifts = nn.ParameterDict({"low": nncore.zeros(2)})

        def forward(self, x: Any) -> Any:
            for scale in self.scales:
                x = x * scale
            return x + self.shifts["low"]

    model = Model()
    assert list(model.state_dict()) == ["scales.0", "scales.1", "shifts.low"]
    optimizer = nncore.optim.SGD(model.parameters(), lr=1.0)
    model(nncore.tensor([1.0, 2.0])).sum().backward()
    optimizer.step()
    assert [p.tolist() for p in model.parameters()] == [[0, -1], [0, -1], [-1, -1]]
    other = Model()
    other.load_state_dict(model.state_dict())
    assert other.shifts["low"].tolist() == [-1, -1]


def test_members_by_dotted_name() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3)))
    assert model.get_parameter("1.0.weight") is model[1][0].weight
    assert model.get_buffer("1.0.running_mean") is model[1][0].running_mean
    assert model.get_submodule("1.0") is model[1][0]
    for call, target in ((model.get_buffer, "1.0.weight"), (model.get_parameter, "1.0.running_mean")):
        with pytest.raises(AttributeError, match=f"Sequential has no {call.__name__[4:]} '{target}'"):
            call(target)


LIST, DICT = nn.ParameterList([nncore.ones(2)]), nn.ParameterDict({"a": nncore.ones(2)})
ANY: Any = 5
MISUSE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "number": (lambda: LIST.append(ANY), TypeError, r"ParameterList: '1' is 5 \(int\); expected a Parameter"),
    "tensor": (lambda: LIST.extend(ANY), TypeError, "extend: values is a int; expected an iterable"),
    "index": (lambda: LIST[1], IndexError, "index 1 is out of range for 1 parameters"),
    "integers": (lambda: LIST.append(nncore.tensor([1])), TypeError, "gradient"),
    "value": (lambda: DICT.update({"b": ANY}), TypeError, r"ParameterDict: 'b' is 5 \(int\); expected"),
    "key": (lambda: DICT["b"], KeyError, "no parameter named 'b'; it has a"),
    "dot": (lambda: DICT.update({"a.b": nncore.ones(1)}), KeyError, "contain"),
    "taken": (lambda: DICT.update({"keys": nncore.ones(1)}), KeyError, "attribute 'keys' already exists"),
    "empty": (lambda: nn.ParameterDict().popitem(), KeyError, "popitem of an empty dict"),
    "call": (lambda: LIST(1), NotImplementedError, "ParameterList"),
}


@pytest.mark.parametrize(("call", "error", "text"), MISUSE.values(), ids=MISUSE)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
