"""Module: registration, iteration, state, hooks, printed form, copies, and errors of misuse."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn


class Block(nn.Module):
    """A weight, a saved and an unsaved buffer, and a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 3)
        self.scale = nn.Parameter(nncore.ones(3))
        self.register_buffer("count", nncore.zeros(1))
        self.register_buffer("scratch", nncore.zeros(2), persistent=False)

    def forward(self, x: nncore.Tensor) -> Any:
        return self.inner(x) * self.scale


class Net(nn.Module):
    """Two blocks, the first under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.a = Block()
        self.b = nn.Sequential(Block(), nn.ReLU())
        self.again = self.a

    def forward(self, x: nncore.Tensor) -> Any:
        return self.a(x) + self.b(x)


BLOCK = ["scale", "count", "inner.weight", "inner.bias"]


def values(module: nn.Module) -> dict[str, Any]:
    return {name: tensor.tolist() for name, tensor in module.state_dict().items()}


def test_assignment_registers_and_reading_returns_the_same_object() -> None:
    block = Block()
    weight = nn.Parameter(nncore.zeros(3, 2))
    block.inner.weight = weight
    assert block.inner.weight is weight
    assert next(iter(block.inner.parameters())) is weight
    block.count = nncore.ones(1)  # remains a buffer
    assert [name for name, _ in block.named_buffers()] == ["count", "scratch"]
    block.plain = 3
    assert block.plain == 3
    assert "plain" not in block.state_dict()


def test_names_are_in_pytorchs_order_and_shared_modules_visited_once() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [
        "a.scale", "a.inner.weight", "a.inner.bias", "b.0.scale", "b.0.inner.weight", "b.0.inner.bias",
    ]  # fmt: skip
    assert [name for name, _ in net.named_modules()] == ["", "a", "a.inner", "b", "b.0", "b.0.inner", "b.1"]
    assert [name for name, _ in net.named_children()] == ["a", "b"]
    assert list(net.children()) == [net.a, net.b]
    assert len(list(net.modules())) == 7
    assert len(list(net.named_modules(remove_duplicate=False))) == 9
    assert len(list(net.named_parameters(remove_duplicate=False))) == 9
    assert [name for name, _ in net.named_parameters(prefix="net", recurse=False)] == []
    assert [name for name, _ in net.a.named_parameters(prefix="net", recurse=False)] == ["net.scale"]
    assert len(list(net.buffers())) == 4


def test_state_dict_has_pytorchs_keys_also_for_shared_modules() -> None:
    net = Net()
    assert list(net.a.state_dict()) == BLOCK
    expected = [f"{where}.{name}" for where in ("a", "b.0", "again") for name in BLOCK]
    assert list(net.state_dict()) == expected
    assert list(net.state_dict(prefix="m.")) == [f"m.{name}" for name in expected]
    assert not net.state_dict()["a.scale"].requires_grad
    assert net.state_dict(keep_vars=True)["a.scale"] is net.a.scale
    known = {"x": nncore.ones(1)}
    assert net.a.state_dict(destination=known) is known
    assert list(known) == ["x", *BLOCK]


def test_load_state_dict_copies_from_tensors_and_arrays_and_converts() -> None:
    source, target = Net(), Net()
    weight = target.a.inner.weight
    result = target.load_state_dict(source.state_dict())
    assert str(result) == "<All keys matched successfully>"
    assert target.a.inner.weight is weight
    assert values(source) == values(target)
    arrays = {name: np.full(t.shape, 0.5, np.float64) for name, t in source.state_dict().items()}
    target.load_state_dict(arrays)
    assert weight.dtype == nncore.float32
    assert weight.tolist() == np.full((3, 2), 0.5).tolist()


def test_load_state_dict_names_all_that_does_not_fit_and_changes_nothing() -> None:
    block = Block()
    before = values(block)
    state = {"inner.weight": np.ones((3, 4)), "scale": np.zeros(3), "count": np.ones(1), "other": np.ones(1)}
    with pytest.raises(ValueError, match=r"Error\(s\) in loading state_dict for Block:") as caught:
        block.load_state_dict(state)
    message = str(caught.value)
    assert 'Missing key(s) in state_dict: "inner.bias".' in message
    assert 'Unexpected key(s) in state_dict: "other".' in message
    assert (
        "size mismatch for inner.weight: the state_dict has shape (3, 4), the current model (3, 2)" in message
    )
    assert values(block) == before
    with pytest.raises(ValueError, match="size mismatch"):
        block.load_state_dict(state, strict=False)
    assert values(block) == before
    del state["inner.weight"]
    result = block.load_state_dict(state, strict=False)
    assert result.missing_keys == ["inner.weight", "inner.bias"]
    assert result.unexpected_keys == ["other"]
    assert block.scale.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([1], "Expected state_dict to be dict-like"),
        ({"weight": "x", "bias": np.ones(1)}, '"weight": expected a Tensor'),
    ],
)
def test_load_state_dict_of_something_else(state: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        nn.Linear(1, 1).load_state_dict(state)


def test_modes_reach_every_module_and_an_overridden_train_is_called() -> None:
    class Frozen(nn.Module):
        def train(self, mode: bool = True) -> Frozen:
            return super().train(False)

    net = nn.Sequential(Net(), Frozen())
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert [module.training for module in net.children()] == [True, False]
    with pytest.raises(ValueError, match="training mode is expected to be boolean"):
        net.train(1)  # type: ignore[arg-type]


def test_requires_grad_and_zero_grad() -> None:
    net = Net()
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    net.requires_grad_()
    net(nncore.ones(4, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    grads = [p.grad for p in net.parameters()]
    assert all(grad is not None and not np.any(grad.numpy()) for grad in grads)
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_to_converts_floating_tensors_and_keeps_what_is_shared_shared() -> None:
    net = Net()
    net.b[0].inner.weight = net.a.inner.weight
    net.register_buffer("labels", nncore.tensor([1, 2]))
    assert net.double() is net
    assert net.a.inner.weight.dtype == net.a.count.dtype == nncore.float64
    assert net.b[0].inner.weight is net.a.inner.weight
    assert isinstance(net.a.inner.weight, nn.Parameter)
    assert net.labels.dtype == nncore.int64
    assert net(nncore.ones(1, 2, dtype=nncore.float64)).dtype == nncore.float64
    assert net.float().to("cpu").a.scale.dtype == nncore.float32
    frozen = nn.Linear(1, 1).requires_grad_(False).to("cpu", nncore.float64)
    assert not frozen.weight.requires_grad
    weight = frozen.weight
    assert frozen.to(dtype=nncore.float64, device="cpu").weight is weight


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ((nncore.int64,), TypeError, "modules compute with floating-point values, got nncore.int64"),
        (("cuda",), RuntimeError, "device 'cuda' is not available"),
        ((2.5,), TypeError, "expected a dtype, a device or a tensor, got float"),
    ],
)
def test_to_something_else(args: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        nn.Linear(1, 1).to(*args)


def test_apply_visits_children_first() -> None:
    seen: list[str] = []
    nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU())).apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_submodules_and_parameters_by_dotted_name() -> None:
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("b.0.inner") is net.b[0].inner
    assert net.get_parameter("b.0.inner.bias") is net.b[0].inner.bias
    with pytest.raises(AttributeError, match="Sequential has no submodule '7'"):
        net.get_submodule("b.7.inner")
    with pytest.raises(AttributeError, match="Net has no parameter 'a.count'"):
        net.get_parameter("a.count")


def test_deletion_and_absent_values() -> None:
    block = Block()
    del block.scale
    assert not hasattr(block, "scale")
    assert "scale" not in block.state_dict()
    block.inner.bias = None
    assert list(block.inner.state_dict()) == ["weight"]
    assert block.inner(nncore.ones(1, 2)).shape == (1, 3)
    block.inner.bias = nn.Parameter(nncore.zeros(3))
    assert list(block.inner.state_dict()) == ["weight", "bias"]
    block.scratch = nn.Parameter(nncore.zeros(1))  # another kind under the same name: saved now
    assert "scratch" in block.state_dict()


def forgetful() -> nn.Module:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.width = 3

    return Forgetful()


@pytest.mark.parametrize(
    "use",
    [
        lambda m: setattr(m, "w", nn.Parameter(nncore.zeros(1))),
        lambda m: setattr(m, "layer", nn.Linear(1, 1)),
        lambda m: list(m.parameters()),
        lambda m: m(1),
        lambda m: m.state_dict(),
        lambda m: m.register_buffer("b", nncore.zeros(1)),
        repr,
    ],
)
def test_a_subclass_without_super_init_raises(use: Callable[[nn.Module], Any]) -> None:
    with pytest.raises(
        AttributeError, match=r"Forgetful: Module.__init__\(\) has not run; call super\(\).__init__\(\)"
    ):
        use(forgetful())


def test_a_module_cannot_contain_itself() -> None:
    net = Net()
    for inner in (net, net.b, net.b[0].inner):
        with pytest.raises(ValueError, match="assigning 'outer' would make the module contain itself"):
            inner.outer = net
    assert len(list(net.modules())) == 7


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.register_parameter("a.b", None), KeyError, "parameter name can.*contain"),
        (lambda m: m.register_parameter("", None), KeyError, "can.*be empty string"),
        (lambda m: m.register_buffer("forward", None), KeyError, "attribute 'forward' already exists"),
        (lambda m: m.add_module("weight", nn.ReLU()), KeyError, "attribute 'weight' already exists"),
        (lambda m: m.add_module(3, nn.ReLU()), TypeError, "module name should be a string, got int"),
        (lambda m: m.register_parameter("p", nncore.zeros(1)), TypeError, "'Tensor' object to parameter 'p'"),
        (
            lambda m: setattr(m, "weight", nncore.zeros(1)),
            TypeError,
            r"parameter 'weight' \(Parameter or None",
        ),
        (lambda m: m.add_module("m", 3), TypeError, "'int' object to module 'm'"),
        (lambda m: m.register_buffer("b", [1.0]), TypeError, "'list' object to buffer 'b'"),
        (lambda m: m.register_forward_hook(3), TypeError, "a hook must be callable, got int"),
        (
            lambda m: nn.Module()(1),
            NotImplementedError,
            r'Module \[Module\] is missing the required "forward"',
        ),
    ],
)
def test_misuse_is_named(call: Callable[[nn.Module], Any], error: type[Exception], message: str) -> None:
    layer = nn.Linear(1, 1)
    with pytest.raises(error, match=message):
        call(layer)
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_hooks_run_in_order_replace_values_and_can_be_removed() -> None:
    layer, seen = nn.Identity(), []

    def note(name: str) -> Callable[..., None]:
        return lambda *_: seen.append(name)

    handles = [layer.register_forward_pre_hook(note("pre")), layer.register_forward_hook(note("post"))]
    handles.append(layer.register_forward_pre_hook(note("first"), prepend=True))
    handles.append(layer.register_forward_pre_hook(lambda module, args: args[0] + 1))
    handles.append(layer.register_forward_hook(lambda module, args, output: (args[0], output * 2)))
    given, output = layer(nncore.ones(1))
    assert seen == ["first", "pre", "post"]
    assert (given.item(), output.item()) == (2, 4)
    for handle in handles:
        handle.remove()
        handle.remove()
    assert layer(nncore.ones(1)).item() == 1
    assert len(seen) == 3


def test_hooks_with_keyword_arguments() -> None:
    class Scaled(nn.Module):
        def forward(self, x: float, factor: float = 1) -> float:
            return x * factor

    module, seen = Scaled(), []
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"factor": 3}), with_kwargs=True)
    module.register_forward_hook(
        lambda m, args, kwargs, out: seen.append((args, kwargs, out)), with_kwargs=True
    )
    assert module(2, factor=5) == 6
    assert seen == [((2,), {"factor": 3}, 6)]
    module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(
        TypeError, match=r"must return None or a tuple \(args, kwargs\) of a tuple and a dict, got a"
    ):
        module(2)


def test_a_hook_may_remove_itself_while_it_runs() -> None:
    layer, seen = nn.Identity(), []

    def once(*_: Any) -> None:
        seen.append(1)
        handle.remove()

    handle = layer.register_forward_hook(once)
    layer(1)
    layer(1)
    assert seen == [1]


def test_forward_replaced_on_the_instance_is_used_and_can_be_taken_back() -> None:
    layer = nn.Identity()
    layer.forward = lambda input: 7  # type: ignore[method-assign,assignment,return-value]
    assert layer(1) == 7
    del layer.forward
    assert layer(1) == 1


def pickled(module: nn.Module) -> Any:
    buffer = io.BytesIO()
    pickle.dump(module, buffer)
    return pickle.loads(buffer.getvalue())


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled])
def test_copies_are_equal_and_apart(duplicate: Callable[[nn.Module], Any]) -> None:
    net = Net()
    net(nncore.ones(1, 2)).sum().backward()
    net.get_parameter("a.inner.bias").requires_grad_(False)
    twin = duplicate(net)
    assert values(twin) == values(net)
    assert twin.again is twin.a
    assert twin.a is not net.a
    assert isinstance(twin.a.scale, nn.Parameter)
    assert not twin.get_parameter("a.inner.bias").requires_grad
    assert twin.a.inner.weight.requires_grad
    nn.init.constant_(twin.a.scale, 9.0)
    assert net.a.scale.tolist() == [1, 1, 1]
    assert twin(nncore.ones(1, 2)).shape == (1, 3)


def double_output(module: nn.Module, args: Any, output: Any) -> Any:
    return output * 2


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled])
def test_copies_keep_their_hooks_to_themselves(duplicate: Callable[[nn.Module], Any]) -> None:
    layer = nn.Identity()
    handle = layer.register_forward_hook(double_output)
    twin = duplicate(layer)
    handle.remove()
    assert (layer(1), twin(1)) == (1, 2)


def test_a_dropped_model_is_freed() -> None:
    net = Net()
    net(nncore.ones(1, 2)).sum().backward()
    remains: list[Callable[[], Any]] = [weakref.ref(net), weakref.ref(net.a.inner), weakref.ref(net.a.scale)]
    del net
    gc.collect()
    assert [reference() for reference in remains] == [None, None, None]


def test_printed_form_is_pytorchs() -> None:
    class Commented(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(1, 2, bias=False)
            self.absent = None
            self.add_module("none", None)

        def extra_repr(self) -> str:
            return "depth=2\nwidth=3"

    assert repr(nn.ReLU()) == "ReLU()"
    assert repr(nn.Sequential()) == "Sequential()"
    assert repr(nn.Sequential(OrderedDict(body=Commented(), act=nn.ReLU()))) == (
        "Sequential(\n"
        "  (body): Commented(\n"
        "    depth=2\n"
        "    width=3\n"
        "    (layer): Linear(in_features=1, out_features=2, bias=False)\n"
        "    (none): None\n"
        "  )\n"
        "  (act): ReLU()\n"
        ")"
    )


def test_a_call_costs_less_than_a_microsecond_beyond_forward() -> None:
    layer = nn.Identity()

    def best(function: Callable[[Any], Any]) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            for _ in range(2000):
                function(1)
            times.append((time.perf_counter() - start) / 2000)
        return min(times)

    assert best(layer) - best(layer.forward) < 1e-6


def test_parameter_shares_memory_with_its_tensor_and_copies_the_rest() -> None:
    data = nncore.zeros(2)
    parameter = nn.Parameter(data)
    nn.init.constant_(parameter, 3.0)
    assert data.tolist() == [3, 3]
    assert parameter.requires_grad
    assert parameter.is_leaf
    array = np.zeros(2, np.float32)
    nn.init.constant_(nn.Parameter(array), 3.0)
    assert not array.any()
    assert not nn.Parameter([1.0, 2.0], requires_grad=False).requires_grad
    grown = nn.Parameter(nn.Parameter(nncore.ones(2)) * 2)
    assert grown.is_leaf
