"""Queries of CUDA devices, with PyTorch's names.

This build computes on the CPU: `is_available` is False, functions that only save time or memory do nothing,
and those that need a device raise RuntimeError.

>>> nncore.device("cuda" if nncore.cuda.is_available() else "cpu")
device(type='cpu')
"""

from __future__ import annotations

from typing import Any

from nncore import _core
from nncore.errors import absent

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "reset_peak_memory_stats",
    "set_device",
    "synchronize",
]

Device = _core.device | str | int


def __dir__() -> list[str]:
    return __all__


def device_count() -> int:
    """The number of CUDA devices."""
    return sum(name.partition(":")[0] == "cuda" for name in _core.backend_names())


def is_available() -> bool:
    """Whether there is a CUDA device."""
    return device_count() > 0


def is_initialized() -> bool:
    """Whether a CUDA device is in use."""
    return is_available()


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether a CUDA device computes with bfloat16."""
    return False


def _needs_device(name: str) -> RuntimeError:
    return RuntimeError(f"cuda.{name}: this nncore was built without CUDA; test nncore.cuda.is_available()")


def current_device() -> int:
    """The index of the current device. Errors: RuntimeError if there is none."""
    raise _needs_device("current_device")


def set_device(device: Device) -> None:
    """Choose the current device. Errors: RuntimeError if there is none."""
    raise _needs_device("set_device")


def get_device_name(device: Device | None = None) -> str:
    """The name of a device. Errors: RuntimeError if there is none."""
    raise _needs_device("get_device_name")


def get_device_capability(device: Device | None = None) -> tuple[int, int]:
    """The version of the instruction set of a device. Errors: RuntimeError if there is none."""
    raise _needs_device("get_device_capability")


def get_device_properties(device: Device | None = None) -> Any:
    """The name, the memory and the version of a device. Errors: RuntimeError if there is none."""
    raise _needs_device("get_device_properties")


def manual_seed(seed: int) -> None:
    """Seed the current device; nothing without a device: `nncore.manual_seed` seeds the CPU."""


def manual_seed_all(seed: int) -> None:
    """Seed all devices; nothing without a device: `nncore.manual_seed` seeds the CPU."""


def empty_cache() -> None:
    """Give cached memory of the devices back; nothing without a device."""


def synchronize(device: Device | None = None) -> None:
    """Wait for a device; nothing without a device, because calls on the CPU have finished."""


def memory_allocated(device: Device | None = None) -> int:
    """The bytes of tensors on a device: 0 without a device."""
    return 0


def max_memory_allocated(device: Device | None = None) -> int:
    """The most bytes of tensors on a device so far: 0 without a device."""
    return 0


def memory_reserved(device: Device | None = None) -> int:
    """The bytes that nncore holds on a device: 0 without a device."""
    return 0


def max_memory_reserved(device: Device | None = None) -> int:
    """The most bytes that nncore held on a device so far: 0 without a device."""
    return 0


def reset_peak_memory_stats(device: Device | None = None) -> None:
    """Restart the counts of the most bytes; nothing without a device."""


absent.answer_in(globals())
