"""MTL: the materials of an OBJ, of which the diffuse colours are read.

Source: Wavefront Technologies, MTL material format (1995), "Kd".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from studio_exporters.base import MIB
from studio_exporters.geometry import to_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST = 4 * MIB
_PLAIN = (0.8, 0.8, 0.8)  # of a face whose material nobody describes


def diffuse(obj: Path, libraries: Iterable[str]) -> dict[bytes, tuple[float, float, float]]:
    """Read the colours of the materials that lie beside an OBJ.

    Args:
        obj: The OBJ.
        libraries: Names of material files it asks for; only those in its own folder are read. One
            that is called as the OBJ is found however the OBJ was renamed.

    Returns:
        Red, green and blue, 0 to 1, by the names of materials; empty where there are none.
    """
    found: dict[bytes, tuple[float, float, float]] = {}
    names = [*libraries, obj.with_suffix(".mtl").name]
    for name in dict.fromkeys(names):
        file = obj.parent / name
        plain = name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0", ":"}
        if plain and file.is_file() and file.stat().st_size <= _MOST:
            found = _colours(file.read_bytes()) | found
    return found


def tints(
    materials: list[bytes], colours: dict[bytes, tuple[float, float, float]]
) -> NDArray[np.uint8] | None:
    """Colours (m, 3) of faces of these materials; None where all are plain white or unknown."""
    import numpy as np

    if not any(name in colours for name in materials):
        return None
    rows = np.array([colours.get(name, _PLAIN) for name in materials], np.float64)
    return None if bool((rows == 1).all()) else to_bytes(rows)


def _colours(content: bytes) -> dict[bytes, tuple[float, float, float]]:
    """Take what can be understood; a broken line costs its material the colour."""
    found: dict[bytes, tuple[float, float, float]] = {}
    name = b""
    for line in content.splitlines():
        words = line.split(maxsplit=1)
        if len(words) == 2 and words[0] == b"newmtl":
            name = words[1].strip()
        elif len(words) == 2 and words[0] == b"Kd":
            try:
                red, green, blue = (float(word) for word in words[1].split()[:3])
            except ValueError:
                continue
            if math.isfinite(red + green + blue):
                found[name] = (red, green, blue)
    return found
