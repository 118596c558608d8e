"""Skip-grams with negative sampling (Mikolov et al. 2013)."""

import nncore as torch
import nncore.nn as nn
import nncore.nn.functional as F
import numpy as np
from programs.seeded import TEXT, set_weights

words = TEXT.replace(".", "").split()
vocabulary = sorted(set(words))
index = {w: i for i, w in enumerate(vocabulary)}


class SkipGram(nn.Module):
    def __init__(self, size, dim):
        super().__init__()
        self.u_embeddings = nn.Embedding(size, dim)
        self.v_embeddings = nn.Embedding(size, dim)

    def forward(self, pos_u, pos_v, neg_v):
        emb_u, emb_v, emb_neg = self.u_embeddings(pos_u), self.v_embeddings(pos_v), self.v_embeddings(neg_v)
        score = torch.clamp(torch.sum(torch.mul(emb_u, emb_v), dim=1), max=10, min=-10)
        score = -F.logsigmoid(score)
        neg_score = torch.bmm(emb_neg, emb_u.unsqueeze(2)).squeeze()
        neg_score = torch.clamp(neg_score, max=10, min=-10)
        neg_score = -torch.sum(F.logsigmoid(-neg_score), dim=1)
        return torch.mean(score + neg_score)


def run():
    rng = np.random.default_rng(0)
    pairs = [
        (index[words[i]], index[words[j]])
        for i in range(len(words))
        for j in range(max(0, i - 2), min(len(words), i + 3))
        if i != j
    ]
    counts = np.bincount([index[w] for w in words]) ** 0.75
    model = SkipGram(len(vocabulary), 10)
    set_weights(model, torch.from_numpy)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)
    losses = []
    for _ in range(20):
        chosen = [pairs[i] for i in rng.integers(0, len(pairs), 32)]
        pos_u = torch.LongTensor([u for u, _ in chosen])
        pos_v = torch.LongTensor([v for _, v in chosen])
        neg_v = torch.LongTensor(rng.choice(len(counts), (32, 5), p=counts / counts.sum()))
        optimizer.zero_grad()
        loss = model.forward(pos_u, pos_v, neg_v)
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses
