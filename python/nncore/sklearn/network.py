"""The networks of the estimators, and arrays that share memory with their weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from nncore import nn
from nncore._core import Tensor, from_numpy
from nncore.errors.arguments import brief

__all__ = ["Arrays", "adopt", "custom", "initial", "linears", "share", "stack"]

Arrays = list[np.ndarray[Any, Any]]

NAMES: dict[str, Callable[[], nn.Module]] = {"logistic": nn.Sigmoid, "identity": nn.Identity}
NAMES |= {name.lower(): getattr(nn, name) for name in (*nn.activation.__all__, "GELU", "PReLU")}


def activation_maker(activation: Any) -> Callable[[], nn.Module]:
    """A function that makes the module of an activation, which is a name, a module or such a function."""
    if isinstance(activation, nn.Module):
        return lambda: copy.deepcopy(activation)
    if not isinstance(activation, str):
        return activation  # type: ignore[no-any-return]
    name = activation.lower().replace("_", "")
    if name not in NAMES:
        raise ValueError(
            f"activation is {activation!r}; expected a module or one of {', '.join(sorted(NAMES))}"
        )
    return NAMES[name]


def stack(sizes: Sequence[int], activation: Any, dropout: float, batch_norm: bool) -> nn.Sequential:
    """Linear layers of these sizes, each but the last followed by batch norm, activation and dropout."""
    make = activation_maker(activation)
    layers: list[nn.Module] = []
    for i, (fan_in, fan_out) in enumerate(pairwise(sizes), 2):
        layers.append(nn.Linear(fan_in, fan_out))
        if i < len(sizes):
            layers += [nn.BatchNorm1d(fan_out)] if batch_norm else []
            layers.append(_checked_activation(make()))
            layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers)


def _checked_activation(activation: Any) -> nn.Module:
    if not isinstance(activation, nn.Module) or linears(activation):
        raise TypeError(
            f"activation gives {brief(activation)}; expected a module without linear layers; for a "
            "network of your own use module="
        )
    return activation


def custom(module: Any, n_features: int, n_outputs: int) -> nn.Module:
    """A copy of a user's module, or what the user's function of the two sizes makes."""
    made = copy.deepcopy(module) if isinstance(module, nn.Module) else module(n_features, n_outputs)
    if not isinstance(made, nn.Module):
        raise TypeError(
            f"module({n_features}, {n_outputs}) returned {type(made).__name__}; expected an nncore.nn.Module"
        )
    return made


def linears(network: nn.Module) -> list[nn.Linear]:
    """The linear layers in order."""
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def initial(sizes: Sequence[int], activation: Any, random: Any, dtype: Any) -> tuple[Arrays, Arrays]:
    """First weights (fan_in, fan_out) and biases, uniform up to sqrt(6 / (fan_in + fan_out)), 2 for logistic.

    The numbers are those of scikit-learn's MLP for the same random state. Source: Glorot and Bengio 2010.
    """
    factor = 2.0 if isinstance(activation, str) and activation == "logistic" else 6.0
    coefs, intercepts = [], []
    for fan_in, fan_out in pairwise(sizes):
        bound = np.sqrt(factor / (fan_in + fan_out))
        coefs.append(random.uniform(-bound, bound, (fan_in, fan_out)).astype(dtype))
        intercepts.append(random.uniform(-bound, bound, fan_out).astype(dtype))
    return coefs, intercepts


def share(network: nn.Module, coefs: Arrays, intercepts: Arrays) -> None:
    """Let the linear layers use the memory of these arrays, which are replaced where their layout differs."""
    for i, layer in enumerate(linears(network)):
        dtype = layer.weight.detach().numpy().dtype
        coefs[i] = _shared(layer.weight, coefs[i].T, dtype).T
        intercepts[i] = _shared(layer.bias, intercepts[i], dtype)


def _shared(parameter: Tensor | None, array: Any, dtype: Any) -> Any:
    """The array, or a copy that can be shared, after `parameter` uses its memory."""
    assert parameter is not None
    if parameter.data_ptr() == array.ctypes.data and array.flags.c_contiguous and array.dtype == dtype:
        return array
    array = np.require(array, dtype, ["C", "W", "A"])
    parameter.data = from_numpy(array)
    return array


def adopt(network: nn.Module, values: dict[str, Any]) -> None:
    """Copy values into the state of the network, in place."""
    for name, tensor in network.state_dict().items():
        tensor.copy_(values[name])
