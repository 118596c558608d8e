"""PyTorch's settings of precision and determinism, which change nothing: results always have equal bits."""

from __future__ import annotations

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_float32_matmul_precision",
    "set_float32_matmul_precision",
    "use_deterministic_algorithms",
]

_settings = {"deterministic": False, "precision": "highest"}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for results that do not vary from run to run, which nncore always gives. Errors: TypeError.

    >>> nncore.use_deterministic_algorithms(True)
    >>> nncore.are_deterministic_algorithms_enabled()
    True
    >>> nncore.use_deterministic_algorithms(False)
    """
    if not isinstance(mode, bool):
        raise TypeError(f"use_deterministic_algorithms: mode is a {type(mode).__name__}; expected a bool")
    _settings["deterministic"] = mode


def are_deterministic_algorithms_enabled() -> bool:
    """The mode that `use_deterministic_algorithms` has set; results are the same in both."""
    return bool(_settings["deterministic"])


def set_float32_matmul_precision(precision: str) -> None:
    """Allow less precise products; nncore computes them in full float32 in any case.

    Errors: ValueError unless precision is 'highest', 'high' or 'medium'.

    >>> nncore.set_float32_matmul_precision("high")
    >>> nncore.get_float32_matmul_precision()
    'high'
    >>> nncore.set_float32_matmul_precision("highest")
    """
    if precision not in ("highest", "high", "medium"):
        raise ValueError(
            f"set_float32_matmul_precision: expected 'highest', 'high' or 'medium', got {precision!r}"
        )
    _settings["precision"] = precision


def get_float32_matmul_precision() -> str:
    """The precision that `set_float32_matmul_precision` has set."""
    return str(_settings["precision"])
