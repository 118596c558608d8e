"""Invalid input raises the right exception with the right text and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import _core
from nncore.nn import functional

f32, f64, i64 = nncore.float32, nncore.float64, nncore.int64
ones, zeros, tensor = nncore.ones, nncore.zeros, nncore.tensor
NAN, INF = float("nan"), float("inf")
FLOAT: Any = 1.0


def logits(rows: int = 3, classes: int = 5) -> nncore.Tensor:
    return nncore.zeros(rows, classes)


CASES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # shapes
    (lambda: ones(3, 4) + ones(3, 5), ValueError, "add: shapes (3, 4) and (3, 5) do not broadcast"),
    (lambda: ones(3, 4) @ ones(5, 4), ValueError, "matmul: inner dimensions differ: (3, 4) @ (5, 4)"),
    (lambda: ones() @ ones(3), ValueError, "a 0-dimensional tensor cannot be multiplied"),
    (
        lambda: _core.linear(ones(2, 3), ones(30, 784)),
        ValueError,
        "linear: input (2, 3) has 3 features but weight (30, 784) expects 784; reshape",
    ),
    (
        lambda: _core.linear(ones(2, 3), ones(4, 3), ones(3)),
        ValueError,
        "linear: bias has shape (3,) but weight (4, 3) needs (4,)",
    ),
    (
        lambda: _core.linear(ones(2, 3), ones(4, 3), None, "softplus"),
        ValueError,
        "'softplus' is not an activation that can be fused",
    ),
    (lambda: ones(3, 4).reshape(5, -1), ValueError, "reshape: (3, 4) with 12 elements does not fill (5, -1)"),
    (lambda: ones(3, 4).reshape(-1, -1), ValueError, "more than one -1"),
    (lambda: ones(3, 4).reshape(13), ValueError, "(3, 4) has 12 elements but (13,) has 13"),
    (lambda: ones(2, 3).expand(4, 3), ValueError, "expand: (2, 3) cannot be broadcast to (4, 3)"),
    (lambda: ones(2, 3).permute(0, 0), ValueError, "axis 0 is given twice"),
    (
        lambda: nncore.cat([ones(2, 3), ones(3, 4)], 0),
        ValueError,
        "cat: tensor 1 has shape (3, 4) but tensor 0 has (2, 3)",
    ),
    (lambda: nncore.stack([ones(2), ones(3)]), ValueError, "stack: shapes (3,) and (2,) differ"),
    (lambda: zeros(-1), ValueError, "zeros: negative dimension in shape (-1,)"),
    (lambda: zeros(2**31, 2**31, 4), ValueError, "more elements than memory can hold"),
    (lambda: zeros(1, 1, 1, 1, 1, 1, 1, 1, 1), ValueError, "more than 8 axes"),
    (lambda: zeros(2**44), MemoryError, "no memory for 70368744177664 bytes, a float32 tensor of shape"),
    # axes and indices
    (
        lambda: ones(2, 3).sum(2),
        IndexError,
        "sum: dim 2 is out of range for a tensor with 2 dimensions; expected -2 to 1",
    ),
    (lambda: ones(2, 3).sum((0, 0)), ValueError, "sum: dim 0 is given twice"),
    (lambda: ones(2, 3).sum(FLOAT), TypeError, "sum: dim is 1.0; expected an int or a sequence of ints"),
    (lambda: zeros(size=[2, FLOAT]), TypeError, "zeros: size is [2, 1.0]; expected an int or a sequence"),
    (lambda: nncore.flip(ones(2), dims="a"), TypeError, "flip: dims is 'a'; expected an int"),  # type: ignore[arg-type]
    (lambda: ones(2, 3).transpose(0, 5), IndexError, "transpose: dim 5"),
    # numbers of another type
    (lambda: nncore.full((2,), "a"), TypeError, "full: expected a number, got str"),
    (lambda: nncore.arange("a"), TypeError, "arange: expected a number, got str"),
    (lambda: nncore.full((2,), 10**400, dtype=f32), ValueError, "does not fit"),
    (lambda: ones(2).clamp("a"), TypeError, "clamp: expected a number, got str"),
    (lambda: ones(2).norm([1]), TypeError, "norm: expected a number, got list"),
    (lambda: nncore.where(tensor([True]), ones(1), "a"), TypeError, "where: expected a number, got str"),
    (lambda: ones(1).masked_fill(tensor([True]), "a"), TypeError, "masked_fill: expected a number, got str"),
    (lambda: ones(2).lerp(ones(2), "a"), TypeError, "lerp: expected a number, got str"),
    (lambda: ones(2, 3)[2], IndexError, "index 2 is out of range for axis 0 of size 2"),
    (lambda: ones(2, 3)[0, 0, 0], IndexError, "3 indices for a tensor of shape (2, 3)"),
    (lambda: ones(2, 3)[1.0], TypeError, "expected an int, got float"),
    (
        lambda: ones(2, 3)[tensor([0, 2])],
        IndexError,
        "index 2 at position 1 is out of range for an axis of size 2",
    ),
    (lambda: ones(2, 3)[tensor([0, -3])], IndexError, "index -3 at position 1"),
    (
        lambda: ones(2, 3)[tensor([0.0])],
        TypeError,
        "an index tensor must be int64, int32 or uint8, got float32",
    ),
    (lambda: ones(2, 3)[::-1], ValueError, "step is -1 but must be greater than zero; use flip()"),
    (lambda: ones(2, 3)[tensor([True])], IndexError, "a mask of shape (1,) does not match axis 0 of (2, 3)"),
    (
        lambda: ones(2, 3)[[0, 2], [0, 1]],
        IndexError,
        "index 2 at position 1 is out of range for axis 0 of size 2",
    ),
    (lambda: ones(2, 3)[[0, 1], [0, 1, 2]], ValueError, "index: shapes (2,) and (3,) do not broadcast"),
    (
        lambda: ones(2, 3).gather(1, tensor([[3]])),
        IndexError,
        "gather: index 3 at position 0 is out of range",
    ),
    (
        lambda: ones(2, 3).gather(1, tensor([[-1]])),
        IndexError,
        "gather: index -1 at position 0 is out of range",
    ),
    (lambda: ones(2, 3).gather(0, tensor([0])), ValueError, "they need the same number of axes"),
    (
        lambda: ones(2, 3).gather(0, tensor([[0] * 4])),
        ValueError,
        "index (1, 4) is longer than (2, 3) along axis 1",
    ),
    (lambda: ones(2, 3).scatter(0, tensor([[0]])), TypeError, "give either src or value"),
    (
        lambda: ones(2, 3).scatter(0, tensor([[0]]), ones(1)),
        ValueError,
        "src has shape (1,) but index has (1, 1)",
    ),
    (lambda: ones(2, 3).index_select(0, tensor([2])), IndexError, "index_select: index 2 at position 0"),
    (
        lambda: ones(2, 3).masked_fill(tensor([1, 0, 1]), 0),
        TypeError,
        "masked_fill: mask is int64; expected bool",
    ),
    (lambda: _core.one_hot(tensor([0, 3]), 3), IndexError, "one_hot: class 3 at position 1"),
    (lambda: _core.one_hot(tensor([0.0])), TypeError, "one_hot: an index tensor must be int64"),
    (
        lambda: _core.pad(ones(2, 3), (3, 0), "reflect"),
        ValueError,
        "in mode 'reflect' they must lie between 0 and 2",
    ),
    (lambda: _core.pad(ones(2, 3), (1,)), ValueError, "1 widths; expected pairs"),
    (lambda: _core.pad(ones(2, 3), (-2, -2)), ValueError, "remove more than all of axis 1"),
    (lambda: _core.pad(ones(3), (2**62, 0)), ValueError, "is out of range"),
    (lambda: ones(2, 3).split(0), ValueError, "split_size is 0 but must be positive"),
    (lambda: ones(2, 3).split([1, 2]), ValueError, "split: the parts sum to 3 but axis 0"),
    (lambda: ones(2, 3).split([1]), ValueError, "the parts sum to 1 but axis 0 of (2, 3) has 2"),
    (lambda: ones(2, 3).unflatten(1, (2, 2)), ValueError, "do not multiply to 3"),
    (lambda: ones(2, 3).repeat(2), ValueError, "are fewer than the axes"),
    (lambda: ones(3).repeat(2**40, 2**40), ValueError, "more elements than memory can hold"),
    (lambda: ones(2, 3).topk(4), ValueError, "topk: k is 4 but axis 1 of (2, 3) has 3 elements"),
    (lambda: ones(2, 3).flip(0, -2), ValueError, "flip: dim -2 is given twice"),
    (lambda: ones(3).tril(), ValueError, "tril: shape (3,) has no rows and columns"),
    (lambda: ones(2, 2).diagonal(0, 1, 1), ValueError, "dim1 and dim2 are both 1"),
    (lambda: tensor([1, 2]).var(), TypeError, "var: expected float32 or float64, got int64"),
    (lambda: ones(2).var(correction=1, unbiased=True), TypeError, "give either correction or unbiased"),
    (lambda: zeros(2, 0).amax(1), ValueError, "has no elements along axis 1; reduce an axis that has some"),
    (lambda: zeros(3, 0).max(1), ValueError, "axis 1 of (3, 0) has no elements"),
    (lambda: zeros(0).max(), ValueError, "has no elements"),
    # labels
    (
        lambda: nncore.cross_entropy(logits(), tensor([0, 5, 1])),
        IndexError,
        "cross_entropy: target 5 at row 1 is out of range for 5 classes; labels go from 0 to 4",
    ),
    (lambda: nncore.cross_entropy(logits(), tensor([0, -1, 1])), IndexError, "target -1 at row 1"),
    (lambda: nncore.cross_entropy(logits(), tensor([0, 2**62, 1])), IndexError, f"target {2**62} at row 1"),
    (
        lambda: nncore.cross_entropy(logits(), tensor([0, 1])),
        ValueError,
        "target has shape (2,) but logits (3, 5) need (3,)",
    ),
    (
        lambda: nncore.cross_entropy(logits(), tensor([0.0, 1.0, 2.0])),
        ValueError,
        "target probabilities have shape (3,) but logits have (3, 5)",
    ),
    (lambda: nncore.cross_entropy(logits(), tensor([True, False, True])), TypeError, "target is bool"),
    (
        lambda: nncore.cross_entropy(logits(), tensor([-100] * 3)),
        ValueError,
        "every target is ignore_index -100",
    ),
    (
        lambda: nncore.cross_entropy(logits(0), tensor([], dtype=i64)),
        ValueError,
        "the mean of an empty batch",
    ),
    (lambda: nncore.cross_entropy(logits().long(), tensor([0, 1, 2])), TypeError, "the logits is int64"),
    (
        lambda: nncore.cross_entropy(logits(), tensor([0, 1, 2]), weight=ones(4)),
        ValueError,
        "weight has shape (4,) but there are 5 classes",
    ),
    (
        lambda: nncore.cross_entropy(logits(), tensor([0, 1, 2]), reduction="avg"),
        ValueError,
        "reduction is 'avg'; expected 'none', 'mean' or 'sum'",
    ),
    (
        lambda: nncore.cross_entropy(logits(), tensor([0, 1, 2]), label_smoothing=1.5),
        ValueError,
        "label_smoothing is 1.5",
    ),
    (
        lambda: nncore.mse_loss(ones(64, 4), ones(64, 1)),
        ValueError,
        "mse_loss: input has shape (64, 4) but target has (64, 1)",
    ),
    (
        lambda: nncore.mse_loss(ones(32), ones(32, 1), reduction="none"),
        ValueError,
        "a loss does not broadcast",
    ),
    (lambda: nncore.mse_loss(zeros(0), zeros(0)), ValueError, "the mean of an empty batch"),
    # dtypes
    (
        lambda: ones(2) @ ones(2, dtype=f64),
        TypeError,
        "the left operand is float32 but the right operand is float64",
    ),
    (
        lambda: _core.linear(ones(1, 2), ones(3, 2, dtype=f64)),
        TypeError,
        "linear: the input is float32 but the weight is float64",
    ),
    (lambda: tensor([1, 2]).mean(), TypeError, "mean: expected float32 or float64, got int64"),
    (lambda: tensor([True]) - tensor([True]), TypeError, "use a ^ b or logical_xor() for two masks"),
    (lambda: tensor([1, 2]) ** -1, ValueError, "an integer to a negative power"),
    (
        lambda: nncore.from_numpy(np.zeros(2, np.complex64)),
        TypeError,
        "NumPy dtype complex64 is not supported; convert with .astype()",
    ),
    (lambda: tensor(np.zeros(2, np.complex128)), TypeError, "NumPy dtype complex128"),
    (lambda: tensor(np.array([object()])), TypeError, "NumPy dtype object"),
    (lambda: tensor(["a"]), TypeError, "NumPy dtype <U1"),
    (lambda: tensor(np.zeros(2, "M8[s]")), TypeError, "datetime64"),
    (lambda: nncore.from_numpy([1.0]), TypeError, "expected a NumPy array, got list"),
    (lambda: nncore.add(ones(2), "a"), TypeError, "add: expected tensors, numbers or arrays, got"),
    # autograd
    (lambda: ones(2).backward(), RuntimeError, "does not require a gradient"),
    (lambda: (ones(2, requires_grad=True) * 2).backward(), ValueError, "needs the gradient argument"),
    (
        lambda: (ones(2, requires_grad=True) * 2).backward(ones(3)),
        ValueError,
        "gradient has shape (3,) but the tensor has (2,)",
    ),
    (
        lambda: (ones(2, requires_grad=True) * 2).backward(ones(2, dtype=f64)),
        TypeError,
        "gradient is float64 but the tensor is float32",
    ),
    (lambda: tensor([1], requires_grad=True), TypeError, "a int64 tensor cannot have a gradient"),
    (lambda: ones(2, requires_grad=True).numpy(), RuntimeError, "use .detach().numpy()"),
    (lambda: ones(2).item(), ValueError, "a tensor of shape (2,) has 2 elements"),
    (lambda: bool(ones(2)), ValueError, "is ambiguous"),
    # in place
    (
        lambda: _core.assign_(ones(2), ones(3)),
        ValueError,
        "assign_: values of shape (3,) do not fit a tensor of shape (2,)",
    ),
    (
        lambda: _core.assign_(ones(2), ones(2, dtype=f64)),
        TypeError,
        "values are float64 but the tensor is float32",
    ),
    # random numbers and threads
    (lambda: nncore.manual_seed(-1), ValueError, "manual_seed: seed -1 is not between 0 and 2**64 - 1"),
    (lambda: nncore.manual_seed(2**64), ValueError, "is not between 0 and 2**64 - 1"),
    (lambda: nncore.manual_seed(1.5), TypeError, "manual_seed: seed must be an int, got float"),
    (lambda: nncore.manual_seed("a"), TypeError, "manual_seed: seed must be an int, got str"),
    (lambda: nncore.randint(3, 3, (2,)), ValueError, "low 3 must be below high 3"),
    (lambda: nncore.randperm(-1), ValueError, "n is -1"),
    (lambda: nncore.set_num_threads(0), ValueError, "0 is not between 1 and"),
    (lambda: nncore.set_num_threads(10**9), ValueError, "1000000000 is not between 1 and"),
    (lambda: nncore.arange(0, 5, -1), ValueError, "does not lead from 0 to 5"),
    (lambda: nncore.arange(NAN), ValueError, "must be finite"),
    (lambda: _core.set_isa("sse9"), ValueError, "choose one of scalar"),
]


@pytest.mark.parametrize(
    ("call", "kind", "text"), CASES, ids=[text or str(i) for i, (_, _, text) in enumerate(CASES)]
)
def test_bad_input(call: Callable[[], Any], kind: type[Exception], text: str, threads: int) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)


def test_backward_twice_names_the_remedy() -> None:
    y = (ones(2, requires_grad=True) * 3).exp().sum()
    y.backward()
    with pytest.raises(RuntimeError, match="pass retain_graph=True to the first one"):
        y.backward()


def test_a_failed_backward_leaves_the_graph_usable() -> None:
    x = ones(3, 2, requires_grad=True)
    y = x.exp()
    with pytest.raises(ValueError, match="gradient has shape"):
        y.backward(ones(2))
    y.backward(ones(3, 2))
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), np.exp(np.ones((3, 2))), rtol=1e-6)


def test_labels_out_of_range_raise_from_every_thread() -> None:
    x = nncore.zeros(5000, 300)
    labels = np.zeros(5000, dtype=np.int64)
    for row in (0, 2500, 4999):
        labels[row] = 300
        with pytest.raises(IndexError, match=f"target 300 at row {row}"):
            nncore.cross_entropy(x, tensor(labels))
        labels[row] = 0


X = nncore.ones(2, 3)
NO_TENSORS: list[tuple[str, tuple[Any, ...], str]] = [
    ("cosine_embedding_loss", (X, 3, X), "input2"),
    ("triplet_margin_loss", (X, X, [1.0]), "negative"),
    ("pairwise_distance", (3, X), "x1"),
    ("gaussian_nll_loss", (3.0, X, 1.0), "input"),
    ("ctc_loss", (X, 3, [1], [1]), "targets"),
    ("ctc_loss", (X, X, 1, [1]), "input_lengths"),
    ("maxout", (3, 2), "input"),
    ("softmin", (3, 0), "input"),
    ("instance_norm", (3,), "input"),
]


def test_own_functions_name_arguments_that_are_not_tensors() -> None:
    not_one: Any = [1.0]
    wrong: Any = nncore.ones(2).numpy()
    for call, text in (
        (lambda: nncore.allclose(not_one, X), "isclose: input is a list"),
        (lambda: nncore.hstack([X, not_one]), r"hstack: tensors\[1\] is a list"),
        (lambda: nncore.vstack(wrong[0]), "vstack: tensors must be an iterable, got float32"),
        (lambda: functional.maxout(X, wrong), "maxout: pieces must be an int, got array"),
        (lambda: functional.instance_norm(ones(1, 2, 3), wrong, X), "instance_norm: running_mean is a"),
    ):
        with pytest.raises(TypeError, match=text):
            call()


@pytest.mark.parametrize(("name", "arguments", "wrong"), NO_TENSORS)
def test_python_functions_name_arguments_that_are_not_tensors(name: str, arguments: Any, wrong: str) -> None:
    with pytest.raises(TypeError, match=f"{name}: {wrong} is a (int|float|list); expected a Tensor"):
        getattr(nncore.nn.functional, name)(*arguments)


def test_a_subclass_without_init_raises() -> None:
    class Forgot(nncore.Tensor):
        def __init__(self) -> None:
            pass

    with pytest.raises(TypeError, match=r"Tensor.__init__\(\) must be called|never initialized"):
        Forgot()
    with pytest.raises(TypeError, match="never initialized"):
        nncore.Tensor.__new__(nncore.Tensor).shape  # noqa: B018


@pytest.mark.parametrize("value", [NAN, INF, -INF, 1e20])
def test_extreme_logits_give_a_defined_loss(value: float) -> None:
    x = tensor([[value, 0.0, 1.0]], requires_grad=True)
    loss = nncore.cross_entropy(x, tensor([0]))
    if value == value and value > 0 and value != INF:
        assert loss.item() == 0.0
    elif value == -INF:
        assert loss.item() == INF
    else:
        assert np.isnan(loss.item())


def test_a_class_in_place_of_a_tensor_is_called_a_type() -> None:
    with pytest.raises(TypeError, match=r"relu: got \(type\), takes"):
        nncore.relu(nncore.Tensor)  # type: ignore[arg-type]
