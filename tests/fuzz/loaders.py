"""Programs that load data in batches, split them, and fit a model to them."""

from __future__ import annotations

import random

from fuzz import arrays
from fuzz.program import Program
from fuzz.values import WRONG

LOADER = """\
d = data.TensorDataset({x}, {y})
g = nncore.Generator({seed})
l = data.DataLoader(d, batch_size={batch}, shuffle={flag}, drop_last={drop}, generator=g)
y = [tuple(batch) for batch in l]
if not {drop} and (len(y) if l.batch_size is None else sum(len(b[0]) for b in y)) != len(d):
    raise AssertionError(f'{{len(y)}} batches of a data set of {{len(d)}} rows')
if len(l) != len(y):
    raise AssertionError(f'{{len(l)}} batches are expected, {{len(y)}} were read')"""
SPLIT = """\
d = data.TensorDataset({x}, {y})
parts = data.random_split(d, {lengths}, generator=nncore.Generator({seed}))
y = [p[nncore.arange(len(p))] for p in parts]
y += [data.Subset(d, {rows})[{row}]]"""
FIT = """\
nncore.manual_seed({seed})
m = nn.Sequential(nn.Linear({k}, 4), nn.Tanh(), nn.Dropout({p}), nn.Linear(4, 3))
h = nncore.train.fit(m, {x}, {y}, epochs={epochs}, batch_size={batch}, lr={lr}, verbose=False)
y = nncore.train.predict(m, {x}, batch_size={batch})
state = m.state_dict()"""


def program(rng: random.Random) -> Program:
    """A program of one of the three kinds."""
    n, k = arrays.size(rng), rng.choice((1, 2, 5))
    chance = rng.random()
    wrong = rng.choice(WRONG)
    text = LOADER if chance < 0.5 else SPLIT if chance < 0.8 else FIT
    fits = text is FIT
    dtype = "float32" if fits else rng.choice(arrays.DTYPES)
    lengths = [[n], [n // 2, n - n // 2], [0.5, 0.5], [1.0], [n, 1], [0.3, 0.3, 0.4]]
    count = n if rng.random() < 0.95 else n + 1
    filled = text.format(
        x=arrays.tensor(rng, (n, k), dtype, gradient=False, tame=fits and rng.random() < 0.9),
        y=arrays.indices(rng, (count,), 3),
        k=k,
        batch=rng.choice((1, 2, 3, 7, 100)) if rng.random() < 0.85 else wrong,
        flag=rng.random() < 0.5,
        drop=rng.random() < 0.3,
        seed=rng.randrange(9),
        lengths=rng.choice(lengths) if rng.random() < 0.85 else wrong,
        rows=rng.choice((list(range(n)), [0, -1], [n], "nncore.arange(1)", wrong)),
        row=rng.choice(("0", "-1", "nncore.arange(1)", wrong)),
        p=rng.choice((0.0, 0.5)),
        epochs=rng.choice((1, 2)) if rng.random() < 0.9 or wrong.startswith("2**") else wrong,  # not for ever
        lr=rng.choice((0.1, 0.001, 1e20)) if rng.random() < 0.9 else wrong,
    )
    return Program(
        ("fit" if fits else "DataLoader" if text is LOADER else "random_split"), tuple(filled.splitlines())
    )
