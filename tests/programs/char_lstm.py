"""A character LSTM on padded and packed names, with sampled states carried along."""

import nncore as torch
import nncore.nn as nn
from nncore.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from programs.seeded import WORDS, set_weights

stoi = {c: i + 1 for i, c in enumerate(sorted(set("".join(WORDS) + ".")))}


class CharLSTM(nn.Module):
    def __init__(self, n_chars, hidden):
        super().__init__()
        self.embed = nn.Embedding(n_chars, 8, padding_idx=0)
        self.lstm = nn.LSTM(8, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, n_chars)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embed(x), lengths, batch_first=True, enforce_sorted=False)
        out, _ = self.lstm(packed)
        out, _ = pad_packed_sequence(out, batch_first=True)
        return self.fc(out)


def run():
    sequences = [torch.tensor([stoi[c] for c in word + "."]) for word in WORDS]
    lengths = torch.tensor([len(s) - 1 for s in sequences])
    x = pad_sequence([s[:-1] for s in sequences], batch_first=True)
    y = pad_sequence([s[1:] for s in sequences], batch_first=True)
    model = CharLSTM(len(stoi) + 1, 24)
    set_weights(model, torch.from_numpy)
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        logits = model(x, lengths)
        loss = criterion(logits.reshape(-1, logits.size(2)), y.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses
