"""A process that runs programs and writes the number of each before it runs."""

from __future__ import annotations

import faulthandler
import json
import mmap
import os
import shutil
import signal
import struct
from pathlib import Path

from fuzz import check
from fuzz.kinds import program
from fuzz.program import namespace

ROOM = 1 << 30
LAYOUT = struct.Struct("qqq")


class Board:
    """Numbers in a shared file: the current program, and the counts of programs that ran and that raised."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(LAYOUT.pack(-1, 0, 0))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), LAYOUT.size)

    def read(self) -> tuple[int, int, int]:
        number, ran, refused = LAYOUT.unpack_from(self._memory)
        return number, ran, refused

    def write(self, number: int, ran: int, refused: int) -> None:
        LAYOUT.pack_into(self._memory, 0, number, ran, refused)


def work(folder: Path, seed: int, numbers: range, kinds: tuple[str, ...]) -> None:
    """Run programs; write failures to folder/failures and the output to folder/output."""
    printed = check.quiet(str(folder / "output"))
    faulthandler.enable(2)
    faulthandler.register(signal.SIGUSR1, file=2)
    if "asan" not in os.environ.get("LD_PRELOAD", ""):
        check.limit_memory(ROOM)
    check.listen()
    board = Board(folder / "board")
    _, ran, refused = board.read()
    own = folder / "own"
    names = namespace(str(own))
    for number in numbers:
        board.write(number, ran, refused)
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        try:
            whole = check.judge(program(seed, number, kinds), names, printed)
        except check.Failure as failure:
            with (folder / "failures").open("a") as file:
                file.write(json.dumps([number, str(failure)]) + "\n")
            break  # memory and state may be damaged: a new process continues
        ran, refused = ran + whole, refused + (not whole)
        board.write(number, ran, refused)
