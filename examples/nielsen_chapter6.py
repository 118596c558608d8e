"""Chapter 6 of Nielsen, "Neural Networks and Deep Learning" (2015): convolutions on MNIST.

The networks train on the first 50,000 images, shuffled in batches of 10, with pixels divided by 256. The
figure is the test accuracy in the epoch with the best accuracy on the other 10,000 training images.

    network   what                                                     eta  lambda  epochs     book
    dense     100 sigmoids                                             0.1       0      60   97.80%
    conv1     20 maps, 100 sigmoids                                    0.1       0      60   98.78%
    conv2     20 and 40 maps, 100 sigmoids                             0.1       0      60   99.06%
    relu      the same with ReLU                                      0.03     0.1      60   99.23%
    expanded  the same, and images shifted by a pixel in 4 directions 0.03     0.1      60   99.37%
    dropout   two layers of 1,000 ReLU, dropout 0.5, shifted images   0.03       0      40   99.60%

With seed 0, conv1 reached 98.85% in 8 minutes of processor time and conv2 99.16% in 18 minutes.

lambda adds lambda/2 * sum(w²) / (number of batches) to the cost, w the weights without the biases.

    python examples/nielsen_chapter6.py --data folder-with-mnist --network conv2
    python examples/nielsen_chapter6.py --quick
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import nncore
import vision
from nncore import nn, optim
from nncore.data import MNIST
from nncore.models import NielsenNet

BATCH = 10


class Recipe(NamedTuple):
    network: dict[str, object]
    eta: float
    lmbda: float
    epochs: int
    expanded: bool
    book: float


RECIPES = {
    "dense": Recipe({"convolutions": 0}, 0.1, 0.0, 60, False, 97.80),
    "conv1": Recipe({"convolutions": 1}, 0.1, 0.0, 60, False, 98.78),
    "conv2": Recipe({}, 0.1, 0.0, 60, False, 99.06),
    "relu": Recipe({"activation": nn.ReLU}, 0.03, 0.1, 60, False, 99.23),
    "expanded": Recipe({"activation": nn.ReLU}, 0.03, 0.1, 60, True, 99.37),
    "dropout": Recipe(
        {"activation": nn.ReLU, "hidden": (1000, 1000), "dropout": 0.5}, 0.03, 0.0, 40, True, 99.60
    ),
}


def expanded(images: vision.Images) -> vision.Images:
    """The images, and each shifted by one pixel right, left, down and up, with zeros moving in."""
    parts = [images.x]
    for axis, shift in ((2, 1), (2, -1), (1, 1), (1, -1)):
        moved = np.roll(images.x, shift, axis)
        edge = [slice(None)] * 3
        edge[axis] = slice(0, 1) if shift > 0 else slice(-1, None)
        moved[tuple(edge)] = 0
        parts.append(moved)
    return vision.Images(np.concatenate(parts), np.tile(images.y, 5))


def main() -> None:
    parser = vision.parser(__doc__ or "")
    parser.add_argument("--network", choices=RECIPES, default="relu")
    parser.add_argument("--epochs", type=int, help="default: the book's")
    options = parser.parse_args()
    recipe = RECIPES[options.network]
    images, test = vision.load(MNIST, options.data)
    images, test = (vision.Images(part.x * np.float32(255 / 256), part.y) for part in (images, test))
    train, validation = vision.first(images, 50_000), vision.Images(images.x[50_000:], images.y[50_000:])
    epochs = options.epochs or recipe.epochs
    if options.quick:
        train, validation, test = (vision.first(part, 1000) for part in (train, validation, test))
        epochs = 3
    if recipe.expanded:
        train = expanded(train)
    nncore.manual_seed(options.seed)
    model = NielsenNet(**recipe.network)  # type: ignore[arg-type]
    groups = vision.decayed(model, recipe.lmbda * BATCH / len(train.x))
    optimizer = optim.SGD(groups, lr=recipe.eta)
    held_out = {"validation": validation, "test": test}
    _, reached = vision.train(model, train, held_out, optimizer, epochs, BATCH, options.seed)
    best = int(np.argmax(reached["validation"]))
    print(
        f"{options.network}: test {reached['test'][best]:.2%} in epoch {best + 1}, which is the best on the "
        f"validation images (in the book: {recipe.book:.2f}% within {recipe.epochs} epochs)"
    )


if __name__ == "__main__":
    main()
