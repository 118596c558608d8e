"""Data and weights that are the same in every library, from NumPy's seeded generators."""

import numpy as np

TEXT = (
    "the cat sat on the mat. the dog sat on the log. a cat and a dog met on the road. "
    "the cat ran to the dog and the dog ran to the cat. they sat and sat and ran and ran. "
)
WORDS = "emma olivia ava isabella sophia mia charlotte amelia harper evelyn abigail emily ella avery sofia".split()


def set_weights(model, from_numpy, seed=0):
    """Give each parameter normal values with the deviation 1 / sqrt(fan in)."""
    rng = np.random.default_rng(seed)
    for parameter in model.parameters():
        shape = tuple(parameter.shape)
        scale = 1 / np.sqrt(shape[-1]) if len(shape) > 1 else 0.1
        parameter.data.copy_(from_numpy((scale * rng.standard_normal(shape)).astype(np.float32)))


def digits(rows):
    """`rows` images (rows, 1, 8, 8) between 0 and 1, and their labels."""
    import nncore.data

    images, labels = nncore.data.load_digits()
    return images.numpy()[:rows, None].astype(np.float32) / 16, labels.numpy()[:rows].copy()


def moons(n, seed):
    """Two half circles of points (n, 2) with the labels -1 and 1."""
    rng = np.random.default_rng(seed)
    angle, label = np.pi * rng.random(n), np.arange(n) % 2
    x = np.where(label, 1 - np.cos(angle), np.cos(angle))
    y = np.where(label, 0.5 - np.sin(angle), np.sin(angle))
    points = np.stack([x, y], 1) + 0.1 * rng.standard_normal((n, 2))
    return points.astype(np.float32), (2 * label - 1).astype(np.float32)


class CartPole:
    """The pole on a cart of Barto, Sutton and Anderson (1983): four numbers, two actions, at most 200 steps."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def reset(self):
        self.state, self.steps = self.rng.uniform(-0.05, 0.05, 4), 0
        return self.state.astype(np.float32)

    def step(self, action):
        x, v, angle, turn = self.state
        force = 10.0 if action else -10.0
        sine, cosine = np.sin(angle), np.cos(angle)
        push = (force + 0.05 * turn * turn * sine) / 1.1
        angular = (9.8 * sine - cosine * push) / (0.5 * (4 / 3 - 0.1 * cosine * cosine / 1.1))
        linear = push - 0.05 * angular * cosine / 1.1
        self.state = self.state + 0.02 * np.array([v, linear, turn, angular])
        self.steps += 1
        fell = bool(abs(self.state[0]) > 2.4 or abs(self.state[2]) > 0.2095)
        return self.state.astype(np.float32), 1.0, fell or self.steps == 200
