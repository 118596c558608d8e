"""REINFORCE (Williams 1992) with `Categorical`; the actions come from NumPy, so both libraries act alike."""

import nncore as torch
import nncore.nn as nn
import nncore.nn.functional as F
import nncore.optim as optim
import numpy as np
from nncore.distributions import Categorical
from programs.seeded import CartPole, set_weights


class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(4, 32)
        self.dropout = nn.Dropout(p=0.0)
        self.affine2 = nn.Linear(32, 2)
        self.saved_log_probs = []
        self.rewards = []

    def forward(self, x):
        x = F.relu(self.dropout(self.affine1(x)))
        return F.softmax(self.affine2(x), dim=1)


def run():
    rng, env = np.random.default_rng(0), CartPole(1)
    policy = Policy()
    set_weights(policy, torch.from_numpy)
    optimizer = optim.Adam(policy.parameters(), lr=1e-2)
    eps = np.finfo(np.float32).eps.item()
    losses = []
    for _ in range(8):
        state, done = env.reset(), False
        while not done:
            m = Categorical(policy(torch.from_numpy(state).float().unsqueeze(0)))
            action = torch.tensor([int(rng.random() > m.probs[0, 0].item())])
            policy.saved_log_probs.append(m.log_prob(action))
            state, reward, done = env.step(action.item())
            policy.rewards.append(reward)
        R, returns = 0, []
        for r in policy.rewards[::-1]:
            R = r + 0.99 * R
            returns.insert(0, R)
        returns = torch.tensor(returns)
        returns = (returns - returns.mean()) / (returns.std() + eps)
        policy_loss = []
        for log_prob, R in zip(policy.saved_log_probs, returns, strict=True):
            policy_loss.append(-log_prob * R)
        optimizer.zero_grad()
        policy_loss = torch.cat(policy_loss).sum()
        policy_loss.backward()
        optimizer.step()
        losses.append(policy_loss.item())
        del policy.rewards[:]
        del policy.saved_log_probs[:]
    return losses
