"""The training loop."""

from __future__ import annotations

import warnings
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from nncore._core import Generator, Tensor, manual_seed
from nncore.errors import arguments
from nncore.grad_mode import enable_grad
from nncore.train import prepare
from nncore.train.callbacks import Callbacks
from nncore.train.epochs import ArrayEpochs, Epochs, LoaderEpochs, training_step
from nncore.train.evaluate import evaluate_ready
from nncore.train.history import History, TrainingState
from nncore.train.interrupt import DeferredInterrupt
from nncore.train.modes import restored_mode, same_random
from nncore.train.progress import Bar, Silent
from nncore.train.source import Arrays, has_own_order, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nncore.nn import Module
    from nncore.optim import Optimizer
    from nncore.train.callbacks import Callback
    from nncore.train.prepare import Loss

EVALUATION_BATCH = 1024
VALIDATION_NAMES = ("the validation x", "the validation y")


def fit(
    model: Module,
    x: Any,
    y: Any = None,
    *,
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int = 32,
    validation: Any = None,
    shuffle: bool = True,
    generator: Generator | None = None,
    seed: int | None = None,
    progress: bool = True,
    callbacks: Iterable[Callback | Callable[[TrainingState], object]] = (),
    compile: bool = True,
) -> History:
    """Train a model on x (n, ...) and y, a data set of pairs or a loader; returns the history of the epochs.

    Each epoch draws one permutation, from `generator`, from a new generator with `seed`, or from the global
    one. It takes one optimizer step per batch, captured with `nncore.compile` and replayed. With
    `compile=False`, or with a warning if the model or loss cannot be captured, the steps run eagerly.
    `loss(output, target)` is averaged over the samples; it is by default cross-entropy for integer y and the
    mean squared error for floats. The default optimizer is Adam. Floats and pixels in x are cast once to the
    dtype of the parameters.
    A TensorDataset, or a Subset of one, is trained on like its tensors. Any other data set is read anew,
    sample by sample, in each epoch; a loader too, with its own batches and order. For a loader `seed` seeds
    the global generator, which dropout and a loader without a generator use.
    `validation` is a pair (x, y), a data set or a loader, evaluated after each epoch. The training accuracy
    is measured during the steps.
    Callbacks are functions that are called with a TrainingState after each epoch, where the result True ends
    the training, and objects with more hooks: see `Callback`.

    Errors: ValueError and TypeError before training for arguments and data that do not fit, and for a last
    batch that is too small for the model; DivergenceError that names epoch, step and layer if the loss or a
    parameter is no longer finite; KeyboardInterrupt on Ctrl-C, after the current step if it ends within
    0.5 s, else after its replay is undone. An error in the first step leaves parameters and buffers
    unchanged.

    >>> import nncore
    >>> from nncore import nn, optim
    >>> from nncore.train import fit
    >>> nncore.manual_seed(0)
    >>> x = nncore.arange(8).float().reshape(8, 1) / 8
    >>> model = nn.Linear(1, 1)
    >>> sgd = optim.SGD(model.parameters(), lr=0.5)
    >>> history = fit(model, x, 2 * x, optimizer=sgd, epochs=50, progress=False)
    >>> history.loss[-1] < 1e-2 < history.loss[0]
    True
    """
    epochs = arguments.size("fit", "epochs", epochs)
    size = arguments.size("fit", "batch_size", batch_size, 1)
    if generator is not None and seed is not None:
        raise ValueError("fit: give generator or seed, not both")
    prepare.objects("fit", model, loss, optimizer, generator)
    hooks = Callbacks("fit", callbacks)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("fit: the model has no parameters to train")
    if own_order := has_own_order(x, y):
        if generator is not None:
            raise ValueError(
                "fit: generator does not apply to a loader; give it to the DataLoader, or give seed"
            )
    elif seed is not None:
        generator = Generator(seed=seed)
    held_out = None
    if validation is not None:
        parts = validation if isinstance(validation, (tuple, list)) else (validation, None)
        if len(parts) != 2:
            raise ValueError(f"fit: validation has {len(parts)} parts; expected (x, y) or a data set")
        with same_random():
            x_held, y_held = parts
            held_out = source_of("fit", model, x_held, y_held, size, VALIDATION_NAMES, started=False)
    if own_order and seed is not None:
        manual_seed(seed)
    source = source_of("fit", model, x, y, size, shuffle=shuffle, generator=generator)
    data, target = source.first
    criterion = loss if loss is not None else prepare.default_loss(target)
    classes = prepare.targets_fit("fit", model, criterion, data, target)
    if held_out:
        prepare.targets_fit("fit", model, criterion, *held_out.first, VALIDATION_NAMES[1])
    if optimizer is None:
        from nncore.optim import Adam

        optimizer = Adam(model.parameters())
    trained = {id(param) for group in optimizer.param_groups for param in group["params"]}
    if not any(id(param) in trained for param in model.parameters()):
        raise ValueError(
            "fit: the optimizer has none of the model's parameters; make it from model.parameters()"
        )
    if isinstance(source, Arrays):
        prepare.last_batch("fit", model, criterion, data, target, size)
    if isinstance(held_out, Arrays):
        _try_validation(model, *held_out.first, criterion, classes)
    numbers = ["loss", "samples_per_second"] + ["accuracy"] * classes
    if held_out:
        numbers += ["val_loss"] + ["val_accuracy"] * classes
    state = TrainingState(model, optimizer, generator, History(), numbers)
    hooks("on_train_begin", state)
    step = training_step(model, optimizer, criterion, classes, compile)
    bar = Bar(epochs, source.samples) if progress and epochs else Silent()
    training: Epochs
    if isinstance(source, Arrays):
        training = ArrayEpochs(state, step, [data, target], size, shuffle, bar, hooks)
    else:
        training = LoaderEpochs(state, step, source, bar, hooks)

    def end_epoch() -> bool:
        """Validation and callbacks; returns whether one of them ends the training."""
        if held_out:
            batches = held_out.batches(EVALUATION_BATCH)
            result = evaluate_ready(model, batches, criterion, classes)
            state.history.val_loss.append(result.loss)
            if result.accuracy is not None:
                state.history.val_accuracy.append(result.accuracy)
        state.epoch += 1
        bar.end_epoch(state.history, training.rows)
        state.logs = state.history.last()
        return hooks("on_epoch_end", state)

    try:
        with (
            restored_mode(model),
            enable_grad(),
            _told_of_the_end(hooks, state),
            DeferredInterrupt() as interrupt,
        ):
            for _ in range(epochs):
                if hooks("on_epoch_begin", state):
                    break
                training.run(interrupt)
                refusal = getattr(step, "refusal", "")
                if refusal and state.epoch == 0:
                    warnings.warn(
                        f"fit: steps run one by one, because they cannot be captured: {refusal}",
                        stacklevel=2,
                    )
                with interrupt.lifted() if held_out or hooks else nullcontext():
                    if end_epoch():
                        break
    finally:
        bar.close()
    return state.history


@contextmanager
def _told_of_the_end(hooks: Callbacks, state: TrainingState) -> Iterator[None]:
    """Call `on_train_end` after the block, unless it raises something else than KeyboardInterrupt."""
    try:
        yield
    except KeyboardInterrupt:
        hooks("on_train_end", state)
        raise
    hooks("on_train_end", state)


def _try_validation(model: Module, x: Tensor, y: Tensor, loss: Loss, classes: bool) -> None:
    """Evaluate one batch of each size, so that errors occur before training."""
    with same_random():
        for rows in {min(len(x), EVALUATION_BATCH), len(x) % EVALUATION_BATCH} - {0}:
            evaluate_ready(model, [(x[:rows], y[:rows])], loss, classes)
