"""A backend with memory of its own and 26 kernels runs every op and trains models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

import nncore
from nncore import Tensor, _core, nn, optim
from nncore.nn import functional as F
from op_case import Case
from op_tables import CASES, run
from reference_backend import compile_library, load_reference

# Ops without a composition, by first word of their rows, and the kernel that they need
MISSING = {"ctc_loss": "ctc_fwd"}


@pytest.fixture(scope="session")
def device(tmp_path_factory: pytest.TempPathFactory) -> str:
    return load_reference(tmp_path_factory.getbasetemp() / "reference.so")


@contextmanager
def tensors_on(device: str) -> Iterator[None]:
    """nncore.tensor() makes tensors on the device."""
    make = nncore.tensor

    def tensor(*args: Any, **options: Any) -> Tensor:
        made = make(*args, **options)
        return made.detach().to(device).requires_grad_(made.requires_grad)

    with mock.patch.object(nncore, "tensor", tensor):
        yield


def test_few_ops_are_missing() -> None:
    assert len(MISSING) <= 10
    assert set(MISSING) <= {case.name.split()[0] for case in CASES}


def is_missing(case: Case) -> bool:
    return case.name.split()[0] in MISSING


@pytest.mark.parametrize("case", [case for case in CASES if not is_missing(case)], ids=str)
def test_op(case: Case, device: str, thorough: bool) -> None:
    """Values agree with NumPy's and gradients with the CPU's, within the tolerance of the row."""
    for i, shape in enumerate(case.shapes):
        arrays = case.make(np.random.default_rng(0), shape)
        truth = np.asarray(case.truth(*arrays), dtype=np.float64)
        size = np.maximum(np.abs(truth), np.asarray(case.size(*arrays)) if case.size else 0.0)
        for dtype in (np.float32, np.float64)[:: 1 if thorough or i == 0 else 2]:
            _, expected = run(case, arrays, dtype)
            with tensors_on(device):
                y, gradients = run(case, arrays, dtype)
            eps, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
            bound = (case.ulp + (4 if dtype == np.float64 else 0)) * eps * size
            np.testing.assert_array_less(np.abs(y - truth), bound + tiny)
            for found, exact in zip(gradients, expected, strict=True):
                largest = max(1.0, float(np.abs(exact).max(initial=0)))
                np.testing.assert_allclose(found, exact, rtol=0, atol=512 * eps * largest)


@pytest.mark.parametrize("case", [case for case in CASES if is_missing(case)], ids=str)
def test_a_missing_op_names_its_kernel(case: Case, device: str) -> None:
    arrays = case.make(np.random.default_rng(0), case.shapes[0])
    kernel = MISSING[case.name.split()[0]]
    with (
        tensors_on(device),
        pytest.raises(NotImplementedError, match=f"'reference' has no kernel {kernel}; .*'cpu'"),
    ):
        run(case, arrays, np.float32)


class LSTM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 6, batch_first=True)
        self.out = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.lstm(x)
        last: Tensor = self.out(y[:, -1])
        return last


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        self.out = nn.Linear(8, 3)
        self.into = nn.Linear(5, 8)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.out(self.layer(self.into(x)).mean(1))
        return logits


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "MLP": (
        lambda: nn.Sequential(
            nn.Linear(5, 16), nn.GELU(), nn.BatchNorm1d(16), nn.Dropout(0.2), nn.Linear(16, 3)
        ),
        (12, 5),
    ),
    "LSTM": (LSTM, (12, 4, 5)),
    "transformer": (Transformer, (12, 4, 5)),
}
OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01),
}


def losses(model_name: str, optimizer_name: str, device: str, compiled: bool) -> list[float]:
    nncore.manual_seed(4)
    make, shape = MODELS[model_name]
    model = make().to(device)
    optimizer = OPTIMIZERS[optimizer_name](model.parameters())

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    call: Any = nncore.compile(step) if compiled else step
    rng = np.random.default_rng(1)
    found = []
    for _ in range(10):
        x = nncore.tensor(rng.normal(size=shape).astype(np.float32)).to(device)
        y = nncore.tensor(rng.integers(0, 3, shape[0])).to(device)
        found.append(call(x, y).item())
    assert not compiled or call.replays > 0
    return found


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("model", MODELS)
def test_training_gives_the_losses_of_the_cpu(
    model: str, optimizer: str, compiled: bool, device: str
) -> None:
    expected = losses(model, optimizer, "cpu", False)
    assert len(set(expected)) == len(expected)  # or equality would mean little
    np.testing.assert_allclose(losses(model, optimizer, device, compiled), expected, rtol=1e-4)


def test_random_numbers_are_those_of_the_cpu(device: str) -> None:
    def draws(on: str) -> list[Any]:
        nncore.manual_seed(9)
        x = nncore.zeros(7, 3).to(on)
        drawn = [nncore.rand_like(x), F.dropout(x + 1, 0.3), nncore.poisson(x + 40)]
        drawn += [init(x).clone() for init in (nn.init.normal_, nn.init.uniform_)]
        return [t.to("cpu").numpy().tobytes() for t in drawn]

    assert draws(device) == draws("cpu")


def test_states_travel_between_devices(device: str) -> None:
    def trained(on: str) -> tuple[nn.Module, Any]:
        nncore.manual_seed(2)
        model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)).to(on)
        optimizer = optim.Adam(model.parameters())
        model(nncore.ones(2, 3).to(on)).sum().backward()
        optimizer.step()
        return model, optimizer

    (here, one), (there, other) = trained("cpu"), trained(device)
    for source, target in ((here, there), (there, here), (one, other), (other, one)):
        target.load_state_dict(source.state_dict())
    assert {p.device for p in there.parameters()} == {device}
    for model, optimizer in ((here, one), (there, other)):
        model(nncore.ones(2, 3).to(next(model.parameters()).device)).sum().backward()
        optimizer.step()
    for a, b in zip(here.parameters(), there.parameters(), strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().to("cpu").numpy(), rtol=1e-5)
    assert there.to("cpu")[0].weight.device == "cpu"  # type: ignore[index]


def test_values_are_read_through_a_copy(device: str) -> None:
    x = nncore.tensor([[1.0, 2.0], [3.0, 4.5]]).to(device)
    assert x.device == device
    assert x.to("cpu").device == "cpu"
    assert x.tolist() == [[1.0, 2.0], [3.0, 4.5]]
    assert x[1, 1].item() == float(x[1, 1]) == 4.5
    assert "4.5" in repr(x)
    assert device in repr(x)
    assert bool(x.sum() > 3)


READS: dict[str, Callable[[Any], Any]] = {
    "numpy": lambda x: x.numpy(),
    "asarray": np.asarray,
    "memoryview": lambda x: memoryview(x),
    "dlpack": np.from_dlpack,
}


@pytest.mark.parametrize("read", READS)
def test_memory_of_a_device_is_not_an_array(read: str, device: str) -> None:
    x = nncore.ones(3).to(device)
    with pytest.raises((TypeError, BufferError)) as error:
        READS[read](x)
    text = str(error.value.__cause__ or error.value)
    assert "'reference'" in text
    assert ".to('cpu')" in text


def test_devices_do_not_mix(device: str) -> None:
    x = nncore.ones(3)
    with pytest.raises(ValueError, match=r"'cpu' and another on 'reference'; .*\.to\("):
        x + x.to(device)
    with pytest.raises(ValueError, match=r"'reference' and another on 'cpu'; .*\.to\("):
        F.linear(x.to(device), nncore.ones(2, 3))


def test_an_unknown_device_lists_those_there_are(device: str) -> None:
    with pytest.raises(ValueError, match=f"'tpu' does not start with .*; the devices are 'cpu', '{device}'"):
        nncore.ones(3).to("tpu")


def test_functions_make_tensors_on_the_default_device(device: str) -> None:
    def devices() -> set[Any]:
        made = nncore.zeros(2), nncore.rand(2), nncore.arange(2), nncore.tensor([1.0]), nn.Linear(2, 1).weight
        return {x.device for x in made}

    elsewhere: list[Any] = []
    with nncore.device(device):
        with nncore.device("cpu"):
            assert devices() == {"cpu"}
        assert devices() == {device}
        assert nncore.zeros(2, device="cpu").device == "cpu"
        thread = threading.Thread(target=lambda: elsewhere.append(devices()))
        thread.start()
        thread.join()
    assert elsewhere == [{"cpu"}]
    nncore.set_default_device(device)
    assert devices() == {nncore.get_default_device()} == {device}
    nncore.set_default_device("cpu")
    assert devices() == {"cpu"}
    x = nncore.ones(2, device=device)
    assert {y.device for y in (x.new_zeros(2), x.new_tensor([1.0]), nncore.rand_like(x))} == {device}
    assert x.numpy(force=True).tolist() == [1.0, 1.0]


SOURCES = {
    "another version": 'extern "C" void* nncore_backend(unsigned) { return nullptr; }',
    "no backend": 'extern "C" int answer() { return 42; }',
}


@pytest.mark.parametrize("source", SOURCES)
def test_another_library_is_refused(source: str, tmp_path: Path) -> None:
    library = compile_library(SOURCES[source], tmp_path / "other.so")
    with pytest.raises(ValueError, match="is not a backend for this version of nncore"):
        _core.load_backend(str(library))


def test_a_backend_is_loaded_once(device: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(ValueError, match=f"'{device}' is already loaded"):
        _core.load_backend(str(tmp_path_factory.getbasetemp() / "reference.so"))
    with pytest.raises(ValueError, match="nowhere.so"):
        _core.load_backend("nowhere.so")
