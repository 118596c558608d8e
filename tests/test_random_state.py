"""The state of the default generator, `inference_mode`, `Variable` and the typed constructors."""

from __future__ import annotations

import random

import numpy as np
import pytest

import nncore


def test_state_repeats_the_numbers() -> None:
    state = nncore.get_rng_state()
    first = nncore.rand(5).tolist()
    nncore.random.set_rng_state(state)
    assert nncore.rand(5).tolist() == first
    with pytest.raises((TypeError, ValueError), match="state"):
        nncore.set_rng_state(nncore.ones(3))


def test_fork_restores_the_state_also_after_an_error() -> None:
    before = nncore.get_rng_state().tolist()
    with pytest.raises(TypeError), nncore.random.fork_rng(devices=[]):
        nncore.rand(3) @ "text"
    assert nncore.get_rng_state().tolist() == before
    with nncore.random.fork_rng(enabled=False):
        nncore.rand(3)
    assert nncore.get_rng_state().tolist() != before


def test_seed_everything() -> None:
    def numbers() -> object:
        return random.random(), np.random.rand(), nncore.rand(1).item()  # noqa: NPY002

    first = nncore.seed_everything(3), numbers()
    assert (nncore.seed_everything(3), numbers()) == first
    assert (nncore.seed_everything(4), numbers()) != first
    with pytest.raises(ValueError, match="seed_everything: seed must be at most 4294967295"):
        nncore.seed_everything(2**32)


def test_seed_is_random() -> None:
    a, b = nncore.seed(), nncore.seed()
    assert a != b
    assert nncore.initial_seed() == b
    nncore.random.manual_seed(4)
    assert nncore.random.initial_seed() == 4


def test_inference_mode() -> None:
    x = nncore.ones(2, requires_grad=True)

    @nncore.inference_mode()
    def predict() -> nncore.Tensor:
        return x * 2

    @nncore.inference_mode
    def predict_bare() -> nncore.Tensor:
        return x * 2

    assert not predict().requires_grad
    assert not predict_bare().requires_grad
    with nncore.inference_mode(), nncore.inference_mode(mode=False):
        assert (x * 2).requires_grad
    with pytest.raises(TypeError, match="inference_mode: expected a function to decorate, got int"):
        nncore.inference_mode(3)  # type: ignore[call-overload]


def test_variable_shares_the_memory_of_its_tensor() -> None:
    x = nncore.ones(2, requires_grad=True) * 2
    made = nncore.autograd.Variable(x)
    assert made.data_ptr() == x.data_ptr()
    assert not made.requires_grad
    assert nncore.autograd.Variable(x, requires_grad=True).is_leaf
    assert not isinstance(np.ones(2), nncore.autograd.Variable)
    with pytest.raises(TypeError, match="Variable: data is a list; expected a Tensor"):
        nncore.autograd.Variable([1.0])


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("BoolTensor", nncore.bool),
        ("ByteTensor", nncore.uint8),
        ("DoubleTensor", nncore.float64),
        ("FloatTensor", nncore.float32),
        ("IntTensor", nncore.int32),
        ("LongTensor", nncore.int64),
    ],
)
def test_typed_constructors(name: str, dtype: nncore.dtype) -> None:
    make = getattr(nncore, name)
    assert make([[1, 0]]).tolist() == [[1, 0]]
    assert make(np.array([1.0, 0.0])).tolist() == [1, 0]
    assert make(nncore.ones(2)).tolist() == [1, 1]
    assert (make(2, 3).shape, make(4).shape, make().shape) == ((2, 3), (4,), (0,))
    assert make(2).dtype == dtype
    assert isinstance(make(2), make)
    assert not isinstance(nncore.ones(1).to(nncore.int64 if dtype != nncore.int64 else nncore.bool), make)
    assert repr(make) == f"nncore.{name}"
    with pytest.raises(TypeError, match="tensor"):
        make("text")
