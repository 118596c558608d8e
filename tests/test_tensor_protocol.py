"""Tensors in Python's protocols, and PyTorch's small methods and aliases."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim

X = np.array([[3.0, -1.5, 2.25], [0.5, 4.0, -6.0]], np.float32)
x: Any = nncore.tensor(X)
v: Any = nncore.tensor([1.0, 2.0])
s: Any = nncore.tensor(3.14159)
n: Any = nncore.tensor(3)
nncore_: Any = nncore  # its stub does not list the names of NumPy

VALUES: list[tuple[str, Callable[[], Any], Any]] = [
    ("format", lambda: f"{s:.4f} {n:03d} {s:>8.2f}", "3.1416 003     3.14"),
    ("format of a loss", lambda: f"{nncore.tensor(2.5, requires_grad=True):.1f}", "2.5"),
    ("format without spec", lambda: f"{n} {nncore.tensor(True)}", "3 True"),
    ("format of a vector", lambda: f"{v}", "tensor([1., 2.])"),
    ("format of a parameter", lambda: f"{nn.Parameter(nncore.tensor(0.5)):.2f}", "0.50"),
    (
        "round",
        lambda: (round(s, 2).item(), round(s).item(), round(v).tolist()),
        (pytest.approx(3.14), 3.0, [1, 2]),
    ),
    ("in", lambda: (2.0 in v, 5 in v, nncore.tensor(1.0) in v, True in (v > 1)), (True, False, True, True)),
    ("index", lambda: (list(range(9))[n], operator.index(n)), (3, 3)),
    ("int", lambda: (int(s), int(n), int(nncore.tensor([2.5]))), (3, 3, 2)),
    ("float", lambda: (float(n), float(nncore.tensor([[2.5]]))), (3.0, 2.5)),
    ("bool", lambda: (bool(n), bool(nncore.tensor([0.0]))), (True, False)),
    ("tolist", lambda: (n.tolist(), x.tolist()), (3, X.tolist())),
    ("bytes", lambda: (x.nbytes, n.itemsize, nncore.ones(3).half().nbytes), (x.numel() * x.itemsize, 8, 6)),
    ("is_contiguous", lambda: x.T.is_contiguous(), True),
    ("ravel", lambda: (x.ravel().tolist(), nncore.ravel(s).shape), (X.ravel().tolist(), (1,))),
    (
        "select",
        lambda: (x.select(0, 1).tolist(), nncore.select(x, -1, -1).tolist()),
        (X[1].tolist(), X[:, -1].tolist()),
    ),
    ("clone", lambda: (nncore.clone(x).tolist(), nncore.clone(input=x) is x), (X.tolist(), False)),
    (
        "equal",
        lambda: (
            x.equal(x.clone()),
            nncore.equal(x, x + 1),
            v.equal(s),
            nncore.zeros(0).equal(nncore.zeros(0)),
        ),
        (True, False, False, True),
    ),
    ("nelement", lambda: (x.nelement(), nncore.numel(x), s.ndimension()), (6, 6, 0)),
    ("size", lambda: (s.size(), x.size(-1), len(s.shape)), ((), 3, 0)),
    ("T", lambda: (v.T.tolist(), x.T.tolist(), x.mT.tolist()), ([1.0, 2.0], X.T.tolist(), X.T.tolist())),
    ("mT", lambda: nncore.ones(2, 3, 4).mT.shape, (2, 4, 3)),
    (
        "swapaxes",
        lambda: (x.swapaxes(0, 1).tolist(), nncore.swapaxes(x, 0, axis1=1).shape),
        (X.T.tolist(), (3, 2)),
    ),
    ("swapdims", lambda: (x.swapdims(0, dim1=-1).shape, nncore.swapdims(x, 1, 0).shape), ((3, 2), (3, 2))),
    (
        "view_as",
        lambda: (x.view_as(nncore.ones(6)).shape, x.reshape_as(nncore.ones(3, 2)).shape),
        ((6,), (3, 2)),
    ),
    ("type_as", lambda: (n.type_as(v).dtype, v.type_as(v) is v), (nncore.float32, True)),
    (
        "type",
        lambda: (x.type(), n.type(), (x > 0).type()),
        ("nncore.FloatTensor", "nncore.LongTensor", "nncore.BoolTensor"),
    ),
    (
        "type of dtype",
        lambda: (x.type(nncore.int32).dtype, v.type("torch.DoubleTensor").dtype),
        (nncore.int32, nncore.float64),
    ),
    (
        "Tensor",
        lambda: (nncore.Tensor([1, 2]).tolist(), nncore.Tensor(X).dtype, nncore.Tensor(2, 3).shape),
        ([1.0, 2.0], nncore.float32, (2, 3)),
    ),
    ("no Tensor", lambda: (nncore.Tensor().shape, nncore.Tensor([]).dtype), ((0,), nncore.float32)),
    ("is_complex", lambda: (nncore.float32.is_complex, nncore.int64.is_complex), (False, False)),
    ("is_floating_point", lambda: (x.is_floating_point(), nncore.is_floating_point(n)), (True, False)),
    (
        "is_tensor",
        lambda: (nncore.is_tensor(x), nncore.is_tensor(nn.Parameter(v)), nncore.is_tensor(X)),
        (True, True, False),
    ),
    ("numpy force", lambda: nncore.tensor([1.0], requires_grad=True).numpy(force=True).tolist(), [1.0]),
    (
        "new",
        lambda: (n.new_zeros(2).dtype, n.new_full((1,), 7).tolist(), v.new_tensor([1]).dtype),
        (nncore.int64, [7], nncore.float32),
    ),
    ("from_dlpack", lambda: nncore.from_dlpack(X).tolist(), X.tolist()),
    ("asarray", lambda: (nncore.asarray([1, 2]).dtype, nncore.asarray(x) is x), (nncore.int64, True)),
    (
        "asarray copy",
        lambda: (nncore.asarray(x, copy=True) is x, nncore.asarray(x, copy=False) is x),
        (False, True),
    ),
    (
        "asarray grad",
        lambda: nncore.asarray([1.0], dtype=nncore.float64, requires_grad=True).requires_grad,
        True,
    ),
]


@pytest.mark.parametrize(("call", "expected"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_values(call: Callable[[], Any], expected: Any) -> None:
    assert call() == expected


MISTAKES: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    ("format of a vector", lambda: f"{v:.2f}", TypeError, r"shape \(2,\) cannot be formatted with '.2f'"),
    ("format", lambda: f"{s:d}", ValueError, "Unknown format code 'd'"),
    ("in", lambda: "a" in v, TypeError, "in: expected a number or a tensor, got str"),
    ("index of a float", lambda: [1, 2][s], TypeError, "float32 tensor is not an integer"),
    ("int of a vector", lambda: int(v), ValueError, "2 elements"),
    ("bool of a vector", lambda: bool(v), ValueError, "ambiguous"),
    ("bool of nothing", lambda: bool(nncore.zeros(0)), ValueError, "ambiguous"),
    ("mT of a vector", lambda: v.mT, ValueError, r"mT: expected matrices, got shape \(2,\)"),
    ("swapaxes", lambda: x.swapaxes(0, 2), IndexError, "swapaxes"),
    ("type", lambda: x.type("nncore.Matrix"), ValueError, "'nncore.Matrix' is not a type of tensors"),
    ("type of int", lambda: x.type(3), TypeError, "type: expected a dtype such as nncore.float64 .* got int"),
    (
        "from_dlpack",
        lambda: nncore.from_dlpack([1]),
        TypeError,
        "from_dlpack: expected an object with __dlpack__",
    ),
    (
        "from_dlpack of another byte order",
        lambda: nncore.from_dlpack(np.zeros(2, ">f4")),
        BufferError,
        r"from_dlpack: the ndarray cannot share its memory: .* Copy it with nncore.tensor\(\)",
    ),
    (
        "select range",
        lambda: x.select(1, 3),
        IndexError,
        "select: index 3 is out of range for axis 1 of size 3",
    ),
    ("select of a number", lambda: s.select(0, 0), IndexError, "select: a 0-dimensional tensor has no axes"),
    ("equal", lambda: x.equal([1]), TypeError, "equal: got"),
    ("out", lambda: nncore_.exp(v, out=v), TypeError, r"exp: got .* without out=: .* out\.copy_\(exp"),
    ("asarray", lambda: nncore.asarray([1.0], copy=False), ValueError, "asarray: a list must be copied"),
    ("size twice", lambda: nncore.zeros(2, size=(2,)), TypeError, "zeros: size is given twice"),
    ("sizes of Tensor", lambda: nncore.Tensor(2, 2.5), TypeError, "Tensor: expected an int, got float"),
    ("dim and axis", lambda: x.sum(dim=0, axis=1), TypeError, "sum"),
    ("profile", lambda: nncore.set_printoptions(profile="long"), ValueError, "profile is 'long'"),
]


@pytest.mark.parametrize(
    ("call", "kind", "message"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_mistakes(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


REDUCTIONS = [
    "sum",
    "mean",
    "prod",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "any",
    "all",
    "var",
    "std",
    "logsumexp",
]


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_by_the_names_of_numpy(name: str) -> None:
    f: Any = getattr(nncore, name)
    expected = f(x, dim=1, keepdim=True)
    for y in (f(x, axis=1, keepdims=True), getattr(x, name)(axis=1, keepdims=True)):
        np.testing.assert_array_equal(y.numpy(), expected.numpy())


def test_other_functions_by_axis() -> None:
    assert nncore_.cat([x, x], axis=1).shape == (2, 6)
    assert nncore_.stack([v, v], axis=-1).shape == (2, 2)
    assert x.max(axis=1).values.tolist() == X.max(1).tolist()
    assert x.cumsum(axis=0).tolist() == X.cumsum(0).tolist()
    np.testing.assert_allclose(nncore_.softmax(x, axis=-1).sum(axis=-1).numpy(), [1, 1], rtol=1e-6)


def test_memory_is_shared_by_dlpack() -> None:
    array = np.arange(3, dtype=np.float32)
    for t in (nncore.from_dlpack(array), nncore.asarray(array)):
        assert t.data_ptr() == array.ctypes.data
    assert nncore.from_dlpack(v).data_ptr() == v.data_ptr()


def test_print_options() -> None:
    x = nncore.tensor([1 / 3, 2000.0])
    texts = []
    every: list[dict[str, Any]] = [
        {"precision": 2},
        {"sci_mode": True},
        {"sci_mode": False},
        {"profile": "default"},
    ]
    for options in every:
        nncore.set_printoptions(**options)
        texts.append(repr(x))
    assert texts[0] == "tensor([3.33e-01, 2.00e+03])"
    assert texts[1] == "tensor([3.33e-01, 2.00e+03])"
    assert texts[2] == "tensor([   0.33, 2000.  ])"
    nncore.set_printoptions(threshold=4, edgeitems=1)
    assert repr(nncore.arange(6)) == "tensor([0, ..., 5])"
    nncore.set_printoptions(profile="default")


def test_settings_that_change_nothing() -> None:
    nncore.use_deterministic_algorithms(True, warn_only=True)
    assert nncore.are_deterministic_algorithms_enabled()
    nncore.use_deterministic_algorithms(False)
    with pytest.raises(TypeError, match="mode is a int"):
        nncore.use_deterministic_algorithms(1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'medium', got 'low'"):
        nncore.set_float32_matmul_precision("low")


def twice(x: nncore.Tensor) -> nncore.Tensor:
    return 2 * x


def run_three_times() -> Any:
    step = nncore.compile(twice)
    for _ in range(3):
        step(v)
    return step


SGD = optim.SGD([nn.Parameter(nncore.ones(1))], lr=0.5)
HERE = f"test_tensor_protocol.py, line {twice.__code__.co_firstlineno}"
REPRS: list[tuple[Callable[[], Any], str]] = [
    (lambda: nncore.Generator(7), "Generator(seed=7, offset=0)"),
    (
        lambda: optim.lr_scheduler.StepLR(SGD, 30),
        "StepLR(step_size=30, gamma=0.1, last_epoch=0, lr=[0.5])",
    ),
    (
        lambda: optim.lr_scheduler.ExponentialLR(SGD, 0.5),
        "ExponentialLR(gamma=0.5, last_epoch=0, lr=[0.5])",
    ),
    (run_three_times, f"<compiled step twice ({HERE}): 1 plans, 2 captures, 0 audits, 1 replays>"),
]


@pytest.mark.parametrize(("make", "text"), REPRS)
def test_reprs(make: Callable[[], Any], text: str) -> None:
    assert repr(make()) == text


def test_wrong_arguments_of_numpys_protocol_are_refused() -> None:
    """NumPy gives `__array_wrap__` a tuple; a caller may give anything that can be made one."""
    array = np.ones(2, np.float32)
    for context in (nncore.ones(3, 2), [1, [nncore.ones(2)]], "ab"):
        assert nncore.ones(2).__array_wrap__(array, context).tolist() == [1, 1]
    with pytest.raises(TypeError, match="expected a number"):
        np.datetime64(0, "s") in nncore.ones(2)  # noqa: B015
