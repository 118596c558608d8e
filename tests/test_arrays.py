"""Array ops outside the table: integers, masks, order of equal elements, NaN, shapes from values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core, tensor

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_integer_division_rounds_down_as_in_python(dtype: Any) -> None:
    a, b = np.meshgrid(np.arange(-7, 8), [-3, -1, 2, 5])
    x, y = nncore.from_numpy(a.astype(dtype)), nncore.from_numpy(b.astype(dtype))
    assert np.array_equal((x % y).numpy(), a % b)
    assert np.array_equal((x // y).numpy(), a // b)
    assert np.array_equal(nncore.fmod(x, y).numpy(), np.fmod(a, b))
    with pytest.raises(ValueError, match="an integer divided by zero"):
        x % 0


WIDE = [-(2**40) - 1, -3, 0, 7, 2**40 + 1]  # float32 cannot represent the first and the last
EXACT: list[tuple[Any, list[int]]] = [
    (nncore.neg, [-v for v in WIDE]),
    (nncore.abs, [abs(v) for v in WIDE]),
    (nncore.square, [(v * v + 2**63) % 2**64 - 2**63 for v in WIDE]),
    (nncore.sign, [-1, -1, 0, 1, 1]),
    (nncore.floor, WIDE),
    (nncore.ceil, WIDE),
    (nncore.round, WIDE),
    (nncore.trunc, WIDE),
    (nncore.relu, [0, 0, 0, 7, 2**40 + 1]),
    (nncore.nn.functional.relu6, [0, 0, 0, 6, 6]),
    (lambda x: nncore.nn.functional.hardtanh(x, -2, 5), [-2, -2, 0, 5, 5]),
    (lambda x: nncore.threshold(x, 3, 0), [0, 0, 0, 7, 2**40 + 1]),
]


@pytest.mark.parametrize(("op", "expected"), EXACT)
def test_integers_stay_integers_where_the_result_is_one(op: Any, expected: list[int]) -> None:
    y = op(tensor(WIDE))
    assert (y.dtype, y.tolist()) == (nncore.int64, expected)
    small = tensor([0, 3], dtype=nncore.uint8)
    assert (op(small).dtype, op(small).tolist()[0]) == (nncore.uint8, 0)


def test_decimals_of_integers_are_none() -> None:
    assert tensor(WIDE).round(decimals=1).tolist() == WIDE
    with pytest.raises(ValueError, match=r"round: decimals is 400 but must lie in -300\.\.300"):
        nncore.ones(2).round(decimals=400)


def test_bounds_outside_a_dtype_have_no_effect() -> None:
    x = tensor([0, 200], dtype=nncore.uint8)
    hardtanh = nncore.nn.functional.hardtanh
    assert [hardtanh(x, -1, 300).tolist(), x.clamp(-1, 300).tolist()] == [[0, 200], [0, 200]]
    assert hardtanh(tensor([-5, 0, 7]), 0, INF).tolist() == [0, 0, 7]
    with pytest.raises(ValueError, match="where: 300 does not fit uint8"):
        nncore.where(tensor([True, False]), x, 300)
    with pytest.raises(ValueError, match="threshold: 300 does not fit uint8"):
        nncore.threshold(x, 1, 300)
    counter = tensor([3])
    assert counter.floor().data_ptr() != counter.data_ptr()


@pytest.mark.parametrize(
    "arguments",
    [
        (3,),
        (0,),
        (2, 7, 2),
        (2, 8, 2),
        (5, -4, -3),
        (2**53 + 1, 2**53 + 4),
        (2**63 - 3, 2**63 - 1),
        (3, 3, -1),
    ],
)
def test_integer_ranges_are_pythons(arguments: Any) -> None:
    assert nncore.arange(*arguments).tolist() == list(range(*arguments))
    assert nncore.arange(*arguments).dtype == nncore.int64


def test_the_end_of_a_range_may_be_named() -> None:
    assert nncore.arange(end=3).tolist() == [0, 1, 2]
    assert nncore.arange(end=7, start=2, step=2).tolist() == [2, 4, 6]
    with pytest.raises(TypeError, match="arange: expected at least end"):
        nncore.arange()


def test_index_add_scales_integers_as_integers() -> None:
    x, index = tensor([[1, 2], [3, 2**40]]), tensor([1, 1, 0])
    y = x.index_add(0, index, tensor([[1, 1], [2, 2], [5, 5]]), alpha=-2)
    assert y.tolist() == [[-9, -8], [-3, 2**40 - 6]]
    with pytest.raises(ValueError, match=r"alpha is 0.5 but int64 tensors need an integer"):
        x.index_add(0, index, tensor([[1, 1], [2, 2], [5, 5]]), alpha=0.5)


@pytest.mark.parametrize("size", [(2, 3), [2, 3], range(2, 4), np.array([2, 3]), tensor([2, 3])])
def test_a_shape_is_any_sequence_of_integers(size: Any) -> None:
    assert nncore.zeros(size).shape == (2, 3)
    assert nncore.randint(0, 9, size).shape == (2, 3)


def test_floats_are_no_shape_and_no_axes() -> None:
    floats: Any = nncore.ones(3)
    with pytest.raises(TypeError, match="float32"):
        nncore.zeros(floats)
    with pytest.raises(TypeError, match="float32"):
        nncore.ones(4).sum(floats)


def test_0_dimensional_tensors_can_be_rearranged() -> None:
    x = tensor(3.5)
    assert x.movedim(0, -1).item() == 3.5
    assert x.transpose(0, -1).item() == 3.5
    for arrange in (x.movedim, x.transpose):
        with pytest.raises(IndexError, match=r"(movedim|transpose): dim 1 is out of range"):
            arrange(1, 0)
    assert nncore.topk(x, 1, 0).values.item() == 3.5
    with pytest.raises(ValueError, match="k is 0 but a 0-dimensional tensor has one element"):
        nncore.topk(x, 0, 0)


def test_a_number_that_does_not_fit_is_refused() -> None:
    assert nncore.full((2,), 255, dtype=nncore.uint8).tolist() == [255, 255]
    for value, name in ((2**40, "int32"), (-1, "uint8")):
        with pytest.raises(ValueError, match=f"full: {value} does not fit {name}"):
            nncore.full((2,), value, dtype=getattr(nncore, name))


def test_closeness_is_numpys() -> None:
    a = np.array([1.0, 1.0, INF, -INF, INF, NAN, 0.0, 1e9], np.float32)
    b = np.array([1.000001, 1.1, INF, INF, 1.0, NAN, 1e-9, 1.00001e9], np.float32)
    x, y = nncore.from_numpy(a), nncore.from_numpy(b)
    for equal_nan in (False, True):
        expected = np.isclose(a, b, equal_nan=equal_nan)
        assert nncore.isclose(x, y, equal_nan=equal_nan).tolist() == expected.tolist()
    assert not nncore.allclose(x, y)
    assert nncore.allclose(x[:1], y[:1])
    assert nncore.equal(x[:5], x[:5].reshape(5))
    assert not nncore.equal(x, x)  # NaN
    assert not nncore.equal(x[:2], x[:1])


def test_stacking_follows_numpy() -> None:
    matrices = [np.arange(6.0).reshape(2, 3), np.ones((2, 3))]
    for arrays in ([np.arange(3.0), np.ones(3)], matrices, [np.array(2.0), np.array(3.0)]):
        tensors = [nncore.from_numpy(a) for a in arrays]
        assert np.array_equal(nncore.hstack(tensors).numpy(), np.hstack(arrays))
        assert np.array_equal(nncore.vstack(tensors).numpy(), np.vstack(arrays))


def test_conversions_without_a_copy_share_memory() -> None:
    array = np.ones(3, np.float32)
    assert nncore.as_tensor(array).data_ptr() == array.ctypes.data
    x = nncore.ones(2, 3)
    assert nncore.as_tensor(x) is x
    assert nncore.as_tensor(x, nncore.float64).dtype == nncore.float64
    assert x.contiguous().data_ptr() == x.data_ptr()
    assert (x.t().shape, tensor([1, 2]).t().shape) == ((3, 2), (2,))
    assert x.clip(0.5, 0.75).tolist() == x.clamp(0.5, 0.75).tolist()
    with pytest.raises(ValueError, match=r"t: expected a matrix or a vector, got shape \(1, 2, 3\)"):
        nncore.ones(1, 2, 3).t()


def test_an_empty_list_is_an_index() -> None:
    assert nncore.ones(3, 2)[[]].shape == (0, 2)


def test_a_number_beside_integers_takes_their_type() -> None:
    x = tensor([1, 2], dtype=nncore.uint8)
    assert nncore.where(tensor([True, False]), x, 7).dtype == nncore.uint8
    assert nncore.where(tensor([True, False]), 0.5, x).dtype == nncore.float32
    assert (x + True).tolist() == [2, 3]


# Python's floats have the default dtype, and other values their own; PyTorch gives the same dtypes.
LISTS: list[tuple[Any, str]] = [
    ([1.5, 2], "float32"),
    ([[1.5], [True]], "float32"),
    ([np.float64(1.5)], "float64"),
    ([1.0, np.float64(2)], "float64"),
    ((np.float64(2), 1.0), "float64"),
    ([1, np.float64(2)], "float64"),
    ([np.float32(1), 1], "float32"),
    ([np.float16(1)], "float16"),
    ([np.float16(1), 1.5], "float32"),
    ([np.float16(1), np.float32(1)], "float32"),
    ([np.int32(1), 2.0], "float32"),
    ([np.uint8(1)], "uint8"),
    ([np.uint8(1), 1], "int64"),
    ([np.int8(1), np.uint8(1)], "int16"),
    ([[1.5], np.array([1.0])], "float64"),
    ([np.array([1], np.uint8), [1.5]], "float32"),
    ([np.array([1.5], np.float16)], "float16"),
    ([np.zeros(0)], "float64"),
    ([tensor(1.5, dtype="float64")], "float64"),
    ([1.5, tensor(1.5, dtype="float64")], "float64"),
    ([1.5, tensor(1.5, dtype="float16")], "float32"),
    ([True, tensor(1.5, dtype="float16")], "float16"),
    ([tensor(1, dtype="int32"), tensor(1.5, dtype="float16")], "float16"),
    ([tensor(1, dtype="uint8")], "uint8"),
    ([], "float32"),
]


@pytest.mark.parametrize(("data", "dtype"), LISTS)
def test_the_dtype_of_a_list(data: Any, dtype: str) -> None:
    for made in (tensor(data), nncore.as_tensor(data)):
        assert str(made.dtype).endswith(dtype)
        assert made.flatten().tolist() == [float(np.ravel(item)[0]) for item in data if np.size(item)]


def test_ragged_lists_raise_what_numpy_raises() -> None:
    with pytest.raises(ValueError, match="inhomogeneous shape"):
        tensor([[1, 2], [3]])


def test_the_memory_of_read_only_arrays_is_never_written() -> None:
    data = np.ones(3, np.float32).tobytes()
    weight = nncore.from_numpy(np.frombuffer(data, np.float32)).requires_grad_()
    with pytest.raises(ValueError, match="Parameter: .* memory of a read-only array"):
        nncore.nn.Parameter(weight)
    optimizer = nncore.optim.SGD([weight], lr=1)
    weight.sum().backward()
    with pytest.raises(ValueError, match="memory of a read-only array"):
        optimizer.step()
    with pytest.raises(ValueError, match="memory of a read-only array"):
        nncore.nn.init.zeros_(weight)
    assert np.frombuffer(data, np.float32).tolist() == [1, 1, 1]


def test_remainders_of_extreme_numbers_are_exact(isa: str) -> None:
    rng = np.random.default_rng(0)
    a, b = (
        np.ldexp(rng.uniform(-1, 1, 4000), rng.integers(-100, 120, 4000)).astype(np.float32) for _ in "ab"
    )
    assert np.array_equal(nncore.fmod(nncore.from_numpy(a), nncore.from_numpy(b)).numpy(), np.fmod(a, b))
    special = tensor([5.0, -5.0, INF, 1.0, NAN, 1.0])
    by = tensor([INF, INF, 2.0, 0.0, 1.0, NAN])
    assert np.array_equal(nncore.fmod(special, by).numpy(), [5, -5, NAN, NAN, NAN, NAN], equal_nan=True)


def test_logic_and_questions() -> None:
    a, b = tensor([True, True, False, False]), tensor([True, False, True, False])
    assert (a & b).tolist() == [True, False, False, False]
    assert (a | b).tolist() == [True, True, True, False]
    assert (a ^ b).tolist() == [False, True, True, False]
    assert (~a).tolist() == [False, False, True, True]
    assert nncore.logical_and(tensor([2.0, 0.0]), tensor([1, 1])).tolist() == [True, False]
    assert nncore.logical_xor(tensor([2, 0, 3]), tensor([1, 0, 0])).tolist() == [False, False, True]
    x = tensor([1.0, INF, -INF, NAN])
    assert nncore.isnan(x).tolist() == [False, False, False, True]
    assert nncore.isinf(x).tolist() == [False, True, True, False]
    assert nncore.isfinite(x).tolist() == [True, False, False, False]


@pytest.mark.parametrize("n", [3, 40, 5000])
@pytest.mark.parametrize("descending", [False, True])
def test_sorting_is_stable_and_nan_is_the_largest(n: int, descending: bool) -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(-3, 3, (2, n)).astype(np.float32)
    x[:, rng.integers(0, n, 2)] = np.nan
    x[0, 0] = -0.0  # equal to 0
    values, indices = tensor(x).sort(1, descending)
    key = np.where(np.isnan(x), 9, x)
    expected = np.argsort(-key if descending else key, 1, kind="stable")
    assert np.array_equal(indices.numpy(), expected)
    assert np.array_equal(values.numpy(), np.take_along_axis(x, expected, 1), equal_nan=True)
    top = tensor(x).topk(2, 1, largest=descending)
    assert np.array_equal(top.indices.numpy(), expected[:, :2])


@pytest.mark.parametrize("n", [64, 4096, 20_001])
def test_the_first_extreme_of_a_long_row(n: int, isa: str, threads: int) -> None:
    x = np.random.default_rng(n).integers(-50, 50, (3, n)).astype(np.float32)
    x[1, n // 2] = x[1, n - 1] = np.nan
    for ours, theirs in ((nncore.argmax, np.argmax), (nncore.argmin, np.argmin)):
        assert np.array_equal(ours(tensor(x), 1).numpy(), theirs(x, 1))
        assert ours(tensor(x)).item() == theirs(x)


def test_sorting_other_types() -> None:
    assert tensor([3, -(2**62), 5]).argsort().tolist() == [1, 0, 2]
    assert tensor([True, False, True]).argsort().tolist() == [1, 0, 2]
    assert nncore.from_numpy(np.array([200, 3, 7], np.uint8)).sort(descending=True).values.tolist() == [
        200,
        7,
        3,
    ]
    assert tensor(np.array([1e300, -1e-300, -INF])).argsort().tolist() == [2, 1, 0]


def test_masks_and_what_they_find() -> None:
    x = np.random.default_rng(0).integers(0, 2, (300, 500))
    found = tensor(x).nonzero()
    assert np.array_equal(found.numpy(), np.argwhere(x))
    rows, columns = tensor(x).nonzero(as_tuple=True)
    assert np.array_equal(rows.numpy(), np.nonzero(x)[0])
    assert np.array_equal(columns.numpy(), np.nonzero(x)[1])
    assert tensor([0, 0]).nonzero().shape == (0, 1)
    assert tensor(3.0)[None][tensor([True])].tolist() == [3.0]
    assert tensor([[1, 2], [3, 4]])[tensor([[True, False], [False, True]])].tolist() == [1, 4]


def test_any_and_all_of_nothing() -> None:
    assert nncore.zeros(0).any().item() is False
    assert nncore.zeros(0).all().item() is True
    assert nncore.zeros(2, 0).all(1).tolist() == [True, True]
    assert tensor([[0.0, NAN], [0.0, 0.0]]).any(1).tolist() == [True, False]
    assert tensor([[1, 2], [3, 0]]).all().item() is False


def test_logsumexp_at_the_edges() -> None:
    x = tensor([[-INF, -INF], [INF, 0.0], [100.0, 100.0]], requires_grad=True)
    y = x.logsumexp(1)
    assert y.tolist() == [-INF, INF, pytest.approx(100 + np.log(2), rel=1e-6)]
    y[2].backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad[2].numpy(), 0.5, rtol=1e-5)
    assert nncore.zeros(2, 0).logsumexp(1).tolist() == [-INF, -INF]


def test_the_spread_of_one_value() -> None:
    assert np.isnan(tensor([3.0]).var().item())
    x = tensor([3.0, 3.0], requires_grad=True)
    x.std().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.0]
    spread, mean = nncore.var_mean(tensor([[1.0, 3.0]]), 1)
    assert (spread.tolist(), mean.tolist()) == ([2.0], [2.0])


def test_scatter_keeps_the_last_of_equals_and_adds_all(isa: str) -> None:
    index = tensor([0, 1, 0, 0])
    src = tensor([1.0, 2.0, 3.0, 4.0])
    assert nncore.zeros(3).scatter(0, index, src).tolist() == [4.0, 2.0, 0.0]
    assert nncore.zeros(3).scatter_add(0, index, src).tolist() == [8.0, 2.0, 0.0]


def test_one_hot_counts_the_classes_itself() -> None:
    assert _core.one_hot(tensor([[1], [3]])).shape == (2, 1, 4)
    with pytest.raises(ValueError, match="give num_classes"):
        _core.one_hot(tensor([], dtype=nncore.int64))


def test_an_empty_axis_has_as_many_chunks_as_asked() -> None:
    assert [part.shape for part in nncore.zeros(0, 2).chunk(3)] == [(0, 2)] * 3


def test_cat_skips_empty_vectors() -> None:
    x = nncore.ones(2, 3, requires_grad=True)
    empty = nncore.zeros(0, dtype=nncore.float64, requires_grad=True)
    y = nncore.cat([empty, x, empty, x], 1)
    assert (y.shape, y.dtype) == ((2, 6), nncore.float64)
    y.sum().backward()
    assert x.grad is not None
    assert empty.grad is not None
    assert (x.grad.tolist(), empty.grad.shape) == ([[2.0] * 3] * 2, (0,))
    assert nncore.cat([empty, empty]).shape == (0,)
    with pytest.raises(ValueError, match=r"tensor 2 has shape \(2,\) but tensor 1 has \(2, 3\)"):
        nncore.cat([empty, x, nncore.ones(2)])


NAMED_SIZES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "reshape": ({"shape": (6,)}, (6,)),
    "view": ({"size": (1, -1)}, (1, 6)),
    "expand": ({"size": (4, 2, 3)}, (4, 2, 3)),
    "permute": ({"dims": (1, 0)}, (3, 2)),
    "flip": ({"dims": [0]}, (2, 3)),
    "tile": ({"dims": (2,)}, (2, 6)),
    "repeat": ({"repeats": (2, 1)}, (4, 3)),
}


@pytest.mark.parametrize("name", NAMED_SIZES)
def test_sizes_and_axes_may_be_named(name: str) -> None:
    named, shape = NAMED_SIZES[name]
    x = tensor([[1, 2, 3], [4, 5, 6]])
    (given,) = named.values()
    found = getattr(x, name)(**named)
    assert found.shape == shape
    assert found.tolist() == getattr(x, name)(*given).tolist()
    with pytest.raises(TypeError, match=f"{name}: .* is given twice"):
        getattr(x, name)(*given, **named)


REDUCED = ["sum", "mean", "prod", "amax", "amin", "max", "min", "all"]


@pytest.mark.parametrize("name", REDUCED)
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_a_reduced_number_has_its_own_memory(name: str, dtype: str) -> None:
    if name == "mean" and dtype != "float32":
        return
    x = tensor(1, dtype=getattr(nncore, dtype))
    y = getattr(x, name)()
    y.fill_(0)
    assert (x.item(), y.item()) == (1, 0)


def test_any_and_all_over_no_axes_keep_each_element() -> None:
    x = tensor([[0, 2], [3, 0]])
    for name in ("any", "all"):
        assert getattr(x, name)(()).tolist() == [[False, True], [True, False]]
        assert getattr(x, name)(dim=None).shape == ()


def test_parts_share_one_history() -> None:
    x = nncore.ones(2, 6, requires_grad=True)
    first, *_, last = x.chunk(3, 1)
    (first * 2 + last * 3).sum().backward()
    assert x.grad is not None
    assert x.grad[0].tolist() == [2.0, 2.0, 0.0, 0.0, 3.0, 3.0]


def test_linspace_ends_where_it_says() -> None:
    for steps in (0, 1, 2, 7, 1001):
        x = nncore.linspace(0.1, 0.7, steps, dtype=nncore.float64).numpy()
        np.testing.assert_allclose(x, np.linspace(0.1, 0.7, steps), rtol=1e-15)
        assert steps < 2 or x[-1] == 0.7


def test_einsum_says_what_does_not_fit() -> None:
    a = nncore.ones(2, 3)
    for equation, operands, text in [
        ("ij,jk", (a,), "names 2 operands but 1 are given"),
        ("ijk", (a,), "names 3 axes but its operand has 2"),
        ("ij,ij->k", (a, a), "names an axis that no operand has"),
        ("ij->ii", (a,), "names an axis twice"),
        ("ij,jk", (a, a), "has sizes 3 and 2"),
        ("i1", (a,), "'1' in 'i1' is not a subscript"),
        ("ii", (a,), "has sizes 2 and 3"),
    ]:
        with pytest.raises(ValueError, match=text):
            nncore.einsum(equation, *operands)


@pytest.mark.parametrize("value", [True, 3, 3.7])
def test_int_of_a_tensor_is_an_int(value: float) -> None:
    made = int(nncore.tensor(value))
    assert (made, type(made)) == (int(value), int)
