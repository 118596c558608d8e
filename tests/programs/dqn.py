"""Deep Q-learning with a replay memory and a target network that follows softly (Mnih et al. 2015)."""

import random
from collections import deque, namedtuple

import nncore as torch
import nncore.nn as nn
import nncore.nn.functional as F
import nncore.optim as optim
import numpy as np
from programs.seeded import CartPole, set_weights

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
BATCH_SIZE, GAMMA, TAU = 32, 0.99, 0.05


class ReplayMemory:
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super().__init__()
        self.layer1 = nn.Linear(n_observations, 32)
        self.layer2 = nn.Linear(32, 32)
        self.layer3 = nn.Linear(32, n_actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        x = F.relu(self.layer2(x))
        return self.layer3(x)


def optimize_model(memory, policy_net, target_net, optimizer):
    batch = Transition(*zip(*memory.sample(BATCH_SIZE), strict=True))
    non_final_mask = torch.tensor(
        tuple(map(lambda s: s is not None, batch.next_state)), device=device, dtype=torch.bool
    )
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch, reward_batch = map(torch.cat, (batch.state, batch.action, batch.reward))
    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(BATCH_SIZE, device=device)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
    expected = (next_state_values * GAMMA) + reward_batch
    loss = nn.SmoothL1Loss()(state_action_values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss.item()


def run():
    random.seed(0)
    rng = np.random.default_rng(0)
    env, memory = CartPole(0), ReplayMemory(1000)
    policy_net, target_net = DQN(4, 2).to(device), DQN(4, 2).to(device)
    set_weights(policy_net, torch.from_numpy)
    target_net.load_state_dict(policy_net.state_dict())
    optimizer = optim.AdamW(policy_net.parameters(), lr=1e-3, amsgrad=True)
    losses = []
    for _ in range(6):
        state = torch.tensor(env.reset(), dtype=torch.float32, device=device).unsqueeze(0)
        done = False
        while not done:
            action = torch.tensor([[int(rng.integers(2))]], device=device, dtype=torch.long)
            observation, reward, done = env.step(action.item())
            next_state = (
                None if done else torch.tensor(observation, dtype=torch.float32, device=device).unsqueeze(0)
            )
            memory.push(state, action, next_state, torch.tensor([reward], device=device))
            state = next_state
            if len(memory) >= BATCH_SIZE:
                losses.append(optimize_model(memory, policy_net, target_net, optimizer))
            target, policy = target_net.state_dict(), policy_net.state_dict()
            for key in policy:
                target[key] = policy[key] * TAU + target[key] * (1 - TAU)
            target_net.load_state_dict(target)
    return losses[::5]
