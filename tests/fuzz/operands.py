"""Calls with operands that depend on each other; letters stand for axes.

A row has `name kind axes` per argument, separated by bars. The kind f is a floating-point tensor, i<c indices
below the length c, b bools, and = an expression in which {c} is that length.
"""

from __future__ import annotations

import random

from fuzz import arrays

ROWS: dict[str, tuple[str, ...]] = {
    "matmul": ("input f n k|other f k m", "input f b n k|other f b k m", "input f k|other f b k m"),
    "__matmul__": ("input f n k|other f k m", "input f a b n k|other f b k m", "input f k|other f k"),
    "mm": ("input f n k|mat2 f k m",),
    "bmm": ("input f b n k|mat2 f b k m",),
    "mv": ("input f n k|vec f k",),
    "dot": ("input f n|tensor f n",),
    "outer": ("input f n|vec2 f m",),
    "addmm": ("input f n m|mat1 f n k|mat2 f k m", "input f m|mat1 f n k|mat2 f k m"),
    "linear": ("input f n k|weight f m k|bias f m", "input f a n k|weight f m k"),
    "einsum": (
        "equation = 'ij,jk->ik'|operands f n k|operands f k m",
        "equation = '...ij->...ji'|operands f a n k",
    ),
    "tensordot": ("a f n k|b f k m|dims = 1", "a f a n k|b f n k m|dims = 2"),
    "embedding": ("input i<c n|weight f c e", "input i<c a n|weight f c e|padding_idx = 0"),
    "embedding_bag": (
        "input i<c a n|weight f c e|mode = 'mean'",
        "input i<c n|weight f c e|offsets = nncore.tensor([0, {n}])|mode = 'sum'",
        "input i<c a n|weight f c e|mode = 'sum'|per_sample_weights f a n",
    ),
    "gather": ("input f n c|dim = 1|index i<c n m", "input f c n|dim = 0|index i<c m n"),
    "take_along_dim": ("input f n c|indices i<c n m|dim = 1", "input f c n|indices i<c m n|dim = -2"),
    "take": ("input f c|index i<c n m",),
    "scatter": (
        "input f n c|dim = 1|index i<c n m|src f n m",
        "input f c n|dim = 0|index i<c c n|value = 2.5",
    ),
    "scatter_add": ("input f n c|dim = 1|index i<c n m|src f n m",),
    "index_add": (
        "input f c e|dim = 0|index i<c n|source f n e",
        "input f e c|dim = 1|index i<c n|source f e n",
    ),
    "index_select": ("input f c e|dim = 0|index i<c n", "input f a c e|dim = -2|index i<c n"),
    "masked_fill": ("input f a n|mask b a n|value = 1.5", "input f a n|mask b n|value f"),
    "masked_select": ("input f a n|mask b a n",),
    "where": ("condition b a n|input f a n|other f n",),
    "one_hot": ("tensor i<c a n|num_classes = {c}",),
    "cross_entropy": (
        "input f n c|target i<c n",
        "input f n c a|target i<c n a|weight f c",
        "input f n c|target f n c|label_smoothing = 0.1",
        "input f c|target i<c",
    ),
    "nll_loss": ("input f n c|target i<c n", "input f n c a|target i<c n a|weight f c"),
    "multi_margin_loss": ("input f n c|target i<c n", "input f n c|target i<c n|p = 2|weight f c"),
    "multilabel_soft_margin_loss": ("input f n c|target b n c", "input f n c|target f n c"),
    "ctc_loss": (
        "log_probs f a n c|targets i<c n m|input_lengths = ({a},) * {n}|target_lengths = (1,) * {n}",
        "log_probs f a c|targets i<c m|input_lengths = ({a},)|target_lengths = ({m},)|zero_infinity = True",
    ),
    "binary_cross_entropy": (
        "input = nncore.rand({n}, {c}, requires_grad=True)|target = nncore.rand({n}, {c})",
    ),
    "cosine_embedding_loss": ("input1 f n c|input2 f n c|target = nncore.ones({n})",),
    "margin_ranking_loss": ("input1 f n|input2 f n|target f n",),
    "triplet_margin_loss": ("anchor f n c|positive f n c|negative f n c",),
    "gaussian_nll_loss": ("input f n c|target f n c|var = nncore.rand({n}, {c})",),
    "batch_norm": (
        "input f n c|running_mean = nncore.zeros({c})|running_var = nncore.ones({c})|weight f c|bias f c",
        "input f n c a|running_mean = None|running_var = None|training = True",
    ),
    "instance_norm": ("input f n c a|weight f c|bias f c", "input f n c a e"),
    "group_norm": ("input f n c a|num_groups = 1|weight f c|bias f c", "input f n c a|num_groups = {c}"),
    "layer_norm": (
        "input f a n c|normalized_shape = ({c},)|weight f c|bias f c",
        "input f n c|normalized_shape = ({n}, {c})",
    ),
    "rms_norm": (
        "input f a n c|normalized_shape = ({c},)|weight f c",
        "input f n c|normalized_shape = ({n}, {c})",
    ),
    "add_layer_norm": ("input f a c|residual f a c|normalized_shape = ({c},)|weight f c|bias f c",),
    "local_response_norm": ("input f n c a|size = 3",),
    "prelu": ("input f n c a|weight f c", "input f n c|weight = nncore.tensor([0.2])"),
    "scaled_dot_product_attention": (
        "query f b n e|key f b m e|value f b m k",
        "query f a b n e|key f a b m e|value f a b m e|is_causal = True",
        "query f b n e|key f b m e|value f b m e|attn_mask b n m",
        "query f b n e|key f b m e|value f b m e|attn_mask f n m|dropout_p = 0.5",
    ),
    "apply_rotary": ("input f b n 8|cos f n 4|sin f n 4",),
    "glu": ("input f n 8|dim = -1", "input f 4 n|dim = 0"),
    "maxout": ("input f n 6|pieces = 3", "input f n 6 a|pieces = 2|dim = 1"),
    "pad": (
        "input f b c n|pad = (1, 2)",
        "input f b c 9|pad = (2, 1)|mode = 'reflect'",
        "input f b c 7 5|pad = (1, 2, 0, 3)|mode = 'circular'",
        "input f b c n e|pad = (1, -1, 2, 0)|value = 3.0",
    ),
    "dropout1d": ("input f n c a",),
    "dropout2d": ("input f n c a e",),
    "dropout3d": ("input f n c a e b",),
    "narrow": ("input f n 9|dim = 1|start = 2|length = 5",),
    "reshape": ("input f n c|shape = ({c}, {n})", "input f n c a|shape = (-1,)"),
    "view": ("input f n c|args = ({c}, {n})",),
    "unflatten": ("input f n 8|dim = 1|sizes = (2, 4)", "input f 6 n|dim = 0|sizes = (-1, 3)"),
    "broadcast_to": ("input f n 1|size = ({n}, {c})",),
    "expand": ("input f n 1|args = ({a}, -1, {c})",),
    "permute": ("input f n c a|dims = (2, 0, -2)", "input f n c a|args = (2, 0, 1)"),
    "movedim": (
        "input f n c a|source = 0|destination = 2",
        "input f n c a|source = (0, 1)|destination = (2, 0)",
    ),
    "split": ("input f n 9|split_size = 4|dim = 1", "tensor f n 9|split_size_or_sections = [2, 7]|dim = 1"),
    "cat": ("tensors = [nncore.ones({n}, {c}), nncore.rand({a}, {c}, requires_grad=True)]|dim = 0",),
    "stack": ("tensors = [nncore.ones({n}), nncore.rand({n}, requires_grad=True)]|dim = -1",),
    "t": ("input f n c",),
    "diag": ("input f n n", "input f n"),
    "diagonal": ("input f n c a|offset = -1|dim1 = 2|dim2 = 0",),
    "__getitem__": (
        "input f n c|index = (slice(None, None, 2), None)",
        "input f n c|index = (..., -1)",
        "input f c e|index i<c n",
        "input f n e|index b n",
        "input f c e|index = ([0, -1], [0, 0])",
    ),
    "full": ("size = ({n}, {c})|fill_value = 2.5",),
    "sparse_": ("tensor f n c|sparsity = 0.3",),
    "all_logic": ("input b n c|other b c",),
}
LOGIC = ("__and__", "__or__", "__xor__", "__rand__", "__ror__", "__rxor__", "__invert__")
ROWS.update(dict.fromkeys(LOGIC, ROWS["all_logic"]))


class Axes(dict[str, int]):
    """The lengths of the axes of one row; the first use of a letter draws its length."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng

    def __missing__(self, letter: str) -> int:
        if letter.isdigit():
            return int(letter)
        self[letter] = min(arrays.size(self.rng), 33)
        return self[letter]


def operand(rng: random.Random, text: str, axes: Axes, dtype: str, tame: bool) -> tuple[str, str]:
    """The name and expression of one argument of a row."""
    name, kind, *rest = text.split(" ", 2)
    letters = rest[0] if rest else ""
    if kind == "=":
        return name, letters.format_map(axes)
    dims = tuple(axes[letter] for letter in letters.split())
    if kind.startswith("i<"):
        return name, arrays.indices(rng, dims, axes[kind[2:]])
    if kind == "b":
        return name, arrays.tensor(rng, dims, "bool", tame=True)
    return name, arrays.tensor(rng, dims, dtype, tame=tame and rng.random() < 0.7)


def row(rng: random.Random, texts: tuple[str, ...], dtype: str, tame: bool) -> dict[str, list[str]]:
    """The arguments of one of the rows; a name may have several."""
    axes, found = Axes(rng), dict[str, list[str]]()
    for text in rng.choice(texts).split("|"):
        name, expression = operand(rng, text, axes, dtype, tame)
        found.setdefault(name, []).append(expression)
    return found
