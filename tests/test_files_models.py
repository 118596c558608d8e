"""`Module.save` and `nncore.load_model`: architectures as data."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import models, nn


def lazy() -> nn.Module:
    model = nn.Sequential(
        nn.LazyConv2d(4, 3, padding=1), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2)
    )
    model(nncore.ones(2, 3, 4, 4))
    return model


def shared_activation() -> nn.Module:
    relu = nn.ReLU()
    return nn.Sequential(nn.Linear(3, 3), relu, nn.Linear(3, 3), relu)


INT: Any = np.int64
MODELS: dict[str, Callable[[], nn.Module]] = {
    "mlp": lambda: nn.Sequential(nn.Linear(3, 4), nn.GELU("tanh"), nn.Dropout(p=0.25), nn.Linear(4, 2)),
    "named": lambda: nn.Sequential({"first": nn.Linear(3, 4, bias=False), "second": nn.LeakyReLU(0.2)}),
    "nested": lambda: nn.Sequential(nn.Sequential(nn.Linear(3, 4)), nn.Sequential(), nn.BatchNorm1d(4)),
    "double": lambda: nn.Sequential(nn.Linear(3, 4, dtype=nncore.float64), nn.LayerNorm(4).double()),
    "convolutions": lambda: nn.Sequential(nn.Conv2d(3, 4, (3, 1), padding="same"), nn.MaxPool2d(2)),
    "NumPy numbers": lambda: nn.Sequential(nn.Linear(INT(3), INT(4)), nn.Softmax(dim=INT(1))),
    "lazy": lazy,
    "shared activation": shared_activation,
    "embedding": lambda: nn.Sequential(nn.Embedding(9, 4, padding_idx=0), nn.LSTM(4, 3, batch_first=True)),
    "one layer": lambda: nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True),
    **{name: getattr(models, name) for name in ("LeNet5", "CudaConvNet", "LeCun1989", "resnet20")},
    "rbf": lambda: models.LeNet5(output="rbf"),
    "Nielsen": lambda: models.NielsenNet(1, hidden=[30, 20], activation=nn.Tanh, dropout=0.5),
    "ResNet": lambda: models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=3),
    "MobileNetV2": lambda: models.mobilenet_v2(num_classes=5, width_mult=0.25),
    "UNet": lambda: models.UNet(width=4),
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_models_come_back(tmp_path: Path, make: Callable[[], nn.Module]) -> None:
    model, path = make(), tmp_path / "model.nnz"
    state = nncore.get_rng_state().tolist()
    model.save(path)
    found = nncore.load_model(path)
    assert nncore.get_rng_state().tolist() == state
    assert repr(found) == repr(model)
    assert found.training
    before, after = model.state_dict(), found.state_dict()
    assert list(before) == list(after)
    for name, value in before.items():
        assert after[name].dtype == value.dtype
        np.testing.assert_array_equal(after[name].numpy(), value.numpy())
    assert [p.requires_grad for p in found.parameters()] == [True] * len(list(model.parameters()))
    found.save(tmp_path / "again.nnz")
    assert path.read_bytes() == (tmp_path / "again.nnz").read_bytes()


def test_a_loaded_model_trains_and_predicts(tmp_path: Path) -> None:
    model = MODELS["mlp"]().eval()
    model.save(tmp_path / "model.nnz")
    found, x = nncore.load_model(tmp_path / "model.nnz").eval(), nncore.randn(5, 3)
    assert found(x).tolist() == model(x).tolist()
    nncore.train.fit(found.train(), x, nncore.zeros(5, 2), epochs=1, progress=False)
    assert found.eval()(x).tolist() != model(x).tolist()


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)


class Wider(nn.Linear):
    pass


def changed(change: Callable[[Any], object], name: str = "mlp") -> nn.Module:
    model = MODELS[name]()
    change(model)
    return model


def tied() -> nn.Module:
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.ReLU(), layer)


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "own class": (
        Net,
        "Net.save: the model (Net) is not of a class of nncore; save its state dict, "
        "nncore.save(model.state_dict(), path), and load it into a model that your program makes",
    ),
    "own layer": (
        lambda: nn.Sequential(nn.Sequential(Wider(2, 2))),
        "0.0 (Wider) is not of a class of nncore",
    ),
    "tensor": (
        lambda: nn.Sequential(nn.Embedding.from_pretrained(nncore.ones(3, 2))),
        "0 (Embedding) was made with tensors",
    ),
    "modules": (
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2),
        "was made with tensors, mod",
    ),
    "own activation": (
        lambda: models.NielsenNet(activation=type("Mine", (nn.Module,), {"forward": lambda self, x: x})),
        "NielsenNet.save: an argument is the class Mine, which is not a class of nncore",
    ),
    "replaced layer": (
        lambda: changed(lambda m: setattr(m, "output", nn.Linear(84, 3)), "LeNet5"),
        "LeNet5.save: output was changed after it was made",
    ),
    "other setting": (lambda: changed(lambda m: setattr(m[2], "p", 0.5)), "save: 2 was changed after"),
    "other shape": (
        lambda: changed(lambda m: setattr(m[0], "weight", nn.Parameter(nncore.ones(4, 5)))),
        "0.weight was changed after the model was made",
    ),
    "added layer": (
        lambda: changed(lambda m: m.add_module("more", nn.ReLU()), "LeNet5"),
        "the model was changed after it",
    ),
    "parametrized": (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))),
        "Sequential.save: 0",
    ),
    "tied": (tied, "Sequential.save: two of its layers share a parameter"),
}


@pytest.mark.parametrize(("make", "text"), REFUSED.values(), ids=REFUSED)
def test_what_save_refuses(tmp_path: Path, make: Callable[[], nn.Module], text: str) -> None:
    with pytest.raises(TypeError, match=re.escape(text)):
        make().save(tmp_path / "model.nnz")
    assert not any(tmp_path.iterdir())


def test_other_endings_are_refused() -> None:
    for use in (nn.Linear(2, 1).save, nncore.load_model):
        with pytest.raises(ValueError, match=r"'m.pt' must end with .nnz, which chooses the format"):
            use("m.pt")


def linear(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"class": "Linear", "args": args, "kwargs": {"dict": kwargs}}


STATE = {"weight": nncore.ones(2, 3), "bias": nncore.zeros(2)}
GOOD = {"kind": "nncore model", "model": linear(3, 2), "state_dict": STATE}
BAD: dict[str, tuple[Any, str]] = {
    "no model": ({"weight": nncore.ones(2)}, "contains no model; expected a file written by Module.save"),
    "a list": ([1], "contains no model"),
    "unknown class": ({**GOOD, "model": {"class": "Evil"}}, "'Evil' is not the name of a class of nncore"),
    "a function": ({**GOOD, "model": {"class": "os.system", "args": ("ls",)}}, "'os.system' is not the"),
    "base class": ({**GOOD, "model": {"class": "Module"}}, "'Module' is not the name of a class"),
    "a number": ({**GOOD, "model": {"class": 3}}, "3 is not the name of a class"),
    "no class": ({**GOOD, "model": {}}, "the parts of this model do not fit: 'class'"),
    "no arguments": ({**GOOD, "model": {"class": "Linear"}}, "'args'"),
    "wrong arguments": ({**GOOD, "model": linear(3)}, "missing 1 required positional argument"),
    "unknown keyword": ({**GOOD, "model": linear(3, 2, colour=1)}, "unexpected keyword argument"),
    "text": ({**GOOD, "model": linear("a", 2)}, "do not fit"),
    "unknown dtype": ({**GOOD, "model": linear(3, 2, dtype={"dtype": "f9"})}, "f9"),
    "children": ({**GOOD, "model": {"class": "Sequential", "children": 5}}, "do not fit"),
    "children of a layer": ({**GOOD, "model": {"class": "Linear", "children": {}}}, "do not fit"),
    "huge": ({**GOOD, "model": linear(10**9, 10**9)}, "do not fit"),
    "other shapes": ({**GOOD, "model": linear(4, 2)}, "size mismatch for weight"),
    "missing values": ({**GOOD, "state_dict": {}}, "Missing key"),
    "values of another type": ({**GOOD, "state_dict": {"weight": 1, "bias": 2}}, "do not fit"),
}


@pytest.mark.parametrize(("contents", "text"), BAD.values(), ids=BAD)
def test_bad_files(tmp_path: Path, contents: Any, text: str) -> None:
    path = tmp_path / "model.nnz"
    nncore.save(contents, path)
    with pytest.raises(nncore.CheckpointError, match=re.escape(text)) as caught:
        nncore.load_model(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "model.nnz").write_bytes(b"junk")
    with pytest.raises(nncore.CheckpointError, match="not a file written by nncore.save"):
        nncore.load_model(tmp_path / "model.nnz")
    with pytest.raises(FileNotFoundError):
        nncore.load_model(tmp_path / "missing.nnz")


def test_arguments_keep_no_tensor_and_no_module_alive() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    replaced = weakref.ref(model[0])
    model[0] = nn.Linear(2, 3)
    gc.collect()
    assert replaced() is None


def test_copies_can_be_saved(tmp_path: Path) -> None:
    for model in (copy.deepcopy(MODELS["mlp"]()), pickle.loads(pickle.dumps(MODELS["mlp"]()))):
        model.save(tmp_path / "model.nnz")
