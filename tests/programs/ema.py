"""A model beside an exponential moving average of its weights, which is evaluated and saved."""

import copy
import io

import nncore as torch
import nncore.nn as nn
from programs.seeded import moons, set_weights


class EMA:
    def __init__(self, model, decay):
        self.module, self.decay = copy.deepcopy(model), decay
        self.module.eval()
        for p in self.module.parameters():
            p.requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        for ema_v, model_v in zip(
            self.module.state_dict().values(), model.state_dict().values(), strict=True
        ):
            if ema_v.dtype.is_floating_point:
                ema_v.copy_(self.decay * ema_v + (1.0 - self.decay) * model_v)
        for ema_p, p in zip(self.module.parameters(), model.parameters(), strict=True):
            ema_p.data.mul_(0.99).add_(p.data, alpha=0.01)


def run():
    x, y = moons(128, 5)
    x, y = torch.as_tensor(x), torch.as_tensor((y > 0).astype("float32"))
    model = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 1))
    set_weights(model, torch.from_numpy)
    ema = EMA(model, decay=0.9)
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9, nesterov=True)
    results = []
    for _ in range(20):
        loss = criterion(model(x).squeeze(-1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ema.update(model)
        with torch.inference_mode():
            results += [loss.item(), criterion(ema.module(x).squeeze(-1), y).item()]
    buffer = io.BytesIO()
    torch.save(ema.module.state_dict(), buffer)
    buffer.seek(0)
    model.load_state_dict(torch.load(buffer))
    model.eval()
    return [*results, criterion(model(x).squeeze(-1), y).item()]
