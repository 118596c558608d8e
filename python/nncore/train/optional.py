"""Packages that only some functions need."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def optional(where: str, module: str, extra: str) -> Any:
    """The module, or ImportError with the line that installs its package."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"{where}: {package} is not installed: pip install {package} (the extra nncore[{extra}])"
        ) from error
