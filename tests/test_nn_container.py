"""Sequential, with its fused steps, ModuleList and ModuleDict."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn

FUSED = [nn.ReLU, nn.Sigmoid, nn.Tanh, nn.GELU, nn.SiLU]


def model(*modules: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), *modules, nn.Linear(4, 2))


def kinds(modules: Any) -> list[str]:
    return [type(module).__name__ for module in modules]


def outcome(call: Callable[[nncore.Tensor], nncore.Tensor], parameters: list[nn.Parameter]) -> list[Any]:
    """The output and the gradients of the input and of all parameters."""
    x = nncore.tensor(np.linspace(-2, 2, 15).reshape(5, 3), dtype=nncore.float32, requires_grad=True)
    for parameter in parameters:
        parameter.grad = None
    y = call(x)
    (y * y).sum().backward()
    grads = [parameter.grad for parameter in (x, *parameters)]
    return [y.tolist(), *(None if grad is None else grad.tolist() for grad in grads)]


@pytest.mark.parametrize("activation", FUSED)
@pytest.mark.parametrize("bias", [True, False])
def test_fused_steps_give_the_bits_of_separate_ones(activation: type[nn.Module], bias: bool) -> None:
    net = nn.Sequential(nn.Linear(3, 4, bias=bias), activation(), nn.Linear(4, 2), activation())
    separate = copy.deepcopy(net)

    def one_by_one(x: nncore.Tensor) -> nncore.Tensor:
        for module in separate:
            x = module(x)
        return x

    assert outcome(net, list(net.parameters())) == outcome(one_by_one, list(separate.parameters()))
    assert len(net._steps or ()) == 2


def test_only_plain_pairs_are_fused() -> None:
    class Quiet(nn.ReLU):
        def forward(self, input: Any) -> Any:
            return 0 * input

    class Loud(nn.Linear):
        def forward(self, input: Any) -> Any:
            return 100 * super().forward(input)

    net = nn.Sequential(nn.Linear(3, 3), Quiet(), Loud(3, 3, bias=False), nn.ReLU())
    assert not net(nncore.ones(1, 3)).detach().numpy().any()
    assert len(net._steps or ()) == 4


def test_hooks_on_a_fused_pair_are_called_and_taken_off() -> None:
    net, seen = model(nn.ReLU()), []
    x = nncore.ones(1, 3)
    plain = net(x).tolist()
    for i in (0, 1):
        handle = net[i].register_forward_hook(lambda module, args, output: seen.append(output.tolist()))
        assert net(x).tolist() == plain
        handle.remove()
        net(x)
    assert seen == [net[0](x).tolist(), net[0](x).relu().tolist()]


def test_the_fused_steps_follow_every_change() -> None:
    net, x = model(nn.ReLU()), nncore.ones(1, 3)
    net(x)
    net[1] = nn.Sigmoid()
    assert net(x).tolist() == net[2](net[0](x).sigmoid()).tolist()
    net[0].weight = nn.Parameter(nncore.zeros(4, 3))
    net[0].bias = None
    assert net(x).tolist() == net[2](nncore.full((1, 4), 0.5)).tolist()
    net.insert(1, nn.Tanh())
    assert net(x).tolist() == net[3](nncore.full((1, 4), 0.5)).tolist()
    del net[1]
    net[1].forward = lambda input: input + 1  # a forward set on the instance
    assert net(x).tolist() == net[2](nncore.ones(1, 4)).tolist()
    gelu = nn.GELU()
    net[1] = gelu
    exact = net(x + 1).tolist()
    nn.init.ones_(net[0].weight)
    exact = net(x).tolist()
    gelu.approximate = "tanh"
    assert net(x).tolist() != exact


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_runs_its_own_modules(duplicate: Callable[[nn.Sequential], nn.Sequential]) -> None:
    net, x = model(nn.ReLU()), nncore.ones(1, 3)
    before = net(x).tolist()
    twin = duplicate(net)
    nn.init.zeros_(twin[2].weight)
    assert net(x).tolist() == before
    assert twin(x).tolist() == [twin[2].bias.tolist()]


def test_sequential_as_a_list() -> None:
    net = model(nn.ReLU(), nn.Tanh())
    assert len(net) == 4
    assert kinds(net) == ["Linear", "ReLU", "Tanh", "Linear"]
    assert net[-1] is net[3]
    assert kinds(net[1:3]) == ["ReLU", "Tanh"]
    assert list(net[1:].state_dict()) == ["3.weight", "3.bias"]
    assert net.append(nn.Sigmoid()) is net
    net.extend([nn.Identity()])
    net.insert(0, nn.Flatten())
    assert kinds(net) == ["Flatten", "Linear", "ReLU", "Tanh", "Linear", "Sigmoid", "Identity"]
    assert isinstance(net.pop(), nn.Identity)
    del net[1:3]
    assert kinds(net) == ["Flatten", "Tanh", "Linear", "Sigmoid"]
    assert list(net.state_dict()) == ["2.weight", "2.bias"]
    assert kinds(nn.Sequential(nn.ReLU()) + nn.Sequential(nn.Tanh())) == ["ReLU", "Tanh"]
    assert nn.Sequential()(3) == 3


def test_sequential_with_names() -> None:
    net = nn.Sequential(
        OrderedDict([("first", nn.Linear(3, 4)), ("act", nn.ReLU()), ("last", nn.Linear(4, 2))])
    )
    assert list(net.state_dict()) == ["first.weight", "first.bias", "last.weight", "last.bias"]
    assert net.first is net[0]
    net[1] = nn.Tanh()
    assert isinstance(net.act, nn.Tanh)
    assert list(net[1:].state_dict()) == ["last.weight", "last.bias"]
    assert net(nncore.ones(2, 3)).shape == (2, 2)


def test_a_subclass_of_sequential_may_have_parameters() -> None:
    class Scaled(nn.Sequential):
        def __init__(self) -> None:
            super().__init__(nn.Linear(2, 2), nn.ReLU())
            self.scale = nn.Parameter(nncore.ones(1))

        def forward(self, input: Any) -> Any:
            return super().forward(input) * self.scale

    net = Scaled()
    assert len(net) == 2
    assert list(net.state_dict()) == ["scale", "0.weight", "0.bias"]
    assert net(nncore.ones(1, 2)).shape == (1, 2)


def test_module_list() -> None:
    layers = nn.ModuleList([nn.Linear(1, 1), nn.ReLU()])
    layers.append(nn.Tanh())
    layers.insert(1, nn.Linear(1, 1))
    layers += [nn.Linear(1, 1)]
    assert kinds(layers) == ["Linear", "Linear", "ReLU", "Tanh", "Linear"]
    assert [name for name, _ in layers.named_parameters()] == [
        "0.weight", "0.bias", "1.weight", "1.bias", "4.weight", "4.bias",
    ]  # fmt: skip
    assert repr(layers) == (
        "ModuleList(\n"
        "  (0-1): 2 x Linear(in_features=1, out_features=1, bias=True)\n"
        "  (2): ReLU()\n"
        "  (3): Tanh()\n"
        "  (4): Linear(in_features=1, out_features=1, bias=True)\n"
        ")"
    )
    assert kinds(layers[1:3]) == ["Linear", "ReLU"]
    assert len(nn.ModuleList()) == 0
    with pytest.raises(NotImplementedError, match=r"Module \[ModuleList\] is missing"):
        layers(1)


def test_module_dict() -> None:
    table = nn.ModuleDict({"b": nn.Linear(1, 1), "a": nn.ReLU()})
    table["c"] = nn.Tanh()
    table.update([("a", nn.Sigmoid())])
    assert list(table) == list(table.keys()) == ["b", "a", "c"]
    assert kinds(table.values()) == ["Linear", "Sigmoid", "Tanh"]
    assert [name for name, _ in table.items()] == ["b", "a", "c"]
    assert "a" in table
    assert "d" not in table
    assert isinstance(table.pop("a"), nn.Sigmoid)
    del table["c"]
    assert len(table) == 1
    table.clear()
    assert not list(table.state_dict())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Sequential(nn.ReLU(), 3), TypeError, "Sequential: int is not a Module"),  # type: ignore[arg-type]
        (lambda: nn.Sequential([nn.ReLU()]), TypeError, "Sequential: list is not a Module"),  # type: ignore[arg-type]
        (lambda: nn.ModuleList([nn.ReLU]), TypeError, "ModuleList: type is not a Module"),  # type: ignore[list-item]
        (lambda: nn.ModuleDict({"a": None}), TypeError, "ModuleDict: NoneType is not a Module"),  # type: ignore[arg-type]
        (
            lambda: nn.Sequential(nn.ReLU())[1],
            IndexError,
            "Sequential: index 1 is out of range for 1 modules",
        ),
        (lambda: nn.ModuleList()[-1], IndexError, "ModuleList: index -1 is out of range for 0 modules"),
        (lambda: nn.ModuleList().pop(), IndexError, "ModuleList: index -1 is out of range"),
        (
            lambda: nn.Sequential().__setitem__(0, nn.ReLU()),
            IndexError,
            "index 0 is out of range for 0 modules",
        ),
        (lambda: nn.ModuleDict({"a": nn.ReLU()})["b"], KeyError, "no module named 'b'; it has a"),
        (lambda: nn.ModuleDict({"keys": nn.ReLU()}), KeyError, "attribute 'keys' already exists"),
        (lambda: nn.Sequential({"0.a": nn.ReLU()}), KeyError, "module name can.*contain"),
    ],
)
def test_misuse_is_named(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_failed_change_leaves_the_container_as_it_was() -> None:
    net = nn.Sequential(nn.ReLU(), nn.Tanh())
    with pytest.raises(TypeError, match="int is not a Module"):
        net.insert(1, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="contain itself"):
        net.insert(0, nn.Sequential(net))
    assert kinds(net) == ["ReLU", "Tanh"]
