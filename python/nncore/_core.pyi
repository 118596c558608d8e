# Written by tools/make_stub.py from the built module; do not edit.
"""
nncore's C++ core: tensors, automatic differentiation, kernels.
"""
from __future__ import annotations
import collections.abc
import types
import typing
import builtins
import numpy as _np
__all__ = [
    "Generator",
    "Tensor",
    "abs",
    "acos",
    "acosh",
    "adaptive_avg_pool1d",
    "add",
    "addcdiv",
    "addcmul",
    "addmm",
    "all",
    "amax",
    "amin",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg_pool1d",
    "bfloat16",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bmm",
    "bool",
    "broadcast_to",
    "cat",
    "ceil",
    "celu",
    "channel_shuffle",
    "chunk",
    "clamp",
    "clip",
    "clone",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cos",
    "cosh",
    "cross_entropy",
    "cumprod",
    "cumsum",
    "device",
    "diag",
    "diagonal",
    "div",
    "dot",
    "double",
    "dtype",
    "einsum",
    "elu",
    "empty",
    "empty_like",
    "eq",
    "equal",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "eye",
    "flatten",
    "flip",
    "float",
    "float16",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "fmod",
    "from_numpy",
    "full",
    "full_like",
    "gather",
    "ge",
    "gelu",
    "get_default_device",
    "get_default_dtype",
    "get_num_threads",
    "gt",
    "half",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "index_add",
    "index_copy",
    "index_fill",
    "index_select",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_floating_point",
    "is_tensor",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "leaky_relu",
    "lerp",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logsigmoid",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_select",
    "matmul",
    "max",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mish",
    "mm",
    "movedim",
    "mse_loss",
    "mul",
    "mv",
    "narrow",
    "ne",
    "neg",
    "nll_loss",
    "nonzero",
    "norm",
    "numel",
    "ones",
    "ones_like",
    "outer",
    "permute",
    "pixel_shuffle",
    "pixel_unshuffle",
    "pow",
    "prod",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "ravel",
    "reciprocal",
    "relu",
    "relu6",
    "remainder",
    "repeat_interleave",
    "reshape",
    "roll",
    "round",
    "rsqrt",
    "scatter",
    "scatter_add",
    "select",
    "selu",
    "set_default_device",
    "set_default_dtype",
    "set_num_threads",
    "short",
    "show_config",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "softshrink",
    "softsign",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "sub",
    "sum",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tan",
    "tanh",
    "tanhshrink",
    "tensor",
    "tensordot",
    "threshold",
    "tile",
    "topk",
    "transpose",
    "tril",
    "triu",
    "trunc",
    "uint16",
    "uint8",
    "unbind",
    "unflatten",
    "unsqueeze",
    "var",
    "var_mean",
    "where",
    "zeros",
    "zeros_like",
]
class dtype:
    """
    The type of a tensor's elements.

    float32, float64, int64, int32, uint8 and bool have arithmetic; float16, bfloat16, int8, int16 and uint16 only store values.
    """
    def __eq__(self: _dtype, other: typing.Any) -> builtins.bool:
        ...
    def __hash__(self: _dtype) -> builtins.int:
        ...
    def __reduce__(self: _dtype) -> str:
        ...
    def __repr__(self: _dtype) -> str:
        ...
    @property
    def is_complex(self) -> builtins.bool:
        """
        False: there are no dtypes of complex numbers.
        """
    @property
    def is_floating_point(self) -> builtins.bool:
        """
        Whether the elements are floating-point numbers.
        """
    @property
    def is_signed(self) -> builtins.bool:
        """
        Whether the elements can be negative.
        """
    @property
    def itemsize(self) -> builtins.int:
        """
        The size of one element in bytes.
        """
_dtype = dtype
class Tensor:
    """
    A dense array of numbers with a record of how it was computed, from which backward() computes gradients.

    `tensor`, `zeros` and other functions make tensors. Tensor(x) shares the memory of a tensor x, Tensor(array) has its values in the default dtype, and Tensor(2, 3) has arbitrary values.
    """
    __array_priority__: typing.ClassVar[int] = 1000
    @staticmethod
    def __hash__(*args: typing.Any, **kwargs: typing.Any) -> builtins.int:
        """
        Return hash(self).
        """
    def __abs__(self) -> Tensor:
        ...
    def __add__(self, other: typing.Any) -> Tensor:
        ...
    def __and__(self, other: typing.Any) -> Tensor:
        ...
    def __array__(self, dtype: typing.Any = None, copy: typing.Any = None) -> typing.Any:
        ...
    def __array_function__(self, func: typing.Any, types: typing.Any, args: tuple[typing.Any, ...], kwargs: dict[str, typing.Any]) -> typing.Any:
        ...
    def __array_namespace__(self, *, api_version: typing.Any = None) -> types.ModuleType:
        ...
    def __array_wrap__(self, array: typing.Any, context: typing.Any = None, return_scalar: typing.Any = False) -> typing.Any:
        ...
    def __bool__(self) -> builtins.bool:
        ...
    def __contains__(self, element: typing.Any) -> builtins.bool:
        ...
    def __deepcopy__(self, memo: dict[builtins.int, typing.Any]) -> Tensor:
        ...
    def __dlpack__(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        A DLPack capsule that shares this tensor's memory; treat it as read-only.
        """
    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]:
        ...
    def __eq__(self, other: typing.Any) -> Tensor:  # type: ignore[override]
        ...
    def __float__(self) -> builtins.float:
        ...
    def __floordiv__(self, other: typing.Any) -> Tensor:
        ...
    def __format__(self, spec: typing.Any) -> typing.Any:
        ...
    def __ge__(self, other: typing.Any) -> Tensor:
        ...
    def __getitem__(self, index: typing.Any) -> Tensor:
        ...
    def __gt__(self, other: typing.Any) -> Tensor:
        ...
    def __iadd__(self, other: typing.Any) -> Tensor:
        ...
    def __iand__(self, other: typing.Any) -> Tensor:
        ...
    def __ifloordiv__(self, other: typing.Any) -> Tensor:
        ...
    def __ilshift__(self, other: typing.Any) -> Tensor:
        ...
    def __imod__(self, other: typing.Any) -> Tensor:
        ...
    def __imul__(self, other: typing.Any) -> Tensor:
        ...
    def __index__(self) -> builtins.int:
        ...
    @typing.overload
    def __init__(self, data: Tensor) -> None:
        ...
    @typing.overload
    def __init__(self, *args: typing.Any) -> None:
        ...
    def __int__(self) -> builtins.int:
        ...
    def __invert__(self) -> Tensor:
        ...
    def __ior__(self, other: typing.Any) -> Tensor:
        ...
    def __ipow__(self, other: typing.Any) -> Tensor:
        ...
    def __irshift__(self, other: typing.Any) -> Tensor:
        ...
    def __isub__(self, other: typing.Any) -> Tensor:
        ...
    def __iter__(self) -> collections.abc.Iterator[Tensor]:
        ...
    def __itruediv__(self, other: typing.Any) -> Tensor:
        ...
    def __ixor__(self, other: typing.Any) -> Tensor:
        ...
    def __le__(self, other: typing.Any) -> Tensor:
        ...
    def __len__(self) -> builtins.int:
        ...
    def __lshift__(self, other: typing.Any) -> Tensor:
        ...
    def __lt__(self, other: typing.Any) -> Tensor:
        ...
    def __matmul__(self, other: typing.Any) -> Tensor:
        ...
    def __mod__(self, other: typing.Any) -> Tensor:
        ...
    def __mul__(self, other: typing.Any) -> Tensor:
        ...
    def __ne__(self, other: typing.Any) -> Tensor:  # type: ignore[override]
        ...
    def __neg__(self) -> Tensor:
        ...
    def __or__(self, other: typing.Any) -> Tensor:
        ...
    def __pos__(self) -> Tensor:
        ...
    def __pow__(self, other: typing.Any) -> Tensor:
        ...
    def __radd__(self, other: typing.Any) -> Tensor:
        ...
    def __rand__(self, other: typing.Any) -> Tensor:
        ...
    def __reduce__(self) -> tuple[typing.Any, ...]:
        ...
    def __repr__(self) -> str:
        ...
    def __rfloordiv__(self, other: typing.Any) -> Tensor:
        ...
    def __rlshift__(self, other: typing.Any) -> Tensor:
        ...
    def __rmatmul__(self, other: typing.Any) -> Tensor:
        ...
    def __rmod__(self, other: typing.Any) -> Tensor:
        ...
    def __rmul__(self, other: typing.Any) -> Tensor:
        ...
    def __ror__(self, other: typing.Any) -> Tensor:
        ...
    def __round__(self, ndigits: typing.Any = None) -> typing.Any:
        ...
    def __rpow__(self, other: typing.Any) -> Tensor:
        ...
    def __rrshift__(self, other: typing.Any) -> Tensor:
        ...
    def __rshift__(self, other: typing.Any) -> Tensor:
        ...
    def __rsub__(self, other: typing.Any) -> Tensor:
        ...
    def __rtruediv__(self, other: typing.Any) -> Tensor:
        ...
    def __rxor__(self, other: typing.Any) -> Tensor:
        ...
    def __setitem__(self, index: typing.Any, value: typing.Any) -> None:
        ...
    def __sub__(self, other: typing.Any) -> Tensor:
        ...
    def __truediv__(self, other: typing.Any) -> Tensor:
        ...
    def __xor__(self, other: typing.Any) -> Tensor:
        ...
    def abs(self) -> Tensor:
        """
        |x|, element by element; derivative sign(x), 0 at 0.
        """
    def abs_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of abs() into the tensor, and returns the tensor.
        """
    def acos(self) -> Tensor:
        """
        the angle in [0, pi] whose cosine is x, element by element; derivative -1 / sqrt(1 - x^2).
        """
    def acos_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of acos() into the tensor, and returns the tensor.
        """
    def acosh(self) -> Tensor:
        """
        ln(x + sqrt(x^2 - 1)), element by element; derivative 1 / sqrt(x^2 - 1).
        """
    def acosh_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of acosh() into the tensor, and returns the tensor.
        """
    @typing.overload
    def add(self, other: typing.Any) -> Tensor:
        """
        a + b, broadcast.
        """
    @typing.overload
    def add(self, other: typing.Any, *, alpha: typing.Any) -> Tensor:
        """
        a + alpha b, broadcast.
        """
    def add_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of add() into the tensor, and returns the tensor.
        """
    def addcdiv(self, tensor1: Tensor, tensor2: Tensor, *, value: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
        """
        input + value tensor1 / tensor2, broadcast.
        """
    def addcdiv_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of addcdiv() into the tensor, and returns the tensor.
        """
    def addcmul(self, tensor1: Tensor, tensor2: Tensor, *, value: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
        """
        input + value tensor1 tensor2, broadcast.
        """
    def addcmul_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of addcmul() into the tensor, and returns the tensor.
        """
    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: typing.SupportsFloat | typing.SupportsIndex = 1.0, alpha: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
        """
        beta input + alpha mat1 @ mat2.
        """
    def all(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None | None = None, keepdim: builtins.bool = False) -> Tensor:
        """
        Whether every element over dim is not 0; dim=() reduces no axis.
        """
    def amax(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
        """
        The largest element over dim; equal elements share the gradient.
        """
    def amin(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
        """
        The smallest element over dim; equal elements share the gradient.
        """
    def any(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None | None = None, keepdim: builtins.bool = False) -> Tensor:
        """
        Whether any element over dim is not 0; dim=() reduces no axis.
        """
    def argmax(self, dim: typing.SupportsIndex | None = None, keepdim: builtins.bool = False) -> Tensor:
        """
        The index of the largest element, of the flattened tensor or along dim.
        """
    def argmin(self, dim: typing.SupportsIndex | None = None, keepdim: builtins.bool = False) -> Tensor:
        """
        The index of the smallest element, of the flattened tensor or along dim.
        """
    def argsort(self, dim: typing.SupportsIndex = -1, descending: builtins.bool = False, stable: builtins.bool = False) -> Tensor:
        """
        The indices that sort along dim.
        """
    def asin(self) -> Tensor:
        """
        the angle in [-pi/2, pi/2] whose sine is x, element by element; derivative 1 / sqrt(1 - x^2).
        """
    def asin_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of asin() into the tensor, and returns the tensor.
        """
    def asinh(self) -> Tensor:
        """
        ln(x + sqrt(x^2 + 1)), element by element; derivative 1 / sqrt(x^2 + 1).
        """
    def asinh_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of asinh() into the tensor, and returns the tensor.
        """
    def atan(self) -> Tensor:
        """
        the angle in (-pi/2, pi/2) whose tangent is x, element by element; derivative 1 / (1 + x^2).
        """
    def atan2(self, other: typing.Any) -> Tensor:
        """
        The angle of the point (b, a) in (-pi, pi], broadcast.
        """
    def atan2_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of atan2() into the tensor, and returns the tensor.
        """
    def atan_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of atan() into the tensor, and returns the tensor.
        """
    def atanh(self) -> Tensor:
        """
        ln((1 + x) / (1 - x)) / 2, element by element; derivative 1 / (1 - x^2).
        """
    def atanh_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of atanh() into the tensor, and returns the tensor.
        """
    def backward(self, gradient: Tensor | None = None, retain_graph: builtins.bool = False) -> None:
        """
        Adds d(self)/d(leaf) to the grad of every leaf that requires one.

        gradient: d(loss)/d(self); may be omitted if self has one element. Raises RuntimeError if self has no history, or if an earlier backward without retain_graph freed it.

        >>> x = nncore.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad.tolist()
        [2.0, 4.0]
        """
    def bernoulli(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.bernoulli.
        """
    def bernoulli_(self, p: typing.Any = 0.5, *, generator: Generator | None = None) -> Tensor:
        """
        Writes 1 with probability p, else 0. p is a number or a tensor that broadcasts.
        """
    def bfloat16(self) -> Tensor:
        """
        The values as bfloat16.
        """
    def bincount(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.bincount.
        """
    def bitwise_and(self, other: typing.Any) -> Tensor:
        """
        a & b of integers or bools, broadcast.
        """
    def bitwise_and_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of bitwise_and() into the tensor, and returns the tensor.
        """
    def bitwise_left_shift(self, other: typing.Any) -> Tensor:
        """
        a << b of integers, broadcast; 0 if b is not a number of bits of the dtype.
        """
    def bitwise_left_shift_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of bitwise_left_shift() into the tensor, and returns the tensor.
        """
    def bitwise_not(self) -> Tensor:
        """
        ~x of integers or bools.
        """
    def bitwise_not_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of bitwise_not() into the tensor, and returns the tensor.
        """
    def bitwise_or(self, other: typing.Any) -> Tensor:
        """
        a | b of integers or bools, broadcast.
        """
    def bitwise_or_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of bitwise_or() into the tensor, and returns the tensor.
        """
    def bitwise_right_shift(self, other: typing.Any) -> Tensor:
        """
        a >> b of integers, broadcast; the sign of a fills the upper bits.
        """
    def bitwise_right_shift_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of bitwise_right_shift() into the tensor, and returns the tensor.
        """
    def bitwise_xor(self, other: typing.Any) -> Tensor:
        """
        a ^ b of integers or bools, broadcast.
        """
    def bitwise_xor_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of bitwise_xor() into the tensor, and returns the tensor.
        """
    def bmm(self, mat2: Tensor) -> Tensor:
        """
        The products of two stacks of matrices.
        """
    def bool(self) -> Tensor:
        """
        The values as bool.
        """
    def broadcast_to(self, size: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
        """
        Broadcasts the tensor to the given shape.
        """
    def byte(self) -> Tensor:
        """
        The values as uint8.
        """
    def ceil(self) -> Tensor:
        """
        the smallest integer >= x, element by element; derivative 0.
        """
    def ceil_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of ceil() into the tensor, and returns the tensor.
        """
    def celu(self, alpha: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
        """
        x where x > 0, else alpha (e^(x / alpha) - 1), element by element; derivative 1 where x > 0, else e^(x / alpha). Source: Barron 2017.

        >>> nncore.celu(nncore.tensor([-1.0, 2.0]), 2.0)
        tensor([-0.7869,  2.    ])
        """
    def char(self) -> Tensor:
        """
        The values as int8.
        """
    def chunk(self, chunks: typing.SupportsIndex, dim: typing.SupportsIndex = 0) -> tuple[Tensor, ...]:
        """
        Splits the tensor along dim into at most `chunks` parts; all but the last have one size.
        """
    def clamp(self, min: typing.Any = None, max: typing.Any = None) -> Tensor:
        """
        min(max(x, min), max), element by element; derivative 1 where min < x < max, else 0.
        """
    def clamp_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of clamp() into the tensor, and returns the tensor.
        """
    def clip(self, min: typing.Any = None, max: typing.Any = None) -> Tensor:
        """
        min(max(x, min), max), element by element; derivative 1 where min < x < max, else 0.
        """
    def clip_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of clip() into the tensor, and returns the tensor.
        """
    def clone(self) -> Tensor:
        """
        A copy in new memory.
        """
    def contiguous(self) -> Tensor:
        """
        The tensor itself, because tensors are always dense and row-major.
        """
    def copy_(self, src: Tensor, non_blocking: builtins.bool = False) -> Tensor:
        """
        Writes the elements of src, broadcast and converted to the tensor's dtype.

        >>> nncore.zeros(2, 2).copy_(nncore.tensor([1, 2])).tolist()
        [[1.0, 2.0], [1.0, 2.0]]
        """
    def cos(self) -> Tensor:
        """
        cos x, element by element; derivative -sin x.
        """
    def cos_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of cos() into the tensor, and returns the tensor.
        """
    def cosh(self) -> Tensor:
        """
        (e^x + e^-x) / 2, element by element; derivative sinh x.
        """
    def cosh_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of cosh() into the tensor, and returns the tensor.
        """
    def count_nonzero(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.count_nonzero.
        """
    def cpu(self) -> Tensor:
        """
        The values in the memory of the host; the tensor itself if they are there.
        """
    def cuda(self, device: device | str | builtins.int | None = None, non_blocking: builtins.bool = False) -> Tensor:
        """
        The values on a CUDA device; raises RuntimeError if there is none.
        """
    def cumprod(self, dim: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
        """
        Cumulative products along dim.
        """
    def cumprod_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of cumprod() into the tensor, and returns the tensor.
        """
    def cumsum(self, dim: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
        """
        Cumulative sums along dim; integers sum to int64 without dtype.
        """
    def cumsum_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of cumsum() into the tensor, and returns the tensor.
        """
    def data_ptr(self) -> builtins.int:
        """
        The address of the first element.
        """
    def detach(self) -> Tensor:
        """
        The same values without history.
        """
    def detach_(self) -> Tensor:
        """
        Makes the tensor a leaf without a gradient, and returns it.
        """
    def diag(self, diagonal: typing.SupportsIndex = 0) -> Tensor:
        """
        The diagonal of a matrix; for a vector, the matrix with the vector on its diagonal.
        """
    def diagonal(self, offset: typing.SupportsIndex = 0, dim1: typing.SupportsIndex = 0, dim2: typing.SupportsIndex = 1) -> Tensor:
        """
        The diagonal over two axes, as the last axis of the result.
        """
    def dim(self) -> builtins.int:
        """
        The number of axes.
        """
    @typing.overload
    def div(self, other: typing.Any) -> Tensor:
        """
        a / b, broadcast; integers divide to the default dtype.
        """
    @typing.overload
    def div(self, other: typing.Any, *, rounding_mode: str | None) -> Tensor:
        """
        a / b, rounded toward zero ('trunc') or down ('floor'); the dtype is that of a and b.
        """
    def div_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of div() into the tensor, and returns the tensor.
        """
    def dot(self, tensor: Tensor) -> Tensor:
        """
        The inner product of two vectors.
        """
    def double(self) -> Tensor:
        """
        The values as float64.
        """
    def element_size(self) -> builtins.int:
        """
        The size of one element in bytes.
        """
    def elu(self, alpha: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
        """
        x where x > 0, else alpha (e^x - 1), element by element; derivative 1 where x > 0, else alpha e^x. Source: Clevert, Unterthiner and Hochreiter 2015.

        >>> nncore.elu(nncore.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.    ])
        """
    def eq(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def equal(self, other: Tensor) -> builtins.bool:
        """
        Whether two tensors have the same shape and elements; NaN is not equal to itself. Not allowed in a compiled step.

        >>> nncore.equal(nncore.ones(2), nncore.ones(2)), nncore.ones(2).equal(nncore.ones(1, 2))
        (True, False)
        """
    def erf(self) -> Tensor:
        """
        2 / sqrt(pi) * integral of e^(-t^2) from 0 to x, element by element; derivative 2 / sqrt(pi) * e^(-x^2).
        """
    def erf_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of erf() into the tensor, and returns the tensor.
        """
    def erfc(self) -> Tensor:
        """
        1 - erf(x), element by element; derivative -2 / sqrt(pi) * e^(-x^2).
        """
    def erfc_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of erfc() into the tensor, and returns the tensor.
        """
    def exp(self) -> Tensor:
        """
        e^x, element by element; derivative y.
        """
    def exp2(self) -> Tensor:
        """
        2^x, element by element; derivative y ln 2.
        """
    def exp2_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of exp2() into the tensor, and returns the tensor.
        """
    def exp_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of exp() into the tensor, and returns the tensor.
        """
    def expand(self, *args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
        """
        Broadcasts the tensor to the given sizes; -1 keeps a size.
        """
    def expand_as(self, other: Tensor) -> Tensor:
        """
        Broadcasts the tensor to the shape of other.
        """
    def expm1(self) -> Tensor:
        """
        e^x - 1, element by element; derivative y + 1.
        """
    def expm1_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of expm1() into the tensor, and returns the tensor.
        """
    def exponential_(self, lambd: typing.SupportsFloat | typing.SupportsIndex = 1.0, *, generator: Generator | None = None) -> Tensor:
        """
        Writes random numbers of the exponential distribution with rate lambd: -log(1 - u) / lambd.
        """
    def fill_(self, value: typing.Any) -> Tensor:
        """
        Writes one value, a number or a 0-dimensional tensor, into all elements.
        """
    def fill_diagonal_(self, fill_value: typing.Any, wrap: builtins.bool = False) -> Tensor:
        """
        Writes a number into the main diagonal. With wrap, the diagonal of a tall matrix continues in the rows below.

        >>> nncore.zeros(2, 2).fill_diagonal_(1).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
    def flatten(self, start_dim: typing.SupportsIndex = 0, end_dim: typing.SupportsIndex = -1) -> Tensor:
        """
        Merges axes start_dim to end_dim into one.
        """
    def flip(self, *args: typing.Any, dims: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
        """
        Reverses the order of the elements along each axis in dims.
        """
    def float(self) -> Tensor:
        """
        The values as float32.
        """
    def floor(self) -> Tensor:
        """
        the largest integer <= x, element by element; derivative 0.
        """
    def floor_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of floor() into the tensor, and returns the tensor.
        """
    def floor_divide(self, other: typing.Any) -> Tensor:
        """
        floor(a / b), broadcast.
        """
    def floor_divide_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of floor_divide() into the tensor, and returns the tensor.
        """
    def fmod(self, other: typing.Any) -> Tensor:
        """
        a - trunc(a / b) b, broadcast; the result has the sign of a.
        """
    def fmod_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of fmod() into the tensor, and returns the tensor.
        """
    def gather(self, dim: typing.SupportsIndex, index: Tensor) -> Tensor:
        """
        y[i][j][k] = input[index[i][j][k]][j][k] for dim 0, and so on.

        index has as many axes as input; it may be longer than input along dim only. Raises IndexError for an index out of range.

        >>> nncore.gather(nncore.tensor([[1, 2], [3, 4]]), 1, nncore.tensor([[1], [0]])).tolist()
        [[2], [3]]
        """
    def ge(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def gelu(self, approximate: str = 'none') -> Tensor:
        """
        x Phi(x), element by element.
        """
    def gelu_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of gelu() into the tensor, and returns the tensor.
        """
    def get_device(self) -> builtins.int:
        """
        The index of the device, or -1 for the CPU.
        """
    def gt(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def half(self) -> Tensor:
        """
        The values as float16.
        """
    def hardshrink(self, lambd: typing.SupportsFloat | typing.SupportsIndex = 0.5) -> Tensor:
        """
        x where |x| > lambd, else 0, element by element; derivative 1 where |x| > lambd, else 0.

        >>> nncore.hardshrink(nncore.tensor([-1.0, 0.3, 2.0]))
        tensor([-1.,  0.,  2.])
        """
    def hardsigmoid(self) -> Tensor:
        """
        min(max(x + 3, 0), 6) / 6, element by element; derivative 1/6 where -3 < x < 3, else 0. Source: Howard et al. 2019, section 5.2.

        >>> nncore.hardsigmoid(nncore.tensor([-3.0, 0.0, 3.0]))
        tensor([0. , 0.5, 1. ])
        """
    def hardswish(self) -> Tensor:
        """
        x min(max(x + 3, 0), 6) / 6, element by element; derivative 0 where x <= -3, x / 3 + 1/2 where x < 3, else 1. Source: Howard et al. 2019, section 5.2.

        >>> nncore.hardswish(nncore.tensor([-1.5, 0.0, 3.0]))
        tensor([-0.375,  0.   ,  3.   ])
        """
    def hardtanh(self, min_val: typing.SupportsFloat | typing.SupportsIndex = -1.0, max_val: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
        """
        min(max(x, min_val), max_val), element by element; derivative 1 where min_val < x < max_val, else 0. Source: Collobert 2004.

        >>> nncore.hardtanh(nncore.tensor([-3.0, 0.5, 3.0]))
        tensor([-1. ,  0.5,  1. ])
        """
    def index_add(self, dim: typing.SupportsIndex, index: Tensor, source: Tensor, *, alpha: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
        """
        A copy of input with alpha * source added to the slices at the indices along dim.
        """
    def index_add_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of index_add() into the tensor, and returns the tensor.
        """
    def index_copy(self, dim: typing.SupportsIndex, index: Tensor, source: Tensor) -> Tensor:
        """
        A copy of input in which the slices at the indices along dim are those of source.

        >>> nncore.index_copy(nncore.zeros(3), 0, nncore.tensor([2]), nncore.ones(1)).tolist()
        [0.0, 0.0, 1.0]
        """
    def index_copy_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of index_copy() into the tensor, and returns the tensor.
        """
    def index_fill(self, dim: typing.SupportsIndex, index: Tensor, value: typing.Any) -> Tensor:
        """
        A copy of input in which the slices at the indices along dim have one value.

        >>> nncore.index_fill(nncore.zeros(3), 0, nncore.tensor([0, 2]), 5).tolist()
        [5.0, 0.0, 5.0]
        """
    def index_fill_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of index_fill() into the tensor, and returns the tensor.
        """
    def index_put(self, indices: typing.Any, values: Tensor, accumulate: builtins.bool = False) -> Tensor:
        """
        A copy of input, written by index_put_.
        """
    def index_put_(self, indices: typing.Any, values: Tensor, accumulate: builtins.bool = False) -> Tensor:
        """
        Writes values at a tuple of index tensors, as x[indices] = values. With accumulate, adds them, as often as an index is repeated.

        >>> x = nncore.zeros(3)
        >>> i = nncore.tensor([2, 2])
        >>> x.index_put_((i,), nncore.ones(2), accumulate=True).tolist()
        [0.0, 0.0, 2.0]
        """
    def index_select(self, dim: typing.SupportsIndex, index: Tensor) -> Tensor:
        """
        The slices of input at a vector of indices along dim.
        """
    def int(self) -> Tensor:
        """
        The values as int32.
        """
    def is_contiguous(self) -> builtins.bool:
        """
        True, because tensors are always dense and row-major.
        """
    def is_floating_point(self) -> builtins.bool:
        """
        Whether the elements are floating-point numbers.
        """
    def is_pinned(self) -> builtins.bool:
        """
        Whether the elements lie in memory that a device can read: False on the CPU.
        """
    def isfinite(self) -> Tensor:
        """
        Whether each element is neither infinite nor NaN.
        """
    def isinf(self) -> Tensor:
        """
        Whether each element is infinite.
        """
    def isnan(self) -> Tensor:
        """
        Whether each element is NaN.
        """
    def item(self) -> typing.Any:
        """
        The only element as a Python number.
        """
    def le(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def leaky_relu(self, negative_slope: typing.SupportsFloat | typing.SupportsIndex = 0.01) -> Tensor:
        """
        x where x > 0, else negative_slope x, element by element; derivative 1 where x > 0, else negative_slope. Source: Maas, Hannun and Ng 2013.

        >>> nncore.leaky_relu(nncore.tensor([-1.0, 2.0]), 0.5)
        tensor([-0.5,  2. ])
        """
    def lerp(self, end: Tensor, weight: typing.Any) -> Tensor:
        """
        input + weight (end - input), broadcast.
        """
    def lerp_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of lerp() into the tensor, and returns the tensor.
        """
    def log(self) -> Tensor:
        """
        ln x, element by element; derivative 1 / x.
        """
    def log10(self) -> Tensor:
        """
        ln x / ln 10, element by element; derivative 1 / (x ln 10).
        """
    def log10_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of log10() into the tensor, and returns the tensor.
        """
    def log1p(self) -> Tensor:
        """
        ln(1 + x), element by element; derivative 1 / (1 + x).
        """
    def log1p_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of log1p() into the tensor, and returns the tensor.
        """
    def log2(self) -> Tensor:
        """
        ln x / ln 2, element by element; derivative 1 / (x ln 2).
        """
    def log2_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of log2() into the tensor, and returns the tensor.
        """
    def log_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of log() into the tensor, and returns the tensor.
        """
    def log_softmax(self, dim: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
        """
        x - log(sum(exp(x))) along dim; the input is converted to dtype first, if given.
        """
    def logaddexp(self, other: typing.Any) -> Tensor:
        """
        ln(e^a + e^b), broadcast.
        """
    def logical_and(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def logical_and_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of logical_and() into the tensor, and returns the tensor.
        """
    def logical_not(self) -> Tensor:
        """
        Whether each element is 0.
        """
    def logical_not_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of logical_not() into the tensor, and returns the tensor.
        """
    def logical_or(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def logical_or_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of logical_or() into the tensor, and returns the tensor.
        """
    def logical_xor(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def logical_xor_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of logical_xor() into the tensor, and returns the tensor.
        """
    def logit(self, eps: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor:
        """
        ln(x / (1 - x)), x first clamped to [eps, 1 - eps] if eps is given, element by element; derivative 1 / (x (1 - x)), 0 where x was clamped.

        >>> nncore.logit(nncore.tensor([0.5, 0.75, 1.0]))
        tensor([0.    , 1.0986,    inf])
        """
    def logit_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of logit() into the tensor, and returns the tensor.
        """
    def logsigmoid(self) -> Tensor:
        """
        -ln(1 + e^-x), element by element; derivative sigmoid(-x).

        >>> nncore.logsigmoid(nncore.tensor([-1.0, 0.0]))
        tensor([-1.3133, -0.6931])
        """
    def logsumexp(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None, keepdim: builtins.bool = False) -> Tensor:
        """
        log(sum(exp(x))) over dim, without overflow.
        """
    def long(self) -> Tensor:
        """
        The values as int64.
        """
    def lt(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def masked_fill(self, mask: Tensor, value: typing.Any) -> Tensor:
        """
        A copy of input with value where the mask is true; broadcast.
        """
    def masked_fill_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of masked_fill() into the tensor, and returns the tensor.
        """
    def masked_select(self, mask: Tensor) -> Tensor:
        """
        A vector of the elements where the mask is true. Not allowed in a compiled step, because its length depends on values.
        """
    def matmul(self, other: Tensor) -> Tensor:
        """
        The matrix product, like NumPy's matmul.
        """
    @typing.overload
    def max(self, other: Tensor) -> Tensor:
        """
        The larger of two elements: maximum(input, other).
        """
    @typing.overload
    def max(self, dim: typing.SupportsIndex | None = None, keepdim: builtins.bool = False) -> typing.Any:
        """
        The largest element; with dim, (values, indices) along that axis. NaN wins; the first of equals is returned.
        """
    def maximum(self, other: Tensor) -> Tensor:
        """
        The larger of two elements; equal elements share the gradient.
        """
    def mean(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
        """
        The mean over all axes, or over dim.
        """
    def median(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.median.
        """
    @typing.overload
    def min(self, other: Tensor) -> Tensor:
        """
        The smaller of two elements: minimum(input, other).
        """
    @typing.overload
    def min(self, dim: typing.SupportsIndex | None = None, keepdim: builtins.bool = False) -> typing.Any:
        """
        The smallest element; with dim, (values, indices) along that axis. NaN wins; the first of equals is returned.
        """
    def minimum(self, other: Tensor) -> Tensor:
        """
        The smaller of two elements; equal elements share the gradient.
        """
    def mish(self) -> Tensor:
        """
        x tanh(softplus(x)), element by element; derivative w + x (1 - w^2) sigmoid(x), w = tanh(softplus(x)). Source: Misra 2019.

        >>> nncore.mish(nncore.tensor([-1.0, 2.0]))
        tensor([-0.3034,  1.944 ])
        """
    def mm(self, mat2: Tensor) -> Tensor:
        """
        The product of two matrices.
        """
    def movedim(self, source: builtins.int | collections.abc.Sequence[builtins.int], destination: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
        """
        Moves axes to other positions; the remaining axes keep their order.
        """
    def mul(self, other: typing.Any) -> Tensor:
        """
        a * b, broadcast.
        """
    def mul_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of mul() into the tensor, and returns the tensor.
        """
    def multinomial(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.multinomial.
        """
    def mv(self, vec: Tensor) -> Tensor:
        """
        The product of a matrix and a vector.
        """
    def nan_to_num(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.nan_to_num.
        """
    def nan_to_num_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of nan_to_num() into the tensor, and returns the tensor.
        """
    def narrow(self, dim: typing.SupportsIndex, start: typing.SupportsIndex, length: typing.SupportsIndex) -> Tensor:
        """
        The elements start to start + length - 1 along an axis.
        """
    def ndimension(self) -> builtins.int:
        """
        The number of axes.
        """
    def ne(self, other: typing.Any) -> Tensor:
        """
        Compares element by element; returns a bool tensor.
        """
    def neg(self) -> Tensor:
        """
        -x, element by element; derivative -1.
        """
    def neg_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of neg() into the tensor, and returns the tensor.
        """
    def nelement(self) -> builtins.int:
        """
        The number of elements.
        """
    def new_empty(self, *args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
        """
        A tensor with uninitialized elements. The dtype and the device are those of this tensor.
        """
    def new_full(self, size: builtins.int | collections.abc.Sequence[builtins.int], fill_value: typing.Any, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
        """
        A tensor filled with fill_value. The dtype and the device are those of this tensor.
        """
    def new_ones(self, *args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
        """
        A tensor filled with 1. The dtype and the device are those of this tensor.
        """
    def new_tensor(self, data: typing.Any, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
        """
        A tensor with a copy of data. The dtype and the device are those of this tensor.
        """
    def new_zeros(self, *args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
        """
        A tensor filled with 0. The dtype and the device are those of this tensor.
        """
    def nonzero(self, *, as_tuple: builtins.bool = False) -> typing.Any:
        """
        The indices of all nonzero elements, as (count, ndim), or as one vector per axis if as_tuple. Not allowed in a compiled step.
        """
    def norm(self, p: typing.Any = 2.0, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
        """
        (sum |x|^p)^(1/p) over dim; p may also be 'fro' (2), infinite, or 0 (counts the nonzero elements).
        """
    def normal_(self, mean: typing.SupportsFloat | typing.SupportsIndex = 0.0, std: typing.SupportsFloat | typing.SupportsIndex = 1.0, *, generator: Generator | None = None) -> Tensor:
        """
        Writes random numbers of the normal distribution.
        """
    def numel(self) -> builtins.int:
        """
        The number of elements.
        """
    def numpy(self, *, force: builtins.bool = False) -> _np.ndarray[typing.Any, typing.Any]:
        """
        The values as a read-only NumPy array that shares this tensor's memory. With force, also accepts a tensor that requires a gradient or lies on another device.
        """
    def outer(self, vec2: Tensor) -> Tensor:
        """
        The outer product of two vectors.
        """
    def permute(self, *args: typing.Any, dims: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
        """
        Puts the axes in the given order.
        """
    def pin_memory(self) -> Tensor:
        """
        The tensor itself: the CPU has one kind of memory.
        """
    def pow(self, exponent: typing.Any) -> Tensor:
        """
        a to the power b, broadcast.
        """
    def pow_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of pow() into the tensor, and returns the tensor.
        """
    def prod(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
        """
        The product over all axes, or over dim; the gradient is also correct if elements are 0.
        """
    def quantile(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.quantile.
        """
    def random_(self, from_: typing.Any = None, to: typing.Any = None, *, generator: Generator | None = None) -> Tensor:
        """
        Writes uniform random integers: random_(to) in [0, to), random_(from, to) in [from, to). Without bounds, they are in [0, m], where m is the largest integer of the dtype, or 2^24 for float32 and 2^53 for float64.
        """
    def ravel(self) -> Tensor:
        """
        The elements in row-major order, as a vector.
        """
    def reciprocal(self) -> Tensor:
        """
        1 / x, element by element; derivative -y^2.
        """
    def reciprocal_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of reciprocal() into the tensor, and returns the tensor.
        """
    def register_hook(self, hook: typing.Any) -> HookHandle:
        """
        Calls hook(gradient) when this tensor's gradient is complete; a returned tensor replaces the gradient.

        >>> x = nncore.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda gradient: 2 * gradient)
        >>> x.sum().backward()
        >>> x.grad.tolist()
        [2.0, 2.0]
        """
    def relu(self) -> Tensor:
        """
        max(x, 0), element by element; derivative 1 where y > 0, else 0. Source: Nair and Hinton 2010.

        >>> nncore.relu(nncore.tensor([-1.0, 2.0]))
        tensor([0., 2.])
        """
    def relu6(self) -> Tensor:
        """
        min(max(x, 0), 6), element by element; derivative 1 where 0 < y < 6, else 0. Source: Krizhevsky 2010.

        >>> nncore.relu6(nncore.tensor([-1.0, 3.0, 9.0]))
        tensor([0., 3., 6.])
        """
    def relu_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of relu() into the tensor, and returns the tensor.
        """
    def remainder(self, other: typing.Any) -> Tensor:
        """
        a - floor(a / b) b, broadcast; the result has the sign of b.
        """
    def remainder_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of remainder() into the tensor, and returns the tensor.
        """
    def repeat(self, *args: typing.Any, repeats: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
        """
        Repeats the whole tensor along each axis; the sizes are the counts. Additional sizes add axes in front.
        """
    def repeat_interleave(self, repeats: typing.SupportsIndex, dim: typing.SupportsIndex | None = None) -> Tensor:
        """
        Repeats each element, along dim or of the flattened tensor.
        """
    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """
        Sets requires_grad and returns the tensor.
        """
    def reshape(self, *args: typing.Any, shape: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
        """
        The same elements in row-major order in another shape; one size may be -1.
        """
    def reshape_as(self, other: Tensor) -> Tensor:
        """
        The same elements in the shape of another tensor.
        """
    def retain_grad(self) -> None:
        """
        Makes backward() keep the gradient of this non-leaf tensor in its grad.
        """
    def roll(self, shifts: builtins.int | collections.abc.Sequence[builtins.int], dims: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
        """
        Shifts the elements along dims; those shifted past the end continue at the start. Without dims, shifts the flattened tensor.
        """
    @typing.overload
    def round(self) -> Tensor:
        """
        x rounded to the nearest integer, ties to even, element by element; derivative 0.
        """
    @typing.overload
    def round(self, *, decimals: typing.SupportsIndex) -> Tensor:
        """
        Rounds to `decimals` decimal places; -1 rounds to tens, -2 to hundreds, and so on. Integers become float32 if decimals is negative.
        """
    def round_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of round() into the tensor, and returns the tensor.
        """
    def rsqrt(self) -> Tensor:
        """
        x^(-1/2), element by element; derivative -y^3 / 2.
        """
    def rsqrt_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of rsqrt() into the tensor, and returns the tensor.
        """
    def scatter(self, dim: typing.SupportsIndex, index: Tensor, src: typing.Any = None, *, value: typing.Any = None) -> Tensor:
        """
        A copy of input with elements of src, or one value, written at the indices along dim. The last one wins if an index is repeated.
        """
    def scatter_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of scatter() into the tensor, and returns the tensor.
        """
    def scatter_add(self, dim: typing.SupportsIndex, index: Tensor, src: Tensor) -> Tensor:
        """
        A copy of input with elements of src added at the indices along dim.
        """
    def scatter_add_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of scatter_add() into the tensor, and returns the tensor.
        """
    def select(self, dim: typing.SupportsIndex, index: typing.SupportsIndex) -> Tensor:
        """
        The slice at one index along dim, without that axis.

        >>> nncore.tensor([[1, 2], [3, 4]]).select(1, -1).tolist()
        [2, 4]
        """
    def selu(self) -> Tensor:
        """
        scale x where x > 0, else scale alpha (e^x - 1), element by element; derivative scale where x > 0, else scale alpha e^x. Source: Klambauer et al. 2017.

        >>> nncore.selu(nncore.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
        """
    def short(self) -> Tensor:
        """
        The values as int16.
        """
    def sigmoid(self) -> Tensor:
        """
        1 / (1 + e^-x), element by element; derivative y (1 - y). Source: Rumelhart, Hinton and Williams 1986, eq. 2.

        >>> nncore.sigmoid(nncore.tensor([-1.0, 0.0]))
        tensor([0.2689, 0.5   ])
        """
    def sigmoid_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of sigmoid() into the tensor, and returns the tensor.
        """
    def sign(self) -> Tensor:
        """
        -1, 0 or 1; NaN for NaN, element by element; derivative 0.
        """
    def sign_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of sign() into the tensor, and returns the tensor.
        """
    def silu(self) -> Tensor:
        """
        x sigmoid(x), element by element; derivative s (1 + x (1 - s)), s = sigmoid(x). Source: Elfwing, Uchibe and Doya 2017; Ramachandran, Zoph and Le 2017 ("Swish").

        >>> nncore.silu(nncore.tensor([-1.0, 2.0]))
        tensor([-0.2689,  1.7616])
        """
    def sin(self) -> Tensor:
        """
        sin x, element by element; derivative cos x.
        """
    def sin_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of sin() into the tensor, and returns the tensor.
        """
    def sinc(self) -> Tensor:
        """
        sin(pi x) / (pi x), 1 at 0, element by element; derivative (cos(pi x) - y) / x, 0 at 0.

        >>> nncore.sinc(nncore.tensor([0.0, 0.5, 1.0]))
        tensor([1.    , 0.6366, 0.    ])
        """
    def sinc_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of sinc() into the tensor, and returns the tensor.
        """
    def sinh(self) -> Tensor:
        """
        (e^x - e^-x) / 2, element by element; derivative cosh x.
        """
    def sinh_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of sinh() into the tensor, and returns the tensor.
        """
    def size(self, dim: typing.SupportsIndex | None = None) -> typing.Any:
        """
        The shape, or the size of one axis.
        """
    def softmax(self, dim: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
        """
        exp(x) / sum(exp(x)) along dim; the input is converted to dtype first, if given.
        """
    def softplus(self, beta: typing.SupportsFloat | typing.SupportsIndex = 1.0, threshold: typing.SupportsFloat | typing.SupportsIndex = 20.0) -> Tensor:
        """
        ln(1 + e^(beta x)) / beta, x where beta x > threshold, element by element; derivative sigmoid(beta x), 1 where beta x > threshold. Source: Dugas et al. 2001.

        >>> nncore.softplus(nncore.tensor([-1.0, 0.0]))
        tensor([0.3133, 0.6931])
        """
    def softshrink(self, lambd: typing.SupportsFloat | typing.SupportsIndex = 0.5) -> Tensor:
        """
        x - lambd where x > lambd, x + lambd where x < -lambd, else 0, element by element; derivative 1 where |x| > lambd, else 0. Source: Donoho 1995.

        >>> nncore.softshrink(nncore.tensor([-1.0, 0.3, 2.0]))
        tensor([-0.5,  0. ,  1.5])
        """
    def softsign(self) -> Tensor:
        """
        x / (1 + |x|), element by element; derivative 1 / (1 + |x|)^2. Source: Bergstra et al. 2009.

        >>> nncore.softsign(nncore.tensor([-1.0, 3.0]))
        tensor([-0.5 ,  0.75])
        """
    def sort(self, dim: typing.SupportsIndex = -1, descending: builtins.bool = False, stable: builtins.bool = False) -> typing.Any:
        """
        Sorts along dim; returns (values, indices). The sort is always stable, and NaN counts as the largest.
        """
    def split(self, split_size: typing.Any, dim: typing.SupportsIndex = 0) -> tuple[Tensor, ...]:
        """
        Splits the tensor along dim into parts of one size (the last part may be shorter) or of the given sizes.
        """
    def sqrt(self) -> Tensor:
        """
        x^(1/2), element by element; derivative 1 / (2 y).
        """
    def sqrt_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of sqrt() into the tensor, and returns the tensor.
        """
    def square(self) -> Tensor:
        """
        x^2, element by element; derivative 2 x.
        """
    def square_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of square() into the tensor, and returns the tensor.
        """
    def squeeze(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None | None = None) -> Tensor:
        """
        Removes the axes of size 1; with dim, only those in dim.
        """
    @typing.overload
    def std(self, unbiased: builtins.bool) -> Tensor:
        """
        The square root of the variance over dim; correction is 1 by default.
        """
    @typing.overload
    def std(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, unbiased: builtins.bool | None = None, keepdim: builtins.bool = False, *, correction: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor:
        """
        The square root of the variance over dim; correction is 1 by default.
        """
    @typing.overload
    def sub(self, other: typing.Any) -> Tensor:
        """
        a - b, broadcast.
        """
    @typing.overload
    def sub(self, other: typing.Any, *, alpha: typing.Any) -> Tensor:
        """
        a - alpha b, broadcast.
        """
    def sub_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of sub() into the tensor, and returns the tensor.
        """
    def sum(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
        """
        The sum over all axes, or over dim; integers sum to int64 without dtype.
        """
    def swapaxes(self, axis0: typing.SupportsIndex, axis1: typing.SupportsIndex) -> Tensor:
        """
        Exchanges two axes.
        """
    def swapdims(self, dim0: typing.SupportsIndex, dim1: typing.SupportsIndex) -> Tensor:
        """
        Exchanges two axes.
        """
    def t(self) -> Tensor:
        """
        The transpose of a matrix; a vector is unchanged.
        """
    def take(self, index: Tensor) -> Tensor:
        """
        The elements of the flattened tensor at the given indices.
        """
    def take_along_dim(self, indices: Tensor, dim: typing.SupportsIndex | None = None) -> Tensor:
        """
        Like gather, but input and indices broadcast along the other axes; for the results of argsort and argmax.
        """
    def tan(self) -> Tensor:
        """
        tan x, element by element; derivative 1 + y^2.
        """
    def tan_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of tan() into the tensor, and returns the tensor.
        """
    def tanh(self) -> Tensor:
        """
        (e^x - e^-x) / (e^x + e^-x), element by element; derivative 1 - y^2.

        >>> nncore.tanh(nncore.tensor([-1.0, 0.0]))
        tensor([-0.7616,  0.    ])
        """
    def tanh_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of tanh() into the tensor, and returns the tensor.
        """
    def tanhshrink(self) -> Tensor:
        """
        x - tanh(x), element by element; derivative tanh(x)^2.

        >>> nncore.tanhshrink(nncore.tensor([-1.0, 2.0]))
        tensor([-0.2384,  1.036 ])
        """
    def threshold(self, threshold: typing.SupportsFloat | typing.SupportsIndex, value: typing.SupportsFloat | typing.SupportsIndex) -> Tensor:
        """
        x where x > threshold, else value, element by element; derivative 1 where x > threshold, else 0.

        >>> nncore.threshold(nncore.tensor([0.5, 2.0]), 1.0, 20.0)
        tensor([20.,  2.])
        """
    def tile(self, *args: typing.Any, dims: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
        """
        Repeats the whole tensor along its last axes: dims are the counts.
        """
    @typing.overload
    def to(self, other: Tensor, non_blocking: builtins.bool = False, copy: builtins.bool = False) -> Tensor:
        """
        The values as the dtype and on the device of another tensor.
        """
    @typing.overload
    def to(self, dtype: _dtype | builtins.type | str, non_blocking: builtins.bool = False, copy: builtins.bool = False) -> Tensor:
        """
        The values converted to another dtype.
        """
    @typing.overload
    def to(self, device: device | str | builtins.int | None = None, dtype: _dtype | builtins.type | str | None = None, non_blocking: builtins.bool = False, copy: builtins.bool = False) -> Tensor:
        """
        The values on another device and in another dtype; the tensor itself if nothing changes.

        With copy, the result is always a new tensor; non_blocking has no effect on the CPU.

        >>> nncore.tensor([1.5, 2.0]).to('cpu', nncore.int64).tolist()
        [1, 2]
        """
    def tolist(self) -> typing.Any:
        """
        The values as nested Python lists; a 0-dimensional tensor gives a number.
        """
    def topk(self, k: typing.SupportsIndex, dim: typing.SupportsIndex = -1, largest: builtins.bool = True, sorted: builtins.bool = True) -> typing.Any:
        """
        (values, indices) of the k largest or smallest elements along dim, in order; of equal elements, the first come first.
        """
    def trace(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.trace.
        """
    def transpose(self, dim0: typing.SupportsIndex, dim1: typing.SupportsIndex) -> Tensor:
        """
        Exchanges two axes.
        """
    def tril(self, diagonal: typing.SupportsIndex = 0) -> Tensor:
        """
        Keeps the lower triangle of each matrix up to the given diagonal; the other elements become 0.
        """
    def tril_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of tril() into the tensor, and returns the tensor.
        """
    def triu(self, diagonal: typing.SupportsIndex = 0) -> Tensor:
        """
        Keeps the upper triangle of each matrix from the given diagonal on; the other elements become 0.
        """
    def triu_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of triu() into the tensor, and returns the tensor.
        """
    def trunc(self) -> Tensor:
        """
        x rounded toward zero, element by element; derivative 0.
        """
    def trunc_(self, *args: typing.Any, **kwargs: typing.Any) -> Tensor:
        """
        Writes the result of trunc() into the tensor, and returns the tensor.
        """
    def type(self, dtype: typing.Any = None, non_blocking: builtins.bool = False) -> typing.Any:
        """
        The name of the type of the elements, or, with dtype, the values of another type.

        >>> nncore.ones(2).type(), nncore.ones(2).type('nncore.LongTensor')
        ('nncore.FloatTensor', tensor([1, 1]))
        """
    def type_as(self, other: Tensor) -> Tensor:
        """
        The values as the dtype of another tensor.
        """
    def unbind(self, dim: typing.SupportsIndex = 0) -> tuple[Tensor, ...]:
        """
        Returns the slices along dim, without that axis.
        """
    def unflatten(self, dim: typing.SupportsIndex, sizes: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
        """
        Splits one axis into several axes; one size may be -1.
        """
    def uniform_(self, from_: typing.SupportsFloat | typing.SupportsIndex = 0.0, to: typing.SupportsFloat | typing.SupportsIndex = 1.0, *, generator: Generator | None = None) -> Tensor:
        """
        Writes uniform random numbers in [from, to).
        """
    def unique(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        See nncore.unique.
        """
    def unsqueeze(self, dim: typing.SupportsIndex) -> Tensor:
        """
        Inserts an axis of size 1 at dim.
        """
    @typing.overload
    def var(self, unbiased: builtins.bool) -> Tensor:
        """
        sum((x - mean)^2) / (n - correction) over dim; correction is 1 by default.
        """
    @typing.overload
    def var(self, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, unbiased: builtins.bool | None = None, keepdim: builtins.bool = False, *, correction: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor:
        """
        sum((x - mean)^2) / (n - correction) over dim; correction is 1 by default.
        """
    @typing.overload
    def view(self, dtype: _dtype | builtins.type | str) -> Tensor:
        """
        The same bytes as elements of another dtype of the same size, without history.
        """
    @typing.overload
    def view(self, *args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
        """
        The same as reshape, because tensors are always dense.
        """
    def view_as(self, other: Tensor) -> Tensor:
        """
        The same elements in the shape of other.
        """
    def zero_(self) -> Tensor:
        """
        Writes 0 into all elements.
        """
    @property
    def T(self) -> Tensor:
        """
        Reverses the order of the axes: the transpose of a matrix; a vector is unchanged.
        """
    @property
    def _gradient_hooks(self) -> list[typing.Any]:
        """
        The functions registered with register_hook.
        """
    @property
    def _version(self) -> builtins.int:
        """
        The number of writes to the tensor's memory so far.
        """
    @property
    def data(self) -> Tensor:
        """
        The same values without history, in the same memory. Assigning a tensor to data replaces the values, the shape and the dtype; both tensors then share memory.

        >>> w = nncore.ones(2, requires_grad=True)
        >>> w.data -= 0.5
        >>> w.tolist()
        [0.5, 0.5]
        """
    @data.setter
    def data(self, arg1: Tensor) -> None:
        ...
    @property
    def device(self) -> typing.Any:
        """
        The device on which the elements lie.
        """
    @property
    def dtype(self) -> _dtype:
        """
        The dtype of the elements.
        """
    @property
    def grad(self) -> Tensor | None:
        """
        The gradient accumulated by backward(), or None.
        """
    @grad.setter
    def grad(self, arg1: Tensor | None) -> None:
        ...
    @property
    def grad_fn(self) -> str | None:
        """
        The name of the op that made this tensor, or None for a leaf.
        """
    @property
    def is_cpu(self) -> builtins.bool:
        """
        Whether the elements lie in the memory of the host.
        """
    @property
    def is_cuda(self) -> builtins.bool:
        """
        Whether the elements lie on a CUDA device.
        """
    @property
    def is_leaf(self) -> builtins.bool:
        """
        Whether no recorded op made this tensor.
        """
    @property
    def itemsize(self) -> builtins.int:
        """
        The size of one element in bytes.
        """
    @property
    def mT(self) -> Tensor:
        """
        The transpose of each matrix: the last two axes are exchanged.
        """
    @property
    def nbytes(self) -> builtins.int:
        """
        The size of all elements in bytes.
        """
    @property
    def ndim(self) -> builtins.int:
        """
        The number of axes.
        """
    @property
    def requires_grad(self) -> builtins.bool:
        """
        Whether backward() computes a gradient for this tensor.
        """
    @requires_grad.setter
    def requires_grad(self, arg1: builtins.bool) -> None:
        ...
    @property
    def retains_grad(self) -> builtins.bool:
        """
        Whether this is a non-leaf tensor that keeps its gradient.
        """
    @property
    def shape(self) -> tuple[builtins.int, ...]:
        """
        The sizes of all axes, as a tuple.
        """
class device:
    """
    The name of a device: a type such as 'cpu' and, optionally, an index.

    A name may be made of a device that is missing; using it raises RuntimeError. As a context manager, sets the device on which functions such as zeros() make tensors.

    >>> nncore.device('cuda:0')
    device(type='cuda', index=0)
    >>> nncore.zeros(2, device='cpu').device
    device(type='cpu')
    """
    def __enter__(self) -> typing.Any:
        ...
    def __eq__(self, other: typing.Any) -> builtins.bool:
        ...
    def __exit__(self, *args: typing.Any) -> None:
        ...
    def __hash__(self) -> builtins.int:
        ...
    def __init__(self, type: typing.Any, index: typing.SupportsIndex | None = None) -> None:
        ...
    def __reduce__(self) -> tuple[type, tuple[str]]:
        ...
    def __repr__(self) -> str:
        ...
    def __str__(self) -> str:
        ...
    @property
    def index(self) -> builtins.int | None:
        """
        The number of the device among those of its type, or None.
        """
    @property
    def type(self) -> str:
        """
        The type, such as 'cpu'.
        """
class Generator:
    """
    A generator of random numbers: Philox 4x32-10 with a seed and a counter.
    """
    def __getstate__(self) -> tuple[builtins.int, builtins.int]:
        ...
    def __init__(self, seed: typing.Any = 67280421310721) -> None:
        ...
    def __repr__(self) -> str:
        ...
    def __setstate__(self, arg0: tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]) -> None:
        ...
    def get_state(self) -> Tensor:
        """
        The seed and the position in the sequence, for set_state.
        """
    def initial_seed(self) -> builtins.int:
        """
        The seed with which the sequence started.
        """
    def manual_seed(self, seed: typing.Any) -> Generator:
        """
        Restarts the sequence with this seed.
        """
    def set_state(self, state: Tensor) -> None:
        """
        Restores the seed and the position that get_state returned.
        """
class once:
    """
    A context manager whose block does not become part of a captured step.
    """
    def __enter__(self) -> None:
        ...
    def __exit__(self, *args: typing.Any) -> None:
        ...
    def __init__(self) -> None:
        ...
class Capture:
    """
    A context manager that records the calls of one step.
    """
    def __enter__(self) -> None:
        ...
    def __exit__(self, *args: typing.Any) -> None:
        ...
    def __init__(self, inputs: collections.abc.Sequence[Tensor], strict: builtins.bool = True) -> None:
        ...
    def close(self) -> None:
        """
        Releases the step's memory; the record can still be compared.
        """
    def difference(self, later: Capture) -> str:
        """
        Describes how a later run of the step differs; empty if it does not.
        """
    def finish(self, results: list[typing.Any]) -> list[Tensor]:
        """
        Returns the step's results without history. Raises CaptureError if anything else keeps a tensor of the step.
        """
    @property
    def changed_structure(self) -> builtins.bool:
        """
        Whether the step has changed the structure of a module or an optimizer.
        """
    @property
    def found_gradients(self) -> list[builtins.bool]:
        """
        For each leaf: whether it had a gradient that the step added to.
        """
    @property
    def has_backward(self) -> builtins.bool:
        """
        Whether the step computed gradients.
        """
    @property
    def inputs(self) -> list[Tensor]:
        """
        The tensors with which the step was called.
        """
    @property
    def kernels(self) -> list[str]:
        """
        The kernels of the step's calls, in order.
        """
    @property
    def refusal(self) -> str:
        """
        What a replay could not repeat, if the capture is not strict.
        """
class Plan:
    """
    The calls of a captured step with their memory laid out, ready for replays.
    """
    def __init__(self, capture: Capture, results: collections.abc.Sequence[Tensor], arguments: tuple[typing.Any, ...], names: tuple[str, ...], before: typing.Any, after: typing.Any, rebuild: typing.Any) -> None:
        ...
    def audited(self, ns: typing.SupportsIndex) -> None:
        """
        Must be called after an audit found no difference. ns: how long the eager run took.
        """
    def calls(self) -> list[typing.Any]:
        """
        The calls that a replay runs, in order, each as a dict.
        """
    def summary(self) -> dict[str, typing.Any]:
        """
        Memory in bytes, calls dropped, replays so far.
        """
    def trust(self, version: typing.SupportsInt | typing.SupportsIndex, places: tuple[tuple[typing.Any, typing.Any, typing.Any], ...]) -> None:
        """
        Sets the conditions of the plan: the version of the structure, and the values of places.
        """
    @property
    def is_due(self) -> builtins.bool:
        """
        Whether the last attempt to replay found that an audit is due.
        """
class Step:
    """
    A captured step. A call replays a plan, or goes to the method _find if no plan is ready.
    """
    @staticmethod
    def __call__(*args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        """
        Call self as a function.
        """
    def __init__(self) -> None:
        ...
    def _forget(self) -> None:
        """
        Makes calls try no plan.
        """
    def _prefer(self, plan: Plan) -> None:
        """
        Makes calls try this plan first.
        """
    def _replay(self, values: tuple[typing.Any, ...], names: tuple[str, ...]) -> typing.Any:
        """
        The result of a replay, or NotImplemented.
        """
    def _replay_epoch(self, sources: collections.abc.Sequence[Tensor], order: Tensor, size: typing.SupportsIndex, first: typing.SupportsIndex, steps: typing.SupportsIndex, sinks: collections.abc.Sequence[Tensor | None], progress: typing.Any) -> builtins.int:
        """
        Replays consecutive batches; returns how many ran.
        """
    @property
    def _recent(self) -> list[Plan]:
        """
        The plans that a call tries, beginning with the one used last.
        """
    @property
    def replays(self) -> builtins.int:
        """
        The number of calls that were replays.
        """
class HookHandle:
    """
    The handle of a hook on a tensor. As a context manager, it removes the hook at exit.
    """
    def __enter__(self) -> typing.Any:
        ...
    def __exit__(self, *args: typing.Any) -> None:
        ...
    def remove(self) -> None:
        """
        Removes the hook; a second call does nothing.
        """
def abs(input: Tensor) -> Tensor:
    """
    |x|, element by element; derivative sign(x), 0 at 0.
    """
def acos(input: Tensor) -> Tensor:
    """
    the angle in [0, pi] whose cosine is x, element by element; derivative -1 / sqrt(1 - x^2).
    """
def acosh(input: Tensor) -> Tensor:
    """
    ln(x + sqrt(x^2 - 1)), element by element; derivative 1 / sqrt(x^2 - 1).
    """
def adaptive_avg_pool1d(input: Tensor, output_size: typing.Any) -> Tensor:
    """
    The mean of each of output_size windows of planes (N, C, L) or (C, L).

    output_size is an int, or one per axis; None keeps the size of the input. Along an axis of n elements, window i of m begins at floor(i n / m) and ends before ceil((i + 1) n / m). Raises ValueError for an output_size of 0 or less.

    >>> x = nncore.arange(4.0).reshape(1, 4)
    >>> nncore.nn.functional.adaptive_avg_pool1d(x, 2).flatten().tolist()
    [0.5, 2.5]
    """
def adaptive_avg_pool2d(input: Tensor, output_size: typing.Any) -> Tensor:
    """
    The mean of each of output_size windows of planes (N, C, H, W) or (C, H, W).

    output_size is an int, or one per axis; None keeps the size of the input. Along an axis of n elements, window i of m begins at floor(i n / m) and ends before ceil((i + 1) n / m). Raises ValueError for an output_size of 0 or less.

    >>> x = nncore.arange(4.0).reshape(1, 1, 4)
    >>> nncore.nn.functional.adaptive_avg_pool2d(x, (None, 2)).flatten().tolist()
    [0.5, 2.5]
    """
def adaptive_avg_pool3d(input: Tensor, output_size: typing.Any) -> Tensor:
    """
    The mean of each of output_size windows of planes (N, C, D, H, W) or (C, D, H, W).

    output_size is an int, or one per axis; None keeps the size of the input. Along an axis of n elements, window i of m begins at floor(i n / m) and ends before ceil((i + 1) n / m). Raises ValueError for an output_size of 0 or less.

    >>> x = nncore.arange(4.0).reshape(1, 1, 1, 4)
    >>> nncore.nn.functional.adaptive_avg_pool3d(x, (1, None, 2)).flatten().tolist()
    [0.5, 2.5]
    """
def adaptive_max_pool1d(input: Tensor, output_size: typing.Any, return_indices: builtins.bool = False) -> typing.Any:
    """
    The maximum of each of output_size windows of planes (N, C, L) or (C, L).

    output_size is an int, or one per axis; None keeps the size of the input. Along an axis of n elements, window i of m begins at floor(i n / m) and ends before ceil((i + 1) n / m). Raises ValueError for an output_size of 0 or less. With return_indices, returns (values, indices) as max pooling does.

    >>> x = nncore.arange(4.0).reshape(1, 4)
    >>> nncore.nn.functional.adaptive_max_pool1d(x, 2).flatten().tolist()
    [1.0, 3.0]
    """
def adaptive_max_pool2d(input: Tensor, output_size: typing.Any, return_indices: builtins.bool = False) -> typing.Any:
    """
    The maximum of each of output_size windows of planes (N, C, H, W) or (C, H, W).

    output_size is an int, or one per axis; None keeps the size of the input. Along an axis of n elements, window i of m begins at floor(i n / m) and ends before ceil((i + 1) n / m). Raises ValueError for an output_size of 0 or less. With return_indices, returns (values, indices) as max pooling does.

    >>> x = nncore.arange(4.0).reshape(1, 1, 4)
    >>> nncore.nn.functional.adaptive_max_pool2d(x, (None, 2)).flatten().tolist()
    [1.0, 3.0]
    """
def adaptive_max_pool3d(input: Tensor, output_size: typing.Any, return_indices: builtins.bool = False) -> typing.Any:
    """
    The maximum of each of output_size windows of planes (N, C, D, H, W) or (C, D, H, W).

    output_size is an int, or one per axis; None keeps the size of the input. Along an axis of n elements, window i of m begins at floor(i n / m) and ends before ceil((i + 1) n / m). Raises ValueError for an output_size of 0 or less. With return_indices, returns (values, indices) as max pooling does.

    >>> x = nncore.arange(4.0).reshape(1, 1, 1, 4)
    >>> nncore.nn.functional.adaptive_max_pool3d(x, (1, None, 2)).flatten().tolist()
    [1.0, 3.0]
    """
@typing.overload
def add(input: typing.Any, other: typing.Any) -> Tensor:
    """
    a + b, broadcast.
    """
@typing.overload
def add(input: typing.Any, other: typing.Any, *, alpha: typing.Any) -> Tensor:
    """
    a + alpha b, broadcast.
    """
def add_layer_norm(input: Tensor, residual: Tensor, normalized_shape: builtins.int | collections.abc.Sequence[builtins.int], weight: Tensor | None = None, bias: Tensor | None = None, eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05) -> tuple[Tensor, Tensor]:
    """
    (layer_norm(s), s) with s = input + residual, in one pass. Each block of a transformer begins with this.

    Raises ValueError for shapes that do not match and for eps of 0 or less.

    >>> x, r = nncore.tensor([1.0, 2.0]), nncore.tensor([0.0, 1.0])
    >>> y, s = nncore.nn.functional.add_layer_norm(x, r, 2)
    >>> y.round(decimals=4).tolist(), s.tolist()
    ([-1.0, 1.0], [1.0, 3.0])
    """
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
    """
    input + value tensor1 / tensor2, broadcast.
    """
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
    """
    input + value tensor1 tensor2, broadcast.
    """
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: typing.SupportsFloat | typing.SupportsIndex = 1.0, alpha: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
    """
    beta input + alpha mat1 @ mat2.
    """
def all(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None | None = None, keepdim: builtins.bool = False) -> Tensor:
    """
    Whether every element over dim is not 0; dim=() reduces no axis.
    """
def alpha_dropout(input: Tensor, p: typing.SupportsFloat | typing.SupportsIndex = 0.5, training: builtins.bool = False, inplace: builtins.bool = False) -> Tensor:
    """
    Like dropout, but sets elements to SELU's lowest value and keeps mean 0 and variance 1. Klambauer et al. 2017, section 2.
    """
def amax(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
    """
    The largest element over dim; equal elements share the gradient.
    """
def amin(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
    """
    The smallest element over dim; equal elements share the gradient.
    """
def any(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None | None = None, keepdim: builtins.bool = False) -> Tensor:
    """
    Whether any element over dim is not 0; dim=() reduces no axis.
    """
def arange(start: typing.Any = None, end: typing.Any = None, step: typing.Any = 1, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    The numbers start, start + step, ... before end; arange(n) starts at 0.
    """
def argmax(input: Tensor, dim: typing.SupportsIndex | None = None, keepdim: builtins.bool = False) -> Tensor:
    """
    The index of the largest element, of the flattened tensor or along dim.
    """
def argmin(input: Tensor, dim: typing.SupportsIndex | None = None, keepdim: builtins.bool = False) -> Tensor:
    """
    The index of the smallest element, of the flattened tensor or along dim.
    """
def argsort(input: Tensor, dim: typing.SupportsIndex = -1, descending: builtins.bool = False, stable: builtins.bool = False) -> Tensor:
    """
    The indices that sort along dim.
    """
def as_result(input: Tensor) -> Tensor:
    """
    The same values in the same memory, for a copy whose source nobody else has: it may be written.
    """
def asin(input: Tensor) -> Tensor:
    """
    the angle in [-pi/2, pi/2] whose sine is x, element by element; derivative 1 / sqrt(1 - x^2).
    """
def asinh(input: Tensor) -> Tensor:
    """
    ln(x + sqrt(x^2 + 1)), element by element; derivative 1 / sqrt(x^2 + 1).
    """
def assign_(target: Tensor, value: typing.Any) -> None:
    """
    Writes a tensor's values, or one number, into a parameter or buffer.
    """
def assign_all_(assignments: collections.abc.Sequence[tuple[Tensor, Tensor]]) -> None:
    """
    Writes the second tensor of each pair into the first. Checks all pairs before it writes.
    """
def atan(input: Tensor) -> Tensor:
    """
    the angle in (-pi/2, pi/2) whose tangent is x, element by element; derivative 1 / (1 + x^2).
    """
def atan2(input: typing.Any, other: typing.Any) -> Tensor:
    """
    The angle of the point (b, a) in (-pi, pi], broadcast.
    """
def atanh(input: Tensor) -> Tensor:
    """
    ln((1 + x) / (1 - x)) / 2, element by element; derivative 1 / (1 - x^2).
    """
def attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, is_causal: builtins.bool = False, scale: typing.SupportsFloat | typing.SupportsIndex | None = None, enable_gqa: builtins.bool = False, dropout_p: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> Tensor:
    """
    softmax(scale q k^T + mask) v for each head; query, key and value are (..., heads, rows, features).
    """
def attention_of_packed(qkv: Tensor, heads: typing.SupportsIndex, attn_mask: Tensor | None = None, is_causal: builtins.bool = False, scale: typing.SupportsFloat | typing.SupportsIndex | None = None, dropout_p: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> Tensor:
    """
    The same for query, key and value side by side in each row: (batch, rows, 3 * heads * features).
    """
def attention_of_rows(query: Tensor, key: Tensor, value: Tensor, heads: typing.SupportsIndex, attn_mask: Tensor | None = None, is_causal: builtins.bool = False, scale: typing.SupportsFloat | typing.SupportsIndex | None = None, dropout_p: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> Tensor:
    """
    The same for heads side by side in each row: (batch, rows, heads * features).
    """
def avg_pool1d(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, ceil_mode: builtins.bool = False, count_include_pad: builtins.bool = True) -> Tensor:
    """
    The mean of each window of planes (N, C, L) or (C, L).

    stride is by default kernel_size. The padding counts as 0; with count_include_pad=False it does not count. With ceil_mode, a last window that begins inside the input may extend beyond it. divisor_override, if the function has it, replaces the number of elements. Raises ValueError for a window larger than the padded input and for a padding of more than half a window.

    >>> x = nncore.arange(4.0).reshape(1, 4)
    >>> nncore.nn.functional.avg_pool1d(x, 2).flatten().tolist()
    [0.5, 2.5]
    """
def avg_pool2d(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, ceil_mode: builtins.bool = False, count_include_pad: builtins.bool = True, divisor_override: typing.SupportsIndex | None = None) -> Tensor:
    """
    The mean of each window of planes (N, C, H, W) or (C, H, W).

    stride is by default kernel_size. The padding counts as 0; with count_include_pad=False it does not count. With ceil_mode, a last window that begins inside the input may extend beyond it. divisor_override, if the function has it, replaces the number of elements. Raises ValueError for a window larger than the padded input and for a padding of more than half a window.

    >>> x = nncore.arange(4.0).reshape(1, 1, 4)
    >>> nncore.nn.functional.avg_pool2d(x, (1, 2)).flatten().tolist()
    [0.5, 2.5]
    """
def avg_pool3d(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, ceil_mode: builtins.bool = False, count_include_pad: builtins.bool = True, divisor_override: typing.SupportsIndex | None = None) -> Tensor:
    """
    The mean of each window of planes (N, C, D, H, W) or (C, D, H, W).

    stride is by default kernel_size. The padding counts as 0; with count_include_pad=False it does not count. With ceil_mode, a last window that begins inside the input may extend beyond it. divisor_override, if the function has it, replaces the number of elements. Raises ValueError for a window larger than the padded input and for a padding of more than half a window.

    >>> x = nncore.arange(4.0).reshape(1, 1, 1, 4)
    >>> nncore.nn.functional.avg_pool3d(x, (1, 1, 2)).flatten().tolist()
    [0.5, 2.5]
    """
def backend_names() -> list[str]:
    """
    The devices that Tensor.to() accepts.
    """
def backward_gate(tensors: collections.abc.Sequence[Tensor], function: collections.abc.Callable[..., typing.Any]) -> tuple[Tensor, ...]:
    """
    Returns the same values; function(gradients) replaces all of their gradients at once.
    """
def batch_norm(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None, bias: Tensor | None = None, training: builtins.bool = False, momentum: typing.SupportsFloat | typing.SupportsIndex | None = 0.1, eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05, *, num_batches_tracked: Tensor | None = None) -> Tensor:
    """
    (x - mean) / sqrt(var + eps) * weight + bias for each channel of x (N, C, ...).

    In training, uses mean and variance of the batch and updates the running statistics in place to (1 - momentum) running + momentum batch, with the unbiased variance. Otherwise uses the running statistics. num_batches_tracked, an int64 number, counts the batches; momentum None means the average over all batches. Ioffe and Szegedy 2015, algorithm 1. Raises ValueError for shapes that do not match and for a single value per channel in training.

    >>> x = nncore.tensor([[1.0], [3.0]])
    >>> nncore.nn.functional.batch_norm(x, None, None, training=True).round(decimals=4).tolist()
    [[-1.0], [1.0]]
    """
def binary_cross_entropy(input: Tensor, target: Tensor, third: Tensor | None = None, weight: Tensor | None = None, s0: typing.SupportsFloat | typing.SupportsIndex = 0.0, s1: typing.SupportsFloat | typing.SupportsIndex = 0.0, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    -t ln x - (1 - t) ln(1 - x), with logarithms of at least -100.
    """
def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, pos_weight: Tensor | None = None, weight: Tensor | None = None, s0: typing.SupportsFloat | typing.SupportsIndex = 0.0, s1: typing.SupportsFloat | typing.SupportsIndex = 0.0, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    binary_cross_entropy of sigmoid(input); pos_weight multiplies the terms with target 1.
    """
def bitwise_and(input: Tensor, other: typing.Any) -> Tensor:
    """
    a & b of integers or bools, broadcast.
    """
def bitwise_left_shift(input: Tensor, other: typing.Any) -> Tensor:
    """
    a << b of integers, broadcast; 0 if b is not a number of bits of the dtype.
    """
def bitwise_not(input: Tensor) -> Tensor:
    """
    ~x of integers or bools.
    """
def bitwise_or(input: Tensor, other: typing.Any) -> Tensor:
    """
    a | b of integers or bools, broadcast.
    """
def bitwise_right_shift(input: Tensor, other: typing.Any) -> Tensor:
    """
    a >> b of integers, broadcast; the sign of a fills the upper bits.
    """
def bitwise_xor(input: Tensor, other: typing.Any) -> Tensor:
    """
    a ^ b of integers or bools, broadcast.
    """
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """
    The products of two stacks of matrices.
    """
def broadcast_to(input: Tensor, size: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
    """
    Broadcasts the tensor to the given shape.
    """
def capturing() -> builtins.bool:
    """
    Whether this thread is capturing a step.
    """
def cat(tensors: collections.abc.Sequence[Tensor], dim: typing.SupportsIndex = 0) -> Tensor:
    """
    Joins tensors along an existing axis.
    """
def ceil(input: Tensor) -> Tensor:
    """
    the smallest integer >= x, element by element; derivative 0.
    """
def celu(input: Tensor, alpha: typing.SupportsFloat | typing.SupportsIndex = 1.0, inplace: builtins.bool = False) -> Tensor:
    """
    x where x > 0, else alpha (e^(x / alpha) - 1), element by element; derivative 1 where x > 0, else e^(x / alpha). Source: Barron 2017.

    >>> nncore.celu(nncore.tensor([-1.0, 2.0]), 2.0)
    tensor([-0.7869,  2.    ])
    """
def channel_shuffle(input: Tensor, groups: typing.SupportsIndex) -> Tensor:
    """
    The channels of (N, C, ...) in another order: those of all groups in turn.

    y[:, i g + j] = x[:, j C / g + i] with g = groups. Raises ValueError for channels that g does not divide. Zhang et al. 2018.

    >>> nncore.channel_shuffle(nncore.arange(4.0).reshape(1, 4, 1), 2).flatten().tolist()
    [0.0, 2.0, 1.0, 3.0]
    """
def check_finite(input: Tensor) -> None:
    """
    Raises DivergenceError, also in a replay, if the tensor has a NaN or an infinity; later calls do not run.
    """
def check_numbers(caller: str, op: str, numbers: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> None:
    """
    Raises ValueError in the caller's name if the elementwise op does not accept these numbers.
    """
def check_writable(caller: str, tensor: Tensor) -> None:
    """
    Raises ValueError if the tensor lies in the memory of a read-only array.
    """
def chunk(input: Tensor, chunks: typing.SupportsIndex, dim: typing.SupportsIndex = 0) -> tuple[Tensor, ...]:
    """
    Splits the tensor along dim into at most `chunks` parts; all but the last have one size.
    """
def clamp(input: Tensor, min: typing.Any = None, max: typing.Any = None) -> Tensor:
    """
    min(max(x, min), max), element by element; derivative 1 where min < x < max, else 0.
    """
def clip(input: Tensor, min: typing.Any = None, max: typing.Any = None) -> Tensor:
    """
    min(max(x, min), max), element by element; derivative 1 where min < x < max, else 0.
    """
def clone(input: Tensor) -> Tensor:
    """
    A copy in new memory.
    """
def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: builtins.int | collections.abc.Sequence[builtins.int] = 1, padding: typing.Any = 0, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1, groups: typing.SupportsIndex = 1, activation: str = '') -> Tensor:
    """
    y[n, f, o] = bias[f] + sum over c and k of weight[f, c, k] x[n, c, o stride - padding + k dilation].

    Input (N, C, L) or (C, L); weight (filters, C / groups, kernel); bias (filters,). The input is 0 in the padding; 'same' pads to the size of the input, 'valid' not at all. Each group of filters reads its own channels. `activation` names an activation that is applied in the same pass. Raises ValueError for sizes that do not fit and TypeError for other dtypes than float32 and float64. LeCun et al. 1989.

    >>> x = nncore.arange(4.0).reshape(1, 1, 4)
    >>> nncore.nn.functional.conv1d(x, nncore.ones(1, 1, 2)).flatten().tolist()
    [1.0, 3.0, 5.0]
    """
def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: builtins.int | collections.abc.Sequence[builtins.int] = 1, padding: typing.Any = 0, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1, groups: typing.SupportsIndex = 1, activation: str = '') -> Tensor:
    """
    y[n, f, o] = bias[f] + sum over c and k of weight[f, c, k] x[n, c, o stride - padding + k dilation].

    Input (N, C, H, W) or (C, H, W); weight (filters, C / groups, kernel); bias (filters,). The input is 0 in the padding; 'same' pads to the size of the input, 'valid' not at all. Each group of filters reads its own channels. `activation` names an activation that is applied in the same pass. Raises ValueError for sizes that do not fit and TypeError for other dtypes than float32 and float64. LeCun et al. 1989.

    >>> x = nncore.arange(4.0).reshape(1, 1, 1, 4)
    >>> nncore.nn.functional.conv2d(x, nncore.ones(1, 1, 1, 2)).flatten().tolist()
    [1.0, 3.0, 5.0]
    """
def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: builtins.int | collections.abc.Sequence[builtins.int] = 1, padding: typing.Any = 0, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1, groups: typing.SupportsIndex = 1, activation: str = '') -> Tensor:
    """
    y[n, f, o] = bias[f] + sum over c and k of weight[f, c, k] x[n, c, o stride - padding + k dilation].

    Input (N, C, D, H, W) or (C, D, H, W); weight (filters, C / groups, kernel); bias (filters,). The input is 0 in the padding; 'same' pads to the size of the input, 'valid' not at all. Each group of filters reads its own channels. `activation` names an activation that is applied in the same pass. Raises ValueError for sizes that do not fit and TypeError for other dtypes than float32 and float64. LeCun et al. 1989.

    >>> x = nncore.arange(4.0).reshape(1, 1, 1, 1, 4)
    >>> nncore.nn.functional.conv3d(x, nncore.ones(1, 1, 1, 1, 2)).flatten().tolist()
    [1.0, 3.0, 5.0]
    """
def conv_transpose1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: builtins.int | collections.abc.Sequence[builtins.int] = 1, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, output_padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, groups: typing.SupportsIndex = 1, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1) -> Tensor:
    """
    The transposed convolution: each element of the input adds weight[c, f] to the output, `stride` elements apart.

    It computes what the backward pass of conv1d computes for the input. Input (N, C, L) or (C, L); weight (C, filters / groups, kernel). An axis has (n - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1 elements afterwards. Raises ValueError for sizes that do not fit. Zeiler et al. 2010.

    >>> x = nncore.arange(4.0).reshape(1, 1, 4)
    >>> nncore.nn.functional.conv_transpose1d(x, nncore.ones(1, 1, 2)).flatten().tolist()
    [0.0, 1.0, 3.0, 5.0, 3.0]
    """
def conv_transpose2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: builtins.int | collections.abc.Sequence[builtins.int] = 1, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, output_padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, groups: typing.SupportsIndex = 1, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1) -> Tensor:
    """
    The transposed convolution: each element of the input adds weight[c, f] to the output, `stride` elements apart.

    It computes what the backward pass of conv2d computes for the input. Input (N, C, H, W) or (C, H, W); weight (C, filters / groups, kernel). An axis has (n - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1 elements afterwards. Raises ValueError for sizes that do not fit. Zeiler et al. 2010.

    >>> x = nncore.arange(4.0).reshape(1, 1, 1, 4)
    >>> nncore.nn.functional.conv_transpose2d(x, nncore.ones(1, 1, 1, 2)).flatten().tolist()
    [0.0, 1.0, 3.0, 5.0, 3.0]
    """
def conv_transpose3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: builtins.int | collections.abc.Sequence[builtins.int] = 1, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, output_padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, groups: typing.SupportsIndex = 1, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1) -> Tensor:
    """
    The transposed convolution: each element of the input adds weight[c, f] to the output, `stride` elements apart.

    It computes what the backward pass of conv3d computes for the input. Input (N, C, D, H, W) or (C, D, H, W); weight (C, filters / groups, kernel). An axis has (n - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1 elements afterwards. Raises ValueError for sizes that do not fit. Zeiler et al. 2010.

    >>> x = nncore.arange(4.0).reshape(1, 1, 1, 1, 4)
    >>> nncore.nn.functional.conv_transpose3d(x, nncore.ones(1, 1, 1, 1, 2)).flatten().tolist()
    [0.0, 1.0, 3.0, 5.0, 3.0]
    """
def cos(input: Tensor) -> Tensor:
    """
    cos x, element by element; derivative -sin x.
    """
def cosh(input: Tensor) -> Tensor:
    """
    (e^x + e^-x) / 2, element by element; derivative sinh x.
    """
def cosine_embedding_loss(input: Tensor, target: Tensor, margin: typing.SupportsFloat | typing.SupportsIndex = 0.0, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    1 - x where target is 1, max(0, x - margin) where it is -1.
    """
def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: typing.Any = None, ignore_index: typing.SupportsIndex = -100, reduce: typing.Any = None, reduction: str = 'mean', label_smoothing: typing.SupportsFloat | typing.SupportsIndex = 0.0) -> Tensor:
    """
    -log softmax(input)[target] for logits (N, C) or (N, C, ...) and class indices or probabilities.

    Raises IndexError for a label outside 0..C-1, ValueError for shapes that do not match or a mean over nothing.
    """
def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: typing.SupportsIndex = 0, reduction: str = 'mean', zero_infinity: builtins.bool = False) -> Tensor:
    """
    -ln of the total probability of all alignments of targets with log_probs (steps, batch, classes).
    """
def cumprod(input: Tensor, dim: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
    """
    Cumulative products along dim.
    """
def cumsum(input: Tensor, dim: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
    """
    Cumulative sums along dim; integers sum to int64 without dtype.
    """
def default_generator() -> Generator:
    """
    The generator that is used if none is given.
    """
def diag(input: Tensor, diagonal: typing.SupportsIndex = 0) -> Tensor:
    """
    The diagonal of a matrix; for a vector, the matrix with the vector on its diagonal.
    """
def diagonal(input: Tensor, offset: typing.SupportsIndex = 0, dim1: typing.SupportsIndex = 0, dim2: typing.SupportsIndex = 1) -> Tensor:
    """
    The diagonal over two axes, as the last axis of the result.
    """
@typing.overload
def div(input: typing.Any, other: typing.Any) -> Tensor:
    """
    a / b, broadcast; integers divide to the default dtype.
    """
@typing.overload
def div(input: typing.Any, other: typing.Any, *, rounding_mode: str | None) -> Tensor:
    """
    a / b, rounded toward zero ('trunc') or down ('floor'); the dtype is that of a and b.
    """
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """
    The inner product of two vectors.
    """
def draw_poisson(rate: Tensor, generator: Generator | None = None) -> Tensor:
    """
    Numbers of the Poisson distribution, one for each rate.
    """
def dropout(input: Tensor, p: typing.SupportsFloat | typing.SupportsIndex = 0.5, training: builtins.bool = True, inplace: builtins.bool = False) -> Tensor:
    """
    Sets each element to 0 with probability p and divides the others by 1 - p; returns the input if not training.

    The mask is never stored: backward computes it again from the random counter. Srivastava et al. 2014. Raises ValueError for p outside [0, 1].
    """
def dropout1d(input: Tensor, p: typing.SupportsFloat | typing.SupportsIndex = 0.5, training: builtins.bool = True, inplace: builtins.bool = False) -> Tensor:
    """
    Like dropout, but drops whole channels of an input (N, C, ...).
    """
def dropout2d(input: Tensor, p: typing.SupportsFloat | typing.SupportsIndex = 0.5, training: builtins.bool = True, inplace: builtins.bool = False) -> Tensor:
    """
    Like dropout, but drops whole channels of an input (N, C, ...).
    """
def dropout3d(input: Tensor, p: typing.SupportsFloat | typing.SupportsIndex = 0.5, training: builtins.bool = True, inplace: builtins.bool = False) -> Tensor:
    """
    Like dropout, but drops whole channels of an input (N, C, ...).
    """
def einsum(equation: str, *args: typing.Any) -> Tensor:
    """
    The product of tensors, summed over the subscripts that the output does not name (Einstein's convention).

    A letter names an axis. '...' stands for the remaining axes, which broadcast. A repeated letter in one operand takes the diagonal. Operands are contracted from left to right by matrix products. Raises ValueError for subscripts or sizes that do not fit.

    >>> a = nncore.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> nncore.einsum('ij,kj->ik', a, a).tolist()
    [[5.0, 11.0], [11.0, 25.0]]
    """
def elementwise_ops() -> list[typing.Any]:
    """
    A description of every elementwise op: name, formula, derivative, float32 bound in ulp, ...
    """
def elu(input: Tensor, alpha: typing.SupportsFloat | typing.SupportsIndex = 1.0, inplace: builtins.bool = False) -> Tensor:
    """
    x where x > 0, else alpha (e^x - 1), element by element; derivative 1 where x > 0, else alpha e^x. Source: Clevert, Unterthiner and Hochreiter 2015.

    >>> nncore.elu(nncore.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.    ])
    """
def embedding(input: Tensor, weight: Tensor, padding_idx: typing.SupportsIndex | None = None, scale_grad_by_freq: builtins.bool = False) -> Tensor:
    """
    The rows of weight whose indices are in input.
    """
def embedding_bag(input: Tensor, weight: Tensor, offsets: Tensor | None = None, mode: str = 'mean', include_last_offset: builtins.bool = False, padding_idx: typing.SupportsIndex | None = None, scale_grad_by_freq: builtins.bool = False, per_sample_weights: Tensor | None = None) -> Tensor:
    """
    The sum, mean or maximum of the rows of weight in each bag.
    """
def empty(*args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor with uninitialized elements.
    """
def empty_like(input: Tensor, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor with uninitialized elements. The shape is that of input.
    """
def eq(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def equal(input: Tensor, other: Tensor) -> builtins.bool:
    """
    Whether two tensors have the same shape and elements; NaN is not equal to itself. Not allowed in a compiled step.

    >>> nncore.equal(nncore.ones(2), nncore.ones(2)), nncore.ones(2).equal(nncore.ones(1, 2))
    (True, False)
    """
def erf(input: Tensor) -> Tensor:
    """
    2 / sqrt(pi) * integral of e^(-t^2) from 0 to x, element by element; derivative 2 / sqrt(pi) * e^(-x^2).
    """
def erfc(input: Tensor) -> Tensor:
    """
    1 - erf(x), element by element; derivative -2 / sqrt(pi) * e^(-x^2).
    """
def exp(input: Tensor) -> Tensor:
    """
    e^x, element by element; derivative y.
    """
def exp2(input: Tensor) -> Tensor:
    """
    2^x, element by element; derivative y ln 2.
    """
def expm1(input: Tensor) -> Tensor:
    """
    e^x - 1, element by element; derivative y + 1.
    """
def eye(n: typing.SupportsIndex, m: typing.SupportsIndex | None = None, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A matrix with 1 on the diagonal and 0 elsewhere.
    """
def feature_alpha_dropout(input: Tensor, p: typing.SupportsFloat | typing.SupportsIndex = 0.5, training: builtins.bool = False, inplace: builtins.bool = False) -> Tensor:
    """
    Like alpha_dropout, but drops whole channels of an input (N, C, ...).
    """
def find_device(device: device | str | builtins.int | None) -> device | None:
    """
    The device with this name, or None for None; raises RuntimeError if it is missing.
    """
def flatten(input: Tensor, start_dim: typing.SupportsIndex = 0, end_dim: typing.SupportsIndex = -1) -> Tensor:
    """
    Merges axes start_dim to end_dim into one.
    """
def flip(input: Tensor, dims: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
    """
    Reverses the order of the elements along each axis in dims.
    """
def floor(input: Tensor) -> Tensor:
    """
    the largest integer <= x, element by element; derivative 0.
    """
def floor_divide(input: typing.Any, other: typing.Any) -> Tensor:
    """
    floor(a / b), broadcast.
    """
def fmod(input: typing.Any, other: typing.Any) -> Tensor:
    """
    a - trunc(a / b) b, broadcast; the result has the sign of a.
    """
def fold(input: Tensor, output_size: builtins.int | collections.abc.Sequence[builtins.int], kernel_size: builtins.int | collections.abc.Sequence[builtins.int], dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, stride: builtins.int | collections.abc.Sequence[builtins.int] = 1) -> Tensor:
    """
    Adds columns (N, C * window, number of windows) in their places in planes (N, C, *output_size): the transpose of unfold.

    Raises ValueError for an input whose shape does not fit the windows of output_size.

    >>> nncore.nn.functional.fold(nncore.ones(4, 2), (2, 3), (2, 2)).tolist()
    [[[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]]
    """
def fractional_max_pool2d_of_size(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], output_size: builtins.int | collections.abc.Sequence[builtins.int], return_indices: builtins.bool, _random_samples: Tensor | None) -> typing.Any:
    """
    The maximum of randomly placed windows.
    """
def fractional_max_pool3d_of_size(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], output_size: builtins.int | collections.abc.Sequence[builtins.int], return_indices: builtins.bool, _random_samples: Tensor | None) -> typing.Any:
    """
    The maximum of randomly placed windows.
    """
def from_numpy(array: typing.Any) -> Tensor:
    """
    A tensor that shares the memory of a dense NumPy array; another layout is copied.

    The memory of a read-only array is never written: training such a tensor raises ValueError.
    """
def full(size: builtins.int | collections.abc.Sequence[builtins.int], fill_value: typing.Any, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor filled with fill_value.
    """
def full_like(input: Tensor, fill_value: typing.Any, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor filled with fill_value. The shape is that of input.
    """
def gather(input: Tensor, dim: typing.SupportsIndex, index: Tensor) -> Tensor:
    """
    y[i][j][k] = input[index[i][j][k]][j][k] for dim 0, and so on.

    index has as many axes as input; it may be longer than input along dim only. Raises IndexError for an index out of range.

    >>> nncore.gather(nncore.tensor([[1, 2], [3, 4]]), 1, nncore.tensor([[1], [0]])).tolist()
    [[2], [3]]
    """
def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor | None = None, weight: Tensor | None = None, s0: typing.SupportsFloat | typing.SupportsIndex = 0.0, s1: typing.SupportsFloat | typing.SupportsIndex = 0.0, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    (ln v + (x - t)^2 / v) / 2 + s1, v = max(var, s0).
    """
def ge(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def gelu(input: Tensor, approximate: str = 'none') -> Tensor:
    """
    x Phi(x), Phi the normal distribution function, element by element; derivative Phi(x) + x phi(x), phi the normal density. approximate='tanh': x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3).
    """
def get_default_device() -> typing.Any:
    """
    The device on which functions such as zeros() make tensors.
    """
def get_default_dtype() -> _dtype:
    """
    The dtype of new tensors of floats for which none is given.
    """
def get_num_threads() -> builtins.int:
    """
    The number of threads that kernels may use.
    """
def glu(input: Tensor, dim: typing.SupportsIndex = -1) -> Tensor:
    """
    a sigmoid(b) for the halves a and b of an axis.
    """
def gradients(outputs: collections.abc.Sequence[Tensor], inputs: collections.abc.Sequence[Tensor], grad_outputs: collections.abc.Sequence[Tensor | None], retain_graph: builtins.bool = False) -> list[Tensor | None]:
    """
    The implementation of nncore.autograd.grad.
    """
def grid_sample(input: Tensor, grid: Tensor, mode: str = 'bilinear', padding_mode: str = 'zeros', align_corners: builtins.bool | None = None) -> Tensor:
    """
    The values of the input (N, C, H, W) at the points grid (N, h, w, 2): (N, C, h, w).

    A point (x, y) has -1 at the left or upper end of the input and 1 at the right or lower end. The ends are the middles of the first and last pixels with align_corners, else their outer edges. A value is interpolated by `mode` 'bilinear', 'nearest' or 'bicubic' (Keys 1981, a = -0.75). Beyond the ends, the input has 'zeros', the pixels of its 'border', or their 'reflection', as padding_mode says. An input (N, C, D, H, W) needs a grid (N, d, h, w, 3); 'bilinear' is then trilinear, and there is no 'bicubic'. A NaN in the grid counts as -1. Both input and grid have gradients. Raises ValueError for shapes that do not fit and TypeError for dtypes that differ. Jaderberg et al. 2015.

    >>> image = nncore.arange(4.0).reshape(1, 1, 2, 2)
    >>> grid = nncore.tensor([[[[-1.0, -1.0], [0.0, 0.0], [1.0, 0.0]]]])
    >>> nncore.nn.functional.grid_sample(image, grid, align_corners=True).tolist()
    [[[[0.0, 1.5, 2.0]]]]
    """
def group_norm(input: Tensor, num_groups: typing.SupportsIndex, weight: Tensor | None = None, bias: Tensor | None = None, eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05) -> Tensor:
    """
    (x - mean) / sqrt(var + eps) * weight + bias of x (N, C, ...), with mean and variance of each of num_groups groups of channels.

    Wu and He 2018. Raises ValueError if num_groups does not divide the number of channels.

    >>> nncore.nn.functional.group_norm(nncore.tensor([[1.0, 3.0]]), 1).round(decimals=4).tolist()
    [[-1.0, 1.0]]
    """
def gt(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def hardshrink(input: Tensor, lambd: typing.SupportsFloat | typing.SupportsIndex = 0.5) -> Tensor:
    """
    x where |x| > lambd, else 0, element by element; derivative 1 where |x| > lambd, else 0.

    >>> nncore.hardshrink(nncore.tensor([-1.0, 0.3, 2.0]))
    tensor([-1.,  0.,  2.])
    """
def hardsigmoid(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """
    min(max(x + 3, 0), 6) / 6, element by element; derivative 1/6 where -3 < x < 3, else 0. Source: Howard et al. 2019, section 5.2.

    >>> nncore.hardsigmoid(nncore.tensor([-3.0, 0.0, 3.0]))
    tensor([0. , 0.5, 1. ])
    """
def hardswish(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """
    x min(max(x + 3, 0), 6) / 6, element by element; derivative 0 where x <= -3, x / 3 + 1/2 where x < 3, else 1. Source: Howard et al. 2019, section 5.2.

    >>> nncore.hardswish(nncore.tensor([-1.5, 0.0, 3.0]))
    tensor([-0.375,  0.   ,  3.   ])
    """
def hardtanh(input: Tensor, min_val: typing.SupportsFloat | typing.SupportsIndex = -1.0, max_val: typing.SupportsFloat | typing.SupportsIndex = 1.0, inplace: builtins.bool = False) -> Tensor:
    """
    min(max(x, min_val), max_val), element by element; derivative 1 where min_val < x < max_val, else 0. Source: Collobert 2004.

    >>> nncore.hardtanh(nncore.tensor([-3.0, 0.5, 3.0]))
    tensor([-1. ,  0.5,  1. ])
    """
def hide_kernels(names: collections.abc.Sequence[str]) -> list[str]:
    """
    For tests: makes the backend act as if it lacked exactly these kernels. Returns those hidden before.
    """
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: typing.SupportsFloat | typing.SupportsIndex = 1.0, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    x where target is 1, max(0, margin - x) where it is -1.
    """
def huber_loss(input: Tensor, target: Tensor, reduction: str = 'mean', delta: typing.SupportsFloat | typing.SupportsIndex = 1.0, weight: Tensor | None = None) -> Tensor:
    """
    d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), with d = input - target (Huber 1964).

    weight, of the input's shape, multiplies each element; the mean divides by the number of elements, not by the weights.
    """
def index_add(input: Tensor, dim: typing.SupportsIndex, index: Tensor, source: Tensor, *, alpha: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
    """
    A copy of input with alpha * source added to the slices at the indices along dim.
    """
def index_copy(input: Tensor, dim: typing.SupportsIndex, index: Tensor, source: Tensor) -> Tensor:
    """
    A copy of input in which the slices at the indices along dim are those of source.

    >>> nncore.index_copy(nncore.zeros(3), 0, nncore.tensor([2]), nncore.ones(1)).tolist()
    [0.0, 0.0, 1.0]
    """
def index_fill(input: Tensor, dim: typing.SupportsIndex, index: Tensor, value: typing.Any) -> Tensor:
    """
    A copy of input in which the slices at the indices along dim have one value.

    >>> nncore.index_fill(nncore.zeros(3), 0, nncore.tensor([0, 2]), 5).tolist()
    [5.0, 0.0, 5.0]
    """
def index_put(input: Tensor, indices: typing.Any, values: Tensor, accumulate: builtins.bool = False) -> Tensor:
    """
    A copy of input, written by index_put_.
    """
def index_select(input: Tensor, dim: typing.SupportsIndex, index: Tensor) -> Tensor:
    """
    The slices of input at a vector of indices along dim.
    """
def interpolate_to(input: Tensor, size: builtins.int | collections.abc.Sequence[builtins.int], scales: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], mode: str, align_corners: builtins.bool) -> Tensor:
    """
    Planes with new sizes. scales: the factors from the old sizes, or none.
    """
def is_floating_point(input: Tensor) -> builtins.bool:
    """
    Whether the elements are floating-point numbers.
    """
def is_grad_enabled() -> builtins.bool:
    """
    Whether ops are recorded in this thread.
    """
def is_tensor(obj: typing.Any) -> builtins.bool:
    """
    Whether an object is a tensor.
    """
def isa() -> str:
    """
    The level in use.
    """
def isa_levels() -> list[str]:
    """
    The levels (compiled instruction sets) that this processor can run, lowest first.
    """
def isfinite(input: Tensor) -> Tensor:
    """
    Whether each element is neither infinite nor NaN.
    """
def isinf(input: Tensor) -> Tensor:
    """
    Whether each element is infinite.
    """
def isnan(input: Tensor) -> Tensor:
    """
    Whether each element is NaN.
    """
def kernel_names() -> list[str]:
    """
    The names of all kernels.
    """
def kl_div(input: Tensor, target: Tensor, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    t (ln t - x) for log-probabilities x and probabilities t.
    """
def kl_div_log(input: Tensor, target: Tensor, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    e^t (t - x) for log-probabilities x and t.
    """
def l1_loss(input: Tensor, target: Tensor, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean', weight: Tensor | None = None) -> Tensor:
    """
    |input - target|, averaged, summed or per element; the shapes must be equal.

    weight, of the same shape, multiplies each element; the mean divides by the sum of the weights.
    """
def l2_normalize(input: Tensor, dim: typing.SupportsIndex = 1, eps: typing.SupportsFloat | typing.SupportsIndex = 1e-12) -> Tensor:
    """
    x / max(|x|, eps) along dim.
    """
def layer_norm(input: Tensor, normalized_shape: builtins.int | collections.abc.Sequence[builtins.int], weight: Tensor | None = None, bias: Tensor | None = None, eps: typing.SupportsFloat | typing.SupportsIndex = 1e-05) -> Tensor:
    """
    (x - mean) / sqrt(var + eps) * weight + bias over the last axes, whose sizes are normalized_shape.

    Ba, Kiros and Hinton 2016. Raises ValueError for shapes that do not match and for eps of 0 or less.

    >>> nncore.nn.functional.layer_norm(nncore.tensor([1.0, 3.0]), 2).round(decimals=4).tolist()
    [-1.0, 1.0]
    """
def le(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def leaky_relu(input: Tensor, negative_slope: typing.SupportsFloat | typing.SupportsIndex = 0.01, inplace: builtins.bool = False) -> Tensor:
    """
    x where x > 0, else negative_slope x, element by element; derivative 1 where x > 0, else negative_slope. Source: Maas, Hannun and Ng 2013.

    >>> nncore.leaky_relu(nncore.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5,  2. ])
    """
def lerp(input: Tensor, end: Tensor, weight: typing.Any) -> Tensor:
    """
    input + weight (end - input), broadcast.
    """
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, activation: str = '') -> Tensor:
    """
    activation(input @ weight.T + bias) in one pass: input (..., in), weight (out, in), bias (out,).
    """
def linspace(start: typing.SupportsFloat | typing.SupportsIndex, end: typing.SupportsFloat | typing.SupportsIndex, steps: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    `steps` numbers at equal distances from start to end.
    """
def load_backend(path: str) -> str:
    """
    Loads a backend from a shared library and returns its name, which Tensor.to() then accepts.
    """
def log(input: Tensor) -> Tensor:
    """
    ln x, element by element; derivative 1 / x.
    """
def log10(input: Tensor) -> Tensor:
    """
    ln x / ln 10, element by element; derivative 1 / (x ln 10).
    """
def log1p(input: Tensor) -> Tensor:
    """
    ln(1 + x), element by element; derivative 1 / (1 + x).
    """
def log2(input: Tensor) -> Tensor:
    """
    ln x / ln 2, element by element; derivative 1 / (x ln 2).
    """
def log_softmax(input: Tensor, dim: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
    """
    x - log(sum(exp(x))) along dim; the input is converted to dtype first, if given.
    """
def logaddexp(input: typing.Any, other: typing.Any) -> Tensor:
    """
    ln(e^a + e^b), broadcast.
    """
def logical_and(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def logical_not(input: Tensor) -> Tensor:
    """
    Whether each element is 0.
    """
def logical_or(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def logical_xor(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def logit(input: Tensor, eps: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor:
    """
    ln(x / (1 - x)), x first clamped to [eps, 1 - eps] if eps is given, element by element; derivative 1 / (x (1 - x)), 0 where x was clamped.

    >>> nncore.logit(nncore.tensor([0.5, 0.75, 1.0]))
    tensor([0.    , 1.0986,    inf])
    """
def logsigmoid(input: Tensor) -> Tensor:
    """
    -ln(1 + e^-x), element by element; derivative sigmoid(-x).

    >>> nncore.logsigmoid(nncore.tensor([-1.0, 0.0]))
    tensor([-1.3133, -0.6931])
    """
def logsumexp(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None, keepdim: builtins.bool = False) -> Tensor:
    """
    log(sum(exp(x))) over dim, without overflow.
    """
def lt(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def manual_seed(seed: typing.Any) -> None:
    """
    Restarts the default generator with this seed; equal seeds give equal numbers on every machine.
    """
def margin_ranking_loss(input: Tensor, target: Tensor, sign: Tensor | None = None, weight: Tensor | None = None, s0: typing.SupportsFloat | typing.SupportsIndex = 0.0, s1: typing.SupportsFloat | typing.SupportsIndex = 0.0, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    max(0, s0 - sign (input - target)).
    """
def masked_fill(input: Tensor, mask: Tensor, value: typing.Any) -> Tensor:
    """
    A copy of input with value where the mask is true; broadcast.
    """
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """
    A vector of the elements where the mask is true. Not allowed in a compiled step, because its length depends on values.
    """
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """
    The matrix product over the last two axes, batched over the others, like NumPy's matmul.
    """
@typing.overload
def max(input: Tensor, other: Tensor) -> Tensor:
    """
    The larger of two elements: maximum(input, other).
    """
@typing.overload
def max(input: Tensor, dim: typing.SupportsIndex | None = None, keepdim: builtins.bool = False) -> typing.Any:
    """
    The largest element; with dim, (values, indices) along that axis. NaN wins; the first of equals is returned.
    """
def max_pool1d(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1, ceil_mode: builtins.bool = False, return_indices: builtins.bool = False) -> typing.Any:
    """
    The maximum of each window of planes (N, C, L) or (C, L).

    stride is by default kernel_size. The padding counts as -infinity. With ceil_mode, a last window that begins inside the input may extend beyond it. With return_indices, returns (values, indices): int64 positions in the flattened plane, the first of equal numbers. NaN counts as the largest number. Raises ValueError for a window larger than the padded input, for a padding of more than half a window and for a dilated window that lies in the padding.

    >>> x = nncore.arange(4.0).reshape(1, 4)
    >>> nncore.nn.functional.max_pool1d(x, 2).flatten().tolist()
    [1.0, 3.0]
    """
def max_pool2d(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1, ceil_mode: builtins.bool = False, return_indices: builtins.bool = False) -> typing.Any:
    """
    The maximum of each window of planes (N, C, H, W) or (C, H, W).

    stride is by default kernel_size. The padding counts as -infinity. With ceil_mode, a last window that begins inside the input may extend beyond it. With return_indices, returns (values, indices): int64 positions in the flattened plane, the first of equal numbers. NaN counts as the largest number. Raises ValueError for a window larger than the padded input, for a padding of more than half a window and for a dilated window that lies in the padding.

    >>> x = nncore.arange(4.0).reshape(1, 1, 4)
    >>> nncore.nn.functional.max_pool2d(x, (1, 2)).flatten().tolist()
    [1.0, 3.0]
    """
def max_pool3d(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1, ceil_mode: builtins.bool = False, return_indices: builtins.bool = False) -> typing.Any:
    """
    The maximum of each window of planes (N, C, D, H, W) or (C, D, H, W).

    stride is by default kernel_size. The padding counts as -infinity. With ceil_mode, a last window that begins inside the input may extend beyond it. With return_indices, returns (values, indices): int64 positions in the flattened plane, the first of equal numbers. NaN counts as the largest number. Raises ValueError for a window larger than the padded input, for a padding of more than half a window and for a dilated window that lies in the padding.

    >>> x = nncore.arange(4.0).reshape(1, 1, 1, 4)
    >>> nncore.nn.functional.max_pool3d(x, (1, 1, 2)).flatten().tolist()
    [1.0, 3.0]
    """
def max_unpool1d(input: Tensor, indices: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, output_size: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
    """
    Puts the numbers of (N, C, L) or (C, L) at the indices that max pooling returned, in planes of zeros.

    A result has (n - 1) stride + kernel_size - 2 padding elements along an axis of n, or output_size, which may differ by less than the stride. Of several numbers with one index, the last counts. Raises IndexError for an index outside the plane.
    """
def max_unpool2d(input: Tensor, indices: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, output_size: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
    """
    Puts the numbers of (N, C, H, W) or (C, H, W) at the indices that max pooling returned, in planes of zeros.

    A result has (n - 1) stride + kernel_size - 2 padding elements along an axis of n, or output_size, which may differ by less than the stride. Of several numbers with one index, the last counts. Raises IndexError for an index outside the plane.
    """
def max_unpool3d(input: Tensor, indices: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], stride: builtins.int | collections.abc.Sequence[builtins.int] | None = None, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, output_size: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
    """
    Puts the numbers of (N, C, D, H, W) or (C, D, H, W) at the indices that max pooling returned, in planes of zeros.

    A result has (n - 1) stride + kernel_size - 2 padding elements along an axis of n, or output_size, which may differ by less than the stride. Of several numbers with one index, the last counts. Raises IndexError for an index outside the plane.
    """
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """
    The larger of two elements; equal elements share the gradient.
    """
def mean(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
    """
    The mean over all axes, or over dim.
    """
def measure_limits(threads: typing.SupportsInt | typing.SupportsIndex = 0, seconds: typing.SupportsFloat | typing.SupportsIndex = 0.1, bytes: typing.SupportsIndex = 0) -> dict[str, typing.Any]:
    """
    Measures the limits of the machine, in operations and bytes per second. Each of four measurements takes `seconds`.
    """
def memory_stats() -> dict[str, typing.Any]:
    """
    Bytes of tensor memory: in use, cached for reuse, and the peak in use.
    """
@typing.overload
def min(input: Tensor, other: Tensor) -> Tensor:
    """
    The smaller of two elements: minimum(input, other).
    """
@typing.overload
def min(input: Tensor, dim: typing.SupportsIndex | None = None, keepdim: builtins.bool = False) -> typing.Any:
    """
    The smallest element; with dim, (values, indices) along that axis. NaN wins; the first of equals is returned.
    """
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """
    The smaller of two elements; equal elements share the gradient.
    """
def mish(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """
    x tanh(softplus(x)), element by element; derivative w + x (1 - w^2) sigmoid(x), w = tanh(softplus(x)). Source: Misra 2019.

    >>> nncore.mish(nncore.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.944 ])
    """
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """
    The product of two matrices.
    """
def movedim(input: Tensor, source: builtins.int | collections.abc.Sequence[builtins.int], destination: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
    """
    Moves axes to other positions; the remaining axes keep their order.
    """
def mse_loss(input: Tensor, target: Tensor, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean', weight: Tensor | None = None) -> Tensor:
    """
    (input - target)^2, averaged, summed or per element; the shapes must be equal.

    weight, of the same shape, multiplies each element; the mean divides by the sum of the weights.
    """
def mul(input: typing.Any, other: typing.Any) -> Tensor:
    """
    a * b, broadcast.
    """
def multi_margin_loss(input: Tensor, target: Tensor, p: typing.SupportsInt | typing.SupportsIndex = 1, margin: typing.SupportsFloat | typing.SupportsIndex = 1.0, weight: Tensor | None = None, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    sum over c != t of w_t max(0, margin - x_t + x_c)^p / C for rows x (N, C) or (C,) and classes t.

    Crammer and Singer 2001. Raises IndexError for a class outside 0..C-1.
    """
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """
    The product of a matrix and a vector.
    """
def narrow(input: Tensor, dim: typing.SupportsIndex, start: typing.SupportsIndex, length: typing.SupportsIndex) -> Tensor:
    """
    The elements start to start + length - 1 along an axis.
    """
def ne(input: Tensor, other: typing.Any) -> Tensor:
    """
    Compares element by element; returns a bool tensor.
    """
def neg(input: Tensor) -> Tensor:
    """
    -x, element by element; derivative -1.
    """
def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: typing.Any = None, ignore_index: typing.SupportsIndex = -100, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    -input[target] for log-probabilities (N, C) or (N, C, ...).
    """
def nonzero(input: Tensor, *, as_tuple: builtins.bool = False) -> typing.Any:
    """
    The indices of all nonzero elements, as (count, ndim), or as one vector per axis if as_tuple. Not allowed in a compiled step.
    """
def norm(input: Tensor, p: typing.Any = 2.0, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
    """
    (sum |x|^p)^(1/p) over dim; p may also be 'fro' (2), infinite, or 0 (counts the nonzero elements).
    """
def normal_(tensor: Tensor, mean: typing.SupportsFloat | typing.SupportsIndex = 0.0, std: typing.SupportsFloat | typing.SupportsIndex = 1.0, generator: Generator | None = None) -> None:
    """
    Fills a parameter with normal numbers.
    """
def numel(input: Tensor) -> builtins.int:
    """
    The number of elements.
    """
def one_hot(tensor: Tensor, num_classes: typing.SupportsIndex = -1) -> Tensor:
    """
    An int64 tensor with a new last axis: 1 at the class of each element, 0 elsewhere.

    num_classes -1 means the largest class plus 1, for which the host reads the values. Raises IndexError for a class out of range.

    >>> nncore._core.one_hot(nncore.tensor([2, 0]), 3).tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
def ones(*args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor filled with 1.
    """
def ones_like(input: Tensor, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor filled with 1. The shape is that of input.
    """
def optimize(optimizer: typing.SupportsInt | typing.SupportsIndex, groups: collections.abc.Sequence[tuple[collections.abc.Sequence[Tensor], collections.abc.Sequence[Tensor], collections.abc.Sequence[collections.abc.Sequence[Tensor | None]], collections.abc.Sequence[Tensor], collections.abc.Sequence[builtins.bool], Tensor, collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]]], state: collections.abc.Sequence[tuple[dict[str, typing.Any], dict[str, typing.Any]]]) -> None:
    """
    Performs one step of an optimizer on all parameters, in place. Checks everything before it changes any.

    groups: tuples (params, grads, states, steps, first, settings, fixed). states has a list for each state of the optimizer, empty if the settings do not need it; None stands for a state that the parameter does not have. state: pairs of a dict and what the step adds to it.
    """
def optimizers() -> list[typing.Any]:
    """
    A description of every optimizer: its name, its settings, its states and whether it counts steps; see cpp/backend/formulas_optim.h.
    """
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """
    The outer product of two vectors.
    """
def pad(input: Tensor, pad: collections.abc.Sequence[typing.SupportsIndex], mode: str = 'constant', value: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor:
    """
    Pads the last axes at both ends. pad is (left, right) of the last axis, then of the one before it, and so on.

    mode: 'constant' (value is 0 by default; negative widths remove elements), 'reflect', 'replicate' or 'circular'. Raises ValueError for a width that does not fit the axis.

    >>> nncore._core.pad(nncore.tensor([1.0, 2.0, 3.0]), (2, 1), 'reflect').tolist()
    [3.0, 2.0, 1.0, 2.0, 3.0, 2.0]
    """
def permute(input: Tensor, dims: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
    """
    Puts the axes in the given order.
    """
def pixel_shuffle(input: Tensor, upscale_factor: typing.SupportsIndex) -> Tensor:
    """
    Channels as pixels: (..., C f^2, H, W) to (..., C, H f, W f), f = upscale_factor.

    y[c, h f + i, w f + j] = x[c f^2 + i f + j, h, w]. Raises ValueError for channels that f^2 does not divide. Shi et al. 2016.

    >>> nncore.pixel_shuffle(nncore.arange(4.0).reshape(4, 1, 1), 2).tolist()
    [[[0.0, 1.0], [2.0, 3.0]]]
    """
def pixel_unshuffle(input: Tensor, downscale_factor: typing.SupportsIndex) -> Tensor:
    """
    Pixels as channels: (..., C, H f, W f) to (..., C f^2, H, W), f = downscale_factor.

    The inverse of pixel_shuffle. Raises ValueError for planes whose sizes f does not divide.

    >>> nncore.pixel_unshuffle(nncore.arange(4.0).reshape(1, 2, 2), 2).flatten().tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
def poisson_nll_loss(input: Tensor, target: Tensor, eps: typing.SupportsFloat | typing.SupportsIndex = 1e-08, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    x - t ln(x + eps).
    """
def poisson_nll_loss_log(input: Tensor, target: Tensor, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    e^x - t x.
    """
def pow(input: typing.Any, exponent: typing.Any) -> Tensor:
    """
    a to the power b, broadcast.
    """
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """
    a where a > 0, else b a, element by element; derivative 1 where a > 0, else b; 0 where a > 0, else a. b is the weight: one value, or one per channel.
    """
def prod(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
    """
    The product over all axes, or over dim; the gradient is also correct if elements are 0.
    """
def product(a: Tensor, b: Tensor, trans_a: builtins.bool = False, trans_b: builtins.bool = False) -> Tensor:
    """
    The product of two matrices, each transposed or not; without history.
    """
def product_path(m: typing.SupportsIndex, n: typing.SupportsIndex, k: typing.SupportsIndex, trans_a: builtins.bool = False, trans_b: builtins.bool = False) -> str:
    """
    The path that a float32 product of this shape takes on one thread.
    """
def rand(*args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None, generator: Generator | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    Uniform random numbers in [0, 1).
    """
def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    Uniform random numbers in [0, 1). The shape is that of input.
    """
@typing.overload
def randint(low: typing.SupportsIndex, high: typing.SupportsIndex, size: builtins.int | collections.abc.Sequence[builtins.int], *, generator: Generator | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    Uniform random integers from low (by default 0) to high - 1.
    """
@typing.overload
def randint(high: typing.SupportsIndex, size: builtins.int | collections.abc.Sequence[builtins.int], *, generator: Generator | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    Uniform random integers from low (by default 0) to high - 1.
    """
def randn(*args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None, generator: Generator | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    Random numbers of the normal distribution with mean 0 and variance 1 (Box and Muller 1958).
    """
def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    Random numbers of the normal distribution with mean 0 and variance 1 (Box and Muller 1958). The shape is that of input.
    """
def randperm(n: typing.SupportsIndex, *, generator: Generator | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    The integers 0 to n - 1 in random order.
    """
def ravel(input: Tensor) -> Tensor:
    """
    The elements in row-major order, as a vector.
    """
def reciprocal(input: Tensor) -> Tensor:
    """
    1 / x, element by element; derivative -y^2.
    """
def recurrent(mode: str, input: Tensor, h_0: Tensor | None, c_0: Tensor | None, directions: collections.abc.Sequence[collections.abc.Sequence[Tensor | None]]) -> tuple[Tensor, Tensor, Tensor | None]:
    """
    One recurrent layer over input (steps, batch, features): (output, h_n, c_n or None). Each direction is [weight_ih, weight_hh, bias_ih, bias_hh, weight_hr].
    """
def relu(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """
    max(x, 0), element by element; derivative 1 where y > 0, else 0. Source: Nair and Hinton 2010.

    >>> nncore.relu(nncore.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
def relu6(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """
    min(max(x, 0), 6), element by element; derivative 1 where 0 < y < 6, else 0. Source: Krizhevsky 2010.

    >>> nncore.relu6(nncore.tensor([-1.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """
def remainder(input: typing.Any, other: typing.Any) -> Tensor:
    """
    a - floor(a / b) b, broadcast; the result has the sign of b.
    """
def repeat_interleave(input: Tensor, repeats: typing.SupportsIndex, dim: typing.SupportsIndex | None = None) -> Tensor:
    """
    Repeats each element, along dim or of the flattened tensor.
    """
def reshape(input: Tensor, shape: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
    """
    The same elements in row-major order in another shape; one size may be -1.
    """
def response_norm(input: Tensor, size: typing.SupportsIndex, alpha: typing.SupportsFloat | typing.SupportsIndex, beta: typing.SupportsFloat | typing.SupportsIndex, k: typing.SupportsFloat | typing.SupportsIndex) -> Tensor:
    """
    x (k + alpha * sum of x^2 over neighbouring channels)^-beta.
    """
def rms_norm(input: Tensor, normalized_shape: builtins.int | collections.abc.Sequence[builtins.int], weight: Tensor | None = None, eps: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor:
    """
    x / sqrt(mean(x^2) + eps) * weight over the last axes, whose sizes are normalized_shape.

    eps is by default the machine epsilon. Zhang and Sennrich 2019. Raises ValueError for shapes that do not match.

    >>> nncore.nn.functional.rms_norm(nncore.tensor([1.0, 7.0]), 2).tolist()
    [0.20000000298023224, 1.399999976158142]
    """
def roll(input: Tensor, shifts: builtins.int | collections.abc.Sequence[builtins.int], dims: builtins.int | collections.abc.Sequence[builtins.int] | None = None) -> Tensor:
    """
    Shifts the elements along dims; those shifted past the end continue at the start. Without dims, shifts the flattened tensor.
    """
@typing.overload
def round(input: Tensor) -> Tensor:
    """
    x rounded to the nearest integer, ties to even, element by element; derivative 0.
    """
@typing.overload
def round(input: Tensor, *, decimals: typing.SupportsIndex) -> Tensor:
    """
    Rounds to `decimals` decimal places; -1 rounds to tens, -2 to hundreds, and so on. Integers become float32 if decimals is negative.
    """
def rsqrt(input: Tensor) -> Tensor:
    """
    x^(-1/2), element by element; derivative -y^3 / 2.
    """
def scale_(tensors: collections.abc.Sequence[Tensor], factor: Tensor) -> None:
    """
    Multiplies all tensors by a tensor of one number, in place.
    """
def scatter(input: Tensor, dim: typing.SupportsIndex, index: Tensor, src: typing.Any = None, *, value: typing.Any = None) -> Tensor:
    """
    A copy of input with elements of src, or one value, written at the indices along dim. The last one wins if an index is repeated.
    """
def scatter_add(input: Tensor, dim: typing.SupportsIndex, index: Tensor, src: Tensor) -> Tensor:
    """
    A copy of input with elements of src added at the indices along dim.
    """
def select(input: Tensor, dim: typing.SupportsIndex, index: typing.SupportsIndex) -> Tensor:
    """
    The slice at one index along dim, without that axis.

    >>> nncore.tensor([[1, 2], [3, 4]]).select(1, -1).tolist()
    [2, 4]
    """
def selu(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """
    scale x where x > 0, else scale alpha (e^x - 1), element by element; derivative scale where x > 0, else scale alpha e^x. Source: Klambauer et al. 2017.

    >>> nncore.selu(nncore.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
def set_always_split(on: builtins.bool) -> None:
    """
    For tests: makes kernels use all threads even for small work.
    """
def set_default_device(device: device | str | builtins.int | None) -> None:
    """
    Sets the device on which functions such as zeros() make tensors in this thread; None is the CPU.
    """
def set_default_dtype(d: _dtype | builtins.type | str) -> None:
    """
    Sets the dtype of new tensors of floats for which none is given: float32 or float64.
    """
def set_isa(name: str) -> None:
    """
    Switches to another level; results do not depend on it.
    """
def set_num_threads(n: typing.Any) -> None:
    """
    Sets the number of threads that kernels may use; results do not depend on it.
    """
def set_recording(on: builtins.bool) -> builtins.bool:
    """
    Switches recording of ops in this thread on or off; returns the previous setting.
    """
def set_settings(optimizer: typing.SupportsInt | typing.SupportsIndex, settings: Tensor, numbers: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex]) -> tuple[list[builtins.bool], builtins.bool]:
    """
    Writes all settings into a float64 tensor that the kernel reads. optimizer: index in `optimizers`.

    Returns which of its states these settings need, and whether the first step of a parameter differs. Raises ValueError if the settings do not fit together.
    """
def sets_rates(settings: collections.abc.Sequence[Tensor]) -> builtins.bool:
    """
    Must be called when a schedule sets the learning rates in these settings. Returns whether the step being captured has read them before.
    """
def show_config() -> str:
    """
    The version, processor, instruction sets and number of threads, as text.
    """
def sigmoid(input: Tensor) -> Tensor:
    """
    1 / (1 + e^-x), element by element; derivative y (1 - y). Source: Rumelhart, Hinton and Williams 1986, eq. 2.

    >>> nncore.sigmoid(nncore.tensor([-1.0, 0.0]))
    tensor([0.2689, 0.5   ])
    """
def sign(input: Tensor) -> Tensor:
    """
    -1, 0 or 1; NaN for NaN, element by element; derivative 0.
    """
def silu(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """
    x sigmoid(x), element by element; derivative s (1 + x (1 - s)), s = sigmoid(x). Source: Elfwing, Uchibe and Doya 2017; Ramachandran, Zoph and Le 2017 ("Swish").

    >>> nncore.silu(nncore.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
def sin(input: Tensor) -> Tensor:
    """
    sin x, element by element; derivative cos x.
    """
def sinc(input: Tensor) -> Tensor:
    """
    sin(pi x) / (pi x), 1 at 0, element by element; derivative (cos(pi x) - y) / x, 0 at 0.

    >>> nncore.sinc(nncore.tensor([0.0, 0.5, 1.0]))
    tensor([1.    , 0.6366, 0.    ])
    """
def sinh(input: Tensor) -> Tensor:
    """
    (e^x - e^-x) / 2, element by element; derivative cosh x.
    """
def smooth_l1_loss(input: Tensor, target: Tensor, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean', beta: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
    """
    d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, with d = input - target (Girshick 2015, eq. 3).
    """
def soft_margin_loss(input: Tensor, target: Tensor, size_average: typing.Any = None, reduce: typing.Any = None, reduction: str = 'mean') -> Tensor:
    """
    ln(1 + e^(-t x)) for targets t of 1 or -1.
    """
def softmax(input: Tensor, dim: typing.SupportsIndex, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
    """
    exp(x) / sum(exp(x)) along dim; the input is converted to dtype first, if given.
    """
def softplus(input: Tensor, beta: typing.SupportsFloat | typing.SupportsIndex = 1.0, threshold: typing.SupportsFloat | typing.SupportsIndex = 20.0) -> Tensor:
    """
    ln(1 + e^(beta x)) / beta, x where beta x > threshold, element by element; derivative sigmoid(beta x), 1 where beta x > threshold. Source: Dugas et al. 2001.

    >>> nncore.softplus(nncore.tensor([-1.0, 0.0]))
    tensor([0.3133, 0.6931])
    """
def softshrink(input: Tensor, lambd: typing.SupportsFloat | typing.SupportsIndex = 0.5) -> Tensor:
    """
    x - lambd where x > lambd, x + lambd where x < -lambd, else 0, element by element; derivative 1 where |x| > lambd, else 0. Source: Donoho 1995.

    >>> nncore.softshrink(nncore.tensor([-1.0, 0.3, 2.0]))
    tensor([-0.5,  0. ,  1.5])
    """
def softsign(input: Tensor) -> Tensor:
    """
    x / (1 + |x|), element by element; derivative 1 / (1 + |x|)^2. Source: Bergstra et al. 2009.

    >>> nncore.softsign(nncore.tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """
def sort(input: Tensor, dim: typing.SupportsIndex = -1, descending: builtins.bool = False, stable: builtins.bool = False) -> typing.Any:
    """
    Sorts along dim; returns (values, indices). The sort is always stable, and NaN counts as the largest.
    """
def split(tensor: Tensor, split_size_or_sections: typing.Any, dim: typing.SupportsIndex = 0) -> tuple[Tensor, ...]:
    """
    Splits the tensor along dim into parts of one size (the last part may be shorter) or of the given sizes.
    """
def sqrt(input: Tensor) -> Tensor:
    """
    x^(1/2), element by element; derivative 1 / (2 y).
    """
def square(input: Tensor) -> Tensor:
    """
    x^2, element by element; derivative 2 x.
    """
def squared_error(input: Tensor, target: Tensor, scale: typing.SupportsFloat | typing.SupportsIndex = 1.0) -> Tensor:
    """
    scale * sum((input - target)^2); the shapes must be equal.
    """
def squeeze(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None | None = None) -> Tensor:
    """
    Removes the axes of size 1; with dim, only those in dim.
    """
def stack(tensors: collections.abc.Sequence[Tensor], dim: typing.SupportsIndex = 0) -> Tensor:
    """
    Joins tensors of the same shape along a new axis.
    """
def state_shape(optimizer: typing.SupportsInt | typing.SupportsIndex, state: typing.SupportsInt | typing.SupportsIndex, param: Tensor) -> tuple[builtins.int, ...] | None:
    """
    The shape of a state of a parameter; None if the parameter does not have it.
    """
@typing.overload
def std(input: Tensor, unbiased: builtins.bool) -> Tensor:
    """
    The square root of the variance over dim; correction is 1 by default.
    """
@typing.overload
def std(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, unbiased: builtins.bool | None = None, keepdim: builtins.bool = False, *, correction: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor:
    """
    The square root of the variance over dim; correction is 1 by default.
    """
@typing.overload
def std_mean(input: Tensor, unbiased: builtins.bool) -> tuple[Tensor, Tensor]:
    """
    The square root of the variance over dim; correction is 1 by default. Also returns the mean.
    """
@typing.overload
def std_mean(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, unbiased: builtins.bool | None = None, keepdim: builtins.bool = False, *, correction: typing.SupportsFloat | typing.SupportsIndex | None = None) -> tuple[Tensor, Tensor]:
    """
    The square root of the variance over dim; correction is 1 by default. Also returns the mean.
    """
def stirling(input: Tensor, reduction: str = 'mean') -> Tensor:
    """
    ln x! by Stirling's formula where x > 1, else 0.
    """
def structure_changed() -> None:
    """
    Must be called when a module or an optimizer has changed.
    """
def structure_switched(key: typing.SupportsInt | typing.SupportsIndex) -> None:
    """
    Must be called when a switch of a module, such as its mode, has changed. A second call undoes the first.
    """
def structure_version() -> builtins.int:
    """
    Identifies the structure of all modules and optimizers.
    """
@typing.overload
def sub(input: typing.Any, other: typing.Any) -> Tensor:
    """
    a - b, broadcast.
    """
@typing.overload
def sub(input: typing.Any, other: typing.Any, *, alpha: typing.Any) -> Tensor:
    """
    a - alpha b, broadcast.
    """
def sum(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: _dtype | builtins.type | str | None = None) -> Tensor:
    """
    The sum over all axes, or over dim; integers sum to int64 without dtype.
    """
def swapaxes(input: Tensor, axis0: typing.SupportsIndex, axis1: typing.SupportsIndex) -> Tensor:
    """
    Exchanges two axes.
    """
def swapdims(input: Tensor, dim0: typing.SupportsIndex, dim1: typing.SupportsIndex) -> Tensor:
    """
    Exchanges two axes.
    """
def t(input: Tensor) -> Tensor:
    """
    The transpose of a matrix; a vector is unchanged.
    """
def take(input: Tensor, index: Tensor) -> Tensor:
    """
    The elements of the flattened tensor at the given indices.
    """
def take_along_dim(input: Tensor, indices: Tensor, dim: typing.SupportsIndex | None = None) -> Tensor:
    """
    Like gather, but input and indices broadcast along the other axes; for the results of argsort and argmax.
    """
def tan(input: Tensor) -> Tensor:
    """
    tan x, element by element; derivative 1 + y^2.
    """
def tanh(input: Tensor) -> Tensor:
    """
    (e^x - e^-x) / (e^x + e^-x), element by element; derivative 1 - y^2.

    >>> nncore.tanh(nncore.tensor([-1.0, 0.0]))
    tensor([-0.7616,  0.    ])
    """
def tanhshrink(input: Tensor) -> Tensor:
    """
    x - tanh(x), element by element; derivative tanh(x)^2.

    >>> nncore.tanhshrink(nncore.tensor([-1.0, 2.0]))
    tensor([-0.2384,  1.036 ])
    """
def tensor(data: typing.Any, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor with a copy of data, which may be a number, nested lists or an array.

    Python floats become float32, or the default dtype; arrays keep their dtype.

    >>> nncore.tensor([[1, 2], [3, 4]]).shape
    (2, 2)
    """
def tensordot(a: Tensor, b: Tensor, dims: typing.Any = 2) -> Tensor:
    """
    The product of two tensors, summed over the last dims axes of a and the first of b, or over the given pairs of axes.
    """
def threshold(input: Tensor, threshold: typing.SupportsFloat | typing.SupportsIndex, value: typing.SupportsFloat | typing.SupportsIndex, inplace: builtins.bool = False) -> Tensor:
    """
    x where x > threshold, else value, element by element; derivative 1 where x > threshold, else 0.

    >>> nncore.threshold(nncore.tensor([0.5, 2.0]), 1.0, 20.0)
    tensor([20.,  2.])
    """
def tile(input: Tensor, dims: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
    """
    Repeats the whole tensor along its last axes: dims are the counts.
    """
def to_dtype(dtype: typing.Any) -> _dtype | None:
    """
    The dtype that an object names, or None.
    """
def topk(input: Tensor, k: typing.SupportsIndex, dim: typing.SupportsIndex = -1, largest: builtins.bool = True, sorted: builtins.bool = True) -> typing.Any:
    """
    (values, indices) of the k largest or smallest elements along dim, in order; of equal elements, the first come first.
    """
def transpose(input: Tensor, dim0: typing.SupportsIndex, dim1: typing.SupportsIndex) -> Tensor:
    """
    Exchanges two axes.
    """
def tril(input: Tensor, diagonal: typing.SupportsIndex = 0) -> Tensor:
    """
    Keeps the lower triangle of each matrix up to the given diagonal; the other elements become 0.
    """
def trim_memory() -> None:
    """
    Gives cached memory back to the system.
    """
def triu(input: Tensor, diagonal: typing.SupportsIndex = 0) -> Tensor:
    """
    Keeps the upper triangle of each matrix from the given diagonal on; the other elements become 0.
    """
def trunc(input: Tensor) -> Tensor:
    """
    x rounded toward zero, element by element; derivative 0.
    """
def unbind(input: Tensor, dim: typing.SupportsIndex = 0) -> tuple[Tensor, ...]:
    """
    Returns the slices along dim, without that axis.
    """
def unchanged(places: tuple[tuple[typing.Any, typing.Any, typing.Any], ...]) -> builtins.bool:
    """
    Whether places in Python, tuples (holder, key, value), still have their values.
    """
def unflatten(input: Tensor, dim: typing.SupportsIndex, sizes: builtins.int | collections.abc.Sequence[builtins.int]) -> Tensor:
    """
    Splits one axis into several axes; one size may be -1.
    """
def unfold(input: Tensor, kernel_size: builtins.int | collections.abc.Sequence[builtins.int], dilation: builtins.int | collections.abc.Sequence[builtins.int] = 1, padding: builtins.int | collections.abc.Sequence[builtins.int] = 0, stride: builtins.int | collections.abc.Sequence[builtins.int] = 1) -> Tensor:
    """
    The windows of planes (N, C, H, W) or (C, H, W) as columns: (N, C * window, number of windows).

    Row c * window + i of the result has element i of each window of channel c. Raises ValueError for a window larger than the padded input.

    >>> x = nncore.arange(6.0).reshape(1, 2, 3)
    >>> nncore.nn.functional.unfold(x, (2, 2)).tolist()
    [[0.0, 1.0], [1.0, 2.0], [3.0, 4.0], [4.0, 5.0]]
    """
def uniform_(tensor: Tensor, low: typing.SupportsFloat | typing.SupportsIndex = 0.0, high: typing.SupportsFloat | typing.SupportsIndex = 1.0, generator: Generator | None = None) -> None:
    """
    Fills a parameter with uniform numbers in [low, high).
    """
def unsqueeze(input: Tensor, dim: typing.SupportsIndex) -> Tensor:
    """
    Inserts an axis of size 1 at dim.
    """
@typing.overload
def var(input: Tensor, unbiased: builtins.bool) -> Tensor:
    """
    sum((x - mean)^2) / (n - correction) over dim; correction is 1 by default.
    """
@typing.overload
def var(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, unbiased: builtins.bool | None = None, keepdim: builtins.bool = False, *, correction: typing.SupportsFloat | typing.SupportsIndex | None = None) -> Tensor:
    """
    sum((x - mean)^2) / (n - correction) over dim; correction is 1 by default.
    """
@typing.overload
def var_mean(input: Tensor, unbiased: builtins.bool) -> tuple[Tensor, Tensor]:
    """
    sum((x - mean)^2) / (n - correction) over dim; correction is 1 by default. Also returns the mean.
    """
@typing.overload
def var_mean(input: Tensor, dim: builtins.int | collections.abc.Sequence[builtins.int] | None = None, unbiased: builtins.bool | None = None, keepdim: builtins.bool = False, *, correction: typing.SupportsFloat | typing.SupportsIndex | None = None) -> tuple[Tensor, Tensor]:
    """
    sum((x - mean)^2) / (n - correction) over dim; correction is 1 by default. Also returns the mean.
    """
@typing.overload
def where(condition: Tensor, input: typing.Any, other: typing.Any) -> Tensor:
    """
    The elements of input where condition is true, else those of other; broadcast.
    """
@typing.overload
def where(condition: Tensor) -> tuple[Tensor, ...]:
    """
    The same as nonzero(condition, as_tuple=True). Not allowed in a compiled step.
    """
def zeros(*args: typing.Any, size: builtins.int | collections.abc.Sequence[builtins.int] | None = None, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor filled with 0.
    """
def zeros_like(input: Tensor, *, dtype: _dtype | builtins.type | str | None = None, device: device | str | builtins.int | None = None, requires_grad: builtins.bool = False, pin_memory: builtins.bool = False) -> Tensor:
    """
    A tensor filled with 0. The shape is that of input.
    """
__version__: str
bfloat16: dtype
bool: dtype
double: dtype
float: dtype
float16: dtype
float32: dtype
float64: dtype
functional: list[str]
half: dtype
int: dtype
int16: dtype
int32: dtype
int64: dtype
int8: dtype
long: dtype
short: dtype
uint16: dtype
uint8: dtype
