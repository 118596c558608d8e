"""What the examples with images share: arguments, images of MNIST or Fashion-MNIST, and a training report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import nncore
from nncore import nn, optim
from nncore.data import MNIST
from nncore.train import History, TrainingState, evaluate, fit

Array = np.ndarray[Any, Any]


class Images(NamedTuple):
    """Pixels (n, height, width) as float32 in 0..1, and labels (n,) as int64."""

    x: Array
    y: Array


def parser(description: str) -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("--data", help="folder with the images (default: $NNCORE_DATA, then the cache)")
    result.add_argument("--quick", action="store_true", help="a few hundred steps on a subset")
    result.add_argument("--seed", type=int, default=0)
    return result


def load(kind: type[MNIST], folder: str | None) -> tuple[Images, Images]:
    """The 60,000 training and 10,000 test images; ends the program if they are not there."""
    try:
        parts = [kind(folder, train=train) for train in (True, False)]
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    train, test = (Images(part.data.numpy() / np.float32(255), part.targets.numpy()) for part in parts)
    return train, test


def first(images: Images, count: int) -> Images:
    return Images(images.x[:count], images.y[:count])


def decayed(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Two groups of parameters for an optimizer: weights with L2 decay, biases without."""
    groups: dict[float, list[nn.Parameter]] = {decay: [], 0.0: []}
    for parameter in model.parameters():
        groups[decay if parameter.ndim > 1 else 0.0].append(parameter)
    return [{"params": parameters, "weight_decay": rate} for rate, parameters in groups.items()]


def train(
    model: nn.Module,
    images: Images,
    held_out: dict[str, Images],
    optimizer: optim.Optimizer,
    epochs: int,
    batch_size: int,
    seed: int,
    each_epoch: Callable[[TrainingState], object] = lambda state: None,
) -> tuple[History, dict[str, list[float]]]:
    """Train with cross-entropy and print a line per epoch; returns the accuracies on `held_out` as well.

    Pixels are taken as (n, 1, height, width). Training ends when `each_epoch` returns True.
    """
    reached: dict[str, list[float]] = {name: [] for name in held_out}

    def report(state: TrainingState) -> object:
        for name, part in held_out.items():
            reached[name].append(evaluate(model, *tensors(part), batch_size=500).accuracy or 0.0)
        numbers = [f"loss {state.history.loss[-1]:.4f}"]
        numbers += [f"{name} {values[-1]:.2%}" for name, values in reached.items()]
        numbers += [f"{state.history.samples_per_second[-1]:.0f} images/s"]
        print(f"epoch {state.epoch:2}: {', '.join(numbers)}", flush=True)
        return each_epoch(state)

    history = fit(
        model,
        *tensors(images),
        optimizer=optimizer,
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        progress=False,
        callbacks=[report],
    )
    return history, reached


def tensors(images: Images) -> tuple[nncore.Tensor, nncore.Tensor]:
    return nncore.from_numpy(images.x[:, None]), nncore.from_numpy(images.y)
