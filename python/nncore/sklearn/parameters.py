"""Checks of the parameters of the estimators, made by `fit` as in scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from nncore import nn
from nncore.errors.arguments import brief

__all__ = ["STOCHASTIC", "check_parameters", "hidden_sizes"]

STOCHASTIC = ("sgd", "adam")


class Rule(NamedTuple):
    """What a parameter may be: a test of its value, and its text."""

    holds: Callable[[Any], bool]
    text: str


def _choice(*names: str) -> Rule:
    return Rule(lambda value: isinstance(value, str) and value in names, f"one of {', '.join(names)}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _whole(least: int) -> Rule:
    return Rule(lambda value: _is_whole(value) and value >= least, f"an int of at least {least}")


def _real(text: str, holds: Callable[[float], bool]) -> Rule:
    def test(value: Any) -> bool:
        is_flag = isinstance(value, (bool, np.bool_))
        return isinstance(value, Real) and not is_flag and holds(float(value))

    return Rule(test, text)


def _auto_or(rule: Rule) -> Rule:
    return Rule(
        lambda value: (isinstance(value, str) and value == "auto") or rule.holds(value),
        f"'auto' or {rule.text}",
    )


_FLAG = Rule(lambda value: isinstance(value, (bool, np.bool_)), "True or False")
_POSITIVE = _real("a positive number", lambda value: 0 < value < math.inf)
_NOT_NEGATIVE = _real("a number of at least 0", lambda value: 0 <= value < math.inf)
_BELOW_ONE = _real("a number in [0, 1)", lambda value: 0 <= value < 1)

RULES = {
    "activation": Rule(
        lambda value: isinstance(value, (str, nn.Module)) or callable(value),
        "the name of an activation, a module or a function that makes one",
    ),
    "solver": _choice("lbfgs", "sgd", "adam"),
    "alpha": _NOT_NEGATIVE,
    "batch_size": _auto_or(_whole(1)),
    "learning_rate": _choice("constant", "invscaling", "adaptive"),
    "learning_rate_init": _POSITIVE,
    "power_t": _NOT_NEGATIVE,
    "max_iter": _whole(1),
    "shuffle": _FLAG,
    "tol": _NOT_NEGATIVE,
    "verbose": Rule(
        lambda value: isinstance(value, (bool, np.bool_)) or _whole(0).holds(value), "a bool or an int"
    ),
    "warm_start": _FLAG,
    "momentum": _real("a number in [0, 1]", lambda value: 0 <= value <= 1),
    "nesterovs_momentum": _FLAG,
    "early_stopping": _FLAG,
    "validation_fraction": _BELOW_ONE,
    "beta_1": _BELOW_ONE,
    "beta_2": _BELOW_ONE,
    "epsilon": _POSITIVE,
    "n_iter_no_change": Rule(
        lambda value: _whole(1).holds(value) or value == math.inf, "an int of at least 1, or infinity"
    ),
    "max_fun": _whole(1),
    "dropout": _BELOW_ONE,
    "batch_norm": _FLAG,
    "module": Rule(
        lambda value: value is None or callable(value), "None, a module or a function that makes one"
    ),
    "loss": _choice("squared_error", "poisson"),
    "n_components": _whole(1),
}


def check_parameters(estimator: Any) -> None:
    """Raise ValueError for the first parameter of `estimator` that is not valid."""
    where = type(estimator).__name__
    for name, value in estimator.get_params(deep=False).items():
        if name in RULES and not RULES[name].holds(value):
            raise ValueError(f"{where}: {name} must be {RULES[name].text}, got {brief(value)}")
    hidden_sizes(estimator)
    if estimator.early_stopping and estimator.validation_fraction == 0:
        raise ValueError(f"{where}: early_stopping=True needs a validation_fraction above 0, got 0")
    if estimator.solver == "lbfgs" and estimator.dropout > 0:
        raise ValueError(
            f"{where}: dropout needs solver='sgd' or 'adam'; lbfgs needs a loss without random numbers"
        )


def hidden_sizes(estimator: Any) -> list[int]:
    """`hidden_layer_sizes` as a list; ValueError unless all are ints of at least 1."""
    given = estimator.hidden_layer_sizes
    sizes = list(given) if isinstance(given, Iterable) else [given]
    if not all(_is_whole(size) and size >= 1 for size in sizes):
        raise ValueError(
            f"{type(estimator).__name__}: hidden_layer_sizes must be an int of at least 1 or a list of them, "
            f"got {brief(given)}"
        )
    return [int(size) for size in sizes]
