"""Hooks: functions of the user that run before or after a module's forward or backward."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from nncore import _core
from nncore._core import Tensor

__all__ = ["Hooked", "Hooks", "RemovableHandle"]

ForwardPreHook = Callable[..., Any]  # (module, args) -> None | new args; with_kwargs: (module, args, kwargs)
ForwardHook = Callable[..., Any]  # (module, args, output) -> None | new output

BackwardPreHook = Callable[..., Any]  # (module, grad_output) -> None | new grad_output
BackwardHook = Callable[..., Any]  # (module, grad_input, grad_output) -> None | new grad_input
StateHook = Callable[..., Any]  # see Hooked.register_state_dict_pre_hook and the methods after it
Gradients = tuple[Tensor | None, ...]

_keys = itertools.count()  # one for each hook of the process


class RemovableHandle:
    """The result of registering a hook: `remove()`, or the end of a `with` block, removes the hook.

    >>> layer, seen = nn.Linear(2, 3), []
    >>> with layer.register_forward_hook(lambda module, args, output: seen.append(output.shape)):
    ...     _ = layer(nncore.zeros(4, 2))
    >>> _ = layer(nncore.zeros(4, 2))
    >>> seen
    [(4, 3)]
    """

    def __init__(
        self, hooks: dict[int, tuple[Callable[..., Any], bool]], key: int, changed: Callable[[], None]
    ) -> None:
        self._hooks, self._key, self._changed = hooks, key, changed

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        if self._hooks.pop(self._key, None) is not None:
            _core.structure_switched(self._key)
            self._changed()

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module, each with its `with_kwargs`, in the order in which they run."""

    def __init__(self) -> None:
        self.pre: dict[int, tuple[ForwardPreHook, bool]] = {}
        self.post: dict[int, tuple[ForwardHook, bool]] = {}
        self.backward_pre: dict[int, tuple[BackwardPreHook, bool]] = {}
        self.backward: dict[int, tuple[BackwardHook, bool]] = {}
        # of the state dict: before and after it is made, before and after it is loaded
        self.state_pre: dict[int, tuple[StateHook, bool]] = {}
        self.state_post: dict[int, tuple[StateHook, bool]] = {}
        self.load_pre: dict[int, tuple[StateHook, bool]] = {}
        self.load_post: dict[int, tuple[StateHook, bool]] = {}

    def __bool__(self) -> bool:
        """Whether a hook runs in calls of the module."""
        return bool(self.pre or self.post or self.backward_pre or self.backward)

    def add(
        self,
        hooks: dict[int, tuple[Callable[..., Any], bool]],
        hook: Callable[..., Any],
        prepend: bool,
        with_kwargs: bool,
        changed: Callable[[], None],
    ) -> RemovableHandle:
        """Add `hook` to one of the dicts above; call `changed` now and when the hook is removed."""
        if not callable(hook):
            raise TypeError(f"register hook: a hook must be callable, got {type(hook).__name__}")
        key = next(_keys)
        later = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[key] = (hook, with_kwargs)
        hooks.update(later)
        _core.structure_switched(key)
        changed()
        return RemovableHandle(hooks, key, changed)

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the hooks and `module.forward`; hooks may replace the arguments and the output."""
        for pre, with_kwargs in tuple(self.pre.values()):
            result = pre(module, args, kwargs) if with_kwargs else pre(module, args)
            args, kwargs = _replaced(result, args, kwargs, with_kwargs)
        gate = (
            _Gate(module, self) if (self.backward or self.backward_pre) and _core.is_grad_enabled() else None
        )
        if gate:
            args = gate.enter(args)
        output = module.forward(*args, **kwargs)
        for post, with_kwargs in tuple(self.post.values()):
            result = post(module, args, kwargs, output) if with_kwargs else post(module, args, output)
            if result is not None:
                output = result
        return gate.leave(output) if gate else output


class Hooked:
    """Base of `Module`: the registration of hooks."""

    _hooks: Hooks
    _plain: bool  # a call only runs the class's forward

    def _note_hooks(self) -> None:
        vars(self)["_plain"] = not self._hooks and "forward" not in vars(self)

    def register_forward_pre_hook(
        self, hook: ForwardPreHook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Run `hook(module, args)` before each forward; a result other than None replaces the arguments.

        >>> double = nn.Identity()
        >>> handle = double.register_forward_pre_hook(lambda module, args: 2 * args[0])
        >>> double(nncore.ones(2)).tolist()
        [2.0, 2.0]
        """
        return self._hooks.add(self._hooks.pre, hook, prepend, with_kwargs, self._note_hooks)

    def register_forward_hook(
        self, hook: ForwardHook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Run `hook(module, args, output)` after each forward; a result other than None replaces the output.

        >>> layer = nn.ReLU()
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(output.tolist()))
        >>> _ = layer(nncore.tensor([-1.0, 2.0]))
        [0.0, 2.0]
        """
        return self._hooks.add(self._hooks.post, hook, prepend, with_kwargs, self._note_hooks)

    def register_full_backward_pre_hook(
        self, hook: BackwardPreHook, prepend: bool = False
    ) -> RemovableHandle:
        """Run `hook(module, grad_output)` before the module's backward; a result replaces grad_output."""
        return self._hooks.add(self._hooks.backward_pre, hook, prepend, False, self._note_hooks)

    def register_full_backward_hook(self, hook: BackwardHook, prepend: bool = False) -> RemovableHandle:
        """Run `hook(module, grad_input, grad_output)` when the gradients of the inputs are complete.

        Both are tuples, with None for each positional argument without gradient; a result replaces
        grad_input. In a captured step the hook runs at capture, not at replay.

        >>> layer = nn.ReLU()
        >>> handle = layer.register_full_backward_hook(lambda module, dx, dy: (10 * dx[0],))
        >>> x = nncore.tensor([-1.0, 2.0], requires_grad=True)
        >>> layer(x).sum().backward()
        >>> x.grad.tolist()
        [0.0, 10.0]
        """
        return self._hooks.add(self._hooks.backward, hook, prepend, False, self._note_hooks)

    def register_state_dict_pre_hook(self, hook: StateHook) -> RemovableHandle:
        """Run `hook(module, prefix, keep_vars)` before `state_dict` reads this module."""
        return self._hooks.add(self._hooks.state_pre, hook, False, False, self._note_hooks)

    def register_state_dict_post_hook(self, hook: StateHook) -> RemovableHandle:
        """Run `hook(module, state_dict, prefix, local_metadata)` after `state_dict` has read this module.

        The state dict may be changed; the metadata is an empty dict.

        >>> layer = nn.Linear(2, 1)
        >>> def hide(module, state, prefix, metadata):
        ...     del state[prefix + "bias"]
        >>> handle = layer.register_state_dict_post_hook(hide)
        >>> list(layer.state_dict())
        ['weight']
        """
        return self._hooks.add(self._hooks.state_post, hook, False, False, self._note_hooks)

    def register_load_state_dict_pre_hook(self, hook: StateHook) -> RemovableHandle:
        """Run `hook` before `load_state_dict` reads this module's values from its copy of the state dict.

        The arguments are (module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs). The state dict and the last three, which are lists, may be changed.

        >>> layer = nn.Linear(2, 1, bias=False)
        >>> def rename(module, state, prefix, *_):
        ...     state[prefix + "weight"] = state.pop(prefix + "w")
        >>> handle = layer.register_load_state_dict_pre_hook(rename)
        >>> layer.load_state_dict({"w": np.ones((1, 2))})
        <All keys matched successfully>
        """
        return self._hooks.add(self._hooks.load_pre, hook, False, False, self._note_hooks)

    def register_load_state_dict_post_hook(self, hook: StateHook) -> RemovableHandle:
        """Run `hook(module, incompatible_keys)` after `load_state_dict` has loaded this module.

        The hook may change the lists missing_keys and unexpected_keys, which then decide about the error.
        """
        return self._hooks.add(self._hooks.load_post, hook, False, False, self._note_hooks)


class _Gate:
    """Runs the backward hooks of one call of a module once all gradients of its output or input are known."""

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self.module, self.hooks = module, hooks
        self.inputs: list[int] = []  # positions of the arguments that require a gradient
        self.count = 0
        self.grad_output: Gradients = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.count = len(args)
        self.inputs = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
        if not self.inputs:
            return args
        passed = list(args)
        for i, x in zip(
            self.inputs, _core.backward_gate([args[i] for i in self.inputs], self._on_input), strict=True
        ):
            passed[i] = x
        return tuple(passed)

    def leave(self, output: Any) -> Any:
        """`output`, a tensor or a sequence; its tensors that require a gradient pass through the gate."""
        values = [output] if isinstance(output, Tensor) else output
        if not isinstance(values, tuple | list):
            return output
        outputs = [i for i, y in enumerate(values) if isinstance(y, Tensor) and y.requires_grad]
        if not outputs:
            return output
        passed = list(values)
        for i, y in zip(
            outputs, _core.backward_gate([values[i] for i in outputs], self._on_output), strict=True
        ):
            passed[i] = y
        if isinstance(output, Tensor):
            return passed[0]
        make: Callable[[list[Any]], Any] = getattr(type(values), "_make", type(values))  # of a named tuple
        return make(passed)

    def _on_output(self, gradients: Gradients) -> Gradients:
        for hook, _ in tuple(self.hooks.backward_pre.values()):
            gradients = self._replaced(
                "register_full_backward_pre_hook", hook(self.module, gradients), gradients
            )
        self.grad_output = gradients
        if not self.inputs:
            for hook, _ in tuple(self.hooks.backward.values()):
                hook(self.module, (None,) * self.count, gradients)
        return gradients

    def _on_input(self, gradients: Gradients) -> Gradients:
        spread: list[Tensor | None] = [None] * self.count
        for i, g in zip(self.inputs, gradients, strict=True):
            spread[i] = g
        grad_input: Gradients = tuple(spread)
        for hook, _ in tuple(self.hooks.backward.values()):
            result = hook(self.module, grad_input, self.grad_output)
            grad_input = self._replaced("register_full_backward_hook", result, grad_input)
        return tuple(grad_input[i] for i in self.inputs)

    def _replaced(self, where: str, result: Any, before: Gradients) -> Gradients:
        """The gradients after a hook returned `result` for the gradients `before`; None stays None."""
        if result is None:
            return before
        gradients = result if isinstance(result, tuple) else (result,)
        who = f"{where}: the hook of {type(self.module).__name__}"
        if len(gradients) != len(before):
            raise RuntimeError(f"{who} returned {len(gradients)} gradients, expected {len(before)}")
        for i, (new, old) in enumerate(zip(gradients, before, strict=True)):
            if new is None or old is None:
                continue
            if not isinstance(new, Tensor):
                raise TypeError(f"{who} returned a {type(new).__name__} at {i}; expected a Tensor or None")
            if new.shape != old.shape:
                raise ValueError(
                    f"{who} returned a gradient of shape {new.shape} at {i}; expected {old.shape}"
                )
            if new.dtype != old.dtype:
                raise TypeError(f"{who} returned a gradient of {new.dtype} at {i}; expected {old.dtype}")
        return tuple(new if old is not None else None for new, old in zip(gradients, before, strict=True))


def _replaced(
    result: Any, args: tuple[Any, ...], kwargs: dict[str, Any], with_kwargs: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments after a pre-hook returned `result`."""
    if result is None:
        return args, kwargs
    if not with_kwargs:
        return result if isinstance(result, tuple) else (result,), kwargs
    if not isinstance(result, tuple) or len(result) != 2:
        given = f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
    elif isinstance(result[0], (tuple, list)) and isinstance(result[1], Mapping):
        return tuple(result[0]), dict(result[1])
    else:
        given = f"({type(result[0]).__name__}, {type(result[1]).__name__})"
    raise TypeError(
        "forward pre-hook: a hook with kwargs must return None or a tuple (args, kwargs) of a tuple and a "
        f"dict, got {given}"
    )
