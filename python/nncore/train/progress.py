"""The progress line, redrawn at most ten times per second."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncore.train.history import History

INTERVAL = 0.1


class Silent:
    """No progress line."""

    first_look: float = math.inf

    def show(self, steps: int, samples: int, loss: float, accuracy: float | None) -> float:
        return math.inf

    def end_epoch(self, history: History, samples: int) -> None:
        pass

    def close(self) -> None:
        pass


class Bar(Silent):
    """A tqdm line with epoch, loss, accuracy, samples per second and the remaining time."""

    first_look: float = 1

    def __init__(self, epochs: int, samples: int | None) -> None:
        from tqdm import tqdm

        total = samples and epochs * samples
        self._bar: Any = tqdm(total=total, unit=" samples", unit_scale=True, mininterval=0, leave=True)
        self._epochs = epochs
        self._epoch, self._before = 0, 0  # finished epochs and their samples
        self._then = (perf_counter(), 0)

    def show(self, steps: int, samples: int, loss: float, accuracy: float | None) -> float:
        """Draw after `steps` steps and `samples` samples of this epoch; return the step to draw at next."""
        now = perf_counter()
        rate = max(steps - self._then[1], 1) / max(now - self._then[0], 1e-9)
        self._then = (now, steps)
        self._draw(samples, f"epoch {self._epoch + 1}/{self._epochs} loss {loss:.4f}{_percent(accuracy)}")
        return steps + max(1, int(rate * INTERVAL))

    def end_epoch(self, history: History, samples: int) -> None:
        last = history.last()
        accuracies = [
            f" {name.replace('_', ' ')} {last[name]:.2%}"
            for name in ("accuracy", "val_accuracy")
            if name in last
        ]
        text = f"epoch {self._epoch + 1}/{self._epochs} loss {last['loss']:.4f}{''.join(accuracies)}"
        self._draw(samples, text)
        self._epoch += 1
        self._before += samples
        self._then = (perf_counter(), 0)

    def close(self) -> None:
        self._bar.close()

    def _draw(self, samples: int, text: str) -> None:
        bar = self._bar
        bar.set_description_str(text, refresh=False)
        bar.update(self._before + samples - bar.n)


def _percent(accuracy: float | None) -> str:
    return "" if accuracy is None else f" accuracy {accuracy:.2%}"
