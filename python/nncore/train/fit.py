"""The training loop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nncore._core import Generator, capturing, manual_seed
from nncore.errors import CaptureError, arguments
from nncore.train import choices, prepare
from nncore.train.average import average_of
from nncore.train.budget import Budget
from nncore.train.callbacks import Callbacks
from nncore.train.epochs import epochs_of
from nncore.train.held_out import HeldOut, held_out_of
from nncore.train.history import History, TrainingState
from nncore.train.loop import Loop
from nncore.train.measures import Measures
from nncore.train.objective import Objective
from nncore.train.progress import check_verbose, progress_of
from nncore.train.schedule import Schedule
from nncore.train.source import Reading, has_own_order, source_of
from nncore.train.split import split
from nncore.train.step import Pass, Update, step_of
from nncore.train.targets import with_class_numbers
from nncore.train.weights import sample_weights, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nncore.nn import Module
    from nncore.optim import Optimizer
    from nncore.train.average import Average
    from nncore.train.choices import Loss


def fit(
    model: Module,
    x: Any,
    y: Any = None,
    *,
    loss: Loss | str | type[Module] | None = None,
    optimizer: Optimizer | Callable[..., Optimizer] | str | None = None,
    lr: float | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    batch_size: int = 32,
    drop_last: bool = False,
    validation: Any = None,
    validation_split: float | None = None,
    class_weight: Mapping[Any, float] | str | None = None,
    sample_weight: Any = None,
    metrics: Iterable[Any] | None = None,
    scheduler: Any = None,
    scheduler_interval: str | None = None,
    max_norm: float | None = None,
    accumulate: int = 1,
    ema: Average | float | None = None,
    shuffle: bool = True,
    generator: Generator | None = None,
    seed: int | None = None,
    progress: bool = True,
    verbose: int = 1,
    callbacks: Iterable[Any] = (),
    compile: bool = True,
) -> History:
    """Train a model on x and y, a data set of pairs or a loader; returns the history of the epochs.

    Each epoch draws one permutation, from `generator`, from a new generator with `seed`, or from the global
    one, and takes one step per batch, captured with `nncore.compile` and replayed. With `compile=False`, or
    with a warning if the model or loss cannot be captured, the steps run eagerly. Training takes 10 `epochs`,
    or as many `epochs`, `steps` or `seconds` as are given. `seed` fixes the order of the batches in every
    epoch, not initial weights or dropout; `nncore.seed_everything` does. For a loader `seed` seeds the global
    generator, which dropout and a loader without a generator use.

    Data: x are arrays (n, ...), DataFrames, SciPy sparse rows, or a dict or tuple of these, with which the
    model is called by keyword or position. Floats, pixels and tables are cast to the dtype of the parameters;
    categories of a table become their codes. y are class numbers, one-hot rows, labels (text becomes a number
    in `classes` of the history, sorted), labels of several classes, or numbers. Without y, x is a data set of
    pairs, a loader, a function that returns an iterator of batches, or, with a loss that compares values, its
    own target. A TensorDataset is trained on like its tensors, and any other data set sample by sample.

    Loss: `loss(output, target)` is averaged over the samples. It may be a function, a class or a name of
    `nncore.train.choices.LOSSES`; by default the mean squared error for floats, and for labels cross-entropy,
    with one output on its logit. `class_weight` is a dict by label or "balanced". With weights the loss of a
    batch is sum(w * loss) / sum(w). `optimizer` is an object, or a class or name, with `lr`; by default Adam.

    Validation: `validation` is evaluated after each epoch: (x, y), a data set or a loader. `validation_split`
    takes a fraction of the rows for it at random, in each class in proportion; without `shuffle` the last
    rows. `metrics` are names, functions or objects of `nncore.train.metrics`, by default accuracy for labels;
    those of the training data are measured during the steps, and count all rows alike, whatever their
    weights. Without `metrics` other than accuracy, without `accumulate`, and without a callback that has
    `on_batch_end`, an epoch of arrays is one native call.

    Steps: `accumulate` batches make one step: their gradients are added to that of their rows together, in
    the memory of one batch. `max_norm` clips the norm of all gradients. LBFGS evaluates a batch several times
    per step, and takes neither of them. `scheduler` is a schedule, or a function of the optimizer; it
    advances after each epoch, or with `scheduler_interval="batch"` (the default of OneCycleLR and CyclicLR)
    in each step. With `ema`, a decay or an `Average`, the model has averages of its parameters in validation,
    in callbacks and at the end.

    Callbacks are called with a TrainingState: functions after each epoch, and objects as in `Callback`. The
    result True, or `state.stop = True`, ends training. `verbose` is 0 for no progress (as progress=False), 1
    for a line that is redrawn on a terminal, and 2 for a line per epoch.

    Errors: ValueError and TypeError before training for arguments and data that do not fit, and for a last
    batch that is too small for the model; DivergenceError that names epoch, step and layer if the loss or a
    parameter is no longer finite: the model gets the weights after the last good epoch again, a copy of which
    is kept; the optimizer's state is not restored. KeyboardInterrupt on Ctrl-C, with the history of the
    finished epochs as `history`, after the current step if it ends within 0.5 s, else after its replay is
    undone. An error in the first step leaves parameters and buffers unchanged.

    >>> import nncore
    >>> from nncore import nn, optim
    >>> from nncore.train import fit
    >>> nncore.manual_seed(0)
    >>> x = nncore.arange(8).float().reshape(8, 1) / 8
    >>> model = nn.Linear(1, 1)
    >>> history = fit(model, x, 2 * x, optimizer="sgd", lr=0.5, epochs=50, verbose=0)
    >>> history.loss[-1] < 1e-2 < history.loss[0]
    True
    """
    if capturing():
        raise CaptureError(
            "fit: it captures steps itself and cannot be part of a compiled step; call it outside"
        )
    budget = Budget("fit", epochs, steps, seconds)
    size = arguments.size("fit", "batch_size", batch_size, 1)
    group = arguments.size("fit", "accumulate", accumulate, 1)
    prepare.check_model("fit", model)
    prepare.check_trainable("fit", model)
    shown = check_verbose("fit", verbose if progress else 0)
    hooks, criterion = Callbacks("fit", callbacks), choices.loss_of("fit", loss)
    own_order = has_own_order(x, y)
    generator = prepare.generator_of("fit", generator, seed, own_order)

    # Data
    y, classes = with_class_numbers("fit", y)
    reading = Reading(
        size,
        shuffle,
        generator,
        drop_last,
        choices.reconstructs(criterion),
        budget.epochs not in (0, 1, None),
    )
    held_out = held_out_of("fit", model, validation, reading, classes)
    if own_order and seed is not None:
        manual_seed(seed)
    source, weight = source_of("fit", model, x, y, reading), None
    if sample_weight is not None:
        weight = sample_weights("fit", sample_weight, source)
    if validation_split is not None:
        if held_out is not None:
            raise ValueError("fit: give validation or validation_split, not both")
        source, held_out, weight = split("fit", source, weight, validation_split, reading)

    # What a step minimizes and changes
    objective = Objective("fit", model, criterion, source)
    if weight is not None or class_weight is not None:
        weigh("fit", source, objective, weight, class_weight, classes)
    measures = Measures("fit", metrics, objective)
    chosen = choices.optimizer_of("fit", optimizer, model, lr)
    schedule = Schedule("fit", scheduler, scheduler_interval, chosen)
    average = average_of("fit", ema, model)
    norm = None if max_norm is None else arguments.number("fit", "max_norm", max_norm, above=0.0)
    update = Update(chosen, norm, schedule.of_steps, average)
    step = step_of(Pass(model, objective, source.layout, measures.returns), update, group, compile)

    # Trials, so that errors occur before the first step
    prepare.last_batch("fit", model, objective, source, reading)
    validated = None if held_out is None else HeldOut(model, held_out, objective, measures)
    names = ["loss", "samples_per_second", *measures.names[1:]]
    names += [f"val_{name}" for name in measures.names if held_out is not None]
    state = TrainingState(model, chosen, generator, History(), names, schedule.scheduler, average)
    state.history.classes = None if classes is None else classes.tolist()
    hooks("on_train_begin", state)

    after = partial(hooks, "on_batch_end") if hooks.have("on_batch_end") else None
    bar = progress_of(shown, budget, source.samples)
    training = epochs_of(state, budget, bar, step, source, reading, group, measures, after)
    Loop(state, budget, training, hooks, schedule, average, validated, bar).run()
    return state.history
