"""Starts workers, watches them, and goes on behind a program that killed one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.worker import Board

RUN = Path(__file__).with_name("run.py")
REPORT = re.compile(
    r"^.*(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|Fatal Python error)", re.M
)


@dataclass
class Found:
    """A program that failed, and how."""

    number: int
    what: str


@dataclass
class Share:
    """The programs of one worker: numbers first, first + step, ... below end."""

    folder: Path
    first: int
    step: int
    end: int
    process: subprocess.Popen[bytes] | None = None
    number: int = -1
    since: float = 0.0
    seen: int = 0  # failures read from the worker's file

    @property
    def board(self) -> Board:
        return Board(self.folder / "board")


@dataclass
class Driver:
    """Runs `calls` programs of one seed in `workers` processes; found: the failures."""

    seed: int
    calls: int
    workers: int = 2
    kinds: tuple[str, ...] = ()
    limit: float = 60.0  # seconds for one program
    first: int = 0
    found: list[Found] = field(default_factory=list)
    ran: int = 0
    refused: int = 0

    def run(self, most: int = 100) -> None:
        """Until all programs have run, or `most` have failed."""
        with tempfile.TemporaryDirectory(prefix="fuzz-") as top:
            shares = []
            for i in range(self.workers):
                folder = Path(top, str(i))
                folder.mkdir()
                shares.append(Share(folder, self.first + i, self.workers, self.first + self.calls))
            try:
                while sum(self._watch(share) for share in shares) and len(self.found) < most:
                    time.sleep(0.05)
            finally:
                for share in shares:
                    if share.process:
                        share.process.kill()
                        share.process.wait()
                    _, ran, refused = share.board.read()
                    self.ran += ran
                    self.refused += refused

    def _watch(self, share: Share) -> bool:
        """Whether this worker has more to do; starts it, ends one that hangs, reads what it found."""
        if share.process is None:
            if share.first >= share.end:
                return False
            share.process = self._start(share)
            share.number, share.since = -1, time.monotonic()
        number = share.board.read()[0]
        if number != share.number:
            share.number, share.since = number, time.monotonic()
        hangs = time.monotonic() - share.since > self.limit
        if hangs:
            share.process.send_signal(signal.SIGUSR1)  # it writes where it is
            time.sleep(0.5)
            share.process.kill()
        code = share.process.wait() if hangs else share.process.poll()
        if code is None:
            return True
        share.process = None
        self._ended(share, code, hangs)
        return True

    def _ended(self, share: Share, code: int, hangs: bool) -> None:
        number = max(share.board.read()[0], share.first)
        failures = share.folder / "failures"
        lines = failures.read_text().splitlines()[share.seen :] if failures.exists() else []
        share.seen += len(lines)
        self.found += [Found(*json.loads(line)) for line in lines]
        if not lines and code != 0:
            how = (
                "hangs" if hangs else f"ends by {signal.Signals(-code).name}" if code < 0 else f"exits {code}"
            )
            self.found.append(Found(number, f"{how}\n{_report(share.folder / 'output')}"))
        share.first = number + share.step

    def _start(self, share: Share) -> subprocess.Popen[bytes]:
        numbers = [str(n) for n in (share.first, share.end, share.step)]
        command = [sys.executable, str(RUN), "--seed", str(self.seed), "--work", str(share.folder), *numbers]
        kinds = ["--kinds", ",".join(self.kinds)] if self.kinds else []
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "PYTHONHASHSEED": "0"}
        return subprocess.Popen(command + kinds, stdin=subprocess.DEVNULL, env=environment)


def _report(output: Path, lines: int = 40) -> str:
    """The last report of a sanitizer or of faulthandler in what a worker printed, or its last lines."""
    text = output.read_text(errors="replace")[-200_000:] if output.exists() else ""
    starts = [match.start() for match in REPORT.finditer(text)]
    kept = text[starts[-1] :].splitlines()[:lines] if starts else text.splitlines()[-lines:]
    return "\n".join(kept)
