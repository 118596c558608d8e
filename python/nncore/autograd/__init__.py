"""Gradients as values and a numerical check of them, as in PyTorch's `torch.autograd`."""

from __future__ import annotations

from collections.abc import Sequence

from nncore._core import Tensor, gradients, zeros_like
from nncore.errors import absent
from nncore.errors.arguments import all_tensors, listed

from .check import GradcheckError, gradcheck
from .variable import Variable

__all__ = ["GradcheckError", "Variable", "grad", "gradcheck"]


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    r"""d sum(outputs \* grad_outputs) / d input for each input, a leaf or an intermediate value.

    No `.grad` changes. `grad_outputs` has the shapes of `outputs`; for an output of one element None means 1.
    The graph is freed unless `retain_graph` is True. With `allow_unused` the gradient of an input that no
    output depends on is None; with `materialize_grads` it is 0.

    Errors: RuntimeError for an input that does not require a gradient or is not used, and for a freed graph;
    ValueError and TypeError for grad_outputs that do not match; ValueError if `create_graph` or
    `is_grads_batched` is True, because gradients have no history and are computed one at a time.

    >>> x = nncore.tensor([1.0, 2.0], requires_grad=True)
    >>> y = x * x
    >>> [g.tolist() for g in nncore.autograd.grad(y.sum(), (x, y))]
    [[2.0, 4.0], [1.0, 1.0]]
    """
    roots = [outputs] if isinstance(outputs, Tensor) else listed("grad", "outputs", outputs)
    wanted = [inputs] if isinstance(inputs, Tensor) else listed("grad", "inputs", inputs)
    for name, given in (("outputs", roots), ("inputs", wanted)):
        all_tensors("grad", name, given)
    if grad_outputs is None or isinstance(grad_outputs, Tensor):
        first: list[Tensor | None] = [grad_outputs] * (1 if isinstance(grad_outputs, Tensor) else len(roots))
    else:
        first = list(grad_outputs)
    if len(first) != len(roots):
        raise ValueError(
            f"grad: {len(roots)} outputs but {len(first)} grad_outputs; give one per output, or None"
        )
    if not wanted:
        raise ValueError("grad: no inputs are given")
    for i, x in enumerate(wanted):
        if not x.requires_grad:
            raise RuntimeError(f"grad: input {i}, of shape {x.shape}, does not require a gradient")
    if create_graph:
        raise ValueError(
            "grad: create_graph=True is not supported; compute the gradient with ops to derive it"
        )
    if is_grads_batched:
        raise ValueError("grad: is_grads_batched=True is not supported; call grad for each of grad_outputs")
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: materialize_grads=True needs allow_unused=True or None")
    found = gradients(roots, wanted, first, bool(retain_graph))
    if materialize_grads:
        return tuple(zeros_like(x) if g is None else g for g, x in zip(found, wanted, strict=True))
    for i, g in enumerate(found):
        if g is None and not allow_unused:
            raise RuntimeError(
                f"grad: input {i}, of shape {wanted[i].shape}, was not used in computing the outputs; "
                "set allow_unused=True to get None for it"
            )
    return tuple(found)


absent.answer_in(globals())
