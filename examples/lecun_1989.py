"""LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition", on small MNIST images.

The paper's zip codes are not public. As a stand-in, 7,291 images for training and 2,007 for testing come
from MNIST, reduced to 16 x 16 pixels by bilinear interpolation. The rest is the paper's: pixels in [-1, 1],
targets of ±1, the mean squared error, one image per step in a fixed order, 23 passes. The learning rate is
0.03 throughout.

                                  training error   test error
    paper, zip codes                       0.14%        5.00%
    Karpathy 2022, PyTorch, MNIST          0.62%        4.09%
    nncore, seed 0                         0.88%        3.89%

    python examples/lecun_1989.py --data folder-with-mnist
"""

from __future__ import annotations

import numpy as np

import nncore
import vision
from nncore import nn, optim
from nncore.data import MNIST
from nncore.models import LeCun1989
from nncore.train import TrainingState, accuracy, fit, predict


def bilinear(old: int, new: int) -> vision.Array:
    """The matrix (new, old) that resamples a row of pixels: 1 - distance for the two nearest centers."""
    centers = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    distances = np.abs(centers[:, None] - np.arange(old))
    return np.maximum(0, 1 - distances).astype(np.float32)


def small(images: vision.Images) -> tuple[nncore.Tensor, nncore.Tensor]:
    """Images (n, 1, 16, 16) in [-1, 1] and targets (n, 10) of ±1."""
    resample = bilinear(28, 16)
    x = resample @ (2 * images.x - 1) @ resample.T
    y = 2 * np.eye(10, dtype=np.float32)[images.y] - 1
    return nncore.from_numpy(x[:, None]), nncore.from_numpy(y)


def main() -> None:
    options = vision.parser(__doc__ or "").parse_args()
    train, test = vision.load(MNIST, options.data)
    rng = np.random.default_rng(options.seed)
    passes, sizes = (3, (300, 500)) if options.quick else (23, (7291, 2007))
    chosen = [rng.permutation(len(part.x))[:size] for part, size in zip((train, test), sizes, strict=True)]
    train, test = (vision.Images(p.x[c], p.y[c]) for p, c in zip((train, test), chosen, strict=True))
    (x, y), (x_test, _) = small(train), small(test)
    nncore.manual_seed(options.seed)
    model = LeCun1989()

    def report(state: TrainingState) -> None:
        errors = [
            1 - accuracy(predict(model, part), nncore.from_numpy(labels))
            for part, labels in ((x, train.y), (x_test, test.y))
        ]
        print(
            f"epoch {state.epoch:2}: loss {state.history.loss[-1]:.4f}, "
            f"training error {errors[0]:.2%}, test error {errors[1]:.2%}, "
            f"{1e6 / state.history.samples_per_second[-1]:.0f} us per step",
            flush=True,
        )

    fit(
        model,
        x,
        y,
        loss=nn.functional.mse_loss,
        optimizer=optim.SGD(model.parameters(), lr=0.03),
        epochs=passes,
        batch_size=1,
        shuffle=False,
        progress=False,
        callbacks=[report],
    )


if __name__ == "__main__":
    main()
