"""Looks into an ONNX file, before ONNX Runtime does, for data that lies outside it.

A model may name other files its tensors lie in; a hostile one names a file it has no business with.
Only plain files in the model's own folder are accepted: no paths, no links of either sort. The file
is walked as protocol buffers (https://protobuf.dev/programming-guides/encoding/) with the field
numbers of onnx.proto, so that nothing of it is loaded.
"""

from __future__ import annotations

import mmap
import stat
from collections.abc import Iterator
from pathlib import Path

from studio.errors import WeightsError

# Fields that lead to tensors, by message: {field number: message there}. From onnx.proto.
_TREE: dict[str, dict[int, str]] = {
    "Model": {7: "Graph", 20: "Training", 25: "Function"},
    "Training": {1: "Graph", 2: "Graph"},
    "Function": {7: "Node", 11: "Attribute"},
    "Graph": {1: "Node", 5: "Tensor", 15: "Sparse"},
    "Node": {5: "Attribute"},
    "Attribute": {5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "Sparse", 23: "Sparse"},
    "Sparse": {1: "Tensor", 2: "Tensor"},
    "Tensor": {13: "External"},
}
_MAX_DEPTH = 64
_LENGTH_DELIMITED = 2


def check_external_data(file: Path) -> None:
    """Check that every tensor lies in the model or in a plain file beside it.

    Raises:
        WeightsError: The file is missing, is no ONNX model, or refers to data elsewhere.
    """
    try:
        if not file.is_file() or not file.stat().st_size:
            raise WeightsError(
                f"{file} is missing or empty, expected an ONNX model", culprit=str(file)
            )
        locations = _all_locations(file)
    except OSError as error:
        raise WeightsError(
            f"{file.name} cannot be read: {error.strerror}", culprit=str(file)
        ) from error
    if locations is None:
        raise WeightsError(f"{file.name} is no ONNX model, or a damaged one", culprit=str(file))
    for location in locations:
        _check_location(file, location)


def _all_locations(file: Path) -> list[str] | None:
    """Names of the files that a model's tensors lie in; None where the model is damaged."""
    with (
        file.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        try:
            return list(_locations(view, "Model", 0))
        except (IndexError, ValueError) as error:
            # the exception's frames hold slices of the view, which then could not be released
            error.__traceback__ = None
            return None


def _check_location(file: Path, location: str) -> None:
    plain = location == Path(location).name and location not in ("", ".", "..")
    if plain and _is_plain_file(file.parent / location):
        return
    shown = location if len(location) <= 60 else location[:57] + "..."
    raise WeightsError(
        f"{file.name} takes weights from {shown!r}, expected a plain file beside it",
        culprit=str(file),
    )


def _is_plain_file(file: Path) -> bool:
    """Whether it is a file of one name: no folder, pipe, symbolic link or hard link."""
    try:
        status = file.lstat()
    except (OSError, ValueError):  # it is not there, or its name is none
        return False
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _locations(view: memoryview, message: str, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    inner = _TREE[message]
    for number, value in _fields(view):
        if value is None or number not in inner:
            continue
        if inner[number] == "External":
            key, text = _entry(value)
            if key == "location":
                yield text
        else:
            yield from _locations(value, inner[number], depth + 1)


def _entry(view: memoryview) -> tuple[str, str]:
    fields = {n: bytes(v).decode() for n, v in _fields(view) if v is not None}
    return fields.get(1, ""), fields.get(2, "")


def _fields(view: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """Yield each field's number, and its bytes where it has a length."""
    at = 0
    while at < len(view):
        tag, at = _varint(view, at)
        if tag >> 32:  # protobuf's own reader would drop the upper bits and see another field
            raise ValueError("a tag longer than 32 bits")
        number, wire = tag >> 3, tag & 7
        if wire == _LENGTH_DELIMITED:
            size, at = _varint(view, at)
            if at + size > len(view):
                raise ValueError("a field runs past the end")
            yield number, view[at : at + size]
            at += size
        elif wire == 0:
            _, at = _varint(view, at)
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = view[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number longer than 64 bits")
