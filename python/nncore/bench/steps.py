"""Training steps of small perceptrons, written as usual for each library."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import nncore
from nncore import nn, optim
from nncore.bench.byhand import ByHand
from nncore.bench.timing import Case, relative_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Array = np.ndarray[Any, Any]

# Adam's first change is lr * sign(gradient): a ReLU input that rounds to the other side of 0 flips a few.
TOLERANCE = 0.05
LR = {"sgd": 0.1, "adam": 0.001}


class Step(NamedTuple):
    """Layer sizes, activation, loss ("mse", "cross_entropy"), optimizer ("sgd", "adam"), rows per batch."""

    sizes: tuple[int, ...]
    activation: str
    loss: str
    optimizer: str
    batch: int


STEPS = (
    Step((784, 30, 10), "sigmoid", "mse", "sgd", 10),
    Step((8, 64, 64, 4), "tanh", "mse", "adam", 32),
    Step((784, 128, 10), "relu", "cross_entropy", "adam", 64),
    Step((784, 512, 512, 10), "relu", "cross_entropy", "adam", 128),
    Step((1024, 2048, 2048, 1000), "relu", "cross_entropy", "adam", 256),
)


def steps() -> Iterator[Case]:
    """Forward, loss, backward and update on one batch."""
    for step in STEPS:
        yield training_step(step)


def makers(step: Step | None = None) -> dict[str, Maker]:
    """The installed libraries, without those that do not support `step`."""
    found: dict[str, Maker] = {
        "nncore": with_nncore_compiled,
        "nncore eager": with_nncore,
        "numpy by hand": with_numpy,
    }
    if find_spec("torch"):
        found |= {"pytorch": with_torch, "pytorch compiled": with_torch_compiled}
    if find_spec("sklearn") and (step is None or step.loss == "cross_entropy"):
        found["scikit-learn"] = with_sklearn
    if find_spec("jax"):
        from nncore.bench.with_jax import with_jax

        found["jax jit"] = with_jax
    return found


def training_step(step: Step, libraries: Iterable[str] | None = None) -> Case:
    """All libraries start from the same weights; the check compares the first weight matrix after one step.

    libraries: names from `makers(step)`; by default all but compiled PyTorch, which takes a minute to build.
    """
    rng = np.random.default_rng(0)
    shapes = list(zip(step.sizes[1:], step.sizes[:-1], strict=True))
    weights = [rng.uniform(-1, 1, shape) / np.sqrt(shape[1]) for shape in shapes]
    biases = [rng.uniform(-0.1, 0.1, shape[0]) for shape in shapes]
    x = rng.uniform(-1, 1, (step.batch, step.sizes[0])).astype(np.float32)
    classes = step.loss == "cross_entropy"
    y: Array = (
        rng.integers(0, step.sizes[-1], step.batch)
        if classes
        else rng.uniform(0, 1, (step.batch, step.sizes[-1]))
    )
    known = makers(step)
    chosen = [name for name in known if name != "pytorch compiled"] if libraries is None else libraries
    made = {name: known[name](step, x, y, weights, biases) for name in chosen}

    def errors() -> dict[str, float]:
        """The relative error of the change of the first weights, against NumPy in float64."""
        exact = ByHand(step, weights, biases, np.float64)
        exact.step(x.astype(np.float64), y)
        change = exact.weights[0] - weights[0]
        found = {}
        for name, (call, first_weights) in made.items():
            call()
            found[name] = relative_error(np.asarray(first_weights(), np.float64) - weights[0], change)
        return found

    name = f"step {'-'.join(map(str, step.sizes))} {step.activation} b{step.batch} {step.optimizer}"
    return Case(name, flops(step), {name: call for name, (call, _) in made.items()}, errors, TOLERANCE)


Call = Callable[[], object]
Maker = Callable[[Step, Any, Any, list[Any], list[Any]], tuple[Call, Call]]


def flops(step: Step) -> float:
    """Flops of the products: one forward and two backward, but none for the gradient of the input."""
    layers = [m * n for m, n in pairwise(step.sizes)]
    return 2.0 * step.batch * (3 * sum(layers) - layers[0])


def optimizer_bytes(step: Step) -> tuple[float, int]:
    """(bytes moved by one pass over p and g, for Adam also m and v, in float32; bytes of these arrays)."""
    parameters = sum((m + 1) * n for m, n in pairwise(step.sizes))
    arrays = 2 if step.optimizer == "sgd" else 4
    return 4.0 * parameters * (2 * arrays - 1), 4 * parameters * arrays


def with_nncore(
    step: Step, x: Array, y: Array, weights: list[Array], biases: list[Array]
) -> tuple[Call, Call]:
    activation = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}[step.activation]
    layers: list[nn.Module] = []
    for weight, bias in zip(weights, biases, strict=True):
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        state = {"weight": weight.astype(np.float32), "bias": bias.astype(np.float32)}
        layer.load_state_dict({name: nncore.from_numpy(value) for name, value in state.items()})
        layers += [layer, activation()]
    model = nn.Sequential(*layers[:-1])
    loss = nn.CrossEntropyLoss() if step.loss == "cross_entropy" else nn.MSELoss()
    kind: Any = optim.SGD if step.optimizer == "sgd" else optim.Adam
    optimizer = kind(model.parameters(), lr=LR[step.optimizer])
    data = nncore.from_numpy(x)
    target = nncore.from_numpy(y if step.loss == "cross_entropy" else y.astype(np.float32))

    def call() -> None:
        error = loss(model(data), target)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()

    return call, lambda: next(iter(model.parameters())).detach().numpy()


def with_nncore_compiled(
    step: Step, x: Array, y: Array, weights: list[Array], biases: list[Array]
) -> tuple[Call, Call]:
    call, first_weights = with_nncore(step, x, y, weights, biases)
    return nncore.compile(call), first_weights


def with_numpy(
    step: Step, x: Array, y: Array, weights: list[Array], biases: list[Array]
) -> tuple[Call, Call]:
    net = ByHand(step, weights, biases, np.float32)
    target = y if step.loss == "cross_entropy" else y.astype(np.float32)
    return lambda: net.step(x, target), lambda: net.weights[0]


def with_torch(
    step: Step, x: Array, y: Array, weights: list[Array], biases: list[Array], compiled: bool = False
) -> tuple[Call, Call]:
    import torch

    activation = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[step.activation]
    layers = []
    for weight, bias in zip(weights, biases, strict=True):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data = torch.from_numpy(weight.astype(np.float32))
        layer.bias.data = torch.from_numpy(bias.astype(np.float32))
        layers += [layer, activation()]
    model = torch.nn.Sequential(*layers[:-1])
    loss = torch.nn.CrossEntropyLoss() if step.loss == "cross_entropy" else torch.nn.MSELoss()
    kind = torch.optim.SGD if step.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=LR[step.optimizer])
    data = torch.from_numpy(x)
    target = torch.from_numpy(y if step.loss == "cross_entropy" else y.astype(np.float32))

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


def with_torch_compiled(
    step: Step, x: Array, y: Array, weights: list[Array], biases: list[Array]
) -> tuple[Call, Call]:
    return with_torch(step, x, y, weights, biases, compiled=True)


def with_sklearn(
    step: Step, x: Array, y: Array, weights: list[Array], biases: list[Array]
) -> tuple[Call, Call]:
    from sklearn.neural_network import MLPClassifier

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
    net.partial_fit(x, y, classes=classes)
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        net.coefs_[i][...] = weight.T
        net.intercepts_[i][...] = bias
    for moments in (net._optimizer.ms, net._optimizer.vs) if step.optimizer == "adam" else ():
        for moment in moments:
            moment[...] = 0
    net._optimizer.t = 0
    return lambda: net.partial_fit(x, y), lambda: net.coefs_[0].T
