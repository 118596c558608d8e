"""A perceptron in plain NumPy: a library to compare with, and in float64 the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nncore.bench.steps import LR

if TYPE_CHECKING:
    from nncore.bench.steps import Array, Problem


class ByHand:
    """Layers a = f(a W^T + b), the last one linear; mean squared error or cross-entropy; SGD or Adam."""

    def __init__(self, given: Problem, dtype: type) -> None:
        self.config = given.step
        self.weights: list[Array] = [w.astype(dtype) for w in given.weights]
        self.biases: list[Array] = [b.astype(dtype) for b in given.biases]
        self.lr = LR[given.step.optimizer]
        self.t = 0
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in [*self.weights, *self.biases]]

    def step(self, x: Array, y: Array) -> None:
        activation, last = self.config.activation, len(self.weights) - 1
        kept = [x]
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = kept[-1] @ w.T + b
            kept.append(z if i == last else _forward(activation, z))
        delta = self._output_delta(kept[-1], y)
        dw: list[Array] = []
        db: list[Array] = []
        for i in range(last, -1, -1):
            dw.insert(0, delta.T @ kept[i])
            db.insert(0, delta.sum(0))
            if i:
                delta = (delta @ self.weights[i]) * _slope(activation, kept[i])
        self._update([*self.weights, *self.biases], [*dw, *db])

    def _output_delta(self, output: Array, y: Array) -> Array:
        if self.config.loss == "mse":
            return (output - y) * (2.0 / output.size)
        delta: Array = np.exp(output - output.max(1, keepdims=True))
        delta /= delta.sum(1, keepdims=True)
        delta[np.arange(len(y)), y] -= 1
        delta /= len(y)
        return delta

    def _update(self, parameters: list[Array], gradients: list[Array]) -> None:
        if self.config.optimizer == "sgd":
            for p, g in zip(parameters, gradients, strict=True):
                p -= self.lr * g
            return
        self.t += 1
        rate = self.lr / (1 - 0.9**self.t)
        root = (1 - 0.999**self.t) ** 0.5
        for p, g, (m, v) in zip(parameters, gradients, self.moments, strict=True):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * (g * g)
            p -= rate * m / (np.sqrt(v) / root + 1e-8)


def _forward(activation: str, z: Array) -> Array:
    if activation == "relu":
        return np.maximum(z, 0)
    return np.tanh(z) if activation == "tanh" else 1 / (1 + np.exp(-z))


def _slope(activation: str, a: Array) -> Array:
    if activation == "relu":
        return a > 0
    return 1 - a * a if activation == "tanh" else a * (1 - a)
