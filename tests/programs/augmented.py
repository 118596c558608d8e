"""A data set that flips each sample at random in worker processes, and a custom collate function."""

import nncore as torch
import nncore.nn as nn
import numpy as np
from nncore.utils.data import DataLoader, Dataset
from programs.seeded import digits, set_weights


class Flipped(Dataset):
    def __init__(self, images, labels, transform=None):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        sample = {"image": self.images[idx], "label": int(self.labels[idx]), "index": idx}
        return self.transform(sample) if self.transform else sample


class RandomFlip:
    def __call__(self, sample):
        if np.random.default_rng(sample["index"]).random() < 0.5:
            sample["image"] = sample["image"][:, :, ::-1].copy()
        return sample


class ToTensor:
    def __call__(self, sample):
        return {"image": torch.from_numpy(sample["image"]), "label": sample["label"]}


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, sample):
        for t in self.transforms:
            sample = t(sample)
        return sample


def run():
    dataset = Flipped(*digits(320), transform=Compose([RandomFlip(), ToTensor()]))
    loader = DataLoader(dataset, batch_size=32, shuffle=False, num_workers=2, drop_last=True)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    set_weights(model, torch.from_numpy)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()
    losses = []
    for _ in range(2):
        for i_batch, sample_batched in enumerate(loader):
            optimizer.zero_grad()
            loss = criterion(model(sample_batched["image"]), sample_batched["label"])
            loss.backward()
            optimizer.step()
            losses.append(loss.item() + i_batch * 0)
    return losses
