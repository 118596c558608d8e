"""Names by characters, in the style of makemore: counted bigrams, an MLP with hand-written updates, a WaveNet."""

import nncore as torch
import nncore.nn.functional as F
import numpy as np
from programs.seeded import WORDS

stoi = {c: i + 1 for i, c in enumerate(sorted(set("".join(WORDS))))}
stoi["."] = 0
size = len(stoi)
g = np.random.default_rng(1)


def build_dataset(block_size):
    X, Y = [], []
    for w in WORDS:
        context = [0] * block_size
        for ch in w + ".":
            X.append(context)
            Y.append(stoi[ch])
            context = context[1:] + [stoi[ch]]
    return torch.tensor(X), torch.tensor(Y)


def normal(*shape):
    return torch.from_numpy(g.standard_normal(shape).astype(np.float32))


def bigram():
    N = torch.zeros((size, size), dtype=torch.int32)
    for w in WORDS:
        chs = ["."] + list(w) + ["."]
        for ch1, ch2 in zip(chs, chs[1:], strict=False):
            N[stoi[ch1], stoi[ch2]] += 1
    P = (N + 1).float()
    P /= P.sum(1, keepdim=True)
    log_likelihood, n = 0.0, 0
    for w in WORDS:
        chs = ["."] + list(w) + ["."]
        for ch1, ch2 in zip(chs, chs[1:], strict=False):
            log_likelihood += torch.log(P[stoi[ch1], stoi[ch2]])
            n += 1
    return (-log_likelihood / n).item()


def mlp():
    X, Y = build_dataset(3)
    C, W1, b1 = normal(size, 5), normal(15, 30) * 0.2, normal(30) * 0.01
    W2, b2 = normal(30, size) * 0.01, normal(size) * 0
    gain, bias = torch.ones((1, 30)), torch.zeros((1, 30))
    mean_running, std_running = torch.zeros((1, 30)), torch.ones((1, 30))
    parameters = [C, W1, b1, W2, b2, gain, bias]
    for p in parameters:
        p.requires_grad = True
    lossi = []
    for i in range(40):
        ix = torch.from_numpy(g.integers(0, X.shape[0], (32,)))
        Xb, Yb = X[ix], Y[ix]
        emb = C[Xb]
        hpreact = emb.view(emb.shape[0], -1) @ W1 + b1
        mean, std = hpreact.mean(0, keepdim=True), hpreact.std(0, keepdim=True)
        hpreact = gain * (hpreact - mean) / std + bias
        with torch.no_grad():
            mean_running = 0.9 * mean_running + 0.1 * mean
            std_running = 0.9 * std_running + 0.1 * std
        logits = torch.tanh(hpreact) @ W2 + b2
        loss = F.cross_entropy(logits, Yb)
        for p in parameters:
            p.grad = None
        loss.backward()
        lr = 0.1 if i < 30 else 0.01
        for p in parameters:
            p.data += -lr * p.grad
        lossi.append(loss.log10().item())
    with torch.no_grad():
        h = torch.tanh(gain * (C[X].view(X.shape[0], -1) @ W1 + b1 - mean_running) / std_running + bias)
        lossi.append(F.cross_entropy(h @ W2 + b2, Y).item())
    return lossi


class Linear:
    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = normal(fan_in, fan_out) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = x @ self.weight
        if self.bias is not None:
            self.out += self.bias
        return self.out

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])


class Embedding:
    def __init__(self, count, dim):
        self.weight = normal(count, dim)

    def __call__(self, IX):
        return self.weight[IX]

    def parameters(self):
        return [self.weight]


class FlattenConsecutive:
    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        B, T, C = x.shape
        x = x.view(B, T // self.n, C * self.n)
        return x.squeeze(1) if x.shape[1] == 1 else x

    def parameters(self):
        return []


class Tanh:
    def __call__(self, x):
        return torch.tanh(x)

    def parameters(self):
        return []


def wavenet():
    X, Y = build_dataset(8)
    layers = [Embedding(size, 6)]
    for fan_in in (12, 24, 24):
        layers += [FlattenConsecutive(2), Linear(fan_in, 12, bias=fan_in == 12), Tanh()]
        layers[-2].weight = normal(fan_in, 12) / fan_in**0.5
    layers.append(Linear(12, size))
    parameters = [p for layer in layers for p in layer.parameters()]
    for p in parameters:
        p.requires_grad = True
    lossi = []
    for _ in range(20):
        ix = torch.from_numpy(g.integers(0, X.shape[0], (32,)))
        x = X[ix]
        for layer in layers:
            x = layer(x)
        loss = F.cross_entropy(x, Y[ix])
        for p in parameters:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p -= 0.1 * p.grad
        lossi.append(loss.item())
    return lossi


def run():
    global g
    g = np.random.default_rng(1)
    return [bigram(), *mlp(), *wavenet()]
