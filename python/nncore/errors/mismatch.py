"""The error message for arguments that fit no signature of a bound function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from nncore import _core

SIGNATURE = re.compile(r"^    \d+\. (.*)$", re.MULTILINE)
MODULES = re.compile(r"\b(?:nncore\._core|collections\.abc|typing|numpy)\.")
# These run other operations, so that an error names the other operation.
OF_OTHERS = {"backward", "gradients", "backward_gate", "recurrent"}
# Internal function -> the public function that calls it.
PUBLIC = {
    "attention": "scaled_dot_product_attention",
    "attention_of_packed": "scaled_dot_product_attention",
    "attention_of_rows": "scaled_dot_product_attention",
    "fractional_max_pool2d_of_size": "fractional_max_pool2d",
    "fractional_max_pool3d_of_size": "fractional_max_pool3d",
    "interpolate_to": "interpolate",
    "kl_div_log": "kl_div",
    "l2_normalize": "normalize",
    "poisson_nll_loss_log": "poisson_nll_loss",
    "response_norm": "local_response_norm",
}
OPERATION = re.compile(r"(\w+): ")


def reworded(text: str, given: list[str]) -> str:
    """pybind11's message (name, signatures, values that may be long) as one line of types.

    >>> reworded("exp(): incompatible ...\\n    1. (input: nncore._core.Tensor) -> int\\n", ["str"])
    'exp: got (str), takes (input: Tensor) -> int'
    """
    called = text[: text.find("()")] or "assignment"
    name = PUBLIC.get(called, called)
    signatures = SIGNATURE.findall(text[: text.find("\nInvoked with")])
    message = f"{name}: got ({', '.join(given)}), takes {MODULES.sub('', ' or '.join(signatures))}"
    if any(kind.startswith("out=") for kind in given):
        message += f"; without out=: assign the result, or write it with out.copy_({name}(...))"
    if any(kind.endswith(("ndarray", "list")) for kind in given) and "Tensor" in message:
        message += "; nncore.tensor() makes a Tensor of an array or a list"
    if any(kind.endswith("requires grad") for kind in given) and "SupportsFloat" in message:
        message += "; a number has no gradient, so the tensor's gradient would be lost: pass .item()"
    return message


def named(name: str, text: str) -> str:
    """The text of an error with the name of the called function, not of a function or kernel inside it.

    >>> named("zeros", "full: negative dimension"), named("sum", "expected an int, got str")
    ('zeros: negative dimension', 'sum: expected an int, got str')
    """
    name, found = PUBLIC.get(name, name), OPERATION.match(text)
    first = found[1] if found else ""
    if first == name or name in OF_OTHERS:
        return text
    known = (
        first.endswith("_scalar")
        or first in _core.kernel_names()
        or any(callable(getattr(o, first, None)) for o in (_core, _core.Tensor))
    )
    return f"{name}: {text[len(first) + 2 :] if found and known else text}"


@contextmanager
def called(name: str) -> Iterator[None]:
    """Errors of the operations inside name the called function or class instead.

    >>> with called("Linear"):
    ...     _core.empty(-1)
    Traceback (most recent call last):
    ...
    ValueError: Linear: negative dimension in shape (-1,); sizes must be 0 or more
    """
    try:
        yield
    except (TypeError, ValueError, IndexError, MemoryError) as error:
        error.args = (named(name, str(error)),)
        raise
