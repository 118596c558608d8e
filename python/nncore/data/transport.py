"""Objects with arrays sent from process to process through anonymous memory."""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
from multiprocessing.reduction import recv_handle, send_handle
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


ALIGNMENT = 64  # bytes


class Parcel(NamedTuple):
    """A value in memory without a name, which the system frees with the last process that has it open.

    `parts` has the start and size of the pickled value and of the memory of each of its arrays.
    """

    file: IO[bytes]
    parts: list[tuple[int, int]]


def packed(value: object) -> Parcel:
    """The value as a parcel to send."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    file, parts = _memory(), []
    for memory in [memoryview(head), *(buffer.raw() for buffer in buffers)]:
        parts.append((file.tell(), memory.nbytes))
        file.write(memory)
        file.seek(-file.tell() % ALIGNMENT, os.SEEK_CUR)
    file.flush()
    return Parcel(file, parts)


def send(connection: Connection, parcel: Parcel) -> None:
    """Send the parcel and close it.

    Only a list and a descriptor go through the connection, a Unix socket, so that the sender does not wait
    for the receiver.
    """
    with parcel.file:
        connection.send(parcel.parts)
        send_handle(connection, parcel.file.fileno(), None)


def receive(connection: Connection) -> Any:
    """The value that the other process has sent; EOFError or OSError if that has ended."""
    parts = connection.recv()
    with open(recv_handle(connection), "rb") as file:
        memory = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    head, *buffers = [memory[start : start + size] for start, size in parts]
    return pickle.loads(head, buffers=buffers)


def _memory() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("nncore-batch"), "w+b")
    return tempfile.TemporaryFile()  # a Python that was built for an older system
