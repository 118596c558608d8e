"""`nncore.summary`: the layers of a model, and the shapes, flops and memory of one forward pass."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

from nncore import _core, nn
from nncore._core import Tensor
from nncore.captured.tree import flatten
from nncore.data.dataset import as_tensor
from nncore.errors import CaptureError
from nncore.grad_mode import no_grad
from nncore.nn.parameter import UninitializedParameter
from nncore.random import fork_rng

__all__ = ["Layer", "Summary", "summary"]


class Layer(NamedTuple):
    """One module; parameters and flops are its own, without those of the modules in it."""

    name: str  # dotted; of the model ""
    kind: str
    shape: Any  # of the last output: a tuple, nested for several tensors; None if it was not called
    parameters: int
    flops: int | None
    bytes: int  # of its outputs; 0 if it ran no kernel, as containers and views


class Summary:
    """The result of `nncore.summary`: prints as a table; `layers` and the totals hold the numbers.

    parameters, trainable: numbers of elements, shared ones once. flops: of one forward pass, or None if it
    cannot be captured. memory: bytes of parameters (with buffers), outputs (of all layers), and peak (the
    most values at one time in the forward pass; None like flops).
    """

    def __init__(self, layers: list[Layer], trainable: int, memory: dict[str, int | None]) -> None:
        self.layers, self.trainable, self.memory = layers, trainable, memory
        self.parameters = sum(layer.parameters for layer in layers)
        flops = [layer.flops for layer in layers if layer.flops is not None]
        self.flops = sum(flops) if len(flops) == len(layers) else None

    def __str__(self) -> str:
        rows = [("layer", "output", "parameters", "Mflop", "KiB")]
        for layer in self.layers:
            depth = layer.name.count(".") + bool(layer.name)
            label = f"{layer.name.rpartition('.')[2]}: " if layer.name else ""
            name, shape = (
                f"{'  ' * depth}{label}{layer.kind}",
                "-" if layer.shape is None else str(layer.shape),
            )
            rows.append(
                (name, shape, f"{layer.parameters:,}", _mega(layer.flops), f"{layer.bytes / 1024:,.1f}")
            )
        m = self.memory
        rows.append(("total", "", f"{self.parameters:,}", _mega(self.flops), f"{_kib(m['outputs'])}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if i < 2 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        rule = "-" * len(lines[0])
        frozen = self.parameters - self.trainable
        held = f"memory: {_kib(m['parameters'])} KiB of parameters and buffers"
        peak = "" if m["peak"] is None else f", at most {_kib(m['peak'])} KiB at one time"
        return "\n".join(
            [
                *(lines[0], rule, *lines[1:-1], rule, lines[-1]),
                f"parameters: {self.trainable:,} trainable, {frozen:,} frozen",
                f"{held}, {_kib(m['outputs'])} KiB of outputs{peak}",
            ]
        )

    __repr__ = __str__


def summary(model: nn.Module, input: Any) -> Summary:
    """Run one forward pass and return a table of the layers; parameters, flops and bytes are counted once.

    `input` is a tensor or array, a tuple of them for several arguments, a dict for keyword arguments, or a
    shape with the batch, such as (1, 3, 32, 32), in place of any tensor; a shape stands for zeros of the
    parameters' dtype. The pass runs on a copy in evaluation mode: mode, buffers, lazy layers and random
    generators of the model stay as they are. Flops are those of `explain()`, and unknown (-) if the model
    cannot be captured, because it reads values of tensors.

    Errors: TypeError for another model or input; the errors of the forward pass.

    >>> from nncore import nn
    >>> nncore.summary(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)), (4, 8))
    layer        output   parameters  Mflop  KiB
    --------------------------------------------
    Sequential   (4, 2)            0  0.000  0.0
      0: Linear  (4, 16)         144  0.001  0.2
      1: ReLU    (4, 16)           0  0.000  0.2
      2: Linear  (4, 2)           34  0.000  0.0
    --------------------------------------------
    total                        178  0.001  0.5
    parameters: 178 trainable, 0 frozen
    memory: 0.7 KiB of parameters and buffers, 0.5 KiB of outputs, at most 0.5 KiB at one time
    """
    model = getattr(model, "__wrapped__", model)  # of a compiled module
    if not isinstance(model, nn.Module):
        given = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise TypeError(f"summary: model is {given}; expected an nncore.nn.Module")
    args, kwargs = _arguments(model, input)
    model = copy.deepcopy(model).eval()
    with fork_rng(), no_grad():
        if any(isinstance(parameter, UninitializedParameter) for parameter in model.parameters()):
            model(*args, **kwargs)  # lazy layers make their parameters
        trace = _Trace(model, args, kwargs)
    layers: list[Layer] = []
    seen: set[int] = set()
    for name, module in model.named_modules():
        own = [p for p in module.parameters(recurse=False) if id(p) not in seen]
        seen.update(map(id, own))
        shape, size = trace.outputs.get(module, (None, 0))
        has_calls = module in trace.owners
        flops = None if trace.flops is None else trace.flops.get(module, 0)
        count = sum(p.numel() for p in own)
        layers.append(Layer(name, type(module).__name__, shape, count, flops, size if has_calls else 0))
    held = [*model.parameters(), *model.buffers()]
    memory = {
        "parameters": sum(map(_bytes, held)),
        "outputs": sum(layer.bytes for layer in layers),
        "peak": trace.peak,
    }
    return Summary(layers, sum(p.numel() for p in model.parameters() if p.requires_grad), memory)


class _Trace:
    """One captured forward pass: the last output of each module, and the module of each call."""

    def __init__(self, model: nn.Module, args: list[Tensor], kwargs: dict[str, Tensor]) -> None:
        self.outputs: dict[nn.Module, tuple[Any, int]] = {}  # (shape, bytes)
        self.owners: list[nn.Module] = []  # of each call
        self.flops: dict[nn.Module, int] | None = None
        self.peak: int | None = None
        self._stack: list[nn.Module] = []
        values = (*args, *kwargs.values())
        self._capture = _core.Capture(values, strict=False)
        hooks = [
            handle
            for module in model.modules()
            for handle in (
                module.register_forward_pre_hook(self._enter, prepend=True),
                module.register_forward_hook(self._leave),
            )
        ]
        try:
            self._run(model, len(args), list(kwargs), values)
        finally:
            self._capture.close()
            for handle in hooks:
                handle.remove()

    def _enter(self, module: nn.Module, args: Any) -> None:
        self._mark()
        self._stack.append(module)

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        self._mark()
        self._stack.pop()
        self.outputs[module] = _shape(output), sum(map(_bytes, _tensors(output)))

    def _mark(self) -> None:
        """The calls since the last mark belong to the module that runs."""
        count = len(self._capture.kernels) - len(self.owners)
        self.owners += self._stack[-1:] * count

    def _run(self, model: nn.Module, count: int, names: list[str], values: tuple[Tensor, ...]) -> None:
        with self._capture:
            given = self._capture.inputs
            output = model(*given[:count], **dict(zip(names, given[count:], strict=True)))
        try:
            tensors = flatten(output)[1]
            del given, output
            results = self._capture.finish(tensors)
            plan = _core.Plan(self._capture, results, values[:count], (), None, None, None)
        except (CaptureError, TypeError):
            return
        calls = iter(plan.calls())  # the capture's calls, in order, without those whose results are unused
        call, self.flops = next(calls, None), {}
        for owner, kernel in zip(self.owners, self._capture.kernels, strict=True):
            if call and call["name"] == kernel:
                self.flops[owner] = self.flops.get(owner, 0) + call["flops"]
                call = next(calls, None)
        self.peak = plan.summary()["eager_peak"]


def _arguments(model: nn.Module, input: Any) -> tuple[list[Tensor], dict[str, Tensor]]:
    dtype = next((p.dtype for p in model.parameters() if p.dtype.is_floating_point), _core.float32)

    def value(item: Any) -> Tensor:
        if _is_shape(item):
            if min(item, default=0) < 0:
                raise ValueError(f"summary: the shape {tuple(item)} has a negative size")
            return _core.zeros(tuple(item), dtype=dtype)
        if isinstance(item, (Tensor, list)) or hasattr(item, "__array__"):
            return as_tensor(item).detach()
        raise TypeError(
            f"summary: input contains the type {type(item).__name__}; expected tensors, arrays or shapes, "
            "one or a tuple or dict of them"
        )

    if isinstance(input, Mapping):
        return [], {name: value(item) for name, item in input.items()}
    several = isinstance(input, (tuple, list)) and not _is_shape(input)
    return [value(item) for item in (input if several else [input])], {}


def _is_shape(item: Any) -> bool:
    return isinstance(item, (tuple, list)) and all(type(size) is int for size in item)


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    parts = (
        output.values()
        if isinstance(output, Mapping)
        else output
        if isinstance(output, (tuple, list))
        else ()
    )
    return [tensor for part in parts for tensor in _tensors(part)]


def _shape(output: Any) -> Any:
    if isinstance(output, Tensor):
        return output.shape
    if isinstance(output, Mapping):
        return {name: _shape(part) for name, part in output.items()}
    return tuple(map(_shape, output)) if isinstance(output, (tuple, list)) else None


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _mega(flops: int | None) -> str:
    return "-" if flops is None else f"{flops / 1e6:,.3f}"


def _kib(count: int | None) -> str:
    return f"{(count or 0) / 1024:,.1f}"
