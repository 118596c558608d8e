"""Files of whole models: the architecture as data and the state dict; loading runs no code of the file."""

from __future__ import annotations

import os
from itertools import zip_longest
from typing import Any

import nncore
from nncore.errors import CheckpointError
from nncore.files.endings import format_of
from nncore.files.serialization import load, save
from nncore.nn import Module, architecture
from nncore.random import fork_rng

__all__ = ["load_model", "save_model"]

KIND = "nncore model"


def save_model(model: Module, path: str | os.PathLike[str], **more: Any) -> None:
    """Write the file of `Module.save`; `more` are other values to keep in it."""
    where = f"{type(model).__name__}.save"
    format_of(where, path, (".nnz",))
    try:
        data = architecture.describe(model)
        with fork_rng():
            _check_same(model, architecture.build(data))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{where}: {error}; save its state dict, nncore.save(model.state_dict(), path), and load it "
            "into a model that your program makes"
        ) from None
    state = dict(model.state_dict())
    save({"kind": KIND, "nncore": nncore.__version__, "model": data, "state_dict": state, **more}, path)


def _check_same(model: Module, again: Module) -> None:
    """Raise TypeError if a model differs from the one made anew, other than by the values of its tensors."""
    for old, new in zip_longest(architecture.settings(model), architecture.settings(again)):
        if old != new:
            name = (old or new)[0]
            raise TypeError(f"{name or 'the model'} was changed after it was made")
    before, after = model.state_dict(), again.state_dict()
    for name in {**before, **after}:
        if name not in before or name not in after or before[name].shape != after[name].shape:
            raise TypeError(f"{name} was changed after the model was made")
    if len(list(model.parameters())) != len(list(again.parameters())):
        raise TypeError("two of its layers share a parameter")


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read the model of a file that `Module.save` or the command `nncore train` has written.

    The model is made anew from the names of nncore's own classes and their arguments, and gets the saved
    parameters and buffers with their dtypes; no code of the file is executed. It is in training mode, like
    any new model.

    Errors: CheckpointError for a damaged file, another kind of file or an unknown class; ValueError for
    another ending; OSError.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "digits.nnz")
    >>> nncore.models.LeNet5().save(path)
    >>> type(nncore.load_model(path)).__name__
    'LeNet5'
    """
    format_of("load_model", path, (".nnz",))
    return read_model(path)[0]


def read_model(path: str | os.PathLike[str]) -> tuple[Any, dict[str, Any]]:
    """The model of a file, and the other values in it."""
    contents = load(path)
    name = os.fsdecode(path)
    if not isinstance(contents, dict) or contents.get("kind") != KIND:
        raise CheckpointError(f"{name}: contains no model; expected a file written by Module.save")
    try:
        with fork_rng():
            model = architecture.build(contents["model"])
        model.load_state_dict(contents["state_dict"], assign=True)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise CheckpointError(f"{name}: the parts of this model do not fit: {error}") from None
    return model, contents
