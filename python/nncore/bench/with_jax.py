"""The training step in JAX, compiled whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.bench.steps import LR

if TYPE_CHECKING:
    from nncore.bench.steps import Call, Problem


def with_jax(given: Problem) -> tuple[Call, Call]:
    import jax
    import jax.numpy as jnp

    step = given.step
    activation = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu}[step.activation]
    lr = LR[step.optimizer]

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        for i, (w, b) in enumerate(parameters):
            x = x @ w.T + b
            x = x if i == len(parameters) - 1 else activation(x)
        if step.loss == "mse":
            return ((x - y) ** 2).mean()
        return -jax.nn.log_softmax(x)[jnp.arange(len(y)), y].mean()

    def update(state: Any, x: Any, y: Any) -> Any:
        parameters, m, v, t = state
        gradients = jax.grad(loss)(parameters, x, y)
        if step.optimizer == "sgd":
            return jax.tree.map(lambda p, g: p - lr * g, parameters, gradients), m, v, t
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)

        def adam(p: Any, m: Any, v: Any) -> Any:
            return p - lr * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)

        return jax.tree.map(adam, parameters, m, v), m, v, t

    compiled = jax.jit(update)
    start = [(jnp.asarray(w), jnp.asarray(b)) for w, b in zip(given.weights, given.biases, strict=True)]
    zeros = jax.tree.map(jnp.zeros_like, start)
    state = [(start, zeros, zeros, jnp.float32(0))]
    data, target = jnp.asarray(given.x), jnp.asarray(given.y)

    def call() -> None:
        state[0] = jax.block_until_ready(compiled(state[0], data, target))

    return call, lambda: np.asarray(state[0][0][0][0])
