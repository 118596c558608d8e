"""Embedding, dropout, norms and losses in a captured step: the same bits as eagerly."""

from __future__ import annotations

from typing import Any

import numpy as np

import nncore
from nncore import nn, optim
from nncore.captured.step import CompiledStep
from nncore.nn import functional as F


def train(compiled: bool) -> list[Any]:
    nncore.manual_seed(4)
    model = nn.Sequential(
        nn.Embedding(11, 24, padding_idx=0),
        nn.LayerNorm(24),
        nn.Dropout(0.3),
        nn.RMSNorm(24),
        nn.Linear(24, 11),
    )
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step(ids: nncore.Tensor, target: nncore.Tensor, wish: nncore.Tensor) -> nncore.Tensor:
        optimizer.zero_grad()
        logits = model(ids)
        loss = F.cross_entropy(logits, target) + F.smooth_l1_loss(logits, wish)
        loss.backward()
        optimizer.step()
        return loss

    run = nncore.compile(step) if compiled else step
    rng = np.random.default_rng(1)
    losses = []
    for _ in range(8):
        ids, target = (nncore.tensor(rng.integers(0, 11, 40)) for _ in range(2))
        losses.append(run(ids, target, nncore.tensor(rng.normal(size=(40, 11)).astype(np.float32))).item())
    if isinstance(run, CompiledStep):
        assert run.replays > 0
    return [losses, [p.detach().numpy().copy() for p in model.parameters()]]


def sequence(compiled: bool) -> list[Any]:
    """Bags of all kinds, running statistics of instance norm, and attention with added keys."""
    nncore.manual_seed(4)
    bags = nn.ModuleList(
        [nn.EmbeddingBag(11, 8, mode=mode, padding_idx=0) for mode in ("sum", "mean", "max")]
    )
    norm = nn.InstanceNorm1d(4, affine=True, track_running_stats=True)
    attention = nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True, batch_first=True)
    model = nn.ModuleList([bags, norm, attention])
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step(ids: nncore.Tensor, weights: nncore.Tensor, wish: nncore.Tensor) -> nncore.Tensor:
        optimizer.zero_grad()
        rows = [bag(ids) for bag in bags]
        rows.append(F.embedding_bag(ids, bags[0].weight, mode="sum", per_sample_weights=weights))
        x = norm(nncore.stack(rows, 1))
        y, _ = attention(x, x, x, need_weights=False)
        loss = F.huber_loss(y, wish, weight=wish * wish)
        loss.backward()
        optimizer.step()
        return loss

    run = nncore.compile(step) if compiled else step
    rng = np.random.default_rng(1)
    losses = []
    for _ in range(8):
        ids = nncore.tensor(rng.integers(0, 11, (6, 5)))
        real = (nncore.tensor(rng.normal(size=s).astype(np.float32)) for s in ((6, 5), (6, 4, 8)))
        losses.append(run(ids, *real).item())
    if isinstance(run, CompiledStep):
        assert run.replays > 0
    return [losses, [v.numpy().copy() for v in model.state_dict().values()]]


def test_options_are_captured() -> None:
    (losses, state), (captured, twins) = sequence(False), sequence(True)
    assert losses == captured
    for a, b in zip(state, twins, strict=True):
        assert np.array_equal(a, b)


def test_a_captured_step_draws_new_numbers_and_agrees() -> None:
    (losses, weights), (captured, twins) = train(False), train(True)
    assert losses == captured
    assert len(set(losses)) == len(losses)
    for a, b in zip(weights, twins, strict=True):
        assert np.array_equal(a, b)
