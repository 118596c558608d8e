"""Device words on a machine without other devices: PyTorch's programs run, and CUDA is refused by name."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn

CPU = nncore.device("cpu")
NO_CUDA = "'cuda(:0)?' is not available: this nncore was built without CUDA"


@pytest.mark.parametrize(
    ("made", "type", "index", "text"),
    [
        (lambda: nncore.device("cpu"), "cpu", None, "device(type='cpu')"),
        (lambda: nncore.device("cuda:1"), "cuda", 1, "device(type='cuda', index=1)"),
        (lambda: nncore.device("cuda", 1), "cuda", 1, "device(type='cuda', index=1)"),
        (lambda: nncore.device(type="mps", index=0), "mps", 0, "device(type='mps', index=0)"),
        (lambda: nncore.device(0), "cuda", 0, "device(type='cuda', index=0)"),
        (lambda: nncore.device(CPU), "cpu", None, "device(type='cpu')"),
        (lambda: nncore.ones(2).device, "cpu", None, "device(type='cpu')"),
        (lambda: nncore.ones(2, device="cpu:0").device, "cpu", None, "device(type='cpu')"),
        (nncore.get_default_device, "cpu", None, "device(type='cpu')"),
    ],
)
def test_device(made: Any, type: str, index: int | None, text: str) -> None:
    device = made()
    assert (device.type, device.index, repr(device)) == (type, index, text)
    assert device == made()
    assert len({device, made(), str(device)}) == 1
    assert pickle.loads(pickle.dumps(device)) == copy.deepcopy(device) == device


def test_devices_differ_by_type_and_index() -> None:
    names = ["cpu", "cuda", "cuda:0", "cuda:1", "mps"]
    assert len({nncore.device(name) for name in names}) == len(names)
    assert nncore.device("cuda:0") != "cuda:1"
    assert nncore.device("cpu") != 0


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nncore.device("gpu"), ValueError, "'gpu' does not start with the type of a device"),
        (lambda: nncore.device(""), ValueError, "'' does not start with the type"),
        (lambda: nncore.device("cuda:x"), ValueError, "index of 'cuda:x' is not a number"),
        (lambda: nncore.device("cuda:"), ValueError, "index of 'cuda:' is not a number"),
        (lambda: nncore.device("cuda:0", 1), ValueError, "has an index already"),
        (lambda: nncore.device("cuda", -1), ValueError, "index is -1"),
        (lambda: nncore.device(1.5), TypeError, "expected a name such as .*, got float"),
        (lambda: nncore.ones(2).cuda(), RuntimeError, NO_CUDA),
        (lambda: nncore.ones(2).to(nncore.device("cuda:0")), RuntimeError, NO_CUDA),
        (lambda: nncore.ones(2).to(0), RuntimeError, NO_CUDA),
        (lambda: nncore.ones(2, device="cuda"), RuntimeError, NO_CUDA),
        (lambda: nncore.ones(2, device="mps"), RuntimeError, "'mps' is not available; the devices are 'cpu'"),
        (lambda: nncore.ones(2, device="cpu:1"), RuntimeError, "'cpu:1' is not available"),
        (lambda: nncore.ones(2, device=1.5), TypeError, "ones: got"),  # type: ignore[arg-type]
        (lambda: nn.Linear(2, 1, device="cuda"), RuntimeError, NO_CUDA),
        (lambda: nn.Linear(2, 1).cuda(), RuntimeError, NO_CUDA),
        (lambda: nn.ReLU().to("cuda"), RuntimeError, NO_CUDA),
        (lambda: nn.Linear(2, 1).to(1.5), TypeError, "to: expected a dtype, a device or a tensor, got float"),
        (lambda: nncore.set_default_device("cuda"), RuntimeError, NO_CUDA),
        (lambda: nncore.device("cuda").__enter__(), RuntimeError, NO_CUDA),
        (nncore.cuda.current_device, RuntimeError, "built without CUDA"),
        (lambda: nncore.cuda.get_device_name(0), RuntimeError, "built without CUDA"),
        (lambda: nncore.set_default_dtype(nncore.int64), TypeError, "expected float32 or float64"),
    ],
)
def test_errors(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


X = nncore.tensor([1.0, 2.0])
FACTORIES: dict[str, Any] = {
    "tensor": lambda **k: nncore.tensor([1.0, 2.0], **k),
    "zeros": lambda **k: nncore.zeros(2, **k),
    "zeros by size": lambda **k: nncore.zeros(size=(2,), **k),
    "ones": lambda **k: nncore.ones((2,), **k),
    "full": lambda **k: nncore.full((2,), 0.5, **k),
    "empty": lambda **k: nncore.empty(2, **k),
    "arange": lambda **k: nncore.arange(0.0, 2.0, 0.5, **k),
    "linspace": lambda **k: nncore.linspace(0, 1, 3, **k),
    "eye": lambda **k: nncore.eye(2, **k),
    "rand": lambda **k: nncore.rand(2, **k),
    "randn": lambda **k: nncore.randn(size=(2, 3), **k),
    **{
        f"{name}_like": lambda name=name, **k: getattr(nncore, f"{name}_like")(X, **k)
        for name in ("zeros", "ones", "empty", "rand", "randn")
    },
    "full_like": lambda **k: nncore.full_like(X, 0.5, **k),
    "new_zeros": lambda **k: X.new_zeros(2, 3, **k),
    "new_ones": lambda **k: X.new_ones((2, 3), **k),
    "new_empty": lambda **k: X.new_empty(size=(2,), **k),
    "new_full": lambda **k: X.new_full((2,), 0.5, **k),
    "new_tensor": lambda **k: X.new_tensor([1, 2], **k),
}


@pytest.mark.parametrize("make", FACTORIES.values(), ids=FACTORIES)
def test_factories(make: Any) -> None:
    plain = make()
    assert (plain.dtype, plain.device, plain.requires_grad) == (nncore.float32, CPU, False)
    options = {"dtype": nncore.float64, "device": CPU, "requires_grad": True, "pin_memory": True}
    made = make(**options)
    assert (made.dtype, made.device, made.requires_grad) == (nncore.float64, CPU, True)
    assert made.shape == plain.shape
    assert make(device="cpu").device == make(device=None).device == CPU
    with pytest.raises(RuntimeError, match=NO_CUDA):
        make(device="cuda:0")


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda **k: nncore.randint(9, (2, 3), **k), (2, 3)),
        (lambda **k: nncore.randint(2, 9, (4,), **k), (4,)),
        (lambda **k: nncore.randperm(5, **k), (5,)),
        (lambda **k: nncore.arange(5, **k), (5,)),
    ],
)
def test_factories_of_integers(make: Any, shape: tuple[int, ...]) -> None:
    for made in (make(), make(device=CPU), make(dtype=nncore.int32)):
        assert made.shape == shape
    assert (make().dtype, make(dtype=nncore.int32).dtype) == (nncore.int64, nncore.int32)


def test_default_dtype() -> None:
    assert nncore.get_default_dtype() == nncore.float32
    nncore.set_default_dtype(nncore.float64)
    try:
        for make in (nncore.zeros, nncore.ones, nncore.empty, nncore.rand, nncore.randn, nncore.eye):
            assert make(2).dtype == nncore.float64
        assert nncore.tensor([1.5]).dtype == nncore.full((2,), 1.5).dtype == nncore.float64
        assert nncore.tensor([1]).dtype == nncore.int64
        assert nncore.zeros_like(X).dtype == nncore.tensor(np.ones(2, np.float32)).dtype == nncore.float32
        layers = nn.Linear(2, 1), nn.BatchNorm1d(2), nn.LSTM(2, 2), nn.PReLU(), nn.Embedding(2, 2)
        for layer in layers:
            assert {p.dtype for p in layer.parameters()} == {nncore.float64}
        layer = nncore.nn.Linear(2, 1)
        optimizer = nncore.optim.Adam(layer.parameters())
        layer(nncore.ones(1, 2)).sum().backward()
        optimizer.step()
        assert optimizer.state[layer.weight]["step"].dtype == nncore.float32
    finally:
        nncore.set_default_dtype(nncore.float32)


def test_default_device() -> None:
    nncore.set_default_device("cpu")
    with nncore.device("cpu") as entered, nncore.device("cpu"):
        assert nncore.zeros(2).device == entered == CPU
    nncore.set_default_device(None)
    assert nncore.get_default_device() == CPU


def test_tensors_move() -> None:
    x = nncore.tensor([1.0, 2.0], requires_grad=True)
    unchanged = [
        x.to("cpu"),
        x.to(CPU),
        x.to(device="cpu"),
        x.to(nncore.float32),
        x.to(x),
        x.cpu(),
        x.pin_memory(),
        x.to("cpu", nncore.float32, non_blocking=True),
        x.to(dtype=nncore.float32),
        x.to("cpu:0", copy=False),
    ]
    assert all(y is x for y in unchanged)
    copied = x.to("cpu", copy=True)
    assert copied is not x
    copied.sum().backward()
    assert x.grad is not None
    for y in (
        x.to(nncore.float64),
        x.to("cpu", nncore.float64, True),
        x.to(nncore.zeros(1, dtype=nncore.float64)),
    ):
        assert y.dtype == nncore.float64
    assert (x.is_cuda, x.is_cpu, x.get_device(), x.is_pinned()) == (False, True, -1, False)
    assert x.device == "cpu"


def test_modules_move() -> None:
    model = nn.Sequential(nn.Linear(2, 3, device="cpu", dtype=nncore.float64), nn.BatchNorm1d(3))
    weight = model[0].weight
    assert model.cpu().to("cpu").to(CPU).to(device=CPU, non_blocking=True) is model
    assert model[0].weight is weight
    assert model.to(nncore.ones(1))[0].weight.dtype == nncore.float32
    assert model.to(CPU, nncore.float64)[1].running_mean.dtype == nncore.float64


MODULES: dict[str, Any] = {
    name: kind
    for name, kind in vars(nn).items()
    if inspect.isclass(kind) and issubclass(kind, nn.Module) and "dtype" in inspect.signature(kind).parameters
}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "MultiheadAttention": (4, 2),
    "GroupNorm": (2, 4),
    "TransformerEncoderLayer": (4, 2),
    "LayerNorm": (4,),
    "RMSNorm": (4,),
    "PReLU": (),
    "RNNBase": ("LSTM", 4, 4),
}


@pytest.mark.parametrize("name", MODULES)
def test_module_constructors(name: str) -> None:
    parameters = inspect.signature(MODULES[name]).parameters
    required = [p for p in parameters.values() if p.default is p.empty]
    arguments = ARGUMENTS.get(name, (4,) * len(required))
    layer = MODULES[name](*arguments, device=CPU, dtype=nncore.float64)
    assert {(p.dtype, p.device) for p in layer.parameters()} <= {(nncore.float64, CPU)}
    if any(True for _ in layer.parameters()):
        with pytest.raises(RuntimeError, match=NO_CUDA):
            MODULES[name](*arguments, device="cuda")


def test_queries() -> None:
    cuda, backends = nncore.cuda, nncore.backends
    assert not cuda.is_available()
    assert (cuda.device_count(), cuda.is_bf16_supported(), cuda.memory_allocated()) == (0, False, 0)
    cuda.manual_seed(1)
    cuda.manual_seed_all(1)
    cuda.empty_cache()
    cuda.synchronize()
    cudnn = importlib.import_module("nncore.backends.cudnn")
    assert cudnn is backends.cudnn
    assert (cudnn.deterministic, cudnn.benchmark) == (False, False)
    absent = backends.cuda.is_built, cudnn.is_available, backends.mps.is_available, backends.mkl.is_available
    assert not any(query() for query in absent)
    assert backends.openmp.is_available()


def test_a_captured_step_reads_devices_as_constants() -> None:
    device = nncore.device("cuda" if nncore.cuda.is_available() else "cpu")
    step = nncore.compile(lambda x: x.to(device) * 2 + nncore.ones(2, device=device))
    for k in range(4):
        assert step(nncore.tensor([1.0, 2.0]) * k).tolist() == [1.0 + 2 * k, 1.0 + 4 * k]
