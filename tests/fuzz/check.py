"""Run one program and check its behavior."""

from __future__ import annotations

import os
import resource
import sys
import traceback
import warnings
from pathlib import Path
from types import CodeType
from typing import Any

import nncore
from fuzz.program import Program
from nncore import _core

DOCUMENTED = {
    ValueError,
    TypeError,
    IndexError,
    MemoryError,
    RuntimeError,
    nncore.CheckpointError,
    nncore.CaptureError,
    nncore.DivergenceError,
}
AS_IN_PYTORCH = {
    BufferError: "from_dlpack: ",
    AttributeError: "'nncore._core.Tensor' object",  # of __setattr__
    OverflowError: "cannot convert float infinity to integer",
    KeyError: "is not specified in param_groups[0] when resuming an optimizer",
    NotImplementedError: 'is missing the required "forward" function',
}
CPP_NAMES = (
    "std::", "pybind11", "basic_string", "vector::", "vector<", "nncore::", "_M_", "bad_alloc", "terminate",
    "incompatible function arguments", "incompatible constructor arguments", "Unable to cast", "C++",
    "map::at", "optional<", "capsule",
)  # fmt: skip
LOUD = (RuntimeWarning, DeprecationWarning, FutureWarning, ResourceWarning, SyntaxWarning, BytesWarning)
MEMORY = 300 << 20  # bytes; ten times more than any program needs

said: list[Warning | str] = []


def _peak_memory() -> int:
    """The peak memory of this process in kilobytes, without that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0])


peak = _peak_memory()


class Failure(Exception):
    """A program did something that it must not do."""


def listen() -> None:
    """Collect warnings instead of printing them."""

    def collect(message: Warning | str, *_: Any, **__: Any) -> None:
        said.append(message)

    warnings.simplefilter("always")
    warnings.showwarning = collect


def judge(program: Program, names: dict[str, Any], printed: int | None = None) -> bool:
    """Whether the program ran to its end; raises Failure. printed: the file that receives the output."""
    before = os.fstat(printed).st_size if printed is not None else 0
    code = compile(program.text, f"<{program.name}>", "exec")
    first = run(program, code, dict(names), threads=1)
    if first is not None and program.repeatable:
        again = run(program, code, dict(names), threads=2)
        if again is None:
            raise Failure("raises with two threads or on another instruction set, and not with one")
        for name in first:
            if not names["same"](first[name], again.get(name)):
                raise Failure(f"{name} differs between instruction sets or numbers of threads")
    if printed is not None and (text := _printed(printed, before)):
        raise Failure(f"prints {text!r}")
    _judge_memory()
    return first is not None


def _printed(file: int, before: int) -> str:
    """The printed text, without the sanitizer's notes on sizes that are too large."""
    text = os.pread(file, os.fstat(file).st_size - before, before).decode(errors="replace")
    return "".join(line for line in text.splitlines(True) if "Sanitizer failed to allocate" not in line)


def _judge_memory() -> None:
    """Raise Failure if the program takes much more memory than all programs before it."""
    global peak
    grown, peak = (now := _peak_memory()) - peak, now
    if grown << 10 > MEMORY:
        raise Failure(f"takes {grown >> 10} MB")


def run(program: Program, code: CodeType, names: dict[str, Any], threads: int) -> dict[str, Any] | None:
    """The program's variables, or None if it raised a documented exception."""
    levels = _core.isa_levels()
    _core.set_isa(levels[0] if threads == 1 else levels[-1])
    _core.set_always_split(threads > 1)
    nncore.set_num_threads(threads)
    nncore.set_grad_enabled(True)
    said.clear()
    try:
        exec(code, names)
    except Exception as error:
        judge_error(error)
        _judge_unchanged(program, names)
        return None
    for warning in said:
        if isinstance(warning, LOUD):
            raise Failure(f"warns: {type(warning).__name__}: {warning}")
    left: dict[str, Any] = {name: names[name] for name in ("y", "g", "state") if name in names}
    _judge_values(left)
    return left


def judge_error(error: Exception) -> None:
    """Raise Failure unless the exception is documented and has a text, or an argument raised it."""
    text = str(error)
    if type(error) is ArithmeticError and text == "mine":
        return
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        return
    where = "".join(traceback.format_exception(error)[-3:])
    if type(error) not in DOCUMENTED and AS_IN_PYTORCH.get(type(error), "\0") not in text:
        raise Failure(f"raises {type(error).__name__}: {text}\n{where}") from error
    for name in CPP_NAMES:
        if name in text:
            raise Failure(f"says {name!r}: {text}") from error
    if not text and type(error) is not MemoryError:
        raise Failure(f"raises {type(error).__name__} without a message\n{where}") from error


def _judge_values(value: Any) -> None:
    """Raise Failure unless all tensors can be read and have as many elements as their shapes need."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            _judge_values(part)
    elif isinstance(value, nncore.Tensor):
        is_known = value.dtype is not nncore.bfloat16  # which NumPy lacks
        array = (value if is_known else value.float()).detach().numpy()
        if array.shape != tuple(value.shape) or array.size != value.numel():
            raise Failure(f"a tensor of shape {value.shape} holds an array of shape {array.shape}")
        array.tobytes()
        if value.requires_grad and not value.dtype.is_floating_point:
            raise Failure(f"a tensor of {value.dtype} requires a gradient")


def _judge_unchanged(program: Program, names: dict[str, Any]) -> None:
    """Raise Failure if a call that raised changed its arguments: they are made again and compared."""
    if not program.inert or not all(name in names for name in program.inert):
        return
    fresh = dict(names)
    for line in program.lines[: 1 + len(program.inert)]:
        exec(line, fresh)
    for name in program.inert:
        old, new = names[name], fresh[name]
        if isinstance(old, nncore.Tensor) and not names["same"](old, new):
            raise Failure(f"raises, and has changed {name}")


def quiet(path: str) -> int:
    """Send the output of this process to a file and return its descriptor."""
    sys.stdout.flush()
    target = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)
    return target


def limit_memory(room: int) -> None:
    """Limit the additional address space of this process; not for sanitizers, which need all of it."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + room, resource.RLIM_INFINITY))
