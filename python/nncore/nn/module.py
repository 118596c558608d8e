"""Module: the base class of layers and models; it keeps parameters, buffers and child modules by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from nncore import _core
from nncore._core import Tensor, dtype
from nncore.captured.step import CompiledModule
from nncore.errors.arguments import same_constant, text

from . import conversion, state
from .architecture import Remembered
from .hooks import Hooked, Hooks
from .parameter import Parameter

__all__ = ["Module"]

Kind = Literal["parameter", "buffer", "module"]
Self = TypeVar("Self", bound="Module")
Device = _core.device | str | int


class _NotYet:
    """Stands in for an attribute that `Module.__init__` sets; raises if it is read before that."""

    def __get__(self, module: object | None, owner: type) -> Any:
        if module is None:
            return self
        raise AttributeError(
            f"{owner.__name__}: Module.__init__() has not run; call super().__init__() at the start of "
            f"{owner.__name__}.__init__, before parameters, buffers or modules are assigned"
        )


class Module(Hooked, Remembered):
    """Base class of layers and models: assign parameters and modules as attributes, and write `forward`.

    Assignment registers a parameter or module under the attribute's name: `parameters()`, `state_dict()`,
    `train()`, `to()` and the printed form use it. Calling the module runs its hooks and `forward`.

    Errors: AttributeError if a subclass did not call `super().__init__()`; ValueError if a module would
    contain itself.
    Source: PyTorch's `torch.nn.Module`; names, order and layout of the state dict are the same.

    >>> class Residual(nn.Module):
    ...     def __init__(self, width):
    ...         super().__init__()
    ...         self.inner = nn.Linear(width, width)
    ...     def forward(self, x):
    ...         return x + self.inner(x).relu()
    >>> model = Residual(4)
    >>> model(nncore.zeros(2, 4)).shape
    (2, 4)
    >>> [(name, p.shape) for name, p in model.named_parameters()]
    [('inner.weight', (4, 4)), ('inner.bias', (4,))]
    """

    # Registered values are in the instance's __dict__, so that reading one is as fast as any attribute.
    # _registered maps their names, in order, to their kinds.
    training: bool = True
    _registered: dict[str, Kind] = _NotYet()  # type: ignore[assignment]
    _transient: set[str] = _NotYet()  # type: ignore[assignment]  # buffers that are not saved
    _hooks: Hooks = _NotYet()  # type: ignore[assignment]
    _plain: bool = _NotYet()  # type: ignore[assignment]  # no hooks; a call only runs the class's forward

    def __init__(self) -> None:
        vars(self).update(training=True, _registered={}, _transient=set(), _hooks=Hooks(), _plain=True)

    def _no_forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    forward: Callable[..., Any] = _no_forward

    def __getattr__(self, name: str) -> Any:
        """A weight that `nn.utils.parametrizations` computes from other parameters."""
        sources = vars(self).get("parametrizations")
        if isinstance(sources, Module) and sources._registered.get(name) == "module":
            return vars(sources)[name]()
        return object.__getattribute__(self, name)  # raises AttributeError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._plain:
            return self.forward(*args, **kwargs)
        return self._hooks.call(self, args, kwargs)

    # Registration

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            if name in vars(vars(self).get("parametrizations", object)):
                raise AttributeError(
                    f"{type(self).__name__}.{name} is computed from the parameters in "
                    f"parametrizations.{name}; assign those"
                )
            self._register(name, value, "parameter")
        elif isinstance(value, Module):
            self._register(name, value, "module")
        elif isinstance(value, CompiledModule) and value.__wrapped__ is not self:
            raise TypeError(
                f"{type(self).__name__}: {name} is a compiled module; assign the module and compile the whole"
            )
        elif name in (registered := vars(self).get("_registered", ())):
            self._register(name, value, registered[name])
        else:
            self._set_plain(name, value)

    def _set_plain(self, name: str, value: Any) -> None:
        """Set an attribute that is not registered. Replacing another value invalidates captured steps."""
        before = getattr(self, name, value) if name in vars(self) or hasattr(type(self), name) else value
        object.__setattr__(self, name, value)
        if name == "training":
            if bool(before) != bool(value):
                _core.structure_switched(id(self))
        elif not same_constant(before, value):
            _core.structure_changed()
        if name == "forward":
            self._note_hooks()

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        _core.structure_changed()
        if self._registered.pop(name, None) is not None:
            self._transient.discard(name)
            self._changed()
        elif name == "forward":
            self._note_hooks()

    def _register(self, name: str, value: Any, kind: Kind) -> None:
        """Register a value; a name that is assigned None keeps its kind."""
        expected = Parameter if kind == "parameter" else Module if kind == "module" else Tensor
        if value is not None and not isinstance(value, expected):
            raise TypeError(
                f"cannot assign '{type(value).__name__}' object to {kind} '{name}' "
                f"({expected.__name__} or None required)"
            )
        if isinstance(value, Module):
            self._refuse_cycle(name, value)
        if self._registered.get(name) != kind:
            self._registered.pop(name, None)
            self._transient.discard(name)
        elif vars(self).get(name, self) is value:
            return
        self._registered[name] = kind
        vars(self)[name] = value
        _core.structure_changed()
        self._changed()

    def _refuse_cycle(self, name: str, value: Module) -> None:
        if any(module is self for module in value.modules()):
            raise ValueError(
                f"{type(self).__name__}: assigning '{name}' would make the module contain itself; "
                "assign a deep copy or another module"
            )

    def _changed(self) -> None:
        """Called after a registered value changed; containers clear values that they derived."""

    def _check_name(self, name: str, kind: Kind) -> None:
        what = f"{kind} name"
        if not isinstance(name, str):
            raise TypeError(f"{what} should be a string, got {type(name).__name__}")
        if "." in name:
            raise KeyError(f"{what} can't contain \".\", got '{name}'")
        if name == "":
            raise KeyError(f'{what} can\'t be empty string ""')
        if hasattr(self, name) and self._registered.get(name) != kind:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Register `param` under `name`; None marks it as absent, as in a layer without bias."""
        self._check_name(name, "parameter")
        self._register(name, param, "parameter")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Register a tensor that is not trained; `persistent=False` keeps it out of `state_dict()`.

        >>> norm = nn.Module()
        >>> norm.register_buffer("running_mean", nncore.zeros(3))
        >>> list(norm.state_dict())
        ['running_mean']
        """
        self._check_name(name, "buffer")
        self._register(name, tensor, "buffer")
        (self._transient.discard if persistent else self._transient.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Register a child under `name`."""
        self._check_name(name, "module")
        self._register(name, module, "module")

    register_module = add_module

    # Iteration

    def _of_kind(self, kind: Kind) -> Iterator[tuple[str, Any]]:
        """This module's (name, value) pairs of one kind, without None, in the order of registration."""
        values = vars(self)
        return ((n, values[n]) for n, k in self._registered.items() if k == kind and values[n] is not None)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of each direct child, each module once."""
        seen: set[int] = set()
        for name, module in self._of_kind("module"):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct children, each once."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """(dotted name, module) of this module and all its descendants, parents first."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._of_kind("module"):
            yield from module.named_modules(memo, _join(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all its descendants, parents first, each once."""
        return (module for _, module in self.named_modules())

    def _named_members(
        self, kind: Kind, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        for owner_name, owner in owners:
            for name, value in owner._of_kind(kind):
                if id(value) not in seen:
                    if remove_duplicate:
                        seen.add(id(value))
                    yield _join(owner_name, name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, parameter) of this module and, with `recurse`, of its descendants."""
        return self._named_members("parameter", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, each once, as an optimizer takes them."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(dotted name, buffer) of this module and, with `recurse`, of its descendants."""
        return self._named_members("buffer", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted name; "" is this module. Errors: AttributeError."""
        module = self
        text("get_submodule", "target", target)
        for name in filter(None, target.split(".")):
            if module._registered.get(name) != "module" or vars(module)[name] is None:
                raise AttributeError(
                    f"{type(module).__name__} has no submodule '{name}' (looking for '{target}')"
                )
            module = vars(module)[name]
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Replace the module at a dotted name, or with `strict=False` also add one.

        Errors: ValueError for an empty name, AttributeError if the name is not that of a module.

        >>> model = nn.Sequential(nn.Sequential(nn.Linear(2, 3)))
        >>> model.set_submodule("0.0", nn.Identity())
        >>> model.get_submodule("0.0")
        Identity()
        """
        owner_name, _, name = text("set_submodule", "target", target).rpartition(".")
        if not name:
            raise ValueError("set_submodule: target is empty; expected a dotted name such as '0.linear'")
        if not isinstance(module, Module):
            raise ValueError(f"set_submodule: module is a {type(module).__name__}; expected a Module")
        owner = self.get_submodule(owner_name)
        if strict or hasattr(owner, name):
            owner.get_submodule(name)
        owner._register(name, module, "module")

    def _get(self, kind: Kind, target: str) -> Any:
        owner, _, name = text(f"get_{kind}", "target", target).rpartition(".")
        if (found := dict(self.get_submodule(owner)._of_kind(kind)).get(name)) is None:
            raise AttributeError(f"{type(self).__name__} has no {kind} '{target}'")
        return found

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted name. Errors: AttributeError."""
        return self._get("parameter", target)  # type: ignore[no-any-return]

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted name. Errors: AttributeError."""
        return self._get("buffer", target)  # type: ignore[no-any-return]

    # Modes and values

    def apply(self: Self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on all descendants and then on this module.

        >>> _ = nn.Sequential(nn.Linear(2, 1), nn.ReLU()).apply(lambda module: print(type(module).__name__))
        Linear
        ReLU
        Sequential
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self: Self, mode: bool = True) -> Self:
        """Set training mode for this module and its descendants; dropout and batch norm depend on it."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self: Self) -> Self:
        """Set evaluation mode: `train(False)`."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Set `requires_grad` of all parameters; False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or with `set_to_none=False` to zeros."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                _core.assign_(parameter.grad, 0.0)

    def to(
        self: Self,
        *args: Any,
        device: Device | None = None,
        dtype: dtype | None = None,
        non_blocking: bool = False,
    ) -> Self:
        """Convert floating-point parameters and buffers to a dtype, and move all to a device.

        `to(dtype)`, `to("cpu")`, `to("cpu", dtype)` and `to(tensor)`, for the device and the dtype of that
        tensor. If the dtype or the device changes, new parameters without gradient replace the old ones:
        make the optimizer afterwards.

        Errors: TypeError for a dtype that is not floating-point; RuntimeError for a device that is missing.

        >>> nn.Linear(2, 1).to(nncore.float64).weight.dtype
        nncore.float64
        """
        conversion.convert(self, *conversion.parse(args, device, dtype))
        return self

    def float(self: Self) -> Self:
        """Convert to float32; see `to`."""
        return self.to(_core.float32)

    def double(self: Self) -> Self:
        """Convert to float64; see `to`."""
        return self.to(_core.float64)

    def half(self: Self) -> Self:
        """Not supported: modules compute in float32 or float64. Errors: TypeError, with the remedy."""
        return self.to(_core.float16)

    def bfloat16(self: Self) -> Self:
        """Not supported: modules compute in float32 or float64. Errors: TypeError, with the remedy."""
        return self.to(_core.bfloat16)

    def cpu(self: Self) -> Self:
        """Move to the CPU; see `to`."""
        return self.to("cpu")

    def cuda(self: Self, device: Device | None = None) -> Self:
        """Move to a CUDA device; see `to`. Errors: RuntimeError if there is none."""
        return self.to("cuda" if device is None else device)

    # State

    def state_dict(
        self, *, destination: dict[str, Tensor] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Tensor]:
        """Parameters and persistent buffers by dotted name, in PyTorch's order and layout.

        The tensors share memory with the module; copy them to keep the values. They are detached unless
        `keep_vars` is True.

        >>> {name: value.shape for name, value in nn.Linear(3, 2).state_dict().items()}
        {'weight': (2, 3), 'bias': (2,)}
        """
        text("state_dict", "prefix", prefix)
        return state.collect(self, {} if destination is None else destination, prefix, keep_vars)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> state.IncompatibleKeys:
        """Copy tensors or arrays into the parameters and buffers of the same names.

        With `strict=False` missing and unexpected keys are returned, not raised. Values of another dtype are
        converted. With `assign=True` the tensors of the state dict, with their dtypes, replace those of the
        module; make the optimizer afterwards. An error leaves the module unchanged.

        Errors: ValueError that names all missing and unexpected keys and all wrong shapes; TypeError.

        >>> model = nn.Linear(2, 1)
        >>> model.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1)})
        <All keys matched successfully>
        >>> model.load_state_dict({"weight": np.ones((1, 3))})
        Traceback (most recent call last):
        ValueError: Error(s) in loading state_dict for Linear:
            Missing key(s) in state_dict: "bias".
            size mismatch for weight: the state_dict has shape (1, 3), the current model (1, 2).
        """
        return state.load(self, state_dict, strict, assign)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the architecture and the state dict to an .nnz file, which `nncore.load_model` reads.

        It works for the models of `nncore.models`, the layers of `nncore.nn` whose arguments are numbers,
        strings and classes, and `Sequential` of such modules. Hooks and gradients are not saved.

        Errors: TypeError for other modules and for modules that were changed after they were made, such as by
        a replaced layer: save their state_dict(); ValueError for another ending; OSError.

        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "model.nnz")
        >>> nn.Sequential(nn.Linear(3, 2), nn.ReLU()).save(path)
        >>> nncore.load_model(path)
        Sequential(
          (0): Linear(in_features=3, out_features=2, bias=True)
          (1): ReLU()
        )
        """
        from nncore.files.models import save_model

        save_model(self, path)

    def get_extra_state(self) -> Any:
        """Override this to save another value under the key `_extra_state`."""
        raise RuntimeError(f"{type(self).__name__} has no get_extra_state; override it to save more")

    def set_extra_state(self, state: Any) -> None:
        """Override this to take the value of `get_extra_state` when a state dict is loaded."""
        raise RuntimeError(f"{type(self).__name__} has no set_extra_state; override it to load more")

    def _full_layer(self, saved: Mapping[str, Any]) -> Module | None:
        """The layer that a lazy one becomes for the values of a state dict."""
        return None

    def _become(self, layer: Module | None) -> None:
        """Take the class and the tensors of a layer of `_full_layer`."""

    # Printed form

    def extra_repr(self) -> str:
        """The text between the parentheses of the printed form; subclasses override it."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def _child_lines(self) -> list[str]:
        """The entries of the children in the printed form."""
        names = (name for name, kind in self._registered.items() if kind == "module")
        return [f"({name}): {vars(self)[name]!r}" for name in names]

    def __repr__(self) -> str:
        extra, lines = self.extra_repr(), self._child_lines()
        if not lines and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        body = "\n".join(extra.splitlines() + lines).replace("\n", "\n  ")
        return f"{self._get_name()}(\n  {body}\n)"


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
