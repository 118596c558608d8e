"""The exponential moving average of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from numbers import Real
from typing import TYPE_CHECKING, Any

from nncore._core import assign_
from nncore.errors import arguments
from nncore.grad_mode import no_grad
from nncore.train.choices import described
from nncore.train.interrupt import DeferredInterrupt
from nncore.train.prepare import check_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nncore._core import Tensor
    from nncore.nn import Module


class Average:
    """The average a = decay * a + (1 - decay) * p of each parameter p, beginning with its first value.

    `fit` updates it in each step. After `fit` the model has the averages, and this object the trained values;
    another `fit` with this object goes on from them. Errors: TypeError for something else than a Module;
    ValueError for a decay outside 0..1.
    Source: Polyak and Juditsky 1992; Szegedy et al. 2016, section 8.

    >>> from nncore.train import Average
    >>> model = nn.Linear(1, 1, bias=False)
    >>> average = Average(model, decay=0.75)
    >>> with nncore.no_grad():
    ...     _ = model.weight.add_(4.0)
    >>> average.update()
    >>> before = model.weight.item()
    >>> average.exchange()
    >>> round(before - model.weight.item(), 4)
    3.0
    """

    def __init__(self, model: Module, decay: float) -> None:
        check_model("Average", model)
        self.decay = arguments.number("Average", "decay", decay, 0.0, 1.0)
        self.is_exchanged = False
        self._parameters: dict[str, Tensor] = dict(model.named_parameters())
        self._values = {name: value.detach().clone() for name, value in self._parameters.items()}

    def update(self) -> None:
        """Add the present values of the parameters."""
        with no_grad():
            for name, value in self._values.items():
                value.lerp_(self._parameters[name], 1 - self.decay)

    def exchange(self) -> None:
        """Exchange the parameters with their averages, or back."""
        with DeferredInterrupt(), no_grad():
            for name, value in self._values.items():
                parameter = self._parameters[name]
                kept = parameter.detach().clone()
                assign_(parameter, value)
                assign_(value, kept)
            self.is_exchanged = not self.is_exchanged

    def _belongs_to(self, model: Module) -> bool:
        """Whether these are averages of parameters of this model."""
        return {id(value) for value in self._parameters.values()} <= {id(p) for p in model.parameters()}

    @contextmanager
    def in_model(self) -> Iterator[None]:
        """In the block the model has the averages."""
        try:
            self.exchange()
            yield
        finally:
            if self.is_exchanged:
                self.exchange()

    def state_dict(self) -> dict[str, Any]:
        """The values that the model does not have, and whether these are the trained ones."""
        return {**self._values, "is_exchanged": self.is_exchanged}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load a state of `state_dict`. An error changes nothing.

        Errors: TypeError for something else than a dict; ValueError for values of another model.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Average: the state is {arguments.brief(state_dict)}; expected a dict")
        if "is_exchanged" not in state_dict:
            raise ValueError(
                "Average: the state has no 'is_exchanged'; expected the state_dict of an Average"
            )
        values = {name: value for name, value in state_dict.items() if name != "is_exchanged"}
        shapes = {name: value.shape for name, value in self._values.items()}
        given = {name: getattr(value, "shape", None) for name, value in values.items()}
        if given != shapes:
            raise ValueError(f"Average: the state has values of shapes {given}; expected {shapes}")
        self.is_exchanged = bool(state_dict["is_exchanged"])
        for name, value in self._values.items():
            assign_(value, values[name])


def average_of(where: str, given: Any, model: Module) -> Average | None:
    """The average that `fit` updates, made for a decay."""
    if given is None:
        return None
    if not isinstance(given, Average):
        if isinstance(given, bool) or not isinstance(given, Real):
            raise TypeError(
                f"{where}: ema is {described(given)}; expected a decay, or an Average of nncore.train"
            )
        return Average(model, arguments.number(where, "ema", given, 0.0, 1.0))
    if not given._belongs_to(model):
        raise ValueError(f"{where}: ema averages another model; make Average(model, decay) of this one")
    return given
