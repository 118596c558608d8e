"""Start workers, watch them, and continue after a program that ended one."""

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
    """The number of a program that failed, and its failure."""

    number: int
    what: str


@dataclass
class Worker:
    """A process and the numbers of its programs: first, first + step, ... before end."""

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
    """Run `calls` programs of one seed in `workers` processes; `found` has the failures."""

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
        """Run until all programs have run or `most` have failed."""
        with tempfile.TemporaryDirectory(prefix="fuzz-") as top:
            workers = []
            for i in range(self.workers):
                folder = Path(top, str(i))
                folder.mkdir()
                workers.append(Worker(folder, self.first + i, self.workers, self.first + self.calls))
            try:
                while sum(self._watch(worker) for worker in workers) and len(self.found) < most:
                    time.sleep(0.05)
            finally:
                for worker in workers:
                    if worker.process:
                        worker.process.kill()
                        worker.process.wait()
                    _, ran, refused = worker.board.read()
                    self.ran += ran
                    self.refused += refused

    def _watch(self, worker: Worker) -> bool:
        """Whether this worker has programs left; starts it, ends it if it hangs, reads its failures."""
        if worker.process is None:
            if worker.first >= worker.end:
                return False
            worker.process = self._start(worker)
            worker.number, worker.since = -1, time.monotonic()
        number = worker.board.read()[0]
        if number != worker.number:
            worker.number, worker.since = number, time.monotonic()
        hangs = time.monotonic() - worker.since > self.limit
        if hangs:
            worker.process.send_signal(signal.SIGUSR1)  # faulthandler writes the stack
            time.sleep(0.5)
            worker.process.kill()
        code = worker.process.wait() if hangs else worker.process.poll()
        if code is None:
            return True
        worker.process = None
        self._ended(worker, code, hangs)
        return True

    def _ended(self, worker: Worker, code: int, hangs: bool) -> None:
        number = max(worker.board.read()[0], worker.first)
        failures = worker.folder / "failures"
        lines = failures.read_text().splitlines()[worker.seen :] if failures.exists() else []
        worker.seen += len(lines)
        self.found += [Found(*json.loads(line)) for line in lines]
        if not lines and code != 0:
            how = (
                "hangs" if hangs else f"ends by {signal.Signals(-code).name}" if code < 0 else f"exits {code}"
            )
            self.found.append(Found(number, f"{how}\n{_report(worker.folder / 'output')}"))
        worker.first = number + worker.step

    def _start(self, worker: Worker) -> subprocess.Popen[bytes]:
        numbers = [str(n) for n in (worker.first, worker.end, worker.step)]
        command = [sys.executable, str(RUN), "--seed", str(self.seed), "--work", str(worker.folder), *numbers]
        kinds = ["--kinds", ",".join(self.kinds)] if self.kinds else []
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "PYTHONHASHSEED": "0"}
        return subprocess.Popen(command + kinds, stdin=subprocess.DEVNULL, env=environment)


def _report(output: Path, lines: int = 40) -> str:
    """The last report of a sanitizer or faulthandler in a worker's output, or its last lines."""
    text = output.read_text(errors="replace")[-200_000:] if output.exists() else ""
    starts = [match.start() for match in REPORT.finditer(text)]
    kept = text[starts[-1] :].splitlines()[:lines] if starts else text.splitlines()[-lines:]
    return "\n".join(kept)
