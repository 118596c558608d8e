"""In-place methods and augmented assignment against the methods that make a new tensor, and against NumPy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import Tensor, nn

SHAPES = [(2, 3), (4,), (), (0, 3)]
DTYPES = [nncore.float32, nncore.float64, nncore.int64, nncore.int32, nncore.uint8]


def _tensor(shape: tuple[int, ...], dtype: Any = nncore.float32, seed: int = 0) -> Tensor:
    values = np.random.default_rng(seed).uniform(1, 5, shape)
    return nncore.tensor(np.asarray(values)).to(dtype)


UNARY = [
    *("abs", "ceil", "cos", "erf", "erfc", "exp", "exp2", "expm1", "floor", "log", "log10", "log1p", "log2"),
    *("logical_not", "neg", "reciprocal", "relu", "round", "rsqrt", "sigmoid", "sign", "sin", "sinc", "sqrt"),
    *("acos", "acosh", "asin", "asinh", "atan", "atanh", "cosh", "logit", "sinh"),
    *("square", "tan", "tanh", "trunc"),
]
BINARY = ["add", "sub", "mul", "div", "pow", "remainder", "fmod", "floor_divide"]
AUGMENTED: dict[str, tuple[Any, Any]] = {
    "+=": (operator.iadd, operator.add),
    "-=": (operator.isub, operator.sub),
    "*=": (operator.imul, operator.mul),
    "/=": (operator.itruediv, operator.truediv),
    "**=": (operator.ipow, operator.pow),
    "//=": (operator.ifloordiv, operator.floordiv),
    "%=": (operator.imod, operator.mod),
}
INDEX = nncore.tensor([1, 0])
ROWS: dict[str, tuple[str, Callable[[], tuple[Any, ...]], dict[str, Any]]] = {
    "add alpha": ("add", lambda: (_tensor((3,)),), {"alpha": 2}),
    "sub alpha": ("sub", lambda: (_tensor((3,)),), {"alpha": 2}),
    "div rounded": ("div", lambda: (2.0,), {"rounding_mode": "floor"}),
    "clamp": ("clamp", lambda: (2.0, 3.0), {}),
    "clip": ("clip", lambda: (2.0,), {}),
    "lerp": ("lerp", lambda: (_tensor((2, 3), seed=1), 0.25), {}),
    "addcmul": ("addcmul", lambda: (_tensor((3,), seed=1), _tensor((2, 1), seed=2)), {"value": 0.5}),
    "addcdiv": ("addcdiv", lambda: (_tensor((3,), seed=1), _tensor((2, 1), seed=2)), {"value": 0.5}),
    "masked_fill": ("masked_fill", lambda: (nncore.tensor([True, False, True]), 7.0), {}),
    "scatter": ("scatter", lambda: (1, nncore.tensor([[2], [0]]), _tensor((2, 1), seed=1)), {}),
    "scatter_add": ("scatter_add", lambda: (1, nncore.tensor([[2, 2], [0, 1]]), _tensor((2, 2), seed=1)), {}),
    "index_add": ("index_add", lambda: (0, INDEX, _tensor((2, 3), seed=1)), {"alpha": 2}),
    "index_copy": ("index_copy", lambda: (0, INDEX, _tensor((2, 3), seed=1)), {}),
    "index_fill": ("index_fill", lambda: (1, INDEX, 9.0), {}),
    "tril": ("tril", lambda: (), {}),
    "triu": ("triu", lambda: (1,), {}),
}


def _check(name: str, x: Tensor, *args: Any, **kwargs: Any) -> None:
    expected = getattr(x, name)(*args, **kwargs)
    target = x.clone()
    shared, version = target.detach(), target._version
    assert getattr(target, name + "_")(*args, **kwargs) is target
    assert (target.dtype, target.shape) == (x.dtype, x.shape)
    np.testing.assert_array_equal(target.numpy(), expected.to(x.dtype).numpy())
    np.testing.assert_array_equal(shared.numpy(), target.numpy())
    assert target._version > version or target.numel() == 0


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", UNARY)
def test_unary_methods(name: str, shape: tuple[int, ...]) -> None:
    for dtype in (nncore.float32, nncore.float64):
        _check(name, _tensor(shape, dtype))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", BINARY)
def test_binary_methods(name: str, shape: tuple[int, ...], dtype: Any) -> None:
    x = _tensor(shape, dtype)
    if name == "div" and not dtype.is_floating_point:
        with pytest.raises(TypeError, match="float32"):
            x.div_(2)
        return
    for other in (_tensor(shape, dtype, 1), _tensor(shape[-1:], dtype, 2), _tensor((), dtype, 3), 2):
        _check(name, x, other)


@pytest.mark.parametrize("row", ROWS)
def test_methods_with_arguments(row: str) -> None:
    name, args, kwargs = ROWS[row]
    _check(name, _tensor((2, 3)), *args(), **kwargs)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", AUGMENTED)
def test_augmented_assignment(name: str, shape: tuple[int, ...]) -> None:
    in_place, plain = AUGMENTED[name]
    for other in (_tensor(shape, seed=1), _tensor(shape[-1:], seed=2), 2, 1.5):
        target = x = _tensor(shape)
        expected = plain(x, other)
        target = in_place(target, other)
        assert target is x
        np.testing.assert_array_equal(x.numpy(), expected.numpy())


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (7, 2), (7, 3), (3, 3, 3), (0, 3)])
def test_fill_diagonal(shape: tuple[int, ...], wrap: bool) -> None:
    expected = np.zeros(shape)
    if expected.size:
        np.fill_diagonal(expected, 2.5, wrap)
    assert np.array_equal(nncore.zeros(*shape).fill_diagonal_(2.5, wrap).numpy(), expected)


def test_index_put() -> None:
    x, rows, columns = nncore.zeros(3, 2), nncore.tensor([2, 0, 2]), nncore.tensor([1])
    values = nncore.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.index_put((rows, columns), values, accumulate=True)
    assert y.tolist() == [[0, 2], [0, 0], [0, 4]]
    y.square().sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [8, 4, 8]
    assert x.index_put_((None, nncore.tensor([True, False])), nncore.ones(3, 1)) is x
    assert x.tolist() == [[1, 0]] * 3
    assert x.index_put_([rows[:2]], nncore.tensor(5.0)).tolist() == [[5, 5], [1, 0], [5, 5]]


def test_sums_of_einsum_may_be_written() -> None:
    x = nncore.ones(2, 2)
    for equation in ("ij->j", "ij->", "ii", "...i->..."):
        y = nncore.einsum(equation, x)
        assert y.clone().equal(y.add_(1) - 1)


def test_augmented_logic() -> None:
    a, b = nncore.tensor([True, True, False]), nncore.tensor([True, False, False])
    forms: list[tuple[Any, str]] = [(operator.iand, "and"), (operator.ior, "or"), (operator.ixor, "xor")]
    for in_place, plain in forms:
        target = a.clone()
        expected = getattr(a, f"__{plain}__")(b)
        assert in_place(target, b) is target
        assert target.tolist() == expected.tolist()


def test_a_function_changes_its_argument() -> None:
    def increase(t: Tensor) -> None:
        t += 1

    x = nncore.zeros(2)
    increase(x)
    assert x.tolist() == [1, 1]


def _memory(t: Any) -> memoryview:
    return memoryview(t)


HOLDERS: dict[str, Callable[[Tensor], Any]] = {
    "view": lambda t: t.view(-1),
    "unsqueeze": lambda t: t.unsqueeze(0),
    "detach": lambda t: t.detach(),
    "data": lambda t: t.data,
    "Tensor": nncore.Tensor,
    "Parameter": lambda t: nn.Parameter(t, requires_grad=False),
    "numpy": lambda t: t.numpy(),
    "memoryview": lambda t: np.asarray(_memory(t)),
    "dlpack": np.from_dlpack,
}


@pytest.mark.parametrize("name", HOLDERS)
def test_others_that_share_the_memory_see_a_write(name: str) -> None:
    x = nncore.zeros(2, 3)
    other = HOLDERS[name](x)
    x.add_(2)
    x[1, 2] = 5
    np.testing.assert_array_equal(np.asarray(other).reshape(2, 3), [[2, 2, 2], [2, 2, 5]])


def test_writes_reach_a_numpy_array() -> None:
    array = np.zeros((2, 2))
    x = nncore.from_numpy(array)
    x += 1
    x[0, 1] = 4
    nncore.from_numpy(array).view(-1).mul_(2)
    np.testing.assert_array_equal(array, [[2, 8], [2, 2]])
    array.setflags(write=False)
    for write in (x.zero_, lambda: nncore.from_numpy(array).add_(1)):
        if write == x.zero_:
            continue  # the tensor was made when the array could be written
        with pytest.raises(ValueError, match="read-only"):
            write()


def test_copy_converts_and_broadcasts() -> None:
    x = nncore.zeros(2, 3)
    assert x.copy_(nncore.tensor([1, 2, 3])) is x
    assert x.tolist() == [[1, 2, 3]] * 2
    i = nncore.zeros(2, dtype=nncore.int64).copy_(nncore.tensor([1.7, -1.7]))
    assert i.tolist() == [1, -1]
    x.copy_(x)
    assert x.tolist() == [[1, 2, 3]] * 2
    assert nncore.zeros(2).fill_(nncore.tensor(3)).tolist() == [3, 3]
    assert nncore.ones(2, dtype=nncore.bool).zero_().tolist() == [False, False]


def test_random_methods_draw_what_functions_draw() -> None:
    def drawn(name: str, *args: Any, dtype: Any = nncore.float32) -> Any:
        return getattr(nncore.zeros(1000, dtype=dtype), name)(*args, generator=nncore.Generator(3)).numpy()

    np.testing.assert_array_equal(drawn("normal_"), nncore.randn(1000, generator=nncore.Generator(3)).numpy())
    np.testing.assert_array_equal(drawn("uniform_"), nncore.rand(1000, generator=nncore.Generator(3)).numpy())
    ints = nncore.randint(2, 9, (1000,), generator=nncore.Generator(3)).numpy()
    np.testing.assert_array_equal(drawn("random_", 2, 9, dtype=nncore.int64), ints)
    np.testing.assert_array_equal(drawn("random_", 2, 9), ints)
    assert set(drawn("random_", 3)) == {0, 1, 2}
    assert set(drawn("random_", -1, 2)) == {-1, 0, 1}
    assert abs(drawn("bernoulli_", 0.25).mean() - 0.25) < 0.05
    assert set(drawn("bernoulli_", 0.25, dtype=nncore.int64)) == {0, 1}
    assert abs(drawn("exponential_", 2.0).mean() - 0.5) < 0.05
    assert drawn("random_", dtype=nncore.uint8).max() > 200
    assert nncore.zeros(3).bernoulli_(nncore.tensor([0.0, 1.0, 1.0])).tolist() == [0, 1, 1]


def test_data_shares_and_replaces() -> None:
    layer = nn.Linear(2, 2)
    weight = layer.weight
    weight.data.fill_(3)
    assert weight.tolist() == [[3, 3], [3, 3]]
    new = nncore.ones(2, 2)
    layer.weight.data = new
    assert layer.weight is weight
    assert weight.requires_grad
    new[0, 0] = 7
    assert weight.tolist() == [[7, 1], [1, 1]]
    layer.weight.data -= 1
    assert new.tolist() == [[6, 0], [0, 0]]
    layer.weight.data = nncore.zeros(3, 2)
    assert layer.weight.shape == (3, 2)
    assert not layer.weight.data.requires_grad
    wrong: list[Any] = ["text", nncore.zeros(2, dtype=nncore.int64)]
    for value in wrong:
        with pytest.raises(TypeError):
            layer.weight.data = value


def test_replaced_memory_stays_valid_for_those_who_read_it() -> None:
    x = nncore.ones(1000)
    array, view = x.numpy(), _memory(x)
    x.data = nncore.zeros(3)
    del x
    assert array.sum() == sum(view) == 1000


def test_training_by_hand() -> None:
    model = nn.Linear(3, 1)
    before = [p.detach().clone() for p in model.parameters()]
    model(nncore.ones(2, 3)).sum().backward()
    with nncore.no_grad():
        p: Any
        for p in model.parameters():
            p -= 0.1 * p.grad
            p.grad.zero_()
    for p, old in zip(model.parameters(), before, strict=True):
        assert p.requires_grad
        assert p.is_leaf
        np.testing.assert_allclose(p.detach().numpy(), old.numpy() - 0.2, rtol=1e-6)
        assert not p.grad.any()


def _leaf() -> Any:
    return nncore.ones(2, requires_grad=True)


def _of_read_only() -> Tensor:
    array = np.zeros(2)
    array.setflags(write=False)
    return nncore.from_numpy(array)


X = nncore.arange(6).reshape(2, 3).float()
MISUSE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "leaf": (lambda: _leaf().add_(1), RuntimeError, "add_: this leaf .*no_grad"),
    "leaf, augmented": (lambda: _leaf().__iadd__(1), RuntimeError, "leaf .*no_grad"),
    "leaf, index": (lambda: _leaf().__setitem__(0, 1), RuntimeError, "leaf .*no_grad"),
    "leaf, random": (lambda: _leaf().normal_(), RuntimeError, "normal_: this leaf"),
    "row": (lambda: X[0].fill_(0), RuntimeError, r"fill_: .*view.*w\[0\] = 0"),
    "row of all": (lambda: X[:].zero_(), RuntimeError, "zero_: .*view"),
    "reshaped row": (lambda: X[0].view(3, 1).add_(1), RuntimeError, "view"),
    "T": (lambda: X.T.add_(1), RuntimeError, "view"),
    "t": (lambda: X.t().add_(1), RuntimeError, "view"),
    "transpose": (lambda: X.transpose(0, 1).mul_(2), RuntimeError, "view"),
    "permute": (lambda: X.permute(1, 0).mul_(2), RuntimeError, "view"),
    "expand": (lambda: nncore.ones(1).expand(3).mul_(2), RuntimeError, "view"),
    "diagonal": (lambda: X.diagonal().zero_(), RuntimeError, "view"),
    "narrow": (lambda: X.narrow(0, 0, 1).zero_(), RuntimeError, "view"),
    "split": (lambda: X.split(1)[0].zero_(), RuntimeError, "view"),
    "chunk": (lambda: X.chunk(2)[0].zero_(), RuntimeError, "view"),
    "unbind": (lambda: X.unbind()[0].zero_(), RuntimeError, "view"),
    "iteration": (lambda: [row.zero_() for row in X], RuntimeError, "view"),
    "initialization": (lambda: nn.init.constant_(X[0], 1.0), RuntimeError, "view"),
    "read-only": (lambda: _of_read_only().add_(1), ValueError, "read-only"),
    "shape": (lambda: nncore.ones(3).add_(nncore.ones(2, 3)), ValueError, r"\(2, 3\) .*\(3,\)"),
    "int += float": (lambda: nncore.arange(3).add_(1.5), TypeError, "add_: the result is float32.*int64"),
    "bool += int": (lambda: nncore.tensor([True]).add_(1), TypeError, "bool"),
    "copy_ shape": (lambda: nncore.ones(3).copy_(nncore.ones(2)), ValueError, r"copy_: .*\(2,\).*\(3,\)"),
    "copy_ type": (lambda: _leaf().detach().copy_("a"), TypeError, "copy_"),
    "fill_ shape": (lambda: nncore.ones(3).fill_(nncore.ones(3)), ValueError, "fill_: value has shape"),
    "fill_ range": (lambda: nncore.ones(3, dtype=nncore.uint8).fill_(300), ValueError, "300 does not fit"),
    "fill_ text": (lambda: nncore.ones(3).fill_("a"), TypeError, "NumPy dtype"),
    "normal_ int": (lambda: nncore.arange(3).normal_(), TypeError, "normal_: expected a float"),
    "normal_ std": (lambda: nncore.ones(3).normal_(0, -1), ValueError, "std -1"),
    "uniform_ order": (lambda: nncore.ones(3).uniform_(2, 1), ValueError, "ascending"),
    "random_ order": (lambda: nncore.ones(3).random_(5, 5), ValueError, "random_: from 5"),
    "bernoulli_ p": (lambda: nncore.ones(3).bernoulli_(2), ValueError, "bernoulli_: p is 2"),
    "exponential_ rate": (lambda: nncore.ones(3).exponential_(0), ValueError, "lambd is 0"),
    "fill_diagonal_ vector": (
        lambda: nncore.ones(3).fill_diagonal_(1),
        ValueError,
        r"shape \(3,\) has no diag",
    ),
    "fill_diagonal_ sizes": (
        lambda: nncore.ones(2, 2, 3).fill_diagonal_(1),
        ValueError,
        "must have one size",
    ),
    "fill_diagonal_ value": (
        lambda: X.fill_diagonal_("a"),
        TypeError,
        "fill_value must be a number, got str",
    ),
    "index_put_ range": (lambda: X.index_put_((nncore.tensor(9),), nncore.ones(1)), IndexError, "9"),
    "index_put_ indices": (
        lambda: X.index_put_(INDEX, nncore.ones(1)),
        TypeError,
        "must be a tuple of tensors",
    ),
    "index_put_ of ints": (lambda: X.index_put_((0,), nncore.ones(1)), TypeError, "tensors or None, got int"),
    "index_put_ shape": (
        lambda: X.index_put_((INDEX,), nncore.ones(4), accumulate=True),
        ValueError,
        r"index_put_: \(4,\) cannot be broadcast",
    ),
    "index_copy shape": (
        lambda: X.index_copy(0, INDEX, nncore.ones(2, 2)),
        ValueError,
        r"index_copy: source has shape \(2, 2\)",
    ),
    "index_fill value": (lambda: X.index_fill(0, INDEX, nncore.ones(2)), ValueError, "index_fill: value"),
    "index_fill range": (lambda: X.index_fill(0, nncore.tensor([5]), 0.0), IndexError, "5"),
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse(name: str) -> None:
    call, error, text = MISUSE[name]
    before = X.tolist()
    with pytest.raises(error, match=text):
        call()
    assert X.tolist() == before


def test_an_element_is_changed_by_augmented_assignment() -> None:
    x = nncore.zeros(2, 3)
    x[0] += 1
    x[:, 1] *= 3
    x[1, 2] -= 2
    x[0, 0] **= 2
    assert x.tolist() == [[1, 3, 1], [0, 0, -2]]
    row = x[0]
    with pytest.raises(RuntimeError, match="view"):
        row += 1
    flags = nncore.tensor([True, False])
    flags[1] |= True
    assert flags.tolist() == [True, True]


def test_detach_in_place() -> None:
    x = nncore.ones(2, requires_grad=True)
    y = x * 2
    assert y.detach_() is y
    assert y.is_leaf
    assert not y.requires_grad
    assert not x.detach_().requires_grad


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.repeat(1, 1),
        lambda x: x.tile((1, 1)),
        lambda x: x.roll(0),
        lambda x: x.roll(2, 0),
        lambda x: x.repeat_interleave(1, 0),
    ],
    ids=["repeat", "tile", "roll by 0", "roll by a turn", "repeat_interleave"],
)
def test_an_operation_that_changes_nothing_makes_a_copy(call: Callable[[Any], Any]) -> None:
    x = nncore.zeros(2, 3, requires_grad=True)
    with nncore.no_grad():
        call(x).add_(1)
    assert x.tolist() == [[0, 0, 0]] * 2
    call(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1, 1, 1]] * 2


@pytest.mark.parametrize(
    "part",
    [
        lambda x: x.mT,
        lambda x: x.swapaxes(0, 1),
        lambda x: nncore.swapdims(x, 0, 1),
        lambda x: x.select(1, 0),
        lambda x: nncore.einsum("ij->ji", x),
        lambda x: nncore.einsum("...ij -> j...i", [x]),
        lambda x: nncore.einsum("ii->i", x[:, :2].clone()),
    ],
    ids=["mT", "swapaxes", "swapdims", "select", "einsum", "einsum of dots", "einsum diagonal"],
)
def test_a_view_of_pytorch_by_another_name_is_a_copy_too(part: Callable[[Any], Any]) -> None:
    with pytest.raises(RuntimeError, match="copy"):
        part(nncore.zeros(2, 3)).add_(1)


def test_a_captured_step_does_not_write_into_a_copy() -> None:
    step = nncore.compile(lambda a: a.add_(1).sum())
    x = nncore.zeros(2, 2)
    for _ in range(4):
        step(x)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="copy"):
            step(x.t())
    assert x.tolist() == [[4, 4]] * 2
