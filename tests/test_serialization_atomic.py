"""Saving is atomic: full disks, killed processes, links, folders, pipes."""

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
from nncore.files import atomic
from nncore.files.atomic import check_replaceable, replacing


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "state.nnz"
    nncore.save({"w": nncore.arange(3).float(), "step": 1}, path)
    return path


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.nnz")
    with pytest.raises(FileNotFoundError):
        nncore.load(tmp_path / "missing.nnz")
    (tmp_path / "folder.nnz").mkdir()
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        nncore.load(tmp_path / "folder.nnz")
    with pytest.raises(OSError, match="not a regular file"):
        nncore.load(tmp_path / "pipe.nnz")
    with pytest.raises(IsADirectoryError, match="name a file in it"):
        nncore.save(1, tmp_path / "folder.nnz")
    with pytest.raises(OSError, match="not a regular file"):
        nncore.save(1, tmp_path / "pipe.nnz")
    with pytest.raises(FileNotFoundError):
        nncore.save(1, tmp_path / "missing" / "a.nnz")
    with pytest.raises(TypeError):
        nncore.save(1, 5)  # type: ignore[arg-type]


def test_links_are_followed(tmp_path: Path) -> None:
    nncore.save(1, tmp_path / "real.nnz")
    (tmp_path / "link.nnz").symlink_to("real.nnz")
    nncore.save(2, tmp_path / "link.nnz")
    assert (tmp_path / "link.nnz").is_symlink()
    assert nncore.load(tmp_path / "real.nnz") == 2


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    nncore.save(1, tmp_path / "a.nnz")
    (tmp_path / "b.nnz").write_bytes(b"")
    assert (tmp_path / "a.nnz").stat().st_mode == (tmp_path / "b.nnz").stat().st_mode


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
    """The system limits the file size; for any limit the old file remains, and no other."""
    before = saved.read_bytes()
    new = {"w": nncore.zeros(50), "step": 2}
    whole = saved.with_name("whole.nnz")
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


def abandoned(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(b"half a file")
    return path


def test_files_of_killed_processes_are_removed_by_the_next_save(tmp_path: Path) -> None:
    left = [abandoned(tmp_path, f".nncore-{pid}-0123456789ab.tmp") for pid in (1, os.getpid())]
    others = [abandoned(tmp_path, name) for name in (".nncore-1.ckpt", "nncore-1-0123456789ab.tmp", "a.tmp")]
    os.mkfifo(tmp_path / ".nncore-1-pipe.tmp")
    (tmp_path / "target").write_bytes(b"mine")
    (tmp_path / ".nncore-1-link.tmp").symlink_to("target")
    nncore.save(1, tmp_path / "state.nnz")
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in (*others, tmp_path / "target"))


def test_two_savers_in_one_folder(tmp_path: Path) -> None:
    """The temporary file of another running save is kept, even if that save has just started."""
    with replacing(tmp_path / "a.nnz") as first:
        first.write(b"first")
        with replacing(tmp_path / "b.nnz") as second:
            second.write(b"second")
            nncore.save(3, tmp_path / "c.nnz")
        nncore.save(4, tmp_path / "a.nnz")
    assert (tmp_path / "a.nnz").read_bytes() == b"first"
    assert (tmp_path / "b.nnz").read_bytes() == b"second"
    assert sorted(os.listdir(tmp_path)) == ["a.nnz", "b.nnz", "c.nnz"]


def test_a_file_removed_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may remove the file as abandoned before the lock is taken."""
    real, waits = atomic._lock, itertools.count()

    def late(descriptor: int, wait: bool) -> bool:
        if wait and next(waits) == 0:
            atomic._remove_abandoned(str(tmp_path))
            assert os.listdir(tmp_path) == []
        return real(descriptor, wait)

    monkeypatch.setattr(atomic, "_lock", late)
    nncore.save(5, tmp_path / "state.nnz")
    assert next(waits) == 2
    assert nncore.load(tmp_path / "state.nnz") == 5


SAVER = """
import sys
from nncore.files.atomic import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half")
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_temporary_files_of_another_process_stay_until_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SAVER, str(tmp_path / "a.nnz")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    nncore.save(1, tmp_path / "b.nnz")
    assert len(os.listdir(tmp_path)) == 2
    process.kill()
    process.communicate()
    nncore.save(2, tmp_path / "b.nnz")
    assert os.listdir(tmp_path) == ["b.nnz"]


def test_checking_a_path_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "folder.nnz").mkdir()
    check_replaceable(tmp_path / "file")
    check_replaceable(tmp_path / "new")
    wrong: list[tuple[Path, type[OSError], str]] = [
        (tmp_path / "folder.nnz", IsADirectoryError, "it is a folder"),
        (tmp_path / "missing" / "a.nnz", FileNotFoundError, "make the folder first"),
        (tmp_path / "file" / "a.nnz", NotADirectoryError, "file is not a folder"),
    ]
    for path, error, text in wrong:
        for use in (check_replaceable, lambda path: nncore.save(1, path)):
            with pytest.raises(error, match=text):
                use(path)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.nnz"]
    assert (tmp_path / "file").read_bytes() == b"old"


SAVE_FOREVER = """
import sys, numpy, nncore
step = 0
while True:
    step += 1
    nncore.save({"a": numpy.full(200_000, step), "b": numpy.full(200_000, step)}, sys.argv[1])
    print(step, flush=True)
"""


def test_kill_while_saving_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "state.nnz"
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
    nncore.save(1, path)
    assert os.listdir(tmp_path) == ["state.nnz"]
