"""Parameters to one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from nncore import _core
from nncore._core import Tensor
from nncore.errors.arguments import all_tensors, converted, listed

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The values of all parameters, concatenated in order.

    >>> nn.utils.parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    (8,)
    """
    values = listed("parameters_to_vector", "parameters", parameters)
    all_tensors("parameters_to_vector", "parameters", values)
    return _core.cat([value.reshape(-1) for value in values])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy consecutive ranges of `vec` into the parameters.

    Errors: TypeError if `vec` is not a tensor; ValueError unless it has as many elements as the parameters.

    >>> layer = nn.Linear(2, 1)
    >>> nn.utils.vector_to_parameters(nncore.tensor([1.0, 2.0, 3.0]), layer.parameters())
    >>> layer.weight.tolist(), layer.bias.tolist()
    ([[1.0, 2.0]], [3.0])
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected a Tensor, got {type(vec).__name__}")
    targets = listed("vector_to_parameters", "parameters", parameters)
    all_tensors("vector_to_parameters", "parameters", targets)
    total = sum(target.numel() for target in targets)
    if vec.ndim != 1 or vec.numel() != total:
        raise ValueError(
            f"vector_to_parameters: the vector has shape {vec.shape}, the parameters need ({total},)"
        )
    start, values = 0, vec.detach()
    fitting = {
        dtype: converted("vector_to_parameters", "vec", values, dtype)
        for dtype in {target.dtype for target in targets}
    }
    for target in targets:
        end = start + target.numel()
        _core.assign_(target, fitting[target.dtype][start:end].reshape(*target.shape))
        start = end
