"""`nncore train`: a perceptron on a data set or a file."""

from __future__ import annotations

import os
from time import perf_counter
from typing import TYPE_CHECKING, Any

import nncore
from nncore import optim
from nncore.cli import source
from nncore.cli.model import Classifier
from nncore.cli.text import confusion_table
from nncore.files.atomic import check_replaceable
from nncore.files.endings import format_of
from nncore.train import confusion_matrix, evaluate, fit
from nncore.train.prepare import pair

if TYPE_CHECKING:
    import argparse

    from nncore.optim import Optimizer
    from nncore.train import TrainingState


def run(options: argparse.Namespace) -> int:
    if options.threads is not None:
        nncore.set_num_threads(options.threads)
    path = options.output or f"nncore-{source.short_name(options.data_set)}.nnz"
    format_of("--output", path, (".nnz",))
    check_replaceable(path)
    if os.path.exists(path) and os.path.exists(options.data_set) and os.path.samefile(path, options.data_set):
        raise ValueError(f"--output {path} is the data file itself; name another file")
    data = source.read(options.data_set, options.data, options.header)
    epochs = options.epochs if options.epochs is not None else 10 if "mnist" in options.data_set else 40
    nncore.manual_seed(options.seed)
    features = data.x[:1].numel()
    sizes = [features, *options.layers, len(data.classes)]
    model = Classifier(sizes, options.activation, data.classes, data.offset, data.scale, data.columns)
    optimizer = make_optimizer(options.optimizer, model, options.lr)
    print(
        f"{data.name}: {len(data.x)} rows to train on, {len(data.x_test)} to test on, {features} features, "
        f"{len(data.classes)} classes"
    )
    count = sum(parameter.numel() for parameter in model.net.parameters())
    print(
        f"model: {'-'.join(map(str, sizes))} {options.activation}, {count:,} parameters; "
        f"{options.optimizer}, "
        f"lr {optimizer.param_groups[0]['lr']:g}, batch {options.batch_size}, {epochs} epochs, seed "
        f"{options.seed}",
        flush=True,
    )
    x_train, x_test = model.scaled(data.x), model.scaled(data.x_test)
    pair(f"train: {data.name}: test rows", model.net, x_test, data.y_test)
    trained: dict[str, Any] = {
        "data": data.name,
        "epochs": 0,
        "seed": options.seed,
        "optimizer": options.optimizer,
        "batch_size": options.batch_size,
        "lr": float(optimizer.param_groups[0]["lr"]),
        "test_accuracy": None,
        "nncore": nncore.__version__,
    }

    def count_epoch(state: TrainingState) -> None:
        trained["epochs"] = state.epoch

    started = perf_counter()
    try:
        history = fit(
            model.net,
            x_train,
            data.y,
            optimizer=optimizer,
            epochs=epochs,
            batch_size=options.batch_size,
            seed=options.seed,
            progress=not options.no_progress,
            callbacks=[count_epoch],
        )
        seconds = perf_counter() - started
        final = evaluate(model.net, x_train, data.y)
        test = evaluate(model.net, x_test, data.y_test)
        matrix = confusion_matrix(model.scores(data.x_test), data.y_test, len(data.classes)).numpy()
    except KeyboardInterrupt:
        if options.output:
            model.save(path, trained)
            print(f"interrupted after {trained['epochs']} of {epochs} epochs; saved to {path}", flush=True)
        raise
    trained["test_accuracy"] = test.accuracy
    model.save(path, trained)
    rate = sum(history.samples_per_second) / max(history.epochs, 1)
    print(f"trained in {seconds:.2f} s ({rate:,.0f} samples/s)")
    print(f"training loss {final.loss!r}, accuracy {final.accuracy:.2%}")
    print(
        f"test loss {test.loss!r}, accuracy {test.accuracy:.2%} ({int(matrix.trace())} of {len(data.y_test)})"
    )
    print(confusion_table(matrix, data.classes))
    print(f"parameters sha256 {model.digest()}")
    print(f"saved to {path}")
    return 0


def make_optimizer(name: str, model: Classifier, lr: float | None) -> Optimizer:
    parameters = list(model.net.parameters())
    if name == "sgd":
        return optim.SGD(parameters, lr=0.1 if lr is None else lr)
    kind = optim.Adam if name == "adam" else optim.AdamW
    return kind(parameters, lr=0.003 if lr is None else lr)
