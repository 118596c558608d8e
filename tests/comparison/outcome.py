"""Run one call in either library and describe everything that a caller can see of it."""

from __future__ import annotations

import math
import warnings
import zlib
from typing import Any

import numpy as np

SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.5, -2.25)


class Operands:
    """Makers of the operands of one call, and the operands made; equal texts give equal operands."""

    def __init__(self, library: Any, text: str) -> None:
        self.library = library
        self.rng = np.random.default_rng(zlib.crc32(text.encode()))
        self.made: list[Any] = []
        self.arrays: list[Any] = []

    def keep(self, array: Any, grad: bool = False) -> Any:
        self.arrays.append(array)
        tensor = self.library.tensor(array)
        tensor.requires_grad_(grad)
        self.made.append(tensor)
        return tensor

    def f(self, *shape: int) -> Any:
        """Float32 in (-2, 2) that wants a gradient."""
        return self.keep(self.rng.uniform(-2, 2, shape).astype(np.float32), True)

    def n(self, *shape: int) -> Any:
        """Float32 in (-2, 2) without gradient."""
        return self.keep(self.rng.uniform(-2, 2, shape).astype(np.float32))

    def d(self, *shape: int) -> Any:
        """Float64 in (-2, 2) that wants a gradient."""
        return self.keep(np.asarray(self.rng.uniform(-2, 2, shape)), True)

    def p(self, *shape: int) -> Any:
        """Float32 in (0.1, 0.9) that wants a gradient."""
        return self.keep(self.rng.uniform(0.1, 0.9, shape).astype(np.float32), True)

    def z(self, *shape: int) -> Any:
        """NaN, infinities, zeros of both signs and numbers of float32 that want a gradient."""
        values = self.rng.permutation(np.resize(SPECIAL, math.prod(shape)))
        return self.keep(values.reshape(shape).astype(np.float32), True)

    def i(self, *shape: int) -> Any:
        """int64 from -4 to 4."""
        return self.keep(np.asarray(self.rng.integers(-4, 5, shape)))

    def w(self, *shape: int) -> Any:
        """int32 from 1 to 4."""
        return self.keep(self.rng.integers(1, 5, shape).astype(np.int32))

    def u(self, *shape: int) -> Any:
        """uint8 from 0 to 9."""
        return self.keep(self.rng.integers(0, 10, shape).astype(np.uint8))

    def b(self, *shape: int) -> Any:
        """bool."""
        return self.keep(self.rng.uniform(size=shape) < 0.5)

    def k(self, high: int, *shape: int) -> Any:
        """int64 from 0 to high - 1."""
        return self.keep(np.asarray(self.rng.integers(0, high, shape)))


MAKERS = "fndpziwubk"


def plain(array: Any) -> list[Any]:
    """The values of an array as the shortest decimals that give them again."""
    flat = np.asarray(array).reshape(-1)
    if flat.dtype == np.float32:
        return [float(str(x)) for x in flat]
    values: list[Any] = flat.tolist()
    return values


def memory(tensor: Any) -> Any:
    """A number that is equal for tensors that share memory."""
    return (tensor.untyped_storage() if hasattr(tensor, "untyped_storage") else tensor).data_ptr()


def array_of(tensor: Any) -> Any:
    return np.array(tensor.detach().float().numpy() if "16" in str(tensor.dtype) else tensor.detach().numpy())


def leaves(value: Any) -> list[Any]:
    """The tensors and plain values of a result, in order."""
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def describe(leaf: Any, made: list[Any], tensor_type: Any) -> Any:
    """A tensor as dtype, shape, requires_grad, the operand whose memory it shares, and values."""
    if not isinstance(leaf, tensor_type):
        plain_value = leaf is None or isinstance(leaf, bool | int | float | str)
        return leaf if plain_value else str(leaf).replace("nncore.", "torch.")
    shared = [j for j, x in enumerate(made) if x.numel() and leaf.numel() and memory(x) == memory(leaf)]
    return {
        "dtype": str(leaf.dtype).split(".")[-1],
        "shape": list(leaf.shape),
        "requires_grad": leaf.requires_grad,
        "shares": shared[0] if shared else None,
        "values": plain(array_of(leaf)),
    }


def gradients(results: list[Any], made: list[Any], library: Any) -> list[Any]:
    """The gradient of each operand for a fixed gradient of the results; None where there is none."""
    terms = []
    for result in results:
        weight = np.cos(1.0 + np.arange(result.numel())).reshape(tuple(result.shape))
        terms.append((result.double() * library.tensor(weight)).sum())
    if terms:
        sum(terms[1:], terms[0]).backward()
    return [None if x.grad is None else plain(array_of(x.grad)) for x in made]


def outcome(library: Any, call: str, seed: str) -> dict[str, Any]:
    """The results of a call, the gradients of its operands and which it wrote; or the kind of the error."""
    operands = Operands(library, seed)
    made, before = operands.made, operands.arrays
    names = {"torch": library, "F": library.nn.functional, "np": np}
    names |= {maker: getattr(operands, maker) for maker in MAKERS}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = leaves(eval(call, names))
            results = [describe(leaf, made, library.Tensor) for leaf in found]
            wrote = [
                j
                for j, x in enumerate(made)
                if not np.array_equal(array_of(x), before[j], x.is_floating_point())
            ]
            grads = gradients([x for x in found if getattr(x, "requires_grad", False) is True], made, library)
    except Exception as error:
        return {"error": type(error).__name__}
    return {"results": results, "wrote": wrote, "grads": grads}
