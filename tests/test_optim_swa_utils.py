"""Averaged models against those that PyTorch gave, in captured steps, and their errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import nncore
from average_table import AVERAGES, averaged, change, model, run_average, state, table
from nncore import nn
from nncore.errors import CaptureError
from nncore.optim import SGD
from nncore.optim import swa_utils as swa
from schedule_table import recorded

RECORD: dict[str, Any] = recorded("averages")


@pytest.mark.parametrize("case", AVERAGES)
def test_states_are_pytorchs(case: str) -> None:
    for ours, theirs in zip(run_average(nncore, case), RECORD[case], strict=True):
        assert list(ours) == list(theirs)
        for name, value in theirs.items():
            tolerance = 1e-7 if "get_swa_multi" in case else 1e-12  # PyTorch rounds 1 / (n + 1) to float32
            assert nncore.allclose(nncore.tensor(ours[name]), nncore.tensor(value), rtol=tolerance), name


@pytest.mark.parametrize("case", AVERAGES)
def test_a_captured_step_takes_the_parameters(case: str) -> None:
    """From the first value on, and again after the number of values was set back to 0."""
    made = model(nncore)
    eager, captured = averaged(nncore, case, made), averaged(nncore, case, made)

    def step(x: Any) -> Any:
        y = made(x)
        captured.update_parameters(made)
        return y

    compiled = nncore.compile(step)
    for epoch in range(8):
        if epoch == 6:
            for average in (eager, captured):
                average.load_state_dict({**average.state_dict(), "n_averaged": nncore.tensor(0)})
        change(nncore, made, epoch)
        compiled(table(nncore, epoch, 4, 2))
        eager.update_parameters(made)
        assert state(captured) == state(eager)
    assert compiled.replays >= 4


def test_a_function_that_reads_the_number_is_refused_in_a_captured_step() -> None:
    made = model(nncore)
    average = swa.AveragedModel(made, avg_fn=lambda a, v, n: a + (v - a) / (n.item() + 1))

    def step(x: Any) -> Any:
        average.update_parameters(made)
        return x + 1

    compiled = nncore.compile(step)
    with pytest.raises(CaptureError, match="item: a value is read inside a compiled step"):
        compiled(nncore.zeros(1))


def test_statistics_are_new_and_modes_and_momenta_stay() -> None:
    made = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(1, momentum=0.3), nn.Dropout(0.5)).eval()
    made[1](nncore.full((9, 1), 5.0))
    swa.update_bn([(nncore.tensor([[float(i)], [i + 2.0]]), "label") for i in range(3)], made, "cpu")
    assert made[1].running_mean.item() == 2.0
    assert made[1].running_var.item() == 2.0
    assert made[1].num_batches_tracked.item() == 3
    assert (made[1].momentum, made.training, made[2].training) == (0.3, False, False)
    with pytest.raises(ValueError, match="BatchNorm1d: the input has shape"):
        swa.update_bn([nncore.ones(2, 1), nncore.ones(2, 3)], made)
    assert (made[1].momentum, made.training) == (0.3, False)


def sgd() -> SGD:
    return SGD([nn.Parameter(nncore.zeros(1))], lr=0.8)


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: swa.get_ema_avg_fn(1.5),
        ValueError,
        "get_ema_avg_fn: decay must be finite, at least 0, at most 1",
    ),
    (lambda: swa.get_ema_multi_avg_fn(-0.1), ValueError, "get_ema_multi_avg_fn: decay must be"),
    (
        lambda: swa.AveragedModel(nncore.zeros(1)),  # type: ignore[arg-type]
        TypeError,
        "AveragedModel: model must be a Module, got Tensor",
    ),
    (
        lambda: swa.AveragedModel(nn.ReLU(), None, swa.get_swa_avg_fn(), swa.get_swa_multi_avg_fn()),
        ValueError,
        "give avg_fn or multi_avg_fn, not both",
    ),
    (
        lambda: swa.AveragedModel(nn.Linear(2, 1)).update_parameters(nn.Linear(3, 1)),
        ValueError,
        "the model is not like the averaged one; its tensors have shapes [(1, 3), (1,)], expected [(1, 2), ",
    ),
    (
        lambda: swa.AveragedModel(nn.Linear(2, 1)).update_parameters(None),  # type: ignore[arg-type]
        TypeError,
        "AveragedModel.update_parameters: NoneType is not a Module",
    ),
    (lambda: swa.update_bn([], None), TypeError, "update_bn: model must be a Module, got NoneType"),  # type: ignore[arg-type]
    (lambda: swa.SWALR(None, 0.1), TypeError, "SWALR: NoneType is not an Optimizer"),  # type: ignore[arg-type]
    (lambda: swa.SWALR(sgd(), [0.1, 0.2]), ValueError, "SWALR: swa_lr has 2 values, but the optimizer has 1"),
    (lambda: swa.SWALR(sgd(), 0.1, -1), ValueError, "SWALR: anneal_epochs must be at least 0, got -1"),
    (
        lambda: swa.SWALR(sgd(), 0.1, anneal_strategy="exp"),  # type: ignore[arg-type]
        ValueError,
        "SWALR: anneal_strategy must be 'cos' or 'linear', got 'exp'",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_bad_arguments_are_named(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        make()
