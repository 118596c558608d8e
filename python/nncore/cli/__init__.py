"""The command `nncore`: train, predict, info, bench."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from nncore.cli.arguments import parser

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return 0, or 1 after an error; raise SystemExit(2) for wrong arguments."""
    try:
        options = parser().parse_args(arguments)
        status: int = import_module(f"nncore.cli.{options.command}").run(options)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:  # the reader closed the pipe: write nothing more, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError as error:
        return _fail(f"not enough memory {error}".rstrip(), 1)
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        return _fail(_message(error), 1)


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _fail(text: str, status: int) -> int:
    print(f"nncore: {' '.join(text.split())}", file=sys.stderr)
    return status
