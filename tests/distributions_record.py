"""Figures of distributions, computed alike with PyTorch and nncore; run this file to record PyTorch's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("data") / "distributions.json"
SCALE_TRIL = [[1.5, 0.0], [-0.4, 0.7]]
COVARIANCE = [[2.25, -0.6], [-0.6, 0.65]]

# Name, parameters, values of log_prob, parameters of the other distribution of kl_divergence or {}
Row = tuple[str, dict[str, Any], Any, dict[str, Any]]
ROWS: list[Row] = [
    ("Normal", {"loc": [0.5, -2.0], "scale": [0.3, 4.0]}, [[0.1, 3.0]], {"loc": [1.0], "scale": [2.0]}),
    ("Laplace", {"loc": [0.5, -2.0], "scale": [0.3, 4.0]}, [[0.1, 3.0]], {"loc": [1.0], "scale": [2.0]}),
    (
        "Uniform",
        {"low": [-1.0, 0.0], "high": [0.5, 4.0]},
        [0.25, 1.0],
        {"low": [-2.0, 1.0], "high": [5.0, 6.0]},
    ),
    ("Exponential", {"rate": [0.2, 3.0]}, [[0.0, 1.5], [2.0, 0.1]], {"rate": [1.0, 1.0]}),
    ("Bernoulli", {"probs": [0.2, 0.5, 1.0]}, [1.0, 0.0, 1.0], {"probs": [0.7, 0.7, 0.7]}),
    ("Bernoulli", {"logits": [-3.0, 0.4]}, [[1.0, 0.0], [0.0, 1.0]], {"probs": [0.7, 0.0]}),
    (
        "Categorical",
        {"probs": [[1.0, 3.0, 0.0], [0.2, 0.3, 0.5]]},
        [[0, 2], [1, 0]],
        {"probs": [0.3, 0.4, 0.3]},
    ),
    ("Categorical", {"logits": [[1.0, 3.0, 0.0], [0.2, 0.3, 0.5]]}, [2, 1], {"logits": [0.0, 0.0, 1.0]}),
    (
        "OneHotCategorical",
        {"logits": [1.0, 3.0, 0.0]},
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        {"probs": [1.0, 2.0, 2.0]},
    ),
    (
        "Gamma",
        {"concentration": [0.1, 1.0, 7.5, 60.0], "rate": [0.5, 2.0, 1.0, 8.0]},
        [0.2, 1.0, 8.0, 7.0],
        {"concentration": [2.0], "rate": [1.5]},
    ),
    (
        "Beta",
        {"concentration1": [0.2, 1.0, 9.0], "concentration0": [0.7, 3.0, 12.0]},
        [0.2, 0.0, 0.5],
        {"concentration1": [2.0], "concentration0": [1.5]},
    ),
    (
        "Dirichlet",
        {"concentration": [[0.5, 2.0, 7.5], [0.9, 0.2, 0.3]]},
        [0.2, 0.5, 0.3],
        {"concentration": [1.0, 2.0, 3.0]},
    ),
    ("LogNormal", {"loc": [0.5, -2.0], "scale": [0.3, 1.5]}, [[0.1, 3.0]], {"loc": [1.0], "scale": [2.0]}),
    ("HalfNormal", {"scale": [0.3, 1.5]}, [[0.1, 3.0]], {"scale": [2.0]}),
    ("Cauchy", {"loc": [0.5, -2.0], "scale": [0.3, 1.5]}, [[0.1, 3.0]], {}),
    ("Gumbel", {"loc": [0.5, -2.0], "scale": [0.3, 1.5]}, [[0.1, 3.0]], {}),
    (
        "StudentT",
        {"df": [0.5, 1.5, 9.0], "loc": [0.5, -2.0, 0.0], "scale": [0.3, 1.5, 1.0]},
        [0.1, 3.0, 0.0],
        {},
    ),
    ("Geometric", {"probs": [0.2, 0.5, 0.9]}, [0.0, 3.0, 7.0], {"probs": [0.7, 0.7, 0.7]}),
    ("Geometric", {"logits": [-3.0, 0.4]}, [[1.0, 0.0], [0.0, 4.0]], {"probs": [0.7, 0.3]}),
    (
        "MultivariateNormal",
        {"loc": [[0.5, -1.0], [0.0, 2.0]], "scale_tril": SCALE_TRIL},
        [[0.1, 0.2]],
        {"loc": [0.0, 0.0], "covariance_matrix": COVARIANCE},
    ),
    (
        "MultivariateNormal",
        {"loc": [0.5, -1.0], "covariance_matrix": COVARIANCE},
        [[0.1, 0.2], [1.0, -1.0]],
        {"loc": [0.0, 0.0], "scale_tril": SCALE_TRIL},
    ),
    (
        "MultivariateNormal",
        {"loc": [0.5, -1.0], "precision_matrix": COVARIANCE},
        [[0.1, 0.2], [1.0, -1.0]],
        {"loc": [0.0, 0.0], "scale_tril": SCALE_TRIL},
    ),
]
FIGURES = ("mean", "variance", "stddev", "mode")


def figures(library: Any, row: Row) -> dict[str, Any]:
    """Shapes and values of each method, and the gradients of log_prob, entropy and kl_divergence."""
    name, parameters, value, others = row
    kind = getattr(library.distributions, name)
    given = {k: library.tensor(v, dtype=library.float64, requires_grad=True) for k, v in parameters.items()}
    other = {k: library.tensor(v, dtype=library.float64) for k, v in others.items()}
    x = library.tensor(value) if name == "Categorical" else library.tensor(value, dtype=library.float64)
    outputs: dict[str, Callable[[Any], Any]] = {
        "log_prob": lambda p: p.log_prob(x),
        "entropy": lambda p: p.entropy(),
    }
    if others:
        outputs["kl_divergence"] = lambda p: library.distributions.kl_divergence(p, kind(**other))
    p = kind(**given)
    found: dict[str, Any] = {"batch_shape": list(p.batch_shape), "event_shape": list(p.event_shape)}
    for figure in (*FIGURES, "cdf"):
        try:
            found[figure] = (p.cdf(x) if figure == "cdf" else getattr(p, figure)).tolist()
        except NotImplementedError:
            found[figure] = None
    for figure, compute in outputs.items():
        for parameter in given.values():
            parameter.grad = None
        output = compute(kind(**given))  # a new object, because backward frees the graph of the parameters
        found[figure] = output.tolist()
        if output.requires_grad:
            output.sum().backward()
        found[f"d {figure}"] = {k: None if v.grad is None else v.grad.tolist() for k, v in given.items()}
    return found


if __name__ == "__main__":
    import torch

    lines = ",\n".join(json.dumps(figures(torch, row)) for row in ROWS)
    RECORD.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
