"""When training ends: after a number of epochs, of steps or of seconds."""

from __future__ import annotations

from time import perf_counter

from nncore.errors import arguments

EPOCHS = 10


class Budget:
    """One of epochs, steps and seconds; without any, 10 epochs."""

    def __init__(self, where: str, epochs: int | None, steps: int | None, seconds: float | None) -> None:
        given = [
            f"{name}={value}"
            for name, value in zip(("epochs", "steps", "seconds"), (epochs, steps, seconds), strict=True)
            if value is not None
        ]
        if len(given) > 1:
            raise ValueError(
                f"{where}: got {' and '.join(given)}; give only one of epochs, steps and seconds"
            )
        if not given:
            epochs = EPOCHS
        self.epochs = None if epochs is None else arguments.size(where, "epochs", epochs)
        self.steps = None if steps is None else arguments.size(where, "steps", steps)
        self.seconds = None if seconds is None else arguments.number(where, "seconds", seconds, 0.0)
        self._started = perf_counter()

    def start(self) -> None:
        """Start the clock."""
        self._started = perf_counter()

    @property
    def elapsed(self) -> float:
        """The seconds since the start."""
        return perf_counter() - self._started

    @property
    def is_out_of_time(self) -> bool:
        """Whether the seconds are over."""
        return self.seconds is not None and self.elapsed >= self.seconds

    def steps_left(self, done: int) -> int | None:
        """How many steps may follow, or None for any number."""
        return None if self.steps is None else self.steps - done

    def is_spent(self, epochs: int, steps: int) -> bool:
        """Whether these finished epochs and steps are all."""
        if self.epochs is not None:
            return epochs >= self.epochs
        return self.steps_left(steps) == 0 or self.is_out_of_time
