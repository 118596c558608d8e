"""Saving is whole or not at all: full disks, killed processes, links, folders, pipes."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

import nncore


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    nncore.save({"w": nncore.arange(3).float(), "step": 1}, path)
    return path


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        nncore.load(tmp_path / "missing")
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        nncore.load(tmp_path)
    with pytest.raises(OSError, match="not a regular file"):
        nncore.load(tmp_path / "pipe")
    with pytest.raises(IsADirectoryError, match="name a file in it"):
        nncore.save(1, tmp_path)
    with pytest.raises(OSError, match="not a regular file"):
        nncore.save(1, tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        nncore.save(1, tmp_path / "missing" / "a")
    with pytest.raises(TypeError):
        nncore.save(1, 5)  # type: ignore[arg-type]


def test_links_are_followed(tmp_path: Path) -> None:
    nncore.save(1, tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    nncore.save(2, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert nncore.load(tmp_path / "real") == 2


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    nncore.save(1, tmp_path / "a")
    (tmp_path / "b").write_bytes(b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_failed_write_keeps_the_old_file(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at any write."""
    before = saved.read_bytes()
    real = zipfile.ZipFile.writestr
    for allowed in range(2):
        calls = itertools.count()

        def limited(*args: Any, calls: Any = calls, allowed: int = allowed, **kwargs: Any) -> None:
            if next(calls) >= allowed:
                raise OSError(28, "No space left on device")
            real(*args, **kwargs)

        def no_sync(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(zipfile.ZipFile, "writestr", limited)
        monkeypatch.setattr(os, "fsync", no_sync)
        with pytest.raises(OSError, match="No space left"):
            nncore.save({"new": 1}, saved)
        monkeypatch.undo()
        assert saved.read_bytes() == before
        assert os.listdir(saved.parent) == [saved.name]


def test_disk_full_at_any_byte(saved: Path) -> None:
    """The system refuses bytes beyond a limit; whatever it is, the old file stays and nothing else does."""
    before = saved.read_bytes()
    new = {"w": nncore.zeros(50), "step": 2}
    whole = saved.with_name("whole")
    nncore.save(new, whole)
    size = whole.stat().st_size
    whole.unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in range(0, size, 7):
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
            with pytest.raises(OSError, match="File too large"):
                nncore.save(new, saved)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert saved.read_bytes() == before
        assert os.listdir(saved.parent) == [saved.name]


SAVE_FOREVER = """
import sys, numpy, nncore
step = 0
while True:
    step += 1
    nncore.save({"a": numpy.full(200_000, step), "b": numpy.full(200_000, step)}, sys.argv[1])
    print(step, flush=True)
"""


def test_kill_while_saving_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for delay in (0.0, 0.003, 0.01):
        process = subprocess.Popen([sys.executable, "-c", SAVE_FOREVER, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = nncore.load(path)
        assert len({*found["a"].tolist(), *found["b"].tolist()}) == 1
