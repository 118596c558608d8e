"""Objects with arrays sent from process to process through anonymous memory."""

from __future__ import annotations

import os
import pickle
import tempfile
from multiprocessing.reduction import recv_handle, send_handle
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def packed(value: object) -> list[Any]:
    """The pickled value, and the memory of its arrays."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return [head, *(buffer.raw() for buffer in buffers)]


def send(connection: Connection, parts: list[Any]) -> None:
    """Send the parts of a packed value.

    The parts go to memory without a name, which the system frees with the last process that has it open.
    Only their sizes and a descriptor go through the connection, a Unix socket, so that the sender does not
    wait for the receiver.
    """
    with _memory() as file:
        for part in parts:
            file.write(part)
        file.seek(0)
        connection.send([memoryview(part).nbytes for part in parts])
        send_handle(connection, file.fileno(), None)


def receive(connection: Connection) -> Any:
    """The value that the other process has sent; EOFError or OSError if that has ended."""
    sizes = connection.recv()
    with open(recv_handle(connection), "rb") as file:
        head, *buffers = [_read(file, size) for size in sizes]
    return pickle.loads(head, buffers=buffers)


def _memory() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("nncore-batch"), "w+b")
    return tempfile.TemporaryFile()  # a Python that was built for an older system


def _read(file: IO[bytes], size: int) -> bytearray:
    part = bytearray(size)
    if file.readinto(part) != size:  # type: ignore[attr-defined]
        raise EOFError
    return part
