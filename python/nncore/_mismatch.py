"""What a caller reads whose arguments fit no signature of a bound function."""

from __future__ import annotations

import re

SIGNATURE = re.compile(r"^    \d+\. (.*)$", re.MULTILINE)
MODULES = re.compile(r"\b(?:nncore\._core|collections\.abc|typing|numpy)\.")


def reworded(text: str, given: list[str]) -> str:
    """The core's text (name, signatures, values that may be long) as one line of types.

    >>> reworded("exp(): incompatible ...\\n    1. (input: nncore._core.Tensor) -> int\\n", ["str"])
    'exp: got (str), takes (input: Tensor) -> int'
    """
    name = text[: text.find("()")] or "assignment"
    signatures = SIGNATURE.findall(text[: text.find("\nInvoked with")])
    message = f"{name}: got ({', '.join(given)}), takes {MODULES.sub('', ' or '.join(signatures))}"
    if any(kind.endswith(("ndarray", "list")) for kind in given) and "Tensor" in message:
        message += "; nncore.tensor() makes a Tensor of an array or a list"
    return message
