"""Programs that train, eagerly, captured and from a saved state, and compare the bits."""

from __future__ import annotations

import random

from fuzz.layers import layer
from fuzz.program import Program

OPTIMIZERS = (
    "SGD(p, lr={lr})", "SGD(p, lr={lr}, momentum=0.9, nesterov=True)",
    "SGD(p, lr={lr}, momentum=0.5, dampening=0.1)",
    "SGD(p, lr={lr}, weight_decay=0.1, maximize=True)", "Adam(p, lr={lr})", "Adam(p, lr={lr}, amsgrad=True)",
    "Adam([{{'params': p, 'lr': {lr}}}], betas=(0.5, 0.9))", "AdamW(p, lr={lr}, weight_decay=0.1)",
    "RMSprop(p, lr={lr}, centered=True)", "Adagrad(p, lr={lr}, lr_decay=0.1)", "Adadelta(p, lr={lr})",
    "Adamax(p, lr={lr})", "NAdam(p, lr={lr}, decoupled_weight_decay=True)", "RAdam(p, lr={lr})",
    "ASGD(p, lr={lr}, t0=1)", "Rprop(p, lr={lr})", "Lion(p, lr={lr})", "LAMB(p, lr={lr})",
    "LARS(p, lr={lr}, weight_decay=0.1)", "Adafactor(p, lr={lr})",
)  # fmt: skip
SCHEDULERS = (
    "StepLR(o, 2)", "MultiStepLR(o, [1, 3])", "ExponentialLR(o, 0.9)", "CosineAnnealingLR(o, 4)",
    "LinearLR(o)", "ConstantLR(o)", "PolynomialLR(o, 3)", "LambdaLR(o, lambda e: 0.9 ** e)",
    "MultiplicativeLR(o, lambda e: 0.9)", "CosineAnnealingWarmRestarts(o, 1, 2)",
    "ReduceLROnPlateau(o, patience=1)",
    "CyclicLR(o, 0.01, 0.1, 2, mode='triangular2')", "OneCycleLR(o, 0.1, 100, pct_start=0.02)",
    "ChainedScheduler([lr_scheduler.ConstantLR(o, 0.5), lr_scheduler.StepLR(o, 2)])",
    "SequentialLR(o, [lr_scheduler.StepLR(o, 1), lr_scheduler.ExponentialLR(o, 0.5)], [2])",
)  # fmt: skip
TRAIN = """\
def total(y):
    y = y[0] if isinstance(y, tuple) else y
    return (y * y).mean() if y.dtype.is_floating_point and y.ndim else y

def make():
    nncore.manual_seed({seed})
    m = nn.ModuleList([{layer}, nn.PReLU(3)])
    m.train({training})
    m.to(nncore.{dtype})
    p = list(m.parameters())
    o = optim.{optimizer}
    def step(*x):
        o.zero_grad()
        loss = total(m[0](*x)) + (p[-1] ** 2).sum()
        loss.backward()
        {clip}
        o.step()
        return loss
    return m, o, lr_scheduler.{scheduler}, step

m1, o1, s1, f1 = make()
m2, o2, s2, f2 = make()
f2 = nncore.compile(f2)
y = []
for i in range({steps}):
    nncore.manual_seed(i)
    y.append(f1({inputs}).detach().clone())
    nncore.manual_seed(i)
    z = f2({inputs})
    if not same(y[-1], z) or not same(m1.state_dict(), m2.state_dict()):
        raise AssertionError(f'captured step {{i}} differs from the eager one: {{z}}, {{y[-1]}}')
    for s in (s1, s2):
        s.step(*[1.0] * isinstance(s, lr_scheduler.ReduceLROnPlateau))
path = os.path.join(folder, 'state.nnz')
nncore.save({{'m': m1.state_dict(), 'o': o1.state_dict(), 's': s1.state_dict()}}, path)
state = nncore.load(path)
m3, o3, s3, f3 = make()
m3.load_state_dict(state['m'])
o3.load_state_dict(state['o'])
s3.load_state_dict(state['s'])
z = []
for s, f in ((s1, f1), (s3, f3)):
    nncore.manual_seed(1)
    z.append(f({inputs}))
    s.step(*[1.0] * isinstance(s, lr_scheduler.ReduceLROnPlateau))
    z.append(f({inputs}))
if not same(z[:2], z[2:]) or not same(m1.state_dict(), m3.state_dict()):
    raise AssertionError(f'training continues differently after loading: {{z}}')
state = m1.state_dict()"""
FORWARD = """\
nncore.manual_seed({seed})
m = {layer}
m.train({training})
m.to(nncore.{dtype})
x = [{inputs}]
y = m(*x)
for part in y if isinstance(y, tuple) else [y]:
    if isinstance(part, nncore.Tensor) and part.requires_grad:
        part.backward(nncore.ones(*part.shape, dtype=part.dtype), retain_graph=True)
state = m.state_dict()
m.load_state_dict(state)
g = [p.grad for p in m.parameters()] + [t.grad for t in x if isinstance(t, nncore.Tensor) and t.is_leaf]"""


def program(rng: random.Random) -> Program:
    """Forward and backward of a layer, or a few training steps."""
    dtype = rng.choice(("float32", "float32", "float64"))
    made, inputs = layer(rng, dtype)
    trains = rng.random() < 0.15
    lines = ["nncore.manual_seed(7)", *(f"x{i} = {expression}" for i, expression in enumerate(inputs))]
    words = [f"x{i}" for i in range(len(inputs))] if trains else inputs
    text = (TRAIN if trains else FORWARD).format(
        seed=rng.randrange(100),
        layer=made,
        training=rng.random() < 0.7,
        dtype=dtype,
        inputs=", ".join(words),
        optimizer=rng.choice(OPTIMIZERS).format(lr=rng.choice((0.001, 0.1, 1.0))),
        scheduler=rng.choice(SCHEDULERS),
        clip=rng.choice(("pass", "nn.utils.clip_grad_norm_(p, 1.0)", "nn.utils.clip_grad_value_(p, 0.5)")),
        steps=rng.choice((1, 3, 5)),
    )
    return Program(made.partition("(")[0], tuple(lines + text.splitlines()))
