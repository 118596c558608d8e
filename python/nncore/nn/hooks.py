"""Functions that a caller hangs on a module, to run before or after its forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["ForwardHook", "ForwardPreHook", "Hooks", "RemovableHandle"]

ForwardPreHook = Callable[..., Any]  # (module, args) -> None | new args; with_kwargs: (module, args, kwargs)
ForwardHook = Callable[..., Any]  # (module, args, output) -> None | new output


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook off again; so does leaving a `with` block.

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
        """Take the hook off; a second call does nothing."""
        if self._hooks.pop(self._key, None) is not None:
            self._changed()

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module, in the order in which they run, each with its `with_kwargs`."""

    def __init__(self) -> None:
        self.pre: dict[int, tuple[ForwardPreHook, bool]] = {}
        self.post: dict[int, tuple[ForwardHook, bool]] = {}
        self._next = 0

    def __bool__(self) -> bool:
        return bool(self.pre or self.post)

    def add(
        self,
        hooks: dict[int, tuple[Callable[..., Any], bool]],
        hook: Callable[..., Any],
        prepend: bool,
        with_kwargs: bool,
        changed: Callable[[], None],
    ) -> RemovableHandle:
        """Hang `hook` on self.pre or self.post; `changed` is called now and when it is taken off."""
        if not callable(hook):
            raise TypeError(f"register hook: a hook must be callable, got {type(hook).__name__}")
        key, self._next = self._next, self._next + 1
        later = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[key] = (hook, with_kwargs)
        hooks.update(later)
        changed()
        return RemovableHandle(hooks, key, changed)

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`module.forward` between the hooks, which may replace the arguments and the output."""
        for pre, with_kwargs in tuple(self.pre.values()):
            result = pre(module, args, kwargs) if with_kwargs else pre(module, args)
            args, kwargs = _replaced(result, args, kwargs, with_kwargs)
        output = module.forward(*args, **kwargs)
        for post, with_kwargs in tuple(self.post.values()):
            result = post(module, args, kwargs, output) if with_kwargs else post(module, args, output)
            if result is not None:
                output = result
        return output


def _replaced(
    result: Any, args: tuple[Any, ...], kwargs: dict[str, Any], with_kwargs: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments after a pre-hook returned `result`."""
    if result is None:
        return args, kwargs
    if not with_kwargs:
        return result if isinstance(result, tuple) else (result,), kwargs
    if isinstance(result, tuple) and len(result) == 2:
        return result
    raise TypeError(
        "forward pre-hook: a hook with kwargs must return None or a tuple (args, kwargs), "
        f"got {type(result).__name__}"
    )
