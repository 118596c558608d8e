"""Layers with matching settings and inputs; `operands` describes the notation of inputs."""

from __future__ import annotations

import random

from fuzz.operands import Axes, operand
from nncore.nn import activation

SHAPES = ("x f n 4", "x f n 4 a", "x f 4")
# (expression of a layer, its inputs)
LAYERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nn.Linear({k}, {m}, bias={flag})", ("x f n {k}", "x f {k}", "x f a n {k}")),
    ("nn.Sequential(nn.Linear({k}, {m}), nn.{act}(), nn.Linear({m}, 3))", ("x f n {k}",)),
    ("nn.Sequential(nn.Linear({k}, {m}), nn.BatchNorm1d({m}), nn.Dropout(0.3), nn.ReLU())", ("x f n {k}",)),
    ("nn.{act}()", SHAPES),
    ("nn.Flatten(start_dim={two})", ("x f n {k} a",)),
    ("nn.PReLU({k})", ("x f n {k} a", "x f n {k}")),
    ("nn.Dropout({p})", SHAPES),
    ("nn.AlphaDropout({p})", SHAPES),
    ("nn.FeatureAlphaDropout({p})", ("x f n {k} a b",)),
    ("nn.Dropout2d({p})", ("x f n {k} a b",)),
    ("nn.BatchNorm1d({k}, affine={flag}, momentum={mom})", ("x f n {k}", "x f n {k} a")),
    ("nn.BatchNorm2d({k}, track_running_stats={flag})", ("x f n {k} a b",)),
    ("nn.BatchNorm3d({k})", ("x f n {k} a b c",)),
    ("nn.InstanceNorm1d({k}, affine={flag})", ("x f n {k} a",)),
    ("nn.InstanceNorm2d({k}, affine=True, track_running_stats={flag})", ("x f n {k} a b",)),
    ("nn.LayerNorm({k}, elementwise_affine={flag})", ("x f n {k}", "x f a n {k}")),
    ("nn.LayerNorm(({k}, {m}))", ("x f n {k} {m}",)),
    ("nn.RMSNorm({k})", ("x f n {k}",)),
    ("nn.GroupNorm(1, {k}, affine={flag})", ("x f n {k} a", "x f n {k}")),
    ("nn.GroupNorm({k}, {k})", ("x f n {k} a b",)),
    ("nn.LocalResponseNorm(3, k={p})", ("x f n {k} a",)),
    ("nn.Embedding({k}, {m}, padding_idx=0)", ("x i<{k} n", "x i<{k} a n")),
    ("nn.EmbeddingBag({k}, {m}, mode='{bag}')", ("x i<{k} n a",)),
    ("nn.{pad}Pad1d((1, 2))", ("x f n {k} 5",)),
    ("nn.{pad}Pad2d((1, 2, 0, 1))", ("x f n {k} 5 6",)),
    ("nn.{pad}Pad3d(1)", ("x f n {k} 5 3 4",)),
    ("nn.ConstantPad1d((-1, 2), {p})", ("x f n {k} 5",)),
    ("nn.Unflatten(1, (-1, 2))", ("x f n 8",)),
    ("nn.GLU()", ("x f n 8",)),
    ("nn.Maxout(2)", ("x f n 8",)),
    ("nn.Softmax({dim})", ("x f n {k}",)),
    ("nn.LogSoftmax({dim})", ("x f n {k}",)),
    ("nn.Softmin({dim})", ("x f n {k}",)),
    (
        "nn.RNN({k}, {m}, num_layers={two}, nonlinearity='relu', bidirectional={flag})",
        ("x f a n {k}", "x f a {k}"),
    ),
    ("nn.LSTM({k}, {m}, num_layers={two}, bias={flag}, batch_first=True)", ("x f n a {k}",)),
    ("nn.LSTM({k}, 4, proj_size=2, bidirectional={flag})", ("x f a n {k}",)),
    ("nn.GRU({k}, {m}, num_layers=2, dropout=0.2, bidirectional={flag})", ("x f a n {k}",)),
    ("nn.RNNCell({k}, {m})", ("x f n {k}",)),
    ("nn.GRUCell({k}, {m})", ("x f n {k}", "x f {k}")),
    ("nn.LSTMCell({k}, {m})", ("x f n {k}",)),
    ("nn.MultiheadAttention(8, {two}, bias={flag}, batch_first=True)", ("x f n a 8|k f n b 8|v f n b 8",)),
    (
        "nn.MultiheadAttention(6, 3, add_bias_kv={flag}, add_zero_attn=True)",
        ("x f a n 6|k f b n 6|v f b n 6",),
    ),
    ("nn.TransformerEncoderLayer(8, {two}, 16, dropout=0.1, norm_first={flag})", ("x f a n 8",)),
    ("nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, activation='gelu'), {two})", ("x f a n 4",)),
    ("nn.CosineSimilarity()", ("x f n {k}|y f n {k}",)),
    ("nn.PairwiseDistance(p={p})", ("x f n {k}|y f n {k}",)),
)
LOSSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nn.{plain}Loss(reduction='{red}')", ("x f n {k}|y f n {k}",)),
    ("nn.BCEWithLogitsLoss(reduction='{red}')", ("x f n {k}|y = nncore.rand({n}, {k})",)),
    (
        "nn.CrossEntropyLoss(label_smoothing={p}, reduction='{red}')",
        ("x f n {k}|y i<{k} n", "x f n {k} a|y i<{k} n a"),
    ),
    ("nn.NLLLoss(reduction='{red}')", ("x f n {k}|y i<{k} n",)),
    ("nn.MultiMarginLoss(p={two}, reduction='{red}')", ("x f n {k}|y i<{k} n",)),
    ("nn.MultiLabelSoftMarginLoss(reduction='{red}')", ("x f n {k}|y b n {k}",)),
    ("nn.KLDivLoss(reduction='batchmean', log_target=True)", ("x f n {k}|y f n {k}",)),
    ("nn.PoissonNLLLoss(full={flag})", ("x f n {k}|y f n {k}",)),
    ("nn.GaussianNLLLoss(full={flag})", ("x f n {k}|y f n {k}|v = nncore.rand({n}, {k})",)),
    ("nn.CosineEmbeddingLoss(margin={p})", ("x f n {k}|y f n {k}|z = nncore.ones({n})",)),
    ("nn.MarginRankingLoss(margin={p})", ("x f n|y f n|z = nncore.ones({n})",)),
    ("nn.TripletMarginLoss(swap={flag})", ("x f n {k}|y f n {k}|z f n {k}",)),
    ("nn.CTCLoss(zero_infinity={flag})", ("x f a n {k}|t i<{k} n m|i = ({a},) * {n}|j = (1,) * {n}",)),
    ("nn.SumSquaredError()", ("x f n {k}|y f n {k}",)),
)
ACTIVATIONS = ("GELU", "Identity", *(name for name in activation.__all__ if name != "Threshold"))


class Settings(Axes):
    """The lengths of axes and the other settings in rows."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.words = {
            "flag": str(rng.random() < 0.5),
            "act": rng.choice(ACTIVATIONS),
            "p": str(rng.choice((0.0, 0.3, 0.5, 1.0, 2.0))),
            "mom": str(rng.choice((0.1, None, 1.0))),
            "bag": rng.choice(("sum", "mean", "max")),
            "pad": rng.choice(("Zero", "Reflection", "Replication", "Circular")),
            "dim": str(rng.choice((0, 1, -1))),
            "two": str(rng.choice((1, 2))),
            "red": rng.choice(("mean", "sum", "none")),
            "plain": rng.choice(("MSE", "L1", "SmoothL1", "Huber", "SoftMargin", "HingeEmbedding", "KLDiv")),
        }
        self["k"] = rng.choice((1, 2, 3, 5, 8))
        self["m"] = rng.choice((1, 2, 4, 7))

    def fill(self, text: str) -> str:
        """The text with names replaced by settings and lengths."""
        return text.format_map({**self.words, **{c: self[c] for c in "abckmn"}})


def layer(rng: random.Random, dtype: str) -> tuple[str, list[str]]:
    """The expressions of a layer or a loss and of its inputs."""
    made, inputs = rng.choice(LAYERS if rng.random() < 0.75 else LOSSES)
    settings = Settings(rng)
    parts = settings.fill(rng.choice(inputs)).split("|")
    lengths = Lengths(settings)
    return settings.fill(made), [operand(rng, part, lengths, dtype, rng.random() < 0.7)[1] for part in parts]


class Lengths(Axes):
    """Lengths: letters from the settings, numbers as themselves."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.rng)
        self.update(settings)
