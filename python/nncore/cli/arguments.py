"""The arguments of the command line, which are checked before a command starts."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIVATIONS = ("relu", "sigmoid", "tanh", "gelu", "silu")
OPTIMIZERS = ("adam", "adamw", "sgd")
DATA_SETS = ("digits", "mnist", "fashion-mnist")


class Parser(argparse.ArgumentParser):
    """An argument parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


class Command(Parser):
    """A parser that reports an unknown option before its value is taken for another argument."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        for argument in args or ():
            if argument == "--":
                break
            if argument.startswith("--") and argument.split("=")[0] not in self._option_string_actions:
                self.error(f"unrecognized arguments: {argument}")
        return super().parse_known_args(args, namespace)


def parser() -> Parser:
    """The parser of all commands."""
    top = Parser(prog="nncore", description="Train and run small neural networks.", allow_abbrev=False)
    commands = top.add_subparsers(
        dest="command", required=True, metavar="{train,predict,info,bench}", parser_class=Command
    )
    _train(
        commands.add_parser(
            "train", help="train a perceptron on a data set or a file, and save the model", allow_abbrev=False
        )
    )
    _predict(
        commands.add_parser("predict", help="predict the class of each row of a file", allow_abbrev=False)
    )
    info = commands.add_parser(
        "info", help="print the version and configuration, or describe a model", allow_abbrev=False
    )
    info.add_argument("model", nargs="?", metavar="MODEL", help="a model file written by nncore train")
    bench = commands.add_parser(
        "bench",
        help="compare the speed of nncore with NumPy and other installed libraries",
        allow_abbrev=False,
    )
    bench.add_argument("--json", metavar="FILE", help="also write one JSON line per measurement to this file")
    bench.add_argument(
        "--threads", type=whole(1), metavar="N", help="number of threads of each library (default: nncore's)"
    )
    bench.add_argument(
        "--seconds",
        type=positive,
        default=1.0,
        metavar="S",
        help="measuring time per case and library (default 1)",
    )
    return top


def _train(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "data_set",
        nargs="?",
        default="digits",
        type=data_set,
        metavar="DATA",
        help=f"data set: {', '.join(DATA_SETS)}, or a .csv or .npz file (default digits)",
    )
    add(
        "--layers",
        type=layers,
        default=[256],
        metavar="N,N",
        help='sizes of the hidden layers, such as 64,32 (default 256; "" for none)',
    )
    add(
        "--activation",
        choices=ACTIVATIONS,
        default="relu",
        help="activation between the layers (default relu)",
    )
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="optimizer (default adam)")
    add("--lr", type=positive, metavar="X", help="learning rate (default 0.003; 0.1 for sgd)")
    add("--batch-size", type=whole(1), default=32, metavar="N", help="rows per step (default 32)")
    add(
        "--epochs",
        type=whole(0),
        metavar="N",
        help="number of epochs (default 40; 10 for mnist and fashion-mnist)",
    )
    add(
        "--seed",
        type=whole(0, 2**64 - 1),
        default=0,
        metavar="N",
        help="seed of the initial weights and the order of rows (default 0)",
    )
    add(
        "--threads",
        type=whole(1),
        metavar="N",
        help="number of threads (default: all that this process may use)",
    )
    add("--data", metavar="DIR", help="folder with the MNIST files")
    add(
        "--output",
        metavar="FILE",
        help="model file to write (default nncore-DATA.nnz); if given, Ctrl-C saves the model trained so far",
    )
    _header(command)
    add("--no-progress", action="store_true", help="do not show progress")


def _predict(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help="a model file written by nncore train")
    command.add_argument(
        "file",
        metavar="FILE",
        help="a .csv, .npz or IDX file; if it has labels, they are compared with the predictions",
    )
    command.add_argument(
        "--probabilities", action="store_true", help="also print the probability of each class"
    )
    _header(command)


def _header(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line of a .csv file names the columns (default: detected)",
    )


def data_set(text: str) -> str:
    if text in DATA_SETS or text.lower().endswith((".csv", ".csv.gz", ".npz")):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is neither {', '.join(DATA_SETS)} nor a .csv or .npz file")


def layers(text: str) -> list[int]:
    """Parse sizes separated by commas."""
    if not text.strip():
        return []
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        sizes = [0]
    if min(sizes) < 1 or max(sizes) > 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes from 1 to 1000000, such as 64,32")
    return sizes


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def whole(least: int, most: int = 2**31 - 1) -> Callable[[str], int]:
    """Return a parser of integers from `least` to `most`."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not an integer from {least} to {most}")
        return value

    return convert
