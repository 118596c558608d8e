"""The position of a value in nested containers, for messages."""

from __future__ import annotations

MAX_DEPTH = 100


def position(keys: tuple[object, ...]) -> str:
    """The position as an index expression.

    >>> position(("layers", 0))
    "['layers'][0]"
    """
    return "".join(f"[{part!r}]" for part in keys)
