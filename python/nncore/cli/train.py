"""`nncore train`: a perceptron on a data set or a table."""

from __future__ import annotations

import os
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

import nncore
from nncore import nn, optim
from nncore.cli import report, scores, source
from nncore.cli.model import digest
from nncore.data.text_table import as_tensor
from nncore.files.atomic import check_replaceable
from nncore.files.endings import NESTED, format_of
from nncore.files.models import save_model
from nncore.models import TableModel
from nncore.train import Checkpoint, EarlyStopping, confusion_matrix, fit, predict, resume

if TYPE_CHECKING:
    import argparse

    from nncore._core import Tensor
    from nncore.cli.source import Source
    from nncore.optim import Optimizer

VALIDATION = 0.1  # of the training rows, with --early-stopping


def run(options: argparse.Namespace) -> int:
    if options.threads is not None:
        nncore.set_num_threads(options.threads)
    path = options.output or f"nncore-{source.short_name(options.data_set)}.nnz"
    _check_paths(path, options)
    data = source.read(options)
    task = "regression" if data.classes is None else "classification"
    scores.metrics_of(options.metrics, task)  # raises before training
    nncore.manual_seed(options.seed)
    model = make_model(data, options)
    optimizer = make_optimizer(options, model)
    x, x_test = (_ready(model, part, data.name) for part in (data.x, data.x_test))
    _check_test_rows(model, x_test, data.name)
    rate = float(optimizer.param_groups[0]["lr"])
    training = _Training(model, optimizer, x, data, options)
    result: dict[str, Any] = {
        "data": data.name,
        "task": task,
        "rows": {"train": len(training.y), "validation": len(training.held_out), "test": len(x_test)},
        "features": model.features,
        "classes": data.classes,
        "notes": list(data.notes),
        "sizes": model.sizes,
        "activation": options.activation,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "optimizer": options.optimizer,
        "lr": rate,
        "batch_size": options.batch_size,
        "seed": options.seed,
    }
    if not options.json:
        report.print_start(result, training.epochs)
    interrupted = training.run()
    model.eval()
    found = predict(model, x_test)
    result |= {
        "epochs": training.done,
        "interrupted": interrupted,
        "seconds": training.seconds,
        "train": scores.measure(options.metrics, task, predict(model, x), data.y),
        "test": scores.measure(options.metrics, task, found, data.y_test),
        "sha256": digest(model),
        "model": path,
    }
    if data.classes is not None:
        result["confusion"] = confusion_matrix(found, data.y_test, len(data.classes)).tolist()
    kept = ("data", "task", "epochs", "seed", "optimizer", "batch_size", "lr", "test")
    save_model(model, path, trained={key: result[key] for key in kept} | {"nncore": nncore.__version__})
    report.print_result(result, training.epochs, options.json)
    if interrupted:
        raise KeyboardInterrupt
    return 0


def _check_paths(path: str, options: argparse.Namespace) -> None:
    """Raise errors of the files that will be written before the data is read."""
    format_of("--output", path, (".nnz",))
    check_replaceable(path)
    if os.path.exists(path) and os.path.exists(options.data_set) and os.path.samefile(path, options.data_set):
        raise ValueError(f"--output {path} is the data file itself; name another file")
    if options.checkpoint:
        format_of("--checkpoint", options.checkpoint, NESTED)
        check_replaceable(options.checkpoint)
        if os.path.realpath(options.checkpoint) == os.path.realpath(path):
            raise ValueError(f"--checkpoint {options.checkpoint} is the model file; name another file")


def make_model(data: Source, options: argparse.Namespace) -> TableModel:
    """The model with the scaling of the training rows."""
    model = TableModel(
        data.columns,
        data.classes,
        options.layers,
        options.activation,
        named=data.named,
        fills=options.missing == "mean",
        target=data.target,
        position=data.position,
    )
    state: dict[str, Any] = {"offset": data.offset, "scale": data.scale}
    state = {name: np.broadcast_to(value, (model.features,)) for name, value in state.items()}
    if data.classes is None:
        state |= {
            "target_offset": data.y.mean(keepdims=True),
            "target_scale": data.y.std(keepdims=True) or [1.0],
        }
    model.load_state_dict({name: np.asarray(value) for name, value in state.items()}, strict=False)
    return model


def make_optimizer(options: argparse.Namespace, model: TableModel) -> Optimizer:
    kinds = {"adam": optim.Adam, "adamw": optim.AdamW, "sgd": optim.SGD}
    default = 0.1 if options.optimizer == "sgd" else 0.003
    kind: Any = kinds[options.optimizer]
    made: Optimizer = kind(list(model.net.parameters()), lr=default if options.lr is None else options.lr)
    return made


def make_schedule(name: str, optimizer: Optimizer, epochs: int) -> Any:
    """The schedule of the learning rate, per epoch."""
    from nncore.optim import lr_scheduler

    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    if name == "step":  # to a tenth after each third
        return lr_scheduler.StepLR(optimizer, -(-epochs // 3))
    return lr_scheduler.ExponentialLR(optimizer, 0.01 ** (1 / epochs))  # to a hundredth


def _ready(model: TableModel, x: Tensor, name: str) -> Tensor:
    """x (n, features) with the means in place of missing values."""
    rows = x.reshape(len(x), -1)
    return as_tensor(model.filled(rows.numpy(), name)) if x.dtype.is_floating_point else rows


def _check_test_rows(model: TableModel, x: Tensor, name: str) -> None:
    finite = np.isfinite(model.scaled(x).numpy()).all(1)
    if not finite.all():
        raise ValueError(
            f"{name}: a value in test row {int(np.argmin(finite)) + 1} is too far from the training rows: "
            "it is infinite after standardization"
        )


class _Training:
    """The call of `fit` on scaled rows, with what the options ask for."""

    def __init__(
        self, model: TableModel, optimizer: Optimizer, x: Tensor, data: Source, options: argparse.Namespace
    ) -> None:
        self.model, self.optimizer, self.options = model, optimizer, options
        self.epochs = options.epochs
        if self.epochs is None:
            self.epochs = 10 if "mnist" in options.data_set else 40
        self.done, self.seconds = 0, 0.0
        self.generator = nncore.Generator(seed=options.seed)
        fraction = options.validation or (VALIDATION if options.early_stopping else 0.0)
        classes = None if data.classes is None else data.y
        kept, self.held_out = source.stratified(classes, len(x), fraction, source.SPLIT_SEED)
        if fraction and not (len(kept) and len(self.held_out)):
            raise ValueError(
                f"--validation {fraction:g} of {len(x)} training rows leaves {len(kept)} rows to train on "
                f"and {len(self.held_out)} to validate on; expected at least one of each"
            )
        scaled, y = model.scaled(x), data.y
        if data.classes is None:
            y = ((y - model.target_offset.numpy()) / model.target_scale.numpy())[:, None].astype(np.float32)
        self.x, self.y = scaled[as_tensor(kept)], as_tensor(y[kept])
        rows = self.held_out
        self.validation = (scaled[as_tensor(rows)], as_tensor(y[rows])) if fraction else None

    def run(self) -> bool:
        """Train; return whether Ctrl-C ended the training between two steps."""
        options, schedule = self.options, None
        if options.schedule and self.epochs:
            schedule = make_schedule(options.schedule, self.optimizer, self.epochs)
        if options.resume:
            parts = self.model.net, self.optimizer, self.generator
            self.done = resume(options.resume, *parts, scheduler=schedule)
            if self.done >= self.epochs:
                raise ValueError(
                    f"--resume {options.resume} has {self.done} epochs already; give more with --epochs"
                )
        started, callbacks = perf_counter(), self._callbacks()
        try:
            fit(
                self.model.net,
                self.x,
                self.y,
                loss=nn.MSELoss() if self.model.classes is None else nn.CrossEntropyLoss(),
                optimizer=self.optimizer,
                epochs=self.epochs - self.done,
                batch_size=options.batch_size,
                validation=self.validation,
                generator=self.generator,
                scheduler=schedule,
                progress=not options.no_progress,
                callbacks=callbacks,
            )
        except KeyboardInterrupt:
            return True
        finally:
            self.seconds = perf_counter() - started
        return False

    def _callbacks(self) -> list[Any]:
        def count(state: Any) -> None:
            self.done += 1

        callbacks: list[Any] = [count]
        if self.options.checkpoint:
            callbacks.append(Checkpoint(self.options.checkpoint, done=self.done))
        if self.options.early_stopping:
            callbacks.append(EarlyStopping(patience=self.options.early_stopping))
        return callbacks
