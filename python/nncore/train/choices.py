"""Losses, optimizers and schedules that are given as objects, classes, functions or names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore import nn, optim
from nncore._core import Tensor
from nncore.errors import absent, arguments
from nncore.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

    from nncore.nn import Module
    from nncore.optim import Optimizer

    Loss = Callable[[Tensor, Tensor], Tensor]

LOSSES: dict[str, type[Module]] = {
    "cross_entropy": nn.CrossEntropyLoss,
    "nll": nn.NLLLoss,
    "bce": nn.BCELoss,
    "bce_with_logits": nn.BCEWithLogitsLoss,
    "mse": nn.MSELoss,
    "l1": nn.L1Loss,
    "mae": nn.L1Loss,
    "smooth_l1": nn.SmoothL1Loss,
    "huber": nn.HuberLoss,
    "poisson_nll": nn.PoissonNLLLoss,
    "kl_div": nn.KLDivLoss,
}
OF_CLASSES: tuple[Any, ...] = (
    nn.CrossEntropyLoss,
    nn.NLLLoss,
    functional.cross_entropy,
    functional.nll_loss,
)
OF_LOG_PROBABILITIES: tuple[Any, ...] = (nn.NLLLoss, functional.nll_loss)
OF_PROBABILITIES: tuple[Any, ...] = (nn.BCELoss, functional.binary_cross_entropy)
OF_LOGITS: tuple[Any, ...] = (
    nn.BCEWithLogitsLoss,
    nn.MultiLabelSoftMarginLoss,
    functional.binary_cross_entropy_with_logits,
    functional.multilabel_soft_margin_loss,
)
OF_VALUES: tuple[Any, ...] = (
    nn.MSELoss,
    nn.L1Loss,
    nn.SmoothL1Loss,
    nn.HuberLoss,
    nn.PoissonNLLLoss,
    functional.mse_loss,
    functional.l1_loss,
    functional.smooth_l1_loss,
    functional.huber_loss,
    functional.poisson_nll_loss,
)


def is_one_of(loss: Any, kinds: tuple[Any, ...]) -> bool:
    """Whether the loss is one of these functions or an object of one of these classes."""
    return any(isinstance(loss, kind) if isinstance(kind, type) else loss is kind for kind in kinds)


def reconstructs(loss: Any) -> bool:
    """Whether the loss compares values, so that the target of an autoencoder may be its input."""
    return is_one_of(loss, (*OF_VALUES, *OF_PROBABILITIES, *OF_LOGITS))


def loss_of(where: str, given: Any) -> Loss | None:
    """The loss as a function of output and target; None stays None."""
    if isinstance(given, str):
        found = LOSSES.get(given.removesuffix("_loss"))
        if found is None:
            raise ValueError(f"{where}: loss is {given!r}; expected a function or one of {_listed(LOSSES)}")
        return found()
    if isinstance(given, type):
        return _made(where, "loss", given)  # type: ignore[no-any-return]
    if given is not None and not callable(given):
        raise TypeError(
            f"{where}: loss is {described(given)}; expected a function of output and target, a class of "
            f"nncore.nn, or one of {_listed(LOSSES)}"
        )
    return given  # type: ignore[no-any-return]


def optimizer_of(where: str, given: Any, model: Module, lr: float | None) -> Optimizer:
    """The optimizer of the model's parameters; by default Adam."""
    if hasattr(given, "param_groups") and not isinstance(given, type):
        if lr is not None:
            raise ValueError(
                f"{where}: lr does not apply to an optimizer that is made; give lr to "
                f"{type(given).__name__}, or give its class or name as optimizer"
            )
        _check_parameters(where, given, model)
        return given  # type: ignore[no-any-return]
    make = optim.Adam if given is None else given
    if isinstance(given, str):
        names = {name.lower(): getattr(optim, name) for name in optim.__all__ if name[0].isupper()}
        del names["optimizer"]
        if given.lower() not in names:
            known = {name.lower(): name for name in absent.read()}.get(f"optim.{given.lower()}")
            instead = known and absent.answer(known)
            raise ValueError(
                f"{where}: {instead.text(known)}"
                if instead and known
                else f"{where}: optimizer is {given!r}; expected an optimizer or one of {_listed(names)}"
            )
        make = names[given.lower()]
    if not callable(make):
        raise TypeError(
            f"{where}: optimizer is {described(given)}; expected an Optimizer, its class or its name"
        )
    settings = {} if lr is None else {"lr": arguments.number(where, "lr", lr, 0.0)}
    optimizer = _made(where, "optimizer", make, model.parameters(), **settings)
    if not hasattr(optimizer, "param_groups"):
        raise TypeError(f"{where}: optimizer made {described(optimizer)}; expected an nncore.optim.Optimizer")
    return optimizer  # type: ignore[no-any-return]


def scheduler_of(where: str, given: Any, optimizer: Optimizer) -> Any:
    """The schedule of the optimizer, made by `given` if that is a function of the optimizer."""
    if given is None:
        return None
    made = given if hasattr(given, "step") and not isinstance(given, type) else None
    if made is None:
        if not callable(given):
            raise TypeError(
                f"{where}: scheduler is {described(given)}; expected a schedule of optim.lr_scheduler, "
                "or a function of the optimizer that makes one"
            )
        made = _made(where, "scheduler", given, optimizer)
    if getattr(made, "optimizer", optimizer) is not optimizer:
        raise ValueError(
            f"{where}: the schedule belongs to another optimizer; make it from the one that is given, or "
            "give a function of the optimizer, such as lambda optimizer: StepLR(optimizer, 10)"
        )
    return made


def described(value: object) -> str:
    """The kind of an object, as a message names it."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def _check_parameters(where: str, optimizer: Optimizer, model: Module) -> None:
    trained = {id(param) for group in optimizer.param_groups for param in group["params"]}
    if not any(id(param) in trained for param in model.parameters()):
        raise ValueError(
            f"{where}: the optimizer has none of the model's parameters; make it from model.parameters()"
        )


def _made(where: str, name: str, make: Callable[..., Any], *args: Any, **settings: Any) -> Any:
    try:
        return make(*args, **settings)
    except TypeError as error:
        shown = getattr(make, "__name__", repr(make))
        raise TypeError(
            f"{where}: {name} {shown} cannot be made with its defaults: {error}; give an object"
        ) from error


def _listed(names: Any) -> str:
    return ", ".join(map(repr, names))
