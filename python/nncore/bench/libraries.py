"""The training step, written as usual for each library."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

import nncore
from nncore import nn, optim
from nncore.bench.byhand import ByHand
from nncore.bench.steps import LR
from nncore.bench.with_jax import with_jax

if TYPE_CHECKING:
    from nncore.bench.steps import Call, Maker, Problem, Step


def makers(step: Step | None = None) -> dict[str, Maker]:
    """The installed libraries, without those that do not support `step`."""
    found: dict[str, Maker] = {
        "nncore": with_nncore_compiled,
        "nncore eager": with_nncore,
        "numpy by hand": with_numpy,
    }
    if find_spec("torch"):
        found["pytorch"] = with_torch
    if find_spec("sklearn") and (step is None or step.loss == "cross_entropy"):
        found["scikit-learn"] = with_sklearn
    if find_spec("jax"):
        found["jax jit"] = with_jax
    return found


def with_nncore(given: Problem) -> tuple[Call, Call]:
    step = given.step
    activation = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}[step.activation]
    layers: list[nn.Module] = []
    for weight, bias in zip(given.weights, given.biases, strict=True):
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        layer.load_state_dict({"weight": nncore.from_numpy(weight), "bias": nncore.from_numpy(bias)})
        layers += [layer, activation()]
    model = nn.Sequential(*layers[:-1])
    loss = nn.CrossEntropyLoss() if step.loss == "cross_entropy" else nn.MSELoss()
    kind: Any = optim.SGD if step.optimizer == "sgd" else optim.Adam
    optimizer = kind(model.parameters(), lr=LR[step.optimizer])
    data, target = nncore.from_numpy(given.x), nncore.from_numpy(given.y)

    def call() -> None:
        error = loss(model(data), target)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()

    return call, lambda: next(iter(model.parameters())).detach().numpy()


def with_nncore_compiled(given: Problem) -> tuple[Call, Call]:
    call, first_weights = with_nncore(given)
    return nncore.compile(call), first_weights


def with_numpy(given: Problem) -> tuple[Call, Call]:
    net = ByHand(given, np.float32)
    return lambda: net.step(given.x, given.y), lambda: net.weights[0]


def with_torch(given: Problem, compiled: bool = False) -> tuple[Call, Call]:
    import torch

    step = given.step
    activation = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[step.activation]
    layers = []
    for weight, bias in zip(given.weights, given.biases, strict=True):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data, layer.bias.data = torch.tensor(weight), torch.tensor(bias)
        layers += [layer, activation()]
    model = torch.nn.Sequential(*layers[:-1])
    loss = torch.nn.CrossEntropyLoss() if step.loss == "cross_entropy" else torch.nn.MSELoss()
    kind = torch.optim.SGD if step.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=LR[step.optimizer])
    data, target = torch.from_numpy(given.x), torch.from_numpy(given.y)

    def forward() -> torch.Tensor:
        error: torch.Tensor = loss(model(data), target)
        return error

    update: Call = optimizer.step
    if compiled:
        forward, update = torch.compile(forward), torch.compile(update)

    def call() -> None:
        error = forward()
        optimizer.zero_grad()
        error.backward()
        update()

    return call, lambda: model[0].weight.detach().numpy()


def with_sklearn(given: Problem) -> tuple[Call, Call]:
    from sklearn.neural_network import MLPClassifier

    step = given.step
    net = MLPClassifier(
        step.sizes[1:-1],
        activation=step.activation,
        solver=step.optimizer,
        alpha=0.0,
        batch_size=step.batch,
        learning_rate_init=LR[step.optimizer],
        momentum=0.0,
        shuffle=False,
    )
    classes = np.arange(step.sizes[-1])
    net.partial_fit(given.x, given.y, classes=classes)
    for i, (weight, bias) in enumerate(zip(given.weights, given.biases, strict=True)):
        net.coefs_[i][...] = weight.T
        net.intercepts_[i][...] = bias
    for moments in (net._optimizer.ms, net._optimizer.vs) if step.optimizer == "adam" else ():
        for moment in moments:
            moment[...] = 0
    net._optimizer.t = 0
    return lambda: net.partial_fit(given.x, given.y), lambda: net.coefs_[0].T
