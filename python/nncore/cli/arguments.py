"""The arguments of the command line, which are checked before a command starts."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any, NoReturn

from nncore._core import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIVATIONS = ("relu", "sigmoid", "tanh", "gelu", "silu")
OPTIMIZERS = ("adam", "adamw", "sgd")
SCHEDULES = ("cosine", "step", "exponential")
DATA_SETS = ("digits", "mnist", "fashion-mnist")
TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
HEADER = (
    "whether the first line of a text file names the columns (default: it does if it has the name of "
    "--target, or if none of its cells is a number and one is a name, or if its cells count 0, 1, 2, ...)"
)


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
    top.add_argument("--version", action="version", version=f"nncore {__version__}")
    commands = top.add_subparsers(
        dest="command", required=True, metavar="{train,predict,info,bench}", parser_class=Command
    )
    _train(
        commands.add_parser(
            "train",
            help="train a perceptron on a data set or a table, and save the model",
            allow_abbrev=False,
        )
    )
    _predict(
        commands.add_parser(
            "predict", help="predict the class or value of each row of a file", allow_abbrev=False
        )
    )
    info = commands.add_parser(
        "info", help="print the version and configuration, or describe a model", allow_abbrev=False
    )
    info.add_argument("model", nargs="?", metavar="MODEL", help="a model file written by nncore train")
    info.add_argument("--json", action="store_true", help="describe the model in one line of JSON")
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
        help=f"data set: {', '.join(DATA_SETS)}, a .csv, .tsv, .txt or .npz file, or - for standard input "
        "(default digits)",
    )
    add(
        "--target",
        metavar="COLUMN",
        help="name of the column to predict; without a header its number, from 1 (default: the last column)",
    )
    add(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="auto: regression if all targets are numbers and one has a fraction, else classification, "
        "with the labels exactly as text",
    )
    add(
        "--missing",
        choices=("error", "drop", "mean"),
        default="error",
        help="what to do with empty cells, ?, NA, nan and null: refuse them (default), drop the row, or "
        "use the mean of the column, in predictions too",
    )
    _text(command)
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
    add(
        "--validation",
        type=fraction,
        metavar="X",
        help="fraction of the training rows to validate on after each epoch (default: 0.1 with "
        "--early-stopping, otherwise 0)",
    )
    add(
        "--early-stopping",
        type=whole(1),
        metavar="N",
        help="end after N epochs without a smaller loss on the validation rows, and restore the best weights",
    )
    add("--schedule", choices=SCHEDULES, help="schedule of the learning rate over the epochs (default: none)")
    add("--checkpoint", metavar="FILE", help="file to write after each epoch, to resume from")
    add(
        "--resume",
        metavar="FILE",
        help="continue from a file of --checkpoint; give the same data and settings",
    )
    add(
        "--metrics",
        type=metrics,
        metavar="A,B",
        help="numbers to print: accuracy (default), top5, precision, recall, f1, perplexity and others, or "
        "for regression mse, mae and r2 (default)",
    )
    add("--json", action="store_true", help="print the results as one line of JSON")
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
        help="model file to write (default nncore-DATA.nnz); Ctrl-C ends training, and the model is saved",
    )
    add("--no-progress", action="store_true", help="do not show progress")


def _predict(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help="a model file written by nncore train")
    command.add_argument(
        "file",
        metavar="FILE",
        help="a .csv, .tsv, .txt, .npz or IDX file, or - for standard input; columns with a header may "
        "have any order; targets in it are compared with the predictions",
    )
    command.add_argument(
        "--probabilities", action="store_true", help="also print the probability of each class"
    )
    command.add_argument("--json", action="store_true", help="print one line of JSON per row")
    _text(command)


def _text(command: argparse.ArgumentParser) -> None:
    """The options of text files."""
    command.add_argument(
        "--delimiter",
        type=delimiter,
        metavar="C",
        help='character between the cells, or "tab" (default: a comma; a tab in .tsv files)',
    )
    command.add_argument("--header", action=argparse.BooleanOptionalAction, help=HEADER)


def data_set(text: str) -> str:
    if text in (*DATA_SETS, "-") or text.lower().endswith((*TEXT_ENDINGS, ".npz")):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is neither {', '.join(DATA_SETS)} nor a .csv, .tsv, .txt or .npz file"
    )


def delimiter(text: str) -> str:
    text = "\t" if text in ("tab", "\\t") else text
    if len(text) != 1 or text in '"\r\n':
        raise argparse.ArgumentTypeError(f"{text!r} is not one character or tab")
    return text


def fraction(text: str) -> float:
    value = positive(text)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a fraction between 0 and 1")
    return value


def metrics(text: str) -> list[str]:
    """Parse names separated by commas."""
    return [name.strip() for name in text.split(",")]


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
