"""Names and limits of dtypes, promotion, and the types that only store values."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, tensor

ALL_16_BITS = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16)
STORED = ["float16", "bfloat16", "int8", "int16", "uint16"]


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("float", "float32"),
        ("double", "float64"),
        ("half", "float16"),
        ("long", "int64"),
        ("int", "int32"),
        ("short", "int16"),
    ],
)
def test_aliases_are_the_dtypes(alias: str, name: str) -> None:
    assert getattr(nncore, alias) is getattr(nncore, name)
    assert repr(getattr(nncore, alias)) == f"nncore.{name}"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (float, "float64"),
        (int, "int64"),
        (bool, "bool"),
        ("float32", "float32"),
        ("bfloat16", "bfloat16"),
        (np.float32, "float32"),
        (np.int16, "int16"),
        (np.bool_, "bool"),
        (np.dtype("float64"), "float64"),
        (np.dtype("uint8"), "uint8"),
        (np.dtype(">f4"), "float32"),
    ],
)
def test_a_dtype_may_be_named_in_many_ways(given: Any, name: str) -> None:
    dtype = getattr(nncore, name)
    assert nncore.zeros(2, dtype=given).dtype == dtype
    assert tensor([1, 0], dtype=given).dtype == dtype
    assert nncore.ones(2).to(given).dtype == dtype
    assert nncore.as_tensor([1, 0], dtype=given).dtype == dtype


@pytest.mark.parametrize("given", ["float31", "cpu:9", str, np.complex64, np.dtype("U3"), 3, None])
def test_other_objects_are_not_dtypes(given: Any) -> None:
    if given is not None:
        with pytest.raises(TypeError, match="zeros: got"):
            nncore.zeros(2, dtype=given)
    assert _core.to_dtype(given) is None


NAMED: list[tuple[Any, nncore.dtype]] = [(float, nncore.float64), (np.float32, nncore.float32)]


def test_modules_convert_to_named_dtypes() -> None:
    layer = nncore.nn.Linear(2, 1)
    for given, dtype in NAMED:
        assert layer.to(given).weight.dtype == layer.to(dtype=given).weight.dtype == dtype
    with pytest.raises(TypeError, match=r"modules compute with floating-point values, got nncore\.float16"):
        layer.to(nncore.half)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_finfo_is_that_of_numpy(name: str) -> None:
    found, expected = nncore.finfo(name), np.finfo(name)
    for field in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution"):
        assert getattr(found, field) == pytest.approx(float(getattr(expected, field)), rel=1e-3)
    assert found.dtype == name


def test_finfo_of_bfloat16() -> None:
    found = nncore.finfo(nncore.bfloat16)
    assert (found.eps, found.max, found.tiny) == (0.0078125, 3.3895313892515355e38, 1.1754943508222875e-38)
    text = "finfo(resolution=0.01, min=-3.38953e+38, max=3.38953e+38, eps=0.0078125, "
    assert repr(found) == text + "smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=bfloat16)"


@pytest.mark.parametrize("name", ["int8", "int16", "uint16", "uint8", "int32", "int64"])
def test_iinfo_is_that_of_numpy(name: str) -> None:
    found, expected = nncore.iinfo(getattr(nncore, name)), np.iinfo(name)
    assert (found.bits, found.max, found.min) == (expected.bits, expected.max, expected.min)


def test_limits_of_other_dtypes_are_errors() -> None:
    with pytest.raises(TypeError, match="finfo: expected a floating-point dtype, got nncore.int64"):
        nncore.finfo(int)
    with pytest.raises(TypeError, match="iinfo: expected an integer dtype, got nncore.bool"):
        nncore.iinfo(bool)
    with pytest.raises(TypeError, match="iinfo: expected a dtype, got 'four'"):
        nncore.iinfo("four")


def test_constants() -> None:
    assert (nncore.pi, nncore.e, nncore.inf, nncore.newaxis) == (np.pi, np.e, np.inf, None)
    assert nncore.nan != nncore.nan


@pytest.mark.parametrize(
    ("a", "b", "dtype"),
    [
        (("float32", (2,)), ("float64", ()), "float32"),
        (("float32", ()), ("float64", (2,)), "float64"),
        (("float32", ()), ("float64", ()), "float64"),
        (("float32", (2,)), ("float64", (1,)), "float64"),
        (("uint8", (2,)), ("int64", ()), "uint8"),
        (("int64", (2,)), ("float32", ()), "float32"),
        (("int64", (2,)), ("float64", ()), "float64"),
        (("int32", (2,)), ("float32", (2,)), "float32"),
        (("bool", (2,)), ("int64", ()), "int64"),
        (("bool", (2,)), ("uint8", (2,)), "uint8"),
    ],
)
def test_promotion(a: tuple[str, Any], b: tuple[str, Any], dtype: str) -> None:
    x, y = (nncore.ones(*shape, dtype=getattr(nncore, name)) for name, shape in (a, b))
    for result in (x + y, y + x, nncore.maximum(x, y), nncore.where(tensor(True), x, y)):
        assert result.dtype == getattr(nncore, dtype)
    assert bool((x == y).all())


def test_a_0_dimensional_operand_is_compared_in_the_other_dtype() -> None:
    x = tensor([0.1])
    assert (x == tensor(0.1, dtype=nncore.float64)).tolist() == [True]
    assert (tensor([3], dtype=nncore.uint8) < 300).tolist() == [True]
    assert (tensor([3], dtype=nncore.uint8) > -1).tolist() == [True]
    assert (tensor([2], dtype=nncore.int32) == 2**40).tolist() == [False]


def test_bools_add_and_multiply_to_bools() -> None:
    a, b = tensor([True, True, False]), tensor([True, False, False])
    assert (a + b).tolist() == [True, True, False]
    assert (a * b).tolist() == [True, False, False]
    assert nncore.minimum(a, b).dtype == nncore.bool
    assert (a / a[:1]).tolist() == [1.0, 1.0, 0.0]


MASK = tensor([True, False])
OF_BOOLS: dict[str, tuple[Any, list[Any], str]] = {
    "+ True": (lambda m: m + True, [True, True], "bool"),
    "True +": (lambda m: True + m, [True, True], "bool"),
    "* True": (lambda m: m * True, [True, False], "bool"),
    "+ 1": (lambda m: m + 1, [2, 1], "int64"),
    "* 2.0": (lambda m: m * 2.0, [2.0, 0.0], "float32"),
    "/ True": (lambda m: m / True, [1.0, 0.0], "float32"),
    "clamp": (lambda m: m.clamp(0, 1), [1, 0], "int64"),
    "sign": (nncore.sign, [True, False], "bool"),
    "square": (nncore.square, [1, 0], "int64"),
    "sqrt": (nncore.sqrt, [1.0, 0.0], "float32"),
    "exp2": (nncore.exp2, [2.0, 1.0], "float32"),
    "** True": (lambda m: m**True, [True, False], "bool"),
    "** False": (lambda m: m.pow(False), [True, True], "bool"),
}


@pytest.mark.parametrize("name", OF_BOOLS)
def test_functions_of_bools(name: str) -> None:
    function, expected, dtype = OF_BOOLS[name]
    y = function(MASK)
    assert (y.tolist(), y.dtype) == (expected, getattr(nncore, dtype))


NOT_OF_BOOLS: dict[str, str] = {
    **dict.fromkeys(
        ("m - m", "m - True", "1 - m", "m - 1.0", "m.float() - m"), "sub: bools have no difference"
    ),
    "-m": "neg: a bool tensor has no negative; invert a mask with ~x",
    "+m": r"\+: expected numbers, got bools",
    **{f"nncore.{f}(m)": f"{f}: expected numbers, got bools" for f in ("abs", "floor", "round", "relu")},
}


@pytest.mark.parametrize("call", NOT_OF_BOOLS)
def test_arithmetic_that_bools_lack(call: str) -> None:
    with pytest.raises(TypeError, match=NOT_OF_BOOLS[call]):
        eval(call, {"nncore": nncore, "m": MASK})


SMALL = tensor([1, 2], dtype=nncore.uint8)
ONE = np.int64(1)
OF_NUMBERS: dict[str, tuple[Any, list[Any], str]] = {
    "full": (lambda: nncore.full((2,), ONE), [1, 1], "int64"),
    "full with a tensor": (lambda: nncore.full((2,), tensor(1)), [1, 1], "int64"),
    "new_full": (lambda: SMALL.new_full((2,), np.int32(3)), [3, 3], "uint8"),
    "arange": (lambda: nncore.arange(ONE, np.uint8(3)), [1, 2], "int64"),
    "where": (lambda: nncore.where(MASK, SMALL, ONE), [1, 1], "uint8"),
    "where of bools": (lambda: nncore.where(MASK, True, False), [True, False], "bool"),
    "where of a bool": (lambda: nncore.where(MASK, True, SMALL), [1, 2], "uint8"),
    "clamp": (lambda: SMALL.clamp(max=ONE), [1, 1], "uint8"),
    "==": (lambda: tensor([2**60, 2**60 + 1]) == np.int64(2**60), [True, False], "bool"),
    "masked_fill": (lambda: SMALL.masked_fill(MASK, np.int64(7)), [7, 2], "uint8"),
    "masked_fill of ints": (lambda: SMALL.masked_fill(~MASK, True), [1, 1], "uint8"),
    "masked_fill of bools": (lambda: MASK.masked_fill(~MASK, True), [True, True], "bool"),
    "scatter": (lambda: SMALL.scatter(0, tensor([1]), value=np.int64(5)), [1, 5], "uint8"),
    "index_fill": (lambda: MASK.index_fill(0, tensor([1]), True), [True, True], "bool"),
    "/": (lambda: SMALL / -1, [-1.0, -2.0], "float32"),
    "reflected /": (lambda: 300 / SMALL, [300.0, 150.0], "float32"),
}


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers_beside_integers_and_bools(name: str) -> None:
    function, expected, dtype = OF_NUMBERS[name]
    y = function()
    assert (y.tolist(), y.dtype) == (expected, getattr(nncore, dtype))


@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod"])
@pytest.mark.parametrize("dtype", ["int32", "uint8", "float64"])
def test_sums_and_products_have_the_given_dtype(name: str, dtype: str) -> None:
    wanted = getattr(nncore, dtype)
    y = getattr(tensor([2, 150]), name)(0, dtype=wanted)
    expected = getattr(np, name)(np.array([2, 150]), 0, dtype=dtype)
    assert (y.dtype, y.tolist()) == (wanted, expected.tolist())


INT = tensor([1, 2])
REAL: dict[str, Any] = {
    "int / 2": lambda: INT / 2,
    "2 / int": lambda: 2 / INT,
    "int * 0.5": lambda: INT * 0.5,
    "int / int": lambda: INT / INT,
    "int ** 0.5": lambda: INT**0.5,
    "bool * 0.5": lambda: MASK * 0.5,
    "sqrt": lambda: nncore.sqrt(INT),
    "logsumexp": lambda: nncore.logsumexp(INT, 0),
    "exp of bools": lambda: nncore.exp(MASK),
    "atan2": lambda: nncore.atan2(INT, INT),
    "clamp": lambda: INT.clamp(0.5),
    "where of int": lambda: nncore.where(MASK, INT, 0.5),
    "where of numbers": lambda: nncore.where(MASK, 1.0, 0.0),
}


@pytest.mark.parametrize("name", REAL)
def test_integers_become_the_default_dtype(name: str) -> None:
    assert REAL[name]().dtype == nncore.float32
    nncore.set_default_dtype(nncore.float64)
    try:
        assert REAL[name]().dtype == nncore.float64
    finally:
        nncore.set_default_dtype(nncore.float32)


def bits_of_bfloat16(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """float32 rounded to the upper 16 bits, to the nearest and ties to even."""
    word = x.view(np.uint32).astype(np.uint64)
    return ((word + 0x7FFF + (word >> 16 & 1)) >> 16).astype(np.uint16)


def neighbors(x: np.ndarray[Any, Any], gap: int) -> np.ndarray[Any, Any]:
    """Each finite value, the middle between it and the next in 16 bits, and the floats around the middle."""
    word = x[np.isfinite(x)].view(np.uint32)
    middle = word + np.uint32(gap // 2)
    return np.concatenate([word, middle - 1, middle, middle + 1]).view(np.float32)


def test_float16_converts_as_in_numpy() -> None:
    every = ALL_16_BITS.view(np.float16)
    x = nncore.from_numpy(every)
    exact = every.astype(np.float32)
    assert np.array_equal(x.float().numpy(), exact, equal_nan=True)
    assert np.array_equal(x.double().numpy(), every.astype(np.float64), equal_nan=True)
    back = x.float().half().numpy()
    assert np.array_equal(back[~np.isnan(every)].view(np.uint16), ALL_16_BITS[~np.isnan(every)])
    assert np.isnan(back[np.isnan(every)]).all()
    halves = neighbors(exact, 1 << 13)
    tiny = np.linspace(-1e-4, 1e-4, 20_001, dtype=np.float32)
    with np.errstate(over="ignore"):
        for values in (halves, tiny, np.array([65519, 65520, 1e30, np.inf], np.float32)):
            expected = values.astype(np.float16)
            assert np.array_equal(
                nncore.from_numpy(values).half().numpy().view(np.uint16), expected.view(np.uint16)
            )


def test_bfloat16_converts_by_rounding_to_even() -> None:
    x = nncore.from_numpy(ALL_16_BITS).view(nncore.bfloat16)
    exact = (ALL_16_BITS.astype(np.uint32) << 16).view(np.float32)
    assert np.array_equal(x.float().numpy().view(np.uint32), exact.view(np.uint32))
    nan = np.isnan(exact)
    back = x.float().bfloat16().view(nncore.uint16).numpy()
    assert np.array_equal(back[~nan], ALL_16_BITS[~nan])
    assert nncore.isnan(x.float().bfloat16().float()).numpy()[nan].all()
    halves = neighbors(exact, 1 << 16)
    halves = halves[~np.isnan(halves)]
    found = nncore.from_numpy(halves).bfloat16().view(nncore.uint16).numpy()
    assert np.array_equal(found, bits_of_bfloat16(halves))


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "uint16"])
def test_small_integers_convert(name: str) -> None:
    limits = np.iinfo(name)
    values = np.arange(limits.min, limits.max + 1, dtype=name)
    x = nncore.from_numpy(values)
    for target in ("int64", "int32", "float64", "float32"):
        assert np.array_equal(x.to(target).numpy(), values.astype(target))
        assert np.array_equal(x.to(target).to(name).numpy(), values)
    floats = np.array([300.7, -1.5, -129.0, 70000.0, 1e9, -1e9])
    for source in (floats, floats.astype(np.float32)):  # the lowest bits, as in PyTorch
        assert np.array_equal(tensor(source).to(name).numpy(), source.astype(np.int64).astype(name))
    assert tensor([1e30, -1e30, float("nan")]).to(name).tolist() == [limits.max, limits.min, 0]
    with pytest.raises(ValueError, match=f"tensor: .* does not fit {name}"):
        tensor([limits.max + 1], dtype=name)


@pytest.mark.parametrize("name", STORED)
def test_stored_values_load_move_print_and_save(name: str, tmp_path: Path) -> None:
    dtype = getattr(nncore, name)
    x = tensor([[1, 2, 3], [4, 5, 6]], dtype=dtype)
    assert (x.dtype, x.element_size(), x.tolist()) == (dtype, dtype.itemsize, [[1, 2, 3], [4, 5, 6]])
    assert repr(x).endswith(f"dtype=nncore.{name})")
    assert x[1].tolist() == [4, 5, 6]
    assert x.T.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert x[0, 1].item() == 2
    assert x[:, nncore.tensor([2, 0])].tolist() == [[3, 1], [6, 4]]
    assert nncore.cat([x, x]).shape == (4, 3)
    assert nncore.zeros(2, dtype=dtype).tolist() == [0, 0]
    assert x.gather(1, tensor([[2], [0]])).tolist() == [[3], [4]]
    y = x.clone()
    y[0], y[[1, 0], [0, 2]], y[y == 6] = 7, tensor([8, 9], dtype=dtype), 1
    assert y.masked_fill_(y == 8, 2).tolist() == [[7, 7, 9], [2, 5, 1]]
    assert nncore.where(x > 2, x, y).tolist() == [[7, 7, 3], [4, 5, 6]]
    assert x.tril().tolist() == [[1, 0, 0], [4, 5, 0]]
    assert (x == x).all().item()
    assert (x > 2).tolist() == [[False, False, True], [True] * 3]
    path = tmp_path / "stored.nnz"
    nncore.save({"x": x}, path)
    for other in (nncore.load(path)["x"], copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert (other.dtype, other.tolist()) == (dtype, x.tolist())
    if name != "bfloat16":
        assert x.numpy().dtype == name
        assert np.array_equal(nncore.from_numpy(x.numpy()).tolist(), x.tolist())


@pytest.mark.parametrize("name", STORED)
def test_arithmetic_on_stored_values_names_the_cast(name: str) -> None:
    x: Any = nncore.ones(2, 2, dtype=name)
    remedy = rf"{name} only stores values; convert it with \.to\(nncore\.(float32|int32)\) first"
    for call in (
        lambda: x + x,
        lambda: 2 * x,
        lambda: x + nncore.ones(2),
        lambda: x.exp(),
        lambda: -x,
        lambda: nncore.atan2(x, x),
        lambda: nncore.randn_like(x),
    ):
        with pytest.raises(TypeError, match=remedy):
            call()
    with pytest.raises(TypeError, match="cannot have a gradient"):
        x.requires_grad_()
    with pytest.raises(TypeError):
        x @ x


def test_numpy_has_no_bfloat16() -> None:
    with pytest.raises(TypeError, match=r"numpy: NumPy has no bfloat16; use \.float\(\)\.numpy\(\)"):
        nncore.ones(2).bfloat16().numpy()


def test_view_as_another_dtype() -> None:
    assert nncore.ones(1).view(nncore.int32).item() == 0x3F800000
    with pytest.raises(ValueError, match="view: int64 and float32 have elements of different sizes"):
        nncore.ones(1).view(nncore.int64)


def test_gradients_pass_through_stored_values() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    (x.half().float() * 3).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 3.0]
