"""Micrograd's demonstration: two moons, a hinge loss with L2, and updates by hand."""

import nncore as torch
import numpy as np
from programs.seeded import moons


def run():
    rng = np.random.default_rng(3)
    X, y = map(torch.tensor, moons(100, 1))
    sizes = [2, 16, 16, 1]
    weights = [
        torch.tensor(rng.uniform(-1, 1, (a, b)).astype(np.float32), requires_grad=True)
        for a, b in zip(sizes, sizes[1:], strict=False)
    ]
    biases = [torch.zeros(b, requires_grad=True) for b in sizes[1:]]
    results = []
    for k in range(30):
        h = X
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            h = h @ w + b
            if i < 2:
                h = h.relu()
        score = h[:, 0]
        losses = (1 + -y * score).relu()
        reg_loss = 1e-4 * sum((p * p).sum() for p in weights + biases)
        total_loss = losses.mean() + reg_loss
        accuracy = ((y > 0) == (score > 0)).float().mean()
        for p in weights + biases:
            if p.grad is not None:
                p.grad.zero_()
        total_loss.backward()
        learning_rate = 0.2 - 0.15 * k / 30
        with torch.no_grad():
            for p in weights + biases:
                p -= learning_rate * p.grad
        results += [total_loss.item(), accuracy.item()]
    return results
