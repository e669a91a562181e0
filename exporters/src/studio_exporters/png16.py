"""PNG with 16 bits in each of several channels, which Pillow neither writes nor reads whole.

Source: W3C, Portable Network Graphics Specification (Third Edition), sections 5, 9 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_exporters.recipes import KEY

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray

_COLOUR_TYPES = {3: 2, 4: 6}  # channels: truecolour, truecolour with alpha
_UP = 2  # filter type: each row as its difference from the row above

Open = Callable[[Path], AbstractContextManager["PIL.Image.Image"]]


def write(pixels: NDArray[np.uint16], file: Path, compression: int, recipe: str | None) -> None:
    """Write (height, width, 3 or 4) uint16."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if recipe:
        # keyword, not compressed, no language, no translated keyword
        chunks.append(_chunk(b"iTXt", KEY.encode() + b"\0\0\0\0\0" + recipe.encode()))
    chunks.append(_chunk(b"IDAT", zlib.compress(_filtered(pixels), compression)))
    chunks.append(_chunk(b"IEND", b""))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def is_deep_colour(picture: PIL.Image.Image) -> bool:
    """Whether Pillow is about to throw away the low bytes of an open PNG."""
    return _raw_mode(picture) in ("RGB;16B", "RGBA;16B", "LA;16B")


def read(file: Path, open_: Open) -> NDArray[np.uint16]:
    """Read (height, width, 3 or 4) uint16.

    Pillow undoes compression, filters and interlacing, and only then picks the high byte of each
    sample. Asked a second time for the low bytes, it gives the rest.
    """
    import numpy as np

    high, low = (_bytes_of(file, open_, end) for end in ("B", "L"))
    whole: NDArray[np.uint16] = high.astype(np.uint16) << 8 | low
    return whole


def _bytes_of(file: Path, open_: Open, end: str) -> NDArray[Any]:
    import numpy as np

    with open_(file) as picture:
        mode = _raw_mode(picture)
        if mode == "LA;16B":  # read as it lies, grey and alpha in two bytes each
            _ask_for(picture, "RGBA")
            samples = np.asarray(picture)[
                :, :, slice(0, None, 2) if end == "B" else slice(1, None, 2)
            ]
            return samples[:, :, [0, 0, 0, 1]]
        _ask_for(picture, mode[:-1] + end)
        return np.asarray(picture)


def _raw_mode(picture: PIL.Image.Image) -> str:
    tiles = getattr(picture, "tile", ())
    args = tiles[0][3] if tiles else ""
    return str(args[0] if isinstance(args, tuple) else args)


def _ask_for(picture: Any, mode: str) -> None:
    codec, extents, offset, args = picture.tile[0]
    wanted = (mode, *args[1:]) if isinstance(args, tuple) else mode
    picture.tile = [type(picture.tile[0])(codec, extents, offset, wanted)]


def _filtered(pixels: NDArray[np.uint16]) -> bytes:
    import numpy as np

    height = len(pixels)
    rows = np.ascontiguousarray(pixels, ">u2").view(np.uint8).reshape(height, -1)
    out = np.empty((height, rows.shape[1] + 1), np.uint8)
    out[:, 0] = _UP
    out[:, 1:] = rows
    out[1:, 1:] -= rows[:-1]
    return out.tobytes()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
