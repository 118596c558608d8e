"""A classifier of digits as in tutorials: a Module, a DataLoader, a training loop and a test loop."""

import nncore as torch
from nncore import nn
from nncore.utils.data import DataLoader, TensorDataset
from programs.seeded import digits, set_weights

device = "cuda" if torch.cuda.is_available() else "cpu"


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.stack = nn.Sequential(
            nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
        )

    def forward(self, x):
        return self.stack(self.flatten(x))


def train(dataloader, model, loss_fn, optimizer):
    model.train()
    for X, y in dataloader:
        X, y = X.to(device), y.to(device)
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return loss.item()


def test(dataloader, model, loss_fn):
    size, num_batches = len(dataloader.dataset), len(dataloader)
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for X, y in dataloader:
            X, y = X.to(device), y.to(device)
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    return [test_loss / num_batches, correct / size]


def run():
    X, y = digits(600)
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    training = DataLoader(TensorDataset(X[:500], y[:500]), batch_size=64)
    testing = DataLoader(TensorDataset(X[500:], y[500:]), batch_size=64)
    model = NeuralNetwork().to(device)
    set_weights(model, torch.from_numpy)
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-1)
    results = []
    for t in range(5):
        results.append(train(training, model, loss_fn, optimizer))
        results += test(testing, model, loss_fn)
    return results
