"""save and load keep the type and bits of all values; the error names a value that cannot be saved."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nncore

INF = float("inf")


def same(a: Any, b: Any) -> bool:
    """Whether both are equal in type, structure and bits."""
    if isinstance(a, nncore.Tensor):
        return isinstance(b, nncore.Tensor) and same(a.numpy(), b.numpy())
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and (a.dtype, a.shape, a.tobytes()) == (
            b.dtype,
            b.shape,
            b.tobytes(),
        )
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and repr(a) == repr(b)


VALUES: dict[str, Any] = {
    "scalars": [
        None,
        True,
        False,
        0,
        -1,
        2**70,
        1.5,
        -0.0,
        5e-324,
        0.1,
        INF,
        -INF,
        float("nan"),
        "",
        "ä\0\n",
        "PK",
    ],
    "nesting": {"a": [(1, 2), (), [], {}], "b": {"c": {"d": (None,)}}},
    "integer keys": {0: "a", "0": "b", -3: {1: 2}},
    "awkward keys": {
        "": 1,
        "../../etc/passwd": np.ones(2),
        "a/b": np.zeros(1),
        "a": {"b": np.zeros(2)},
        "ü" * 300: 4,
    },
    "scalar tensor": nncore.tensor(3.5),
    "empty tensor": nncore.zeros(0, 3),
    "only a number": 7,
    "deep": [[[[[[[[[[[[[nncore.ones(2)]]]]]]]]]]]]],
}
DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_round_trip(tmp_path: Path, value: Any) -> None:
    nncore.save(value, tmp_path / "a.nnz")
    assert same(value, nncore.load(tmp_path / "a.nnz"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_arrays_round_trip(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    array = np.asarray(rng.integers(0, 2, shape)).astype(dtype)
    value = {"tensor": nncore.from_numpy(array.copy()), "array": array}
    nncore.save(value, tmp_path / "a.nnz")
    assert same(value, nncore.load(tmp_path / "a.nnz"))


def test_other_layouts_and_kinds(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    value = [array.T, array[:, ::-1], array.astype(">f4"), np.float32(1.5), np.int16(3), np.bool_(True)]
    nncore.save(OrderedDict(a=value), str(tmp_path / "a.nnz"))
    found = nncore.load(str(tmp_path / "a.nnz"))["a"]
    for a, b in zip(value[:3], found, strict=False):
        np.testing.assert_array_equal(a, b)
    assert found[3:] == [1.5, 3, True]


def shared() -> dict[str, Callable[[], list[Any]]]:
    array = np.arange(65536, dtype=np.float32).reshape(256, 256)
    tensor = nncore.from_numpy(array)
    turned = nncore.from_numpy(array.T)
    return {
        "one array": lambda: [array] * 300,
        "one tensor": lambda: [tensor] * 300,
        "views of one array": lambda: [array[:] for _ in range(300)],
        "tensors of one array": lambda: [nncore.from_numpy(array) for _ in range(300)],
        "transposed": lambda: [array.T for _ in range(300)],
        "detached": lambda: [turned.detach() for _ in range(300)],
        "a tensor and its array": lambda: [tensor, array] * 150,
    }


@pytest.mark.parametrize("make", shared().values(), ids=shared())
def test_an_array_of_many_names_is_written_once(tmp_path: Path, make: Callable[[], list[Any]]) -> None:
    value = {f"name {i}": array for i, array in enumerate(make())}
    nncore.save(value, tmp_path / "a.nnz")
    assert (tmp_path / "a.nnz").stat().st_size < 65536 * 4 + 20_000
    found = nncore.load(tmp_path / "a.nnz")
    assert same(
        {name: array.copy() if isinstance(array, np.ndarray) else array for name, array in value.items()},
        found,
    )
    places = {np.asarray(array).ctypes.data for array in found.values()}
    assert len(places) == 1


def test_different_arrays_at_one_address_stay_different(tmp_path: Path) -> None:
    array = np.arange(16, dtype=np.float32).reshape(4, 4)
    value = [array, array.T, array[:2], array[:, :2], array.view(np.int32), array.astype("f4"), array[::-1]]
    nncore.save(value, tmp_path / "a.nnz")
    for a, b in zip(value, nncore.load(tmp_path / "a.nnz"), strict=True):
        np.testing.assert_array_equal(a, b)


class Fresh(dict[str, Any]):
    """A dict that makes each array when it is read."""

    def items(self) -> Any:
        return ((f"{i}", np.full((3, 3), i).T) for i in range(50))


def test_arrays_made_in_turn_are_not_mistaken_for_one(tmp_path: Path) -> None:
    nncore.save(Fresh(), tmp_path / "a.nnz")
    assert [array[0, 0] for array in nncore.load(tmp_path / "a.nnz").values()] == list(range(50))


def test_special_floats_keep_their_bits(tmp_path: Path) -> None:
    bits = np.array([0x7FC00001, 0xFFC00000, 0x7F800000, 0x80000000, 0x00000001], np.uint32).view(np.float32)
    nncore.save(bits, tmp_path / "a.nnz")
    assert nncore.load(tmp_path / "a.nnz").tobytes() == bits.tobytes()


def test_same_values_same_bytes_and_numpy_reads_them(tmp_path: Path) -> None:
    value = {"layer.weight": nncore.ones(2, 3), "step": 4}
    for name in ("a.nnz", "b.nnz"):
        nncore.save(value, tmp_path / name)
    assert (tmp_path / "a.nnz").read_bytes() == (tmp_path / "b.nnz").read_bytes()
    with np.load(tmp_path / "a.nnz") as archive:
        np.testing.assert_array_equal(archive["layer.weight"], np.ones((2, 3), np.float32))


def test_state_dict_of_a_model(tmp_path: Path) -> None:
    model, other = nncore.nn.Linear(3, 2), nncore.nn.Linear(3, 2)
    nncore.save(model.state_dict(), tmp_path / "a.nnz")
    other.load_state_dict(nncore.load(tmp_path / "a.nnz"))
    assert same(dict(model.state_dict()), dict(other.state_dict()))


looped: dict[str, Any] = {}
looped["self"] = looped
UNSAVABLE: dict[str, tuple[Any, str]] = {
    "set": ({"a": [1, {2}]}, r"obj\['a'\]\[1\] is a builtins.set; expected dicts"),
    "module": (nncore.nn.Linear(1, 1), r"obj is a nncore.nn.*Linear.*save its state_dict"),
    "function": ([print], r"obj\[0\] is a builtins"),
    "bytes": (b"x", "builtins.bytes"),
    "objects": (np.array([{}]), "dtype object; expected numbers"),
    "text array": (np.array(["a"]), "expected numbers"),
    "complex": (np.ones(1, complex), "dtype complex128"),
    "float key": ({1.5: 1}, "has the key 1.5"),
    "bool key": ({True: 1}, "has the key True"),
    "contains itself": (looped, "nested more than 100 deep, or contains itself"),
}


@pytest.mark.parametrize(("value", "text"), UNSAVABLE.values(), ids=UNSAVABLE)
def test_what_cannot_be_saved(tmp_path: Path, value: Any, text: str) -> None:
    nncore.save(1, tmp_path / "a.nnz")
    with pytest.raises(TypeError, match=f"^save: {text}|^save: .*{text}"):
        nncore.save(value, tmp_path / "a.nnz")
    assert nncore.load(tmp_path / "a.nnz") == 1, "the old file is untouched"
    assert os.listdir(tmp_path) == ["a.nnz"], "and no temporary one is left"
