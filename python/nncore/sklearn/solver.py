"""The solvers sgd and adam: one captured step on a batch, and the learning rate between epochs."""

from __future__ import annotations

from typing import Any

from nncore import _core, optim
from nncore._core import Tensor
from nncore.captured.step import CompiledStep
from nncore.grad_mode import no_grad
from nncore.nn import Module
from nncore.optim.group import FORMULAS

from .losses import Objective

__all__ = ["Solver"]

LEAST_RATE = 1e-6  # of the adaptive schedule


def place(optimizer: str, setting: str) -> int:
    """The position of a setting among the numbers that the kernel reads."""
    settings = FORMULAS[optimizer].settings
    return [name for name, parts in settings.items() for _ in parts].index(setting)


EPSILON = place("adam", "eps")


class Adam(optim.Adam):
    """Adam that adds epsilon to sqrt(v) before its bias is corrected.

    p := p - lr * sqrt(1-β₂ᵗ) / (1-β₁ᵗ) * m / (sqrt(v) + epsilon).
    Source: Kingma and Ba 2015, end of section 2.
    """

    def __init__(self, params: Any, lr: float, betas: tuple[float, float], epsilon: float) -> None:
        super().__init__(params, lr, betas, epsilon)
        self._count = _core.zeros((), dtype=_core.float64)

    def step(self, closure: Any = None) -> Any:
        self._count.add_(1)
        epsilon = self.defaults["eps"] / (1 - self.defaults["betas"][1] ** self._count).sqrt()
        for group in self.param_groups:
            group.settings[EPSILON] = epsilon
        return super().step(closure)


class Solver:
    """Minimises an objective of a network by steps on batches; `settings` is the estimator.

    It is pickled with the state of the optimizer and without the captured step.
    """

    def __init__(self, network: Module, objective: Objective, settings: Any) -> None:
        self.network, self.objective = network, objective
        self._first_rate = float(settings.learning_rate_init)
        self._schedule, self._power = settings.learning_rate, settings.power_t
        weights = {id(param) for param in objective.weights}
        others = [param for param in network.parameters() if id(param) not in weights]
        params = [{"params": group} for group in (objective.weights, others) if group]
        if settings.solver == "adam":
            self._schedule = "constant"
            self._optimizer: optim.Optimizer = Adam(
                params, self._first_rate, (settings.beta_1, settings.beta_2), settings.epsilon
            )
        else:
            is_nesterov = bool(settings.nesterovs_momentum and settings.momentum > 0)
            self._optimizer = optim.SGD(params, self._first_rate, settings.momentum, nesterov=is_nesterov)
        self._decay = place(settings.solver, "weight_decay")
        self.step = self._compiled()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "step"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.step = self._compiled()

    def _compiled(self) -> CompiledStep:
        return CompiledStep(self._run, cache_size=4, falls_back=True)

    def _run(self, x: Tensor, y: Tensor, *weight: Tensor) -> tuple[Tensor]:
        self._optimizer.zero_grad()
        loss, shown = self.objective.loss(self.network(x), y, *weight)
        loss.backward()
        if self.objective.alpha > 0 and self.objective.weights:
            with no_grad():
                decay = self.objective.decay(y, *weight)
                shown = shown + self.objective.penalty(decay)
                self._optimizer.param_groups[0].settings[self._decay] = decay
        self._optimizer.step()
        return (shown,)

    @property
    def learning_rate(self) -> float:
        """The rate of the next step. A new rate leaves the velocity, rate times momentum buffer, as it is."""
        return float(self._optimizer.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        scale = self.learning_rate / rate
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with no_grad():
            for state in self._optimizer.state.values():
                if "momentum_buffer" in state:
                    state["momentum_buffer"].mul_(scale)

    def set_alpha(self, alpha: float) -> None:
        """Use another strength of the penalty from the next step on."""
        if alpha != self.objective.alpha:
            self.objective.alpha = alpha
            self.step.reset()

    def end_epoch(self, rows_seen: int) -> None:
        """Let the schedule "invscaling" set the rate of the next epoch."""
        if self._schedule == "invscaling":
            self.learning_rate = self._first_rate / (rows_seen + 1) ** self._power

    def slow_down(self) -> bool:
        """Divide the rate of the schedule "adaptive" by 5; False if training has to end instead."""
        if self._schedule != "adaptive" or self.learning_rate <= LEAST_RATE:
            return False
        self.learning_rate /= 5
        return True
