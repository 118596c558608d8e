"""Expressions for one argument, by the name and annotation of its parameter."""

from __future__ import annotations

import random
from dataclasses import dataclass

from fuzz import arrays
from fuzz.signatures import Parameter

# Values that are invalid for most parameters. `Bad`, in program.py, raises from all conversions.
WRONG = (
    "None", "'mean'", "b'x'", "[]", "()", "{}", "1.5", "-1", "0", "True", "float('nan')", "float('inf')",
    "2**31", "2**31 + 7", "2**62", "2**63 - 1", "-2**63", "2**63", "10**30", "1e300", "-1e-320", "1j",
    "np.float32(2)", "np.int64(3)", "np.array([1, 2])", "np.array(3)", "np.array([])",
    "np.datetime64(0, 's')", "np.array(['a'])", "np.array([1j])", "np.float16(1)", "np.zeros((2, 2), '>f4')",
    "nncore.tensor(2)", "nncore.tensor([1.0])", "nncore.tensor([[True]])", "nncore.zeros(0)",
    "nncore.ones(2, 2, requires_grad=True)", "nncore", "nncore.Tensor", "nncore.int64", "len", "range(3)",
    "slice(1)", "...", "iter([1])", "[1, 'a']", "[[1], [2, 3]]", "(1, -1)", "[2**62, 2**62]", "[2**31] * 4",
    "[0] * 100", "(3, 2, 1)", "[None]", "(nncore.ones(1), 2)", "Bad()", "[Bad()]", "'\\0'", "'\\ud800'", "''",
)  # fmt: skip

STRINGS = {
    "reduction": ("mean", "sum", "none", "batchmean"),
    "approximate": ("none", "tanh"),
    "rounding_mode": ("floor", "trunc"),
    "mode": ("constant", "reflect", "replicate", "circular", "mean", "sum", "max", "fan_in", "fan_out"),
    "activation": ("", "relu", "tanh", "sigmoid", "gelu"),
    "nonlinearity": ("relu", "leaky_relu", "tanh", "linear", "sigmoid", "selu"),
    "equation": ("ij->ji", "ii", "i,i->", "ij,jk->ik", "...i->...", "bij,bjk->bik"),
    "device": ("cpu",),
}
OBJECTS = {
    "ParamsT": "[nn.Parameter(nncore.ones(2)), nn.Parameter(nncore.ones(3, 1))]",
    "Optimizer": "optim.SGD([nn.Parameter(nncore.ones(2))], lr=0.1, momentum=0.5)",
    "Dataset": "data.TensorDataset(nncore.ones(5, 2), nncore.arange(5))",
    "Padding": "(1, 2)",
    "Module": "nn.Linear(2, 2)",
    "TransformerEncoderLayer": "nn.TransformerEncoderLayer(4, 2, 8)",
}
AXES = ("dim", "dims", "dim0", "dim1", "dim2", "start_dim", "end_dim", "axis", "source", "destination")
UNIT = ("p", "eps", "momentum", "label_smoothing", "dropout_p", "sparsity", "std", "margin", "beta", "lr")


@dataclass
class Scope:
    """The common properties of a call's arguments: shape, dtype, and the probability of a wrong one."""

    rng: random.Random
    shape: arrays.Shape
    dtype: str
    wrong: float

    @property
    def tame(self) -> bool:
        return self.wrong == 0


def scope(rng: random.Random) -> Scope:
    """6 of 10 calls have valid arguments; in the others 1 of 6 arguments is wrong."""
    dtype = rng.choice(arrays.DTYPES) if rng.random() < 0.2 else rng.choice(arrays.FLOATS)
    return Scope(rng, arrays.shape(rng), dtype, 0.0 if rng.random() < 0.6 else 0.17)


def argument(s: Scope, p: Parameter) -> str:
    """A value for a parameter."""
    if s.rng.random() < s.wrong:
        return s.rng.choice(WRONG)
    if p.name in AXES and s.rng.random() < 0.9:
        return _axes(s, p)
    kinds = [k for k in p.kinds if k != "None"] or ["None"]
    kind = "None" if "None" in p.kinds and s.rng.random() < 0.2 else s.rng.choice(kinds)
    return of_kind(s, kind, p)


def of_kind(s: Scope, kind: str, p: Parameter) -> str:
    """A value of a kind of annotation."""
    rng = s.rng
    if kind == "Tensor":
        return tensor(s, p.name)
    if kind == "int":
        return str(rng.choice((0, 1, 1, 2, 2, 3, 4, 5, 8, -1)))
    if kind == "float":
        return repr(rng.choice((0.1, 0.5, 0.9) if p.name in UNIT else (0.5, 1.0, 2.0, -1.0, 0.0, 20.0, 1e-8)))
    if kind == "bool":
        return rng.choice(("True", "False"))
    if kind == "str":
        return repr(rng.choice(p.literals or STRINGS.get(p.name, ("mean",))))
    if kind == "dtype":
        return "nncore." + rng.choice((*arrays.FLOATS, *arrays.DTYPES))
    if kind == "Generator":
        return f"nncore.Generator({rng.randrange(9)})"
    if kind == "Reduction":
        return repr(rng.choice(STRINGS["reduction"][:3]))
    if kind.startswith("Sequence Tensor"):
        return f"[{', '.join(tensor(s, p.name) for _ in range(rng.randrange(1, 4)))}]"
    if kind.startswith("Sequence"):
        return str([rng.choice((0, 1, 2, 3, 4, -1)) for _ in range(rng.choice((len(s.shape), 1, 2)))])
    if kind in OBJECTS:
        return OBJECTS[kind]
    if kind == "any":
        return rng.choice((lambda: tensor(s, p.name), lambda: repr(rng.choice((0, 1, 2.5, -3, True)))))()
    return "None"


def tensor(s: Scope, name: str) -> str:
    """A tensor of the call's shape, one that broadcasts to it, or any tensor."""
    rng, dims = s.rng, s.shape
    if name in ("index", "indices"):
        return arrays.indices(rng, dims, min(dims, default=1))
    if name in ("mask", "condition"):
        return arrays.tensor(rng, dims, "bool", tame=s.tame)
    if rng.random() < 0.25:
        dims = tuple(n if rng.random() < 0.6 else 1 for n in dims)[rng.randrange(len(dims) + 1) :]
    if rng.random() < s.wrong:
        return arrays.tensor(rng, arrays.shape(rng), rng.choice(arrays.DTYPES))
    return arrays.tensor(rng, dims, s.dtype, tame=s.tame and rng.random() < 0.7)


def _axes(s: Scope, p: Parameter) -> str:
    n = max(len(s.shape), 1)
    axes = s.rng.sample(range(n), s.rng.randrange(1, n + 1))
    axes = [a - n if s.rng.random() < 0.4 else a for a in axes]
    many = any(k.startswith("Sequence") for k in p.kinds)
    if many and s.rng.random() < 0.4:
        return str(axes)
    return str(axes[0] if s.rng.random() < 0.97 else n)
