"""Read damaged files: `python tests/file_mutation.py 100000 [seed]` prints each fault.

A small file of each kind that the library reads is written, damaged by a seeded mutator and read again.
Reading must succeed or raise a documented exception, and the size of the file must bound the memory.
"""

from __future__ import annotations

import gzip
import io
import sys
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

import nncore
from nncore import nn, optim
from nncore.cli.model import open_model
from nncore.data import load_csv, load_npz, read_idx
from nncore.files.archive import HEX, MARK, _seal
from nncore.files.models import save_model
from nncore.files.npy import read_npy
from nncore.models import TableModel
from nncore.train import Checkpoint, History, TrainingState, resume

MOST_MEMORY = 8 << 20  # bytes per read; the files have a few kilobytes


class Kind(NamedTuple):
    whole: bytes
    read: Callable[[Path], object]
    allowed: tuple[type[Exception], ...]
    repair: Callable[[bytes], bytes] = bytes  # corrects checksums, so that the damage inside is read


def sealed(data: bytes) -> bytes:
    """The same bytes with a correct digest."""
    end = len(MARK) + HEX
    if len(data) < end:
        return data
    stream = io.BytesIO(data[:-end] + MARK + bytes(HEX))
    _seal(stream)
    return stream.getvalue()


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def archived(entries: dict[str, bytes], pickled: bytes) -> bytes:
    """The file of PyTorch with these entries and this pickle."""
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for name, data in {**entries, "data.pkl": pickled}.items():
                archive.writestr(zipfile.ZipInfo(f"archive/{name}"), data)
        return stream.getvalue()


def network() -> tuple[nn.Sequential, optim.Adam]:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    return model, optim.Adam(model.parameters())


def kinds(folder: Path) -> dict[str, Kind]:
    """A small file of each kind, with its reader."""
    path = folder / "whole.nnz"
    found: dict[str, Kind] = {}
    damaged = (nncore.CheckpointError,)

    def written(write: Callable[[Path], object]) -> bytes:
        write(path)
        return path.read_bytes()

    state = {"w": nncore.ones(2, 3), "a": [np.arange(3), (1.5, None, "x", float("inf"))], 5: {"b": True}}
    found["state"] = Kind(written(lambda p: nncore.save(state, p)), nncore.load, damaged, sealed)
    for ending in (".npz", ".safetensors"):
        with io.BytesIO() as stream:
            stream.name = f"whole{ending}"
            nncore.save({"w": nncore.ones(2, 3), "a": {"b": np.arange(3)}}, stream)
            found[f"state{ending}"] = Kind(stream.getvalue(), nncore.load, damaged)
    for file in sorted((Path(__file__).parent / "data" / "pytorch").glob("[!l]*.pt*")):
        found[file.name] = Kind(file.read_bytes(), nncore.load, damaged)
        with zipfile.ZipFile(file) as archive:
            entries = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}
        repair = partial(archived, entries)
        found[f"pickle of {file.name}"] = Kind(entries["data.pkl"], nncore.load, damaged, repair)

    model, adam = network()
    nn.functional.mse_loss(model(nncore.ones(4, 3)), nncore.zeros(4, 2)).backward()
    adam.step()
    training = TrainingState(model, adam, nncore.Generator(seed=1), History())
    found["checkpoint"] = Kind(
        written(lambda p: Checkpoint(p).on_epoch_end(training)),
        lambda p: resume(p, *network(), nncore.Generator(seed=2)),
        damaged,
        sealed,
    )
    table = TableModel([("a", None), ("b", ("x", "y"))], ["no", "7"], [2])
    found["model"] = Kind(
        written(lambda p: save_model(table, p, trained={"epochs": 3})),
        lambda p: open_model(str(p)),
        damaged,
        sealed,
    )

    x, y = np.arange(12, dtype=np.float32).reshape(4, 3), np.array(["b", "a", "b", "c"])
    for name, save in {"npz": np.savez, "compressed npz": np.savez_compressed}.items():
        with io.BytesIO() as stream:
            save(stream, x=x, y=y)
            found[name] = Kind(stream.getvalue(), load_npz, (ValueError,))
    for order, array in {"C": x, "Fortran": np.asfortranarray(x), "big-endian": x.astype(">f4")}.items():
        with io.BytesIO() as stream:
            np.save(stream, array)
            found[f"npy, {order}"] = Kind(stream.getvalue(), _read_npy, (ValueError,))

    text = b'width,height,kind\n1,2,cat\n3,4.5,ant\n-1e3,.5,"c,d"\n' + b"".join(
        b"%d,2,ant\n" % i for i in range(50)
    )
    numbers = b"0,1,2\n3,4,5\n6,7,8\n"
    idx = bytes([0, 0, 0x0D, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + np.arange(6, dtype=">f4").tobytes()
    found["csv"] = Kind(text, load_csv, (ValueError,))
    found["csv of numbers"] = Kind(numbers, load_csv, (ValueError,))
    found["idx"] = Kind(idx, read_idx, damaged)
    for name, data, read, allowed in (
        ("csv", text, load_csv, (ValueError,)),
        ("idx", idx, read_idx, damaged),
    ):
        found[f"{name}.gz"] = Kind(zipped(data), read, allowed)
        found[f"damaged, then gzip: {name}"] = Kind(data, read, allowed, zipped)
    return found


def _read_npy(path: Path) -> object:
    with open(path, "rb") as file:
        return read_npy(file, path.stat().st_size, "biufU")


BYTES = (0, 1, 0x7F, 0x80, 0xFF)
WORDS = (0, 1, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
TEXTS = (
    b"{",
    b"}",
    b"[",
    b"(",
    b")",
    b"'",
    b'"',
    b",",
    b"\\",
    b"\n",
    b"\0",
    b"-",
    b"9" * 30,
    b"nan",
    b"1e999",
    b"\xff",
)


def damaged(random: Random, data: bytes) -> bytes:
    """A few changes: bits, bytes, numbers, text; ranges removed, doubled, moved; the end cut off."""
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        place, length = random.randrange(len(out) + 1), random.choice((1, 2, 4, 8, 30))
        which = random.randrange(8)
        if which == 0 and place < len(out):
            out[place] ^= 1 << random.randrange(8)
        elif which == 1 and place < len(out):
            out[place] = random.choice(BYTES)
        elif which == 2:
            size = random.choice((2, 4, 8))
            number = (random.choice(WORDS) + random.choice((0, 0, len(out)))) % 2 ** (8 * size)
            out[place : place + size] = number.to_bytes(size, random.choice(("little", "big")))
        elif which == 3:
            out[place : place + random.choice((0, 1))] = random.choice(TEXTS) * random.choice((1, 1, 1, 200))
        elif which == 4:
            del out[place : place + length]
        elif which == 5:
            out[place:place] = out[place : place + length] * random.choice((1, 3))
        elif which == 6:
            other = random.randrange(len(out) + 1)
            out[place : place + length] = out[other : other + length]
        elif which == 7 and random.random() < 0.3:
            del out[place:]
    return bytes(out)


def faults(folder: Path, count: int, seed: int) -> Iterator[str]:
    """Damage `count` files; yield a text if reading raises another exception or takes too much memory."""
    every = kinds(folder)
    path = folder / "damaged.nnz"
    tracemalloc.start()
    try:
        for number in range(count):
            random = Random(f"{seed} {number}")
            name = random.choice(list(every))
            kind = every[name]
            data = damaged(random, kind.whole)
            path.write_bytes(kind.repair(data) if random.random() < 0.8 else data)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            try:
                kind.read(path)
            except kind.allowed:
                pass
            except Exception as error:
                yield f"{name}, seed {seed}, number {number}: {type(error).__name__}: {error}"
            peak = tracemalloc.get_traced_memory()[1] - before
            if peak > MOST_MEMORY:
                yield f"{name}, seed {seed}, number {number}: {peak} bytes of memory"
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        status = 0
        for fault in faults(Path(name), int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0):
            print(fault, flush=True)
            status = 1
        sys.exit(status)
