"""Transfer: a trained body is frozen, and a new head is trained on it."""

import nncore as torch
import nncore.nn as nn
import nncore.optim as optim
from nncore.optim import lr_scheduler
from programs.seeded import digits, set_weights


def run():
    images, labels = digits(400)
    images, labels = torch.tensor(images).flatten(1), torch.tensor(labels)
    model = nn.Sequential()
    model.add_module("body", nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU()))
    model.add_module("fc", nn.Linear(16, 10))
    set_weights(model, torch.from_numpy)
    results = []
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(10):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images[:200]), labels[:200])
        loss.backward()
        optimizer.step()
        results.append(loss.item())
    for param in model.body.parameters():
        param.requires_grad = False
    num_ftrs = model.fc.in_features
    model.fc = nn.Linear(num_ftrs, 2)
    set_weights(model.fc, torch.from_numpy, 1)
    nn.init.zeros_(model.fc.bias)
    odd = labels % 2
    optimizer = optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.05, momentum=0.9)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    for _ in range(20):
        with torch.set_grad_enabled(True):
            outputs = model(images)
            _, preds = torch.max(outputs, 1)
            loss = nn.CrossEntropyLoss()(outputs, odd)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        results += [loss.item() * images.size(0), (torch.sum(preds == odd.data).double() / len(odd)).item()]
    return results
