"""ReLU against tanh: the passes over Fashion-MNIST until 5% training error.

Figure 1 of Krizhevsky, Sutskever and Hinton (2012) shows a four-layer network on CIFAR-10 that reaches 25%
training error about six times sooner with ReLU than with tanh. Here the network of fashion_mnist.py, without
dropout, trains with either by SGD: batches of 64, learning rate 0.05, no regularization. Weights start from
N(0, gain²/fan_in) with the gain of the activation, sqrt(2) or 5/3. The training error is measured during the
steps.

    python examples/relu_against_tanh.py --data folder-with-fashion-mnist
"""

from __future__ import annotations

import nncore
import vision
from fashion_mnist import network
from nncore import nn, optim
from nncore.data import FashionMNIST

GOAL = 0.05


def network_with(activation: type[nn.Module]) -> nn.Sequential:
    model = network(activation, dropout=0.0)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.kaiming_normal_(parameter, nonlinearity=activation.__name__.lower())
    return model


def main() -> None:
    parser = vision.parser(__doc__ or "")
    parser.add_argument("--epochs", type=int, default=40, help="give up after these")
    options = parser.parse_args()
    train, test = vision.load(FashionMNIST, options.data)
    if options.quick:
        train, test, options.epochs = vision.first(train, 1920), vision.first(test, 500), 3
    for activation in (nn.ReLU, nn.Tanh):
        nncore.manual_seed(options.seed)
        model = network_with(activation)
        optimizer = optim.SGD(model.parameters(), lr=0.05)
        history, _ = vision.train(
            model,
            train,
            {"test": test},
            optimizer,
            options.epochs,
            64,
            options.seed,
            lambda state: state.history.accuracy[-1] >= 1 - GOAL,
        )
        error = 1 - history.accuracy[-1]
        print(f"{activation.__name__}: training error {error:.2%} after {len(history.accuracy)} epochs")


if __name__ == "__main__":
    main()
