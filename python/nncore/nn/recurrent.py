"""Recurrent layers RNN, LSTM and GRU, and the cells that compute one of their steps."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from nncore import _core
from nncore._core import Tensor, device, dtype
from nncore.errors.arguments import number, optional_tensors, size, tensors

from . import init
from .module import Module
from .parameter import Parameter
from .recurrent_packed import run_packed
from .utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell"]

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
MOST_LAYERS = 1 << 16  # a larger number is a mistake and would exhaust memory
Weights = list[Tensor | None]


def _nonlinearity(where: str, name: str) -> str:
    if name not in ("tanh", "relu"):
        raise ValueError(f"{where}: nonlinearity is {name!r}; expected 'tanh' or 'relu'")
    return f"RNN_{name.upper()}"


def _pair(where: str, state: Any) -> tuple[Tensor | None, Tensor | None]:
    """The initial (h, c) of an LSTM; (None, None) if `state` is None."""
    if state is None:
        return None, None
    if not isinstance(state, (tuple, list)) or len(state) != 2:
        raise TypeError(f"{where}: the initial state is a {type(state).__name__}; expected a pair (h, c)")
    return state[0], state[1]


def _start(module: Module, hidden_size: int) -> None:
    """Draw new values for each parameter, uniform in ±1/sqrt(hidden_size)."""
    bound = 1 / math.sqrt(hidden_size)
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)


class RNNBase(Module):
    """Base of RNN, LSTM and GRU: stacked layers, each in one direction or in both."""

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if mode not in GATES:
            raise ValueError(f"{name}: mode is {mode!r}; expected one of {', '.join(GATES)}")
        self.mode = mode
        self.input_size = size(name, "input_size", input_size)
        self.hidden_size = size(name, "hidden_size", hidden_size, 1)
        self.num_layers = size(name, "num_layers", num_layers, 1, MOST_LAYERS)
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = number(name, "dropout", dropout, 0, 1)
        if self.dropout and num_layers == 1:
            warnings.warn(
                f"{name}: dropout acts between layers, so dropout={dropout} needs num_layers above 1",
                stacklevel=3,
            )
        self.bidirectional = bidirectional
        self.proj_size = size(name, "proj_size", proj_size)
        if proj_size and mode != "LSTM":
            raise ValueError(f"{name}: proj_size is {proj_size}; only an LSTM projects its output")
        if proj_size >= hidden_size:
            raise ValueError(
                f"{name}: proj_size must be smaller than hidden_size {hidden_size}, got {proj_size}"
            )
        width, self._out = GATES[mode] * hidden_size, proj_size or hidden_size
        self._names: list[list[list[str]]] = []  # names of the parameters by layer and direction
        for layer in range(num_layers):
            features = input_size if layer == 0 else self._out * self._directions
            shapes: dict[str, tuple[int, ...]] = {
                "weight_ih": (width, features),
                "weight_hh": (width, self._out),
            }
            if bias:
                shapes |= {"bias_ih": (width,), "bias_hh": (width,)}
            if proj_size:
                shapes["weight_hr"] = (proj_size, hidden_size)
            suffixes = [f"_l{layer}", f"_l{layer}_reverse"][: self._directions]
            for suffix in suffixes:
                for start, shape in shapes.items():
                    self.register_parameter(
                        start + suffix, Parameter(_core.empty(shape, device=device, dtype=dtype))
                    )
            kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
            self._names.append([[k + s if k in shapes else "" for k in kinds] for s in suffixes])
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction, in the order of their registration."""
        return [[getattr(self, n) for n in names if n] for layer in self._names for names in layer]

    def reset_parameters(self) -> None:
        """Draw new values for all parameters, uniform in ±1/sqrt(hidden_size)."""
        _start(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Do nothing; it exists because PyTorch's models call it."""

    def _weights(self, layer: int) -> list[Weights]:
        return [[getattr(self, n) if n else None for n in names] for names in self._names[layer]]

    def _check_states(
        self, h_0: Tensor | None, c_0: Tensor | None, input: Tensor, batch: tuple[int, ...]
    ) -> None:
        """Raise unless the initial states are (layers * directions, *batch, width)."""
        optional_tensors(type(self).__name__, h_0=h_0, c_0=c_0)
        for what, state, width in (("h_0", h_0, self._out), ("c_0", c_0, self.hidden_size)):
            expected = (self.num_layers * self._directions, *batch, width)
            if state is not None and state.shape != expected:
                raise ValueError(
                    f"{type(self).__name__}: {what} has shape {state.shape}; the input {input.shape} needs "
                    f"{expected}"
                )

    def _run(self, input: Any, h_0: Tensor | None, c_0: Tensor | None) -> tuple[Any, Tensor, Tensor | None]:
        if isinstance(input, PackedSequence):
            return run_packed(self, input, h_0, c_0)
        tensors(type(self).__name__, input=input)
        if input.ndim not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: the input has shape {input.shape}; expected "
                f"{'(batch, steps' if self.batch_first else '(steps, batch'}, features) or (steps, features)"
            )
        alone = input.ndim == 2
        self._check_states(h_0, c_0, input, () if alone else (input.shape[0 if self.batch_first else 1],))
        if alone:
            h_0, c_0 = (s if s is None else s.unsqueeze(1) for s in (h_0, c_0))
        y = input.unsqueeze(1) if alone else input.transpose(0, 1) if self.batch_first else input
        y, h_n, c_n = self._run_layers(partial(_core.recurrent, self.mode), y, h_0, c_0)
        if alone:
            return y.squeeze(1), h_n.squeeze(1), c_n if c_n is None else c_n.squeeze(1)
        return _core.as_result(y.transpose(0, 1)) if self.batch_first else y, h_n, c_n

    def _run_layers(
        self, run: Callable[..., Any], y: Tensor, h_0: Tensor | None, c_0: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Run each layer by `run(y, h, c, weights)`, with dropout between layers."""
        count = self._directions
        h_n: list[Tensor] = []
        c_n: list[Tensor] = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                y = _core.dropout(y, self.dropout)
            own = slice(layer * count, (layer + 1) * count)
            one = self.num_layers == 1
            h, c = (s if s is None or one else s[own] for s in (h_0, c_0))
            y, h, c = run(y, h, c, self._weights(layer))
            h_n.append(h)
            c_n += [] if c is None else [c]
        last_h = h_n[0] if len(h_n) == 1 else _core.cat(h_n, 0)
        last_c = None if not c_n else c_n[0] if len(c_n) == 1 else _core.cat(c_n, 0)
        return y, last_h, last_c

    def _arguments(self) -> Iterator[str]:
        yield f"{self.input_size}, {self.hidden_size}"
        defaults: dict[str, float] = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False}
        defaults |= {"dropout": 0.0, "bidirectional": False}
        for name, default in defaults.items():
            if getattr(self, name) != default:
                yield f"{name}={getattr(self, name)}"

    def extra_repr(self) -> str:
        return ", ".join(self._arguments())


class _OneState(RNNBase):
    """Base of the layers with one state, h."""

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        output, h_n, _ = self._run(input, hx, None)
        return output, h_n


class RNN(_OneState):
    r"""h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), or with relu.

    Shapes: input (steps, batch, input_size), with `batch_first` (batch, steps, input_size), or (steps,
    input_size) for one sequence; h_0 and h_n (num_layers * directions, batch, hidden_size), with h_0 zero by
    default; output (steps, batch, directions * hidden_size), of the last layer. In training `dropout` acts on
    the output of each layer but the last; with one layer it warns. Parameters weight_ih_l0, weight_hh_l0,
    bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ... start uniform in ±1/sqrt(hidden_size). The input may be
    a PackedSequence; the output is then also a PackedSequence.

    Errors: ValueError for shapes and sizes that do not fit, TypeError for dtypes.
    Source: Elman 1990, "Finding structure in time"; the names are PyTorch's.

    >>> output, h_n = nn.RNN(3, 4, num_layers=2)(nncore.ones(5, 2, 3))
    >>> output.shape, h_n.shape
    ((5, 2, 4), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        mode = _nonlinearity(type(self).__name__, nonlinearity)
        super().__init__(
            mode,
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )
        self.nonlinearity = nonlinearity


class GRU(_OneState):
    r"""r = σ(W_ir x + b_ir + W_hr h + b_hr), z = σ(W_iz x + b_iz + W_hz h + b_hz),
    n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.

    Shapes, arguments and parameters are those of `RNN`; weights stack the rows of r, z and n.

    Errors: ValueError for shapes and sizes that do not fit, TypeError for dtypes.
    Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder", with the reset gate
    after the product, as in cuDNN and PyTorch.

    >>> output, h_n = nn.GRU(3, 4, bidirectional=True)(nncore.ones(5, 2, 3))
    >>> output.shape, h_n.shape
    ((5, 2, 8), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )


class LSTM(RNNBase):
    r"""i, f, o = σ(W x + b + W_h h + b_h), g = tanh(...), c' = f c + i g, h' = o tanh(c').

    Shapes, arguments and parameters are those of `RNN`; weights stack the rows of i, f, g and o. The state
    is a pair (h, c), where c has hidden_size numbers. With `proj_size` h' = W_hr (o tanh(c')) has proj_size
    numbers.

    Errors: ValueError for shapes and sizes that do not fit, TypeError for dtypes.
    Source: Hochreiter and Schmidhuber 1997, "Long short-term memory", with the forget gate of Gers,
    Schmidhuber and Cummins 2000; the projection is Sak et al. 2014.

    >>> output, (h_n, c_n) = nn.LSTM(3, 4, batch_first=True)(nncore.ones(2, 5, 3))
    >>> output.shape, h_n.shape, c_n.shape
    ((2, 5, 4), (1, 2, 4), (1, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device=device,
            dtype=dtype,
        )

    def forward(
        self, input: Any, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        h_0, c_0 = _pair("LSTM", hx)
        output, h_n, c_n = self._run(input, h_0, c_0)
        assert c_n is not None
        return output, (h_n, c_n)


class _Cell(Module):
    """Base: one step of one layer; the names of its parameters contain no layer."""

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        bias: bool,
        device: device | str | None,
        dtype: dtype | None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.input_size = size(name, "input_size", input_size)
        self.hidden_size = size(name, "hidden_size", hidden_size, 1)
        self.bias = bias
        self._mode = mode
        width = GATES[mode] * hidden_size
        self.weight_ih = Parameter(_core.empty(width, input_size, device=device, dtype=dtype))
        self.weight_hh = Parameter(_core.empty(width, hidden_size, device=device, dtype=dtype))
        self.register_parameter(
            "bias_ih", Parameter(_core.empty(width, device=device, dtype=dtype)) if bias else None
        )
        self.register_parameter(
            "bias_hh", Parameter(_core.empty(width, device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new values for all parameters, uniform in ±1/sqrt(hidden_size)."""
        _start(self, self.hidden_size)

    def _step(self, input: Tensor, h: Tensor | None, c: Tensor | None) -> tuple[Tensor, Tensor | None]:
        name = type(self).__name__
        tensors(name, input=input)
        optional_tensors(name, h=h, c=c)
        if input.ndim not in (1, 2):
            raise ValueError(
                f"{name}: the input has shape {input.shape}; expected (batch, {self.input_size}) or one row"
            )
        batch, expected = input.shape[:-1], (*input.shape[:-1], self.hidden_size)
        rows = (1, batch[0] if batch else 1)
        for what, state in (("h", h), ("c", c)):
            if state is not None and state.shape != expected:
                raise ValueError(
                    f"{name}: {what} has shape {state.shape}; the input {input.shape} needs {expected}"
                )
        h, c = (s if s is None else s.reshape(*rows, self.hidden_size) for s in (h, c))
        weights: Weights = [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, None]
        _, h, c = _core.recurrent(self._mode, input.reshape(*rows, input.shape[-1]), h, c, [weights])
        return h.reshape(expected), None if c is None else c.reshape(expected)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    """One step of an `RNN`: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu.

    Shapes: input (batch, input_size) or (input_size,); h and h' (batch, hidden_size) or (hidden_size,), with
    h zero by default. Parameters weight_ih, weight_hh, bias_ih, bias_hh.

    Errors: ValueError for shapes that do not fit. Source: as `RNN`.

    >>> nn.RNNCell(3, 4, nonlinearity="relu")(nncore.ones(2, 3)).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        mode = _nonlinearity(type(self).__name__, nonlinearity)
        super().__init__(mode, input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(input, hx, None)[0]

    def extra_repr(self) -> str:
        other = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + other


class GRUCell(_Cell):
    """One step of a `GRU`; shapes and parameters are those of `RNNCell`, with three gates.

    Errors: ValueError for shapes that do not fit. Source: as `GRU`.

    >>> nn.GRUCell(3, 4)(nncore.ones(2, 3), nncore.zeros(2, 4)).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__("GRU", input_size, hidden_size, bias, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(input, hx, None)[0]


class LSTMCell(_Cell):
    """One step of an `LSTM`: (h', c') from input and (h, c); shapes are those of `RNNCell`, with four gates.

    Errors: ValueError for shapes that do not fit. Source: as `LSTM`.

    >>> h, c = nn.LSTMCell(3, 4)(nncore.ones(2, 3))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        device: device | str | None = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__("LSTM", input_size, hidden_size, bias, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        h, c = _pair("LSTMCell", hx)
        new_h, new_c = self._step(input, h, c)
        assert new_c is not None
        return new_h, new_c
