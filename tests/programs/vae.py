"""A variational autoencoder of digits (Kingma and Welling 2014); the noise comes from NumPy."""

import nncore as torch
import numpy as np
from nncore import nn, optim
from nncore.nn import functional as F
from programs.seeded import digits, set_weights

noise = np.random.default_rng(0)


class VAE(nn.Module):
    def __init__(self):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(64, 40)
        self.fc21 = nn.Linear(40, 4)
        self.fc22 = nn.Linear(40, 4)
        self.fc3 = nn.Linear(4, 40)
        self.fc4 = nn.Linear(40, 64)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.from_numpy(noise.standard_normal(std.shape).astype(np.float32))
        return mu + eps * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 64))
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 64), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


def run():
    global noise
    noise = np.random.default_rng(0)
    data = torch.from_numpy(digits(512)[0])
    model = VAE()
    set_weights(model, torch.from_numpy)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(3):
        train_loss = 0
        for i in range(0, len(data), 64):
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data[i : i + 64])
            loss = loss_function(recon_batch, data[i : i + 64], mu, logvar)
            loss.backward()
            train_loss += loss.item()
            optimizer.step()
        losses.append(train_loss / len(data))
    return losses
