"""STL: triangles and nothing else. Binary is written; binary and text are read.

Source: 3D Systems, StereoLithography Interface Specification (1989).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.api import Asset, ExporterSpec, Mesh, Recipe, param
from studio_exporters.base import MIB, FileFormat, asset_of, expect
from studio_exporters.geometry import PlaceOptions, faces_of, mesh_or_points, shaped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HEADER = b"Multimodal Studio".ljust(80)  # must not begin with "solid", as text does
_START = 84
_ROW = [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")]
_ROW_BYTES = 50


class StlOptions(PlaceOptions):
    """How to write an STL."""

    scale: float = param(
        1.0,
        "enlarge by this; STL has no unit, and printers take 1 for a millimetre: 1000 for metres",
        low=0.000001,
        high=1_000_000,
    )
    up: Literal["y", "z"] = param("y", "the axis that points up; most printers take z")


class Stl(FileFormat[StlOptions]):
    """STL for printing; the recipe lies beside it. Reading joins corners that are in one place."""

    spec = ExporterSpec(
        id="stl",
        title="STL model",
        version="1",
        accepts=(Mesh,),
        suffixes=(".stl",),
        media_type="model/stl",
        options=StlOptions,
        embeds=False,
    )
    max_bytes = 512 * MIB

    def write(self, asset: Asset, file: Path, options: StlOptions, recipe: Recipe | None) -> None:
        import numpy as np

        mesh = asset_of(Mesh, shaped(asset, options, self.spec), self.spec)
        corners = mesh.vertices[faces_of(mesh, self.spec)]
        rows = np.zeros(len(corners), _ROW)
        rows["corners"] = corners
        rows["normal"] = _normals(corners)
        file.write_bytes(_HEADER + np.uint32(len(rows)).tobytes() + rows.tobytes())

    def _read(self, file: Path) -> Asset:
        import numpy as np

        data = file.read_bytes()
        corners = _binary(data) if _is_binary(data) else _text(data)
        expect(bool(np.isfinite(corners).all()), "it holds coordinates that are not finite")
        vertices, faces = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
        return mesh_or_points(vertices, faces.reshape(-1, 3).astype("i4"), None, None)


def _normals(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the unit normal of each triangle, or zero where it has no area."""
    import numpy as np

    a, b, c = (corners[:, i].astype(np.float64) for i in range(3))
    normals = np.cross(b - a, c - a)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(
        normals, lengths, out=np.zeros_like(normals), where=lengths > 0
    )
    return unit.astype("f4")


def _is_binary(data: bytes) -> bool:
    """Whether the length is that of a binary file; some of those begin with "solid" too."""
    if len(data) >= _START and len(data) == _START + _ROW_BYTES * _declared(data):
        return True
    return data.lstrip()[:5].lower() != b"solid"


def _declared(data: bytes) -> int:
    return int.from_bytes(data[80:_START], "little")


def _binary(data: bytes) -> NDArray[Any]:
    import numpy as np

    expect(len(data) >= _START, f"it has {len(data)} bytes, and a header alone has {_START}")
    count, needed = _declared(data), _START + _ROW_BYTES * _declared(data)
    expect(count > 0, "it holds no triangles")
    expect(
        len(data) >= needed,
        f"it declares {count} triangles, which take {needed} bytes, and has {len(data)}",
    )
    return np.frombuffer(data, _ROW, count, _START)["corners"]


def _text(data: bytes) -> NDArray[Any]:
    import numpy as np

    lines = (line.split() for line in data.splitlines())
    numbers = (float(word) for line in lines if line[:1] == [b"vertex"] for word in _three(line))
    corners = np.fromiter(numbers, np.float64)
    expect(corners.size > 0, "it holds no triangles")
    expect(corners.size % 9 == 0, "its last triangle lacks a corner")
    with np.errstate(over="ignore"):
        return corners.astype("f4").reshape(-1, 3, 3)


def _three(line: list[bytes]) -> list[bytes]:
    expect(len(line) == 4, f"a vertex has {len(line) - 1} coordinates, expected 3")
    return line[1:]
