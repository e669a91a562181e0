"""What the studio and its worker process say to each other, version 1.

A message is a line of JSON behind its length, followed by the bytes of its small arrays; large
arrays lie in files in a folder of shared memory (`/dev/shm` where there is one) that the receiver
maps and unlinks, and where that has no room they follow too. Nothing is pickled, so neither side
can make the other run code, and the two may be different Pythons with different versions of numpy.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import shutil
import struct
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from studio.assets import Asset, from_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION = 1
INLINE = 256 * 1024  # bytes; below this the pipe is faster than a new file
_LENGTH = struct.Struct("<I")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_MAX_HEADER = 512 * 2**20

Message = dict[str, Any]


class Channel:
    """One end of the conversation. `send` may be called from any thread, `receive` from one.

    Args:
        reader: Binary stream to read from.
        writer: Binary stream to write to.
        shared: Folder for large arrays, the same on both ends.
    """

    def __init__(self, reader: IO[bytes], writer: IO[bytes], shared: Path) -> None:
        self._reader = reader
        self._writer = writer
        self._shared = shared
        self._lock = threading.Lock()
        self._count = 0

    def send(self, message: Mapping[str, Any], asset: Asset | None = None) -> None:
        """Send a message, with an asset if there is one.

        Raises:
            OSError: The other side is gone.
        """
        with self._lock:
            header = dict(message)
            blobs: list[bytes] = []
            if asset is not None:
                header["asset"] = self._pack(asset, blobs)
            encoded = json.dumps(header, separators=(",", ":")).encode()
            self._writer.write(_LENGTH.pack(len(encoded)) + encoded)
            for blob in blobs:
                self._writer.write(blob)
            self._writer.flush()

    def receive(self) -> tuple[Message, Asset | None] | None:
        """Wait for a message; None when the other side has closed.

        Raises:
            ValueError: What arrived is no message.
        """
        length = self._reader.read(_LENGTH.size)
        if len(length) < _LENGTH.size:
            return None
        (size,) = _LENGTH.unpack(length)
        if size > _MAX_HEADER:
            raise ValueError(f"a message of {size} bytes")
        encoded = self._reader.read(size)
        if len(encoded) < size:
            return None
        message: Message = json.loads(encoded)
        packed = message.pop("asset", None)
        return message, None if packed is None else self._unpack(packed)

    def _pack(self, asset: Asset, blobs: list[bytes]) -> Message:
        meta, arrays = asset.parts()
        packed = {}
        for name, array in arrays.items():
            entry: Message = {"dtype": array.dtype.str, "shape": array.shape}
            file = self._share(array) if array.nbytes > INLINE else ""
            if file:
                entry["file"] = file
            else:
                blobs.append(array.tobytes())
            packed[name] = entry
        return {"kind": asset.kind, "meta": meta, "arrays": packed}

    def _share(self, array: NDArray[Any]) -> str:
        """Put an array into shared memory; ``""`` where it has no room: containers have little."""
        self._count += 1
        name = f"{os.getpid()}-{self._count}"
        try:
            array.tofile(self._shared / name)
        except OSError:
            with contextlib.suppress(OSError):
                (self._shared / name).unlink()
            return ""
        return name

    def _unpack(self, packed: Message) -> Asset:
        arrays = {name: self._array(entry) for name, entry in packed["arrays"].items()}
        return from_parts(packed["kind"], packed["meta"], arrays)

    def _array(self, entry: Message) -> NDArray[Any]:
        import numpy as np

        dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
        if "file" in entry:
            data: Any = _map_and_unlink(self._shared / Path(entry["file"]).name)
        else:
            data = self._reader.read(dtype.itemsize * int(np.prod(shape, dtype=np.int64)))
        return np.frombuffer(data, dtype).reshape(shape)


def _map_and_unlink(file: Path) -> Any:
    """Map a file and take its name away, so that its memory goes with the last array on it."""
    with file.open("rb") as stream:
        if sys.platform == "win32":  # a mapped file cannot be unlinked there
            data: Any = stream.read()
        else:
            data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    file.unlink()
    return data


def make_shared_folder() -> Path:
    """Make a folder in shared memory for one worker, and remove those of studios that are gone."""
    root = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for old in root.glob("studio-*-*"):
        owner = old.name.split("-")[1]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"studio-{os.getpid()}-", dir=root))


def _alive(pid: int) -> bool:
    import psutil

    return bool(psutil.pid_exists(pid))
