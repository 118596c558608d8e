"""Averages of a model's weights over training; PyTorch's `torch.optim.swa_utils`.

>>> model, loss = nn.Linear(2, 1), nn.MSELoss()
>>> optimizer = nncore.optim.SGD(model.parameters(), lr=0.1)
>>> averaged = nncore.optim.swa_utils.AveragedModel(
...     model, multi_avg_fn=nncore.optim.swa_utils.get_ema_multi_avg_fn(0.9)
... )
>>> for step in range(3):
...     optimizer.zero_grad()
...     loss(model(nncore.ones(4, 2)), nncore.ones(4, 1)).backward()
...     optimizer.step()
...     averaged.update_parameters(model)
>>> averaged(nncore.ones(4, 2)).shape
(4, 1)
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

from nncore import _core
from nncore._core import Tensor, device
from nncore.errors.arguments import number, size
from nncore.grad_mode import no_grad
from nncore.nn.batchnorm import _BatchNorm
from nncore.nn.module import Module

from .lr_scheduler.base import LRScheduler, optimizer_of, per_group, share_settings
from .optimizer import Optimizer

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AvgFn = Callable[[Tensor, Tensor, Tensor], Tensor]
MultiAvgFn = Callable[[Sequence[Tensor], Sequence[Tensor], Tensor], None]


def get_ema_avg_fn(decay: float = 0.999) -> AvgFn:
    """The `avg_fn` of an exponential average, decay * average + (1 - decay) * value.

    Errors: ValueError unless 0 <= decay <= 1.
    """
    decay = number("get_ema_avg_fn", "decay", decay, 0.0, 1.0)

    @no_grad()
    def ema_update(averaged: Tensor, current: Tensor, num_averaged: Tensor) -> Tensor:
        return decay * averaged + (1 - decay) * current

    return ema_update


def get_swa_avg_fn() -> AvgFn:
    """The `avg_fn` of a mean, average + (value - average) / (num_averaged + 1)."""

    @no_grad()
    def swa_update(averaged: Tensor, current: Tensor, num_averaged: Tensor) -> Tensor:
        return averaged + (current - averaged) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAvgFn:
    """The `multi_avg_fn` of an exponential average, decay * average + (1 - decay) * value.

    Errors: ValueError unless 0 <= decay <= 1.
    """
    decay = number("get_ema_multi_avg_fn", "decay", decay, 0.0, 1.0)

    @no_grad()
    def ema_update(averaged: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Tensor) -> None:
        for average, value in zip(averaged, current, strict=True):
            if average.dtype.is_floating_point:
                average.lerp_(value, 1 - decay)
            else:
                average.copy_(average * decay + value * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> MultiAvgFn:
    """The `multi_avg_fn` of a mean, average + (value - average) / (num_averaged + 1)."""

    @no_grad()
    def swa_update(averaged: Sequence[Tensor], current: Sequence[Tensor], num_averaged: Tensor) -> None:
        weight = 1 / (num_averaged + 1)
        for average, value in zip(averaged, current, strict=True):
            if average.dtype.is_floating_point:
                average.lerp_(value, weight)
            else:
                average.copy_(average + (value - average) * weight)

    return swa_update


class AveragedModel(Module):
    """A copy of `model` whose parameters are an average of those of the model.

    `update_parameters(model)` takes the model's parameters into the average, which is a mean unless you give
    a function: `avg_fn(average, value, n)` returns the new average of one parameter, where n counts the
    values so far, and `multi_avg_fn(averages, values, n)` writes the averages in place. With `use_buffers`
    buffers are averaged too; else those of the model are copied. The state dict has "n_averaged" and
    "module".

    Errors: TypeError for something else than a Module; ValueError for both functions.
    Source: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization".

    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = nncore.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged.item()
    (3.0, 3)
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: str | int | device | None = None,
        avg_fn: AvgFn | None = None,
        multi_avg_fn: MultiAvgFn | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(model, Module):
            raise TypeError(f"AveragedModel: model must be a Module, got {type(model).__name__}")
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: give avg_fn or multi_avg_fn, not both")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device)
        self.register_buffer("n_averaged", _core.tensor(0, dtype=_core.int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the parameters of `model` into the average. The first call copies them.

        In a captured step it takes them in every replay, unless `avg_fn` or `multi_avg_fn` reads values.
        Errors: TypeError for something else than a Module; ValueError for parameters of other shapes.
        """
        if not isinstance(model, Module):
            raise TypeError(f"AveragedModel.update_parameters: {type(model).__name__} is not a Module")
        averaged, current = _matched(
            _tensors(self.module, self.use_buffers), _tensors(model, self.use_buffers)
        )
        buffers = ([], []) if self.use_buffers else _matched(self.module.buffers(), model.buffers())
        is_first = self.n_averaged == 0
        if _core.capturing():  # each replay finds out whether it is the first
            self._average(averaged, current)
            current = [
                _core.where(is_first.to(average.device), value, average)
                for average, value in zip(averaged, current, strict=True)
            ]
            _copy(averaged, current)
        elif is_first:
            _copy(averaged, current)
        else:
            self._average(averaged, current)
        _copy(*buffers)
        self.n_averaged.add_(1)

    def _average(self, averaged: list[Tensor], current: list[Tensor]) -> None:
        """Take the values `current` into the averages, in place."""
        if self.multi_avg_fn is None:
            function = self.avg_fn or get_swa_avg_fn()
            for average, value in zip(averaged, current, strict=True):
                average.copy_(function(average, value, self.n_averaged.to(average.device)))
            return
        alike: dict[Any, tuple[list[Tensor], list[Tensor]]] = {}  # one list per device and dtype
        for average, value in zip(averaged, current, strict=True):
            lists = alike.setdefault((str(average.device), average.dtype), ([], []))
            lists[0].append(average)
            lists[1].append(value)
        for averages, values in alike.values():
            self.multi_avg_fn(averages, values, self.n_averaged.to(averages[0].device))


def _tensors(model: Module, use_buffers: bool) -> Iterator[Tensor]:
    """The parameters, and the buffers if they are averaged."""
    yield from model.parameters()
    if use_buffers:
        yield from model.buffers()


def _matched(averaged: Iterable[Tensor], current: Iterable[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Both as lists without history; the values are on the devices of the averages."""
    averages, values = [one.detach() for one in averaged], [one.detach() for one in current]
    shapes = [one.shape for one in averages]
    if (given := [one.shape for one in values]) != shapes:
        raise ValueError(
            "AveragedModel.update_parameters: the model is not like the averaged one; its tensors have "
            f"shapes {given}, expected {shapes}"
        )
    return averages, [value.to(average.device) for average, value in zip(averages, values, strict=True)]


def _copy(averaged: list[Tensor], current: list[Tensor]) -> None:
    for average, value in zip(averaged, current, strict=True):
        average.copy_(value)


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: str | int | device | None = None) -> None:
    """Compute the running statistics of all BatchNorm layers of `model` anew, over the batches of `loader`.

    A batch is the input of the model, or a list or tuple that begins with it. `device`, if given, is where
    the input goes. The modes and momenta of the layers stay as they are.

    >>> model = nn.Sequential(nn.BatchNorm1d(1))
    >>> nncore.optim.swa_utils.update_bn([nncore.tensor([[1.0], [3.0]])], model)
    >>> model[0].running_mean.item(), model[0].running_var.item()
    (2.0, 2.0)
    """
    if not isinstance(model, Module):
        raise TypeError(f"update_bn: model must be a Module, got {type(model).__name__}")
    layers = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    was_training = model.training
    try:
        model.train()
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # the mean over all batches
        for batch in loader:
            inputs = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(inputs if device is None else inputs.to(device))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """lr goes from its present value to `swa_lr` in `anneal_epochs` epochs, then stays.

    It follows half a cosine, or a line for anneal_strategy="linear". `swa_lr` is one number or a list with
    one per group. A group that is added later gets the `swa_lr` that the other groups share.

    Errors: ValueError for settings out of range and for lists that do not have one number per group.
    Source: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization".

    >>> optimizer = nncore.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0)
    >>> scheduler = nncore.optim.swa_utils.SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     scheduler.step()
    >>> rates
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = per_group("SWALR", "swa_lr", optimizer_of("SWALR", optimizer), swa_lr)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = size("SWALR", "anneal_epochs", anneal_epochs)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        super().__init__(optimizer, last_epoch)

    def _meet_groups(self) -> None:
        share_settings(self, ["swa_lr"])
        super()._meet_groups()

    def _part(self, epoch: int) -> float:
        """How much of `swa_lr` the rate of `epoch` contains, from 0 to 1."""
        part = min(1.0, max(0, epoch) / max(1, self.anneal_epochs))
        return part if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * part)) / 2

    def get_lr(self) -> list[float]:
        groups = self.optimizer.param_groups
        if self._is_initial and self.last_epoch > 0:  # resumed: the rate is that of this epoch
            return [group["lr"] for group in groups]
        epoch = max(self._step_count - 1, int(self.anneal_epochs == 0))
        before, now = self._part(epoch - 1), self._part(epoch)
        rates = []
        for group in groups:
            last = group["swa_lr"]
            first = last if before == 1 else (group["lr"] - before * last) / (1 - before)
            rates.append(last * now + first * (1 - now))
        return rates
