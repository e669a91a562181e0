"""RIFF, the box that WAV comes in: find its chunks, and put a comment at its end.

Source: IBM and Microsoft, Multimedia Programming Interface and Data Specifications 1.0 (1991),
"RIFF" and "LIST INFO".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_HEAD = struct.Struct("<4sI")


def append_comment(file: Path, comment: str | None) -> None:
    """Add an INFO comment to a WAV file, and take out the time that libsndfile writes into it."""
    with file.open("r+b") as stream:
        for name, start, _ in chunks(stream):
            if name == b"PEAK":  # version, then the time of writing
                stream.seek(start + 4)
                stream.write(bytes(4))
        if comment:
            stream.seek(0, 2)
            stream.write(_info(comment.encode("ascii")))
        size = stream.seek(0, 2)
        stream.seek(4)
        stream.write(struct.pack("<I", size - 8))


def comments(file: Path) -> list[str]:
    """Return every INFO comment (ICMT)."""
    found = []
    with file.open("rb") as stream:
        for name, start, size in chunks(stream):
            stream.seek(start)
            if name == b"LIST" and stream.read(4) == b"INFO":
                found += [
                    _text(stream, at, length)
                    for inner, at, length in _chunks_in(stream, start + 4, start + size)
                    if inner == b"ICMT"
                ]
    return found


def chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and size of each chunk, none of them reaching past the file's end."""
    end = stream.seek(0, 2)
    yield from _chunks_in(stream, 12, end)


def _chunks_in(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + _HEAD.size <= end:
        stream.seek(start)
        name, size = _HEAD.unpack(stream.read(_HEAD.size))
        start += _HEAD.size
        yield name, start, min(size, end - start)
        start += size + size % 2


def _text(stream: BinaryIO, start: int, size: int) -> str:
    stream.seek(start)
    return stream.read(size).split(b"\0", 1)[0].decode("utf-8", "replace")


def _info(comment: bytes) -> bytes:
    value = _chunk(b"ICMT", comment + b"\0")
    return _chunk(b"LIST", b"INFO" + value)


def _chunk(name: bytes, data: bytes) -> bytes:
    return _HEAD.pack(name, len(data)) + data + bytes(len(data) % 2)
