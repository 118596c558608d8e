"""The progress of a training run: a line that is redrawn, or one line per epoch."""

from __future__ import annotations

import math
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from nncore.train.budget import Budget
    from nncore.train.history import History

INTERVAL = 0.1  # seconds between redraws


class Silent:
    """No progress."""

    first_look: float = math.inf

    def show(self, steps: int, samples: int, numbers: Callable[[], dict[str, Any]]) -> float:
        """Draw after `steps` steps and `samples` samples of this epoch; return the step to draw at next."""
        return math.inf

    def end_epoch(self, history: History, steps: int, samples: int) -> None:
        """Show the numbers of an epoch."""

    def close(self) -> None:
        """End the line."""


class Lines(Silent):
    """One line per epoch on stderr."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self._epoch, self._step = budget, 0, 0

    def end_epoch(self, history: History, steps: int, samples: int) -> None:
        self._epoch += 1
        self._step += steps
        budget, elapsed = self._budget, self._budget.elapsed
        parts = [_epoch(self._epoch, budget.epochs), numbers_text(history.last())]
        parts.append(f"{history.samples_per_second[-1]:,.0f} samples/s")
        left = None if budget.seconds is None else budget.seconds - elapsed
        for done, total in ((self._epoch, budget.epochs), (self._step, budget.steps)):
            if total is not None:
                left = elapsed / done * (total - done)
        if left is not None:
            parts.append(f"{max(left, 0.0):.0f} s left")
        print(", ".join(parts), file=sys.stderr, flush=True)


class Bar(Silent):
    """A tqdm line with epoch, loss, metrics, speed and the remaining time."""

    first_look: float = 1

    def __init__(self, budget: Budget, samples: int | None) -> None:
        from tqdm.auto import tqdm

        self._budget = budget
        options: dict[str, Any] = {"total": samples and budget.epochs and budget.epochs * samples}
        options |= {"unit": " samples", "unit_scale": True}
        if budget.steps is not None:
            options = {"total": budget.steps, "unit": " steps"}
        elif budget.seconds is not None:
            form = "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} s"
            options = {"total": budget.seconds, "bar_format": form}
        self._bar: Any = tqdm(mininterval=INTERVAL, miniters=0, leave=True, **options)
        self._epoch = 0  # finished epochs
        self._before = (0, 0)  # their steps and samples
        self._then = (perf_counter(), 0)

    def show(self, steps: int, samples: int, numbers: Callable[[], dict[str, Any]]) -> float:
        now = perf_counter()
        rate = max(steps - self._then[1], 1) / max(now - self._then[0], 1e-9)
        self._then = (now, steps)
        self._draw(
            steps, samples, f"{_epoch(self._epoch + 1, self._budget.epochs)} {numbers_text(numbers())}"
        )
        return steps + max(1, int(rate * INTERVAL))

    def end_epoch(self, history: History, steps: int, samples: int) -> None:
        self._epoch += 1
        text = f"{_epoch(self._epoch, self._budget.epochs)} {numbers_text(history.last())}"
        self._draw(steps, samples, text)
        self._before = (self._before[0] + steps, self._before[1] + samples)
        self._then = (perf_counter(), 0)

    def close(self) -> None:
        self._bar.close()

    def _draw(self, steps: int, samples: int, text: str) -> None:
        budget, bar = self._budget, self._bar
        bar.set_description_str(text, refresh=False)
        if budget.seconds is not None:
            position: float = min(budget.elapsed, budget.seconds)
        else:
            position = self._before[0] + steps if budget.steps is not None else self._before[1] + samples
        bar.update(position - bar.n)


def check_verbose(where: str, verbose: int) -> int:
    """`verbose` if it is 0, 1 or 2."""
    if verbose not in (0, 1, 2):
        raise ValueError(f"{where}: verbose is {verbose!r}; expected 0, 1 or 2")
    return verbose


def progress_of(verbose: int, budget: Budget, samples: int | None) -> Silent:
    """The progress for `verbose`: 0 none, 1 a line that is redrawn on a terminal, 2 a line per epoch."""
    if verbose == 2:
        return Lines(budget)
    is_shown = sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)
    return Bar(budget, samples) if verbose and is_shown and budget.epochs != 0 else Silent()


def numbers_text(numbers: dict[str, Any]) -> str:
    """The numbers by name, accuracies in percent."""
    shown = []
    for name, value in numbers.items():
        if isinstance(value, (int, float)) and name != "samples_per_second":
            form = ".2%" if name.endswith("accuracy") else ".4f"
            shown.append(f"{name.replace('_', ' ')} {value:{form}}")
    return " ".join(shown)


def _epoch(number: int, total: int | None) -> str:
    return f"epoch {number}" + (f"/{total}" if total is not None else "")
