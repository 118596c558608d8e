"""Record outputs and gradients of the networks of nncore.models, written here with PyTorch's functions.

python tools/record_models.py [name ...]     writes tests/data/models.json; needs torch

A network is a function of a dict of parameters, with torchvision's names where torchvision has the network.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "tests" / "data" / "models.json"

Params = dict[str, Any]


def conv(p: Params, name: str, x: Any, **options: Any) -> Any:
    return F.conv2d(x, p[f"{name}.weight"], p.get(f"{name}.bias"), **options)


def linear(p: Params, name: str, x: Any) -> Any:
    return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])


def bn(p: Params, name: str, x: Any) -> Any:
    return F.batch_norm(x, None, None, p[f"{name}.weight"], p[f"{name}.bias"], training=True)


def lecun1989(p: Params, x: Any) -> Any:
    h1 = torch.tanh(F.conv2d(F.pad(x, (2, 2, 2, 2), value=-1.0), p["h1.weight"], stride=2) + p["h1_bias"])
    h1 = F.pad(h1, (2, 2, 2, 2), value=-1.0)
    seen = [h1[:, :8], h1[:, 4:12], torch.cat([h1[:, 8:], h1[:, :4]], 1)]
    parts = [F.conv2d(part, w, stride=2) for part, w in zip(seen, p["h2.weight"].split(4), strict=True)]
    h2 = torch.tanh(torch.cat(parts, 1) + p["h2_bias"])
    return torch.tanh(linear(p, "out", torch.tanh(linear(p, "h3", h2.flatten(1)))))


# Table I of the paper, a row per map of C3: 1 where it sees the map of S2.
CONNECTIONS = """
    111000 011100 001110 000111 100011 110001
    111100 011110 001111 100111 110011 111001 110110 011011 101101
    111111
""".strip()


def squash(x: Any) -> Any:
    return 1.7159 * torch.tanh(2 * x / 3)


def subsample(p: Params, name: str, x: Any) -> Any:
    total = x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]
    return total * p[f"{name}.weight"] + p[f"{name}.bias"]


def lenet5_f6(p: Params, x: Any) -> Any:
    s2 = squash(subsample(p, "s2", squash(conv(p, "c1", x))))
    maps = []
    for part, rows in enumerate(CONNECTIONS.splitlines()):
        weight, bias = p[f"c3.{part}.conv.weight"], p[f"c3.{part}.conv.bias"]
        for i, row in enumerate(rows.split()):
            seen = [number for number, bit in enumerate(row) if bit == "1"]
            maps.append(F.conv2d(s2[:, seen], weight[i : i + 1], bias[i : i + 1]))
    s4 = squash(subsample(p, "s4", squash(torch.cat(maps, 1))))
    return squash(linear(p, "f6", squash(conv(p, "c5", s4)).flatten(1)))


def lenet5(p: Params, x: Any) -> Any:
    return linear(p, "output", lenet5_f6(p, x))


def lenet5_rbf(p: Params, x: Any) -> Any:
    return -torch.cdist(lenet5_f6(p, x), p["output.centers"]).square()


def nielsen_one(p: Params, x: Any) -> Any:
    x = F.max_pool2d(torch.sigmoid(conv(p, "layers.0", x)), 2).flatten(1)
    return linear(p, "layers.6", torch.sigmoid(linear(p, "layers.4", x)))


def nielsen_two(p: Params, x: Any) -> Any:
    for name in ("layers.0", "layers.3"):
        x = F.max_pool2d(F.relu(conv(p, name, x)), 2)
    x = x.flatten(1)
    for name in ("layers.7", "layers.9"):
        x = F.relu(linear(p, name, x))
    return linear(p, "layers.11", x)


def cudaconvnet(p: Params, x: Any) -> Any:
    x = F.relu(F.max_pool2d(conv(p, "features.0", x, padding=2), 3, 2, ceil_mode=True))
    for name in ("features.3", "features.6"):
        x = F.avg_pool2d(F.relu(conv(p, name, x, padding=2)), 3, 2, ceil_mode=True)
    return linear(p, "classifier.3", F.relu(linear(p, "classifier.1", x.flatten(1))))


def alexnet(p: Params, x: Any) -> Any:
    def norm(x: Any) -> Any:
        squares = F.pad(x.square(), (0, 0, 0, 0, 2, 2)).unfold(1, 5, 1).sum(-1)
        return x / (2 + 1e-4 * squares) ** 0.75

    x = F.max_pool2d(norm(F.relu(conv(p, "features.0", x, stride=4, padding=2))), 3, 2)
    x = F.max_pool2d(norm(F.relu(conv(p, "features.4", x, padding=2, groups=2))), 3, 2)
    x = F.relu(conv(p, "features.8", x, padding=1))
    x = F.relu(conv(p, "features.10", x, padding=1, groups=2))
    x = F.max_pool2d(F.relu(conv(p, "features.12", x, padding=1, groups=2)), 3, 2).flatten(1)
    x = F.relu(linear(p, "classifier.4", F.relu(linear(p, "classifier.1", x))))
    return linear(p, "classifier.7", x)


def vgg(stages: str, step: int) -> Callable[[Params, Any], Any]:
    """`stages`: the number of convolutions by stage; `step`: layers per convolution, 3 with batch norm."""

    def run(p: Params, x: Any) -> Any:
        layer = 0
        for count in map(int, stages):
            for _ in range(count):
                x = conv(p, f"features.{layer}", x, padding=1)
                x = F.relu(bn(p, f"features.{layer + 1}", x) if step == 3 else x)
                layer += step
            x = F.max_pool2d(x, 2)
            layer += 1
        x = F.adaptive_avg_pool2d(x, 7).flatten(1)
        x = F.relu(linear(p, "classifier.3", F.relu(linear(p, "classifier.0", x))))
        return linear(p, "classifier.6", x)

    return run


def basic_block(p: Params, name: str, x: Any, stride: int) -> Any:
    y = F.relu(bn(p, f"{name}.bn1", conv(p, f"{name}.conv1", x, stride=stride, padding=1)))
    return bn(p, f"{name}.bn2", conv(p, f"{name}.conv2", y, padding=1))


def bottleneck(p: Params, name: str, x: Any, stride: int) -> Any:
    y = F.relu(bn(p, f"{name}.bn1", conv(p, f"{name}.conv1", x)))
    y = F.relu(bn(p, f"{name}.bn2", conv(p, f"{name}.conv2", y, stride=stride, padding=1)))
    return bn(p, f"{name}.bn3", conv(p, f"{name}.conv3", y))


def resnet(block: Callable[..., Any], stages: str) -> Callable[[Params, Any], Any]:
    def run(p: Params, x: Any) -> Any:
        x = F.relu(bn(p, "bn1", conv(p, "conv1", x, stride=2, padding=3)))
        x = F.max_pool2d(x, 3, 2, 1)
        for stage, count in enumerate(map(int, stages), 1):
            for i in range(count):
                name, stride = f"layer{stage}.{i}", 2 if stage > 1 and i == 0 else 1
                y = block(p, name, x, stride)
                if f"{name}.downsample.0.weight" in p:
                    x = conv(p, f"{name}.downsample.0", x, stride=stride)
                    x = bn(p, f"{name}.downsample.1", x)
                x = F.relu(x + y)
        return linear(p, "fc", x.mean((2, 3)))

    return run


def resnet20(p: Params, x: Any) -> Any:
    x = F.relu(bn(p, "bn1", conv(p, "conv1", x, padding=1)))
    for stage in (1, 2, 3):
        for i in range(3):
            stride = 2 if stage > 1 and i == 0 else 1
            y = basic_block(p, f"layer{stage}.{i}", x, stride)
            if stride == 2:
                x = F.avg_pool2d(x, 1, 2)
                x = torch.cat([x, torch.zeros_like(x)], 1)
            x = F.relu(x + y)
    return linear(p, "fc", x.mean((2, 3)))


def mobilenet_v2(p: Params, x: Any) -> Any:
    def layer(name: str, x: Any, **options: Any) -> Any:
        return F.relu6(bn(p, f"{name}.1", conv(p, f"{name}.0", x, **options)))

    x = layer("features.0", x, stride=2, padding=1)
    strides = [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
    for number, stride in enumerate(strides, 1):
        name, y, at = f"features.{number}.conv", x, 0
        if number > 1:
            y, at = layer(f"{name}.0", y), 1
        y = layer(f"{name}.{at}", y, stride=stride, padding=1, groups=y.shape[1])
        y = bn(p, f"{name}.{at + 2}", conv(p, f"{name}.{at + 1}", y))
        x = x + y if x.shape == y.shape else y
    x = layer("features.18", x)
    return linear(p, "classifier.1", x.mean((2, 3)))


def unet(p: Params, x: Any) -> Any:
    def double(name: str, x: Any) -> Any:
        x = F.relu(conv(p, f"{name}.0", x, padding=1))
        return F.relu(conv(p, f"{name}.2", x, padding=1))

    first = double("down.0", x)
    second = double("down.1", F.max_pool2d(first, 2))
    x = double("down.2", F.max_pool2d(second, 2))
    for level, skip in enumerate((second, first)):
        up = F.conv_transpose2d(x, p[f"up.{level}.weight"], p[f"up.{level}.bias"], stride=2)
        x = double(f"join.{level}", torch.cat([skip, up], 1))
    return conv(p, "head", x)


NETWORKS: dict[str, Callable[[Params, Any], Any]] = {
    "lecun1989": lecun1989,
    "lenet5": lenet5,
    "lenet5_rbf": lenet5_rbf,
    "nielsen_one": nielsen_one,
    "nielsen_two": nielsen_two,
    "cudaconvnet": cudaconvnet,
    "alexnet": alexnet,
    "vgg11_bn": vgg("11222", 3),
    "vgg16": vgg("22333", 2),
    "resnet18": resnet(basic_block, "2222"),
    "resnet50": resnet(bottleneck, "3463"),
    "mobilenet_v2": mobilenet_v2,
    "resnet20": resnet20,
    "unet": unet,
}


def main(names: list[str]) -> None:
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python")]
    from model_cases import CASES, digest, drawn, images, waves

    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    for name in names or CASES:
        build, shape = CASES[name]
        state = build().state_dict()
        shapes = {key: tuple(value.shape) for key, value in state.items() if not is_statistic(key)}
        p = {key: torch.from_numpy(value) for key, value in drawn(shapes).items()}
        for key, value in p.items():
            value.requires_grad_(not key.endswith("centers"))
        y = NETWORKS[name](p, torch.from_numpy(images(shape)))
        (y.flatten() @ torch.from_numpy(waves(y.numel()))).backward()
        gradients = {key: digest(value.grad.numpy()) for key, value in p.items() if value.requires_grad}
        recorded[name] = {"output": digest(y.detach().numpy()), "gradients": gradients}
        print(name, *recorded[name]["output"])
    RECORDED.write_text(json.dumps({name: recorded[name] for name in CASES}, separators=(",", ":")) + "\n")


def is_statistic(key: str) -> bool:
    return key.endswith(("running_mean", "running_var", "num_batches_tracked"))


if __name__ == "__main__":
    main(sys.argv[1:])
