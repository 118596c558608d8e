"""PyTorch's .pt files: files that PyTorch 2.15 wrote are read, and ours have its format.

`data/pytorch` has the files; the elements of their tensors are 0, 0.25, 0.5, ...
"""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore
from nncore import nn, optim
from nncore.cli import main
from nncore.train import Checkpoint, fit, resume

FOLDER = Path(__file__).parent / "data" / "pytorch"
DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
ALL = [*DTYPES, "uint16"]


def quarters(*shape: int) -> Any:
    return (np.arange(np.prod(shape, dtype=int), dtype=np.float32) / 4).reshape(shape)


def test_dtypes() -> None:
    found = nncore.load(FOLDER / "dtypes.pt")
    assert list(found) == DTYPES
    for name, tensor in found.items():
        expected = quarters(2, 3) > 0.6 if name == "bool" else quarters(2, 3).astype(name.removeprefix("b"))
        assert str(tensor.dtype) == f"nncore.{name}"
        values = tensor.float() if name == "bfloat16" else tensor
        np.testing.assert_array_equal(values.numpy(), expected)


def test_views_of_one_storage() -> None:
    found, base = nncore.load(FOLDER / "views.pt"), quarters(12)
    expected = {
        "base": base,
        "rows": base.reshape(3, 4),
        "tail": base[4:],
        "middle": base[4:8],
        "every second": base[::2],
        "transposed": base.reshape(3, 4).T,
        "expanded": np.broadcast_to(base[:3], (4, 3)),
        "scalar": base[5],
        "empty": base[:0].reshape(0, 3),
    }
    assert list(found) == list(expected)
    for name, tensor in found.items():
        np.testing.assert_array_equal(tensor.numpy(), expected[name], strict=True)
    places = {name: tensor.numpy().ctypes.data for name, tensor in found.items()}
    starts = {"base": 0, "rows": 0, "tail": 16, "middle": 16, "scalar": 20}
    assert {name: places[name] - places["base"] for name in starts} == starts


def test_values() -> None:
    found = nncore.load(FOLDER / "values.pt", map_location=nncore.device("cpu"), weights_only=True)
    assert type(found) is OrderedDict
    assert (found["none"], found["flags"], found["text"], found["sets"]) == (
        None,
        (True, False),
        "ä\0\n",
        {1, 2},
    )
    assert found["ints"] == [0, -1, 255, 256, 65536, 2**31, -(2**31), 2**70]
    assert repr(found["floats"]) == "[0.1, -0.0, inf, nan]"
    assert found["nested"] == {"a": [(1, 2), (), [], {}], 7: {1.5: "x", None: "y", (1, "z"): 3}}
    assert (found["dtype"], found["device"], found["size"]) == (nncore.float32, nncore.device("cpu"), (2, 3))
    assert found["tied"][0] is found["tied"][1]
    weight, bias, leaf = found["weight"], found["bias"], found["leaf"]
    assert [type(t) for t in (weight, bias, leaf)] == [nn.Parameter, nn.Parameter, nncore.Tensor]
    assert [t.requires_grad for t in (weight, bias, leaf)] == [True, False, True]
    assert (weight.tolist(), bias.tolist()) == ([[0, 0.25], [0.5, 0.75]], [1.5, 1.5])


def test_the_state_of_a_model() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    assert not any(model.load_state_dict(nncore.load(FOLDER / "mlp.pt")))
    assert model[0].weight.tolist() == (quarters(4, 3) / 8 - 0.25).tolist()
    assert model[1].running_var.tolist() == [1, 1, 1, 1]


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def train(model: nn.Module, adam: optim.Optimizer) -> float:
    adam.zero_grad()
    loss = nncore.square(model(nncore.tensor(quarters(5, 3) - 1.5))).mean()
    loss.backward()
    adam.step()
    return loss.item()  # type: ignore[no-any-return]


@pytest.mark.parametrize("again", [False, True], ids=["as stored", "saved by nncore"])
def test_training_goes_on(tmp_path: Path, again: bool) -> None:
    state = nncore.load(FOLDER / "training.pth")
    if again:
        nncore.save(state, tmp_path / "training.pth")
        state = nncore.load(tmp_path / "training.pth")
    assert state["scheduler"]["milestones"] == Counter({1: 1, 3: 2})
    assert type(state["scheduler"]["milestones"]) is Counter
    model = network()
    model.load_state_dict(state["model"])
    adam = optim.Adam(model.parameters())
    adam.load_state_dict(state["optimizer"])
    assert adam.param_groups[0]["lr"] == 0.125
    expected = [0.018322302028536797, 0.006109253503382206, 0.009808680042624474]  # PyTorch's
    assert [train(model, adam) for _ in expected] == pytest.approx(expected, rel=1e-5)


TRAINED = network()
ADAM = optim.Adam(TRAINED.parameters(), lr=0.01)
with nncore.enable_grad():
    train(TRAINED, ADAM)
SCHEDULER = optim.lr_scheduler.StepLR(ADAM, 2)
SHARED = nncore.tensor(quarters(300))
VALUES: dict[str, Any] = {
    "scalars": [
        None,
        True,
        False,
        0,
        -1,
        255,
        2**31,
        -(2**31) - 1,
        2**70,
        1.5,
        -0.0,
        5e-324,
        float("-inf"),
        "ä\0\n",
    ],
    "NumPy's scalars": [np.float32(1.5), np.int16(3), np.bool_(True)],
    "nesting": {"a": [(1, 2), (), [], {}, set()], "b": OrderedDict(c={"d": (None,)})},
    "keys": {0: "a", "0": "b", -3.5: 1, True: 2, None: 3, (1, "x"): 4},
    "sets": [{1, "b", (2, None)}, Counter("abca")],
    "devices": [nncore.device("cpu"), nncore.device("cuda:1")],
    "dtypes": [getattr(nncore, name) for name in ALL],
    "tensors": {name: nncore.tensor(quarters(2, 1, 3) > 0.6).to(getattr(nncore, name)) for name in ALL},
    "shapes": [nncore.zeros(*shape) for shape in [(), (0,), (3,), (2, 0, 4), (2, 3, 4)]],
    "gradients": [
        nn.Parameter(nncore.ones(2)),
        nn.Parameter(nncore.ones(2), False),
        SHARED[:2].requires_grad_(),
    ],
    "shared": [SHARED, SHARED.reshape(3, 100), SHARED, SHARED.detach()],
    "model": TRAINED.state_dict(),
    "optimizer": ADAM.state_dict(),
    "scheduler": SCHEDULER.state_dict(),
    "long": ["x" * 300, list(range(300)), [nncore.ones(1) for _ in range(300)]],
}


def same(a: Any, b: Any) -> bool:
    """Whether two values, of nncore or PyTorch, are equal in structure and elements."""
    if hasattr(a, "requires_grad"):
        attributes = ("requires_grad", "shape")
        if any(getattr(a, name) != getattr(b, name) for name in attributes):
            return False
        x, y = ((t.float() if "bfloat16" in str(t.dtype) else t).detach().numpy() for t in (a, b))
        return (type(a).__name__, x.dtype, x.tobytes()) == (type(b).__name__, y.dtype, y.tobytes())
    if isinstance(a, dict):
        kinds = isinstance(b, (Counter, OrderedDict)) == isinstance(a, (Counter, OrderedDict))
        return kinds and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, set):
        return bool(a == b)
    if isinstance(a, np.generic):
        return bool(a.item() == b) and type(a.item()) is type(b)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return repr(a).split(".")[-1] == repr(b).split(".")[-1]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_round_trip(tmp_path: Path, value: Any) -> None:
    stream = io.BytesIO()
    for f in (tmp_path / "a.pt", str(tmp_path / "b.PTH"), tmp_path / "c.pth.tar", stream):
        nncore.save(value, f)
    stream.seek(0)
    for f in (tmp_path / "a.pt", str(tmp_path / "b.PTH"), tmp_path / "c.pth.tar", stream):
        assert same(value, nncore.load(f, weights_only=False))
    assert (tmp_path / "a.pt").read_bytes() == stream.getvalue(), "equal values give equal bytes"


def test_shared_memory_is_written_once_and_shared_again(tmp_path: Path) -> None:
    nncore.save(VALUES["shared"], tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as archive:
        assert [name for name in archive.namelist() if "/data/" in name] == ["archive/data/0"]
    found = nncore.load(tmp_path / "a.pt")
    assert found[0] is found[2]
    assert found[0] is not found[3]
    assert len({tensor.numpy().ctypes.data for tensor in found}) == 1


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_pytorch_reads_our_files(tmp_path: Path, value: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch = pytest.importorskip("torch")
    nncore.save(value, tmp_path / "a.pt")
    for f in (tmp_path / "a.pt", io.BytesIO((tmp_path / "a.pt").read_bytes())):
        assert same(value, torch.load(f, weights_only=True))


def test_the_contents_decide_when_loading(tmp_path: Path) -> None:
    value = {"a": [1, (2.5, None)]}
    for ending, pytorch in {".nnz": False, ".NNZ": False, ".pt": True, ".pth.tar": True}.items():
        nncore.save(value, tmp_path / f"state{ending}")
        with zipfile.ZipFile(tmp_path / f"state{ending}") as archive:
            assert ("manifest.json" in archive.namelist()) != pytorch
        for other in ("x.nnz", "x.npz", "x.pth", "x.safetensors"):
            (tmp_path / other).write_bytes((tmp_path / f"state{ending}").read_bytes())
            assert nncore.load(tmp_path / other) == value
        with open((tmp_path / other).rename(tmp_path / "x.ckpt"), "rb") as file:
            assert nncore.load(file) == value


def test_several_values_in_one_open_file(tmp_path: Path) -> None:
    with open(tmp_path / "a.pt", "wb") as file:
        nncore.save([nncore.ones(2)], file)
        nncore.save("last", file)
    assert nncore.load(tmp_path / "a.pt") == "last"


class Module(nn.Module):
    pass


looped: list[Any] = []
looped.append(looped)
UNSAVABLE: dict[str, tuple[Any, str]] = {
    "array": ({"w": np.ones(2)}, r"obj\['w'\] is a numpy.ndarray; .* nncore.tensor\(\) makes a tensor"),
    "module": ([Module()], r"obj\[0\] is a .*Module; .*save its state_dict\(\)"),
    "bytes": (b"x", "obj is a builtins.bytes"),
    "key": ({"a": {((1,),): 1}}, r"obj\['a'\] has the key \(\(1,\),\); expected strings, numbers or tuples"),
    "item": ({frozenset()}, "has the item frozenset"),
    "contains itself": (looped, "nested more than 100 deep, or contains itself"),
    "large int": ([2**3000], r"obj\[0\] is an int of 3001 bits; expected at most 2039"),
}


@pytest.mark.parametrize(("value", "text"), UNSAVABLE.values(), ids=UNSAVABLE)
def test_what_cannot_be_saved(tmp_path: Path, value: Any, text: str) -> None:
    nncore.save(1, tmp_path / "a.pt")
    stream = io.BytesIO()
    for f in (tmp_path / "a.pt", stream):
        with pytest.raises(TypeError, match=f"^save: {text}|^save: .*{text}"):
            nncore.save(value, f)
    assert nncore.load(tmp_path / "a.pt") == 1, "the old file is untouched"
    assert os.listdir(tmp_path) == ["a.pt"], "and no temporary one is left"
    assert not stream.getvalue()


def test_checkpoints_of_training_have_either_format(tmp_path: Path) -> None:
    x, y = nncore.tensor(quarters(8, 3)), nncore.tensor([0, 1] * 4)
    for name in ("run.pt", "run.nnz"):
        model = network()
        adam = optim.Adam(model.parameters())
        kept = Checkpoint(tmp_path / name)
        fit(model, x, y, optimizer=adam, epochs=2, progress=False, callbacks=[kept])
        other = network()
        assert resume(tmp_path / name, other, optim.Adam(other.parameters())) == 2
        assert same(model.state_dict(), other.state_dict())
    with pytest.raises(ValueError, match=r"^Checkpoint: 'run.npz' must end with .nnz, .pt or .pth, which"):
        Checkpoint("run.npz")


def test_the_command_line_writes_its_own_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--output", "model.pt", "--no-progress"]) == 1
    assert "--output: 'model.pt' must end with .nnz, which chooses" in capsys.readouterr().err


def test_misuse_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    nncore.save(1, path)
    with pytest.raises(ValueError, match="load: map_location is 'cuda:0'; expected 'cpu', the only device"):
        nncore.load(path, map_location="cuda:0")
    with pytest.raises(
        TypeError, match="load: map_location is a int; expected a device, a dict or a function"
    ):
        nncore.load(path, map_location=3)
    with pytest.raises(TypeError, match="load: weights_only is a str; expected a bool"):
        nncore.load(path, weights_only="yes")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="save: f is a file in text mode; expected a path or"):
        nncore.save(1, io.StringIO())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="load: f is a int; expected a path"):
        nncore.load(5)  # type: ignore[arg-type]
    with pytest.raises(nncore.CheckpointError, match=r"BytesIO: the file is empty, or .* call seek\(0\)"):
        nncore.load(io.BytesIO())
