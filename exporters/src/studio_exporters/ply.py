"""PLY: meshes and point clouds, with colours and normals. Binary or text.

Source: Greg Turk, The PLY Polygon File Format (1994).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from studio.api import Asset, ExporterSpec, Mesh, PointCloud, Recipe, param
from studio_exporters import plybody
from studio_exporters.base import MIB, FileFormat, expect
from studio_exporters.geometry import UpOptions, mesh_or_points, places, shaped, tinted, to_bytes
from studio_exporters.plybody import TYPES, Element, Property
from studio_exporters.recipes import from_lines, to_lines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COMMENT_WIDTH = 150  # some readers keep a line in 1024 bytes, and an escape is six of them
_MAX_LINE = MIB
_MAX_HEADER = 64 * MIB
_MAX_TEXT = 256 * MIB
_ENCODINGS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


class PlyOptions(UpOptions):
    """How to write a PLY."""

    encoding: Literal["binary", "ascii"] = param(
        "binary", "binary is small and quick; ascii can be read in a text editor"
    )


class Ply(FileFormat[PlyOptions]):
    """PLY; the recipe is in comment lines. Reading gives a mesh where there are faces."""

    spec = ExporterSpec(
        id="ply",
        title="PLY model",
        version="1",
        accepts=(PointCloud, Mesh),
        suffixes=(".ply",),
        media_type="model/ply",
        options=PlyOptions,
    )
    max_bytes = 1024 * MIB

    def write(self, asset: Asset, file: Path, options: PlyOptions, recipe: Recipe | None) -> None:
        asset = shaped(asset, options, self.spec)
        rows = _vertex_rows(asset, places(asset, self.spec))
        faces = asset.faces if isinstance(asset, Mesh) else None
        binary = options.encoding == "binary"
        comments = to_lines(recipe, _COMMENT_WIDTH) if recipe else []
        with file.open("wb") as out:
            out.write(_header(rows, faces, binary, comments))
            if binary:
                _write_binary(out, rows, faces)
            else:
                _write_text(out, rows, faces)

    def _read(self, file: Path) -> Asset:
        with file.open("rb") as stream:
            order, elements, _ = _read_header(stream)
            left = file.stat().st_size - stream.tell()
            expect(bool(order) or left <= _MAX_TEXT, "as text it may have at most 256 MiB")
            return _asset(plybody.read(stream, elements, order, left))

    def _recipe_text(self, file: Path) -> str | None:
        with file.open("rb") as stream:
            return from_lines(_read_header(stream)[2])


def _vertex_rows(asset: Any, points: NDArray[np.float32]) -> NDArray[Any]:
    """Return one row for each vertex, in the order and types of the file."""
    import numpy as np

    columns = dict(zip("xyz", points.T, strict=True))
    if asset.normals is not None:
        columns |= zip(("nx", "ny", "nz"), asset.normals.T, strict=True)
    if asset.colors is not None:
        columns |= zip(("red", "green", "blue"), asset.colors.T, strict=True)
    types = [(name, column.dtype.newbyteorder("<")) for name, column in columns.items()]
    rows = np.empty(len(points), types)
    for name, column in columns.items():
        rows[name] = column
    return rows


def _header(
    rows: NDArray[Any], faces: NDArray[np.int32] | None, binary: bool, comments: list[str]
) -> bytes:
    assert rows.dtype.names
    lines = ["ply", f"format {'binary_little_endian' if binary else 'ascii'} 1.0"]
    lines += [f"comment {line}" for line in comments]
    lines.append(f"element vertex {len(rows)}")
    for name in rows.dtype.names:
        lines.append(f"property {'uchar' if rows.dtype[name].kind == 'u' else 'float'} {name}")
    if faces is not None:
        lines += [f"element face {len(faces)}", "property list uchar int vertex_indices"]
    return "\n".join([*lines, "end_header", ""]).encode("ascii")


def _write_binary(out: BinaryIO, rows: NDArray[Any], faces: NDArray[np.int32] | None) -> None:
    import numpy as np

    out.write(rows.tobytes())
    if faces is not None:
        triangles = np.empty(len(faces), [("count", "u1"), ("corners", "<i4", 3)])
        triangles["count"] = 3
        triangles["corners"] = faces
        out.write(triangles.tobytes())


def _write_text(out: BinaryIO, rows: NDArray[Any], faces: NDArray[np.int32] | None) -> None:
    import numpy as np

    assert rows.dtype.names
    # Nine digits bring back the same float32.
    form = ["%d" if rows.dtype[name].kind == "u" else "%.9g" for name in rows.dtype.names]
    np.savetxt(out, rows, fmt=form)
    if faces is not None:
        np.savetxt(out, faces, fmt="3 %d %d %d")


def _read_header(stream: BinaryIO) -> tuple[str, list[Element], list[str]]:
    """Return the byte order (empty for text), the elements and the comments."""
    expect(stream.readline(8).strip() == b"ply", "it does not begin with 'ply'")
    order: str | None = None
    elements: list[Element] = []
    comments: list[str] = []
    while True:
        line = stream.readline(_MAX_LINE)
        expect(line.endswith(b"\n") and stream.tell() < _MAX_HEADER, "its header has no end")
        words = line.decode("latin-1").split(maxsplit=1)
        rest = words[1].strip() if len(words) == 2 else ""
        match words[:1]:
            case ["end_header"]:
                break
            case ["format"]:
                order = _ENCODINGS.get(rest.split()[0]) if rest else None
                expect(order is not None, f"its encoding '{rest[:40]}' is none that PLY has")
            case ["comment"]:
                comments.append(rest)
            case ["element"]:
                elements.append(_element(rest))
            case ["property"]:
                expect(bool(elements), "it has a property before any element")
                elements[-1].properties.append(_property(rest))
    expect(order is not None, "its header names no encoding")
    return order or "", elements, comments


def _element(words: str) -> Element:
    name, _, count = words.partition(" ")
    expect(count.isdecimal() and len(count) < 20, f"its 'element {words[:60]}' names no count")
    return Element(name, int(count), [])


def _property(words: str) -> Property:
    parts = words.split()
    names = parts[1:3] if parts[:1] == ["list"] else parts[:1]
    whole = len(parts) == (4 if parts[:1] == ["list"] else 2)
    expect(whole, f"its 'property {words[:60]}' is no type and name")
    unknown = next((name for name in names if name not in TYPES), None)
    expect(unknown is None, f"its type '{unknown}' is none that PLY has")
    kinds = [TYPES[name] for name in names]
    if len(kinds) == 2:
        expect(kinds[0][0] != "f", "a list's length is declared as a fraction")
        return Property(parts[3], kinds[1], kinds[0])
    return Property(parts[1], kinds[0])


def _asset(content: plybody.Content) -> Mesh | PointCloud:
    columns = content.columns
    expect(bool(columns), "it holds no points")
    lacking = next((axis for axis in "xyz" if axis not in columns), None)
    expect(lacking is None, f"its vertices have no '{lacking}'")
    colors = _stacked(columns, "red", "green", "blue")
    asset = mesh_or_points(
        _stacked(columns, *"xyz"),
        content.faces,
        None if colors is None else to_bytes(colors),
        _stacked(columns, "nx", "ny", "nz"),
    )
    tints = _stacked(content.told, "red", "green", "blue")
    if colors is None and tints is not None and isinstance(asset, Mesh):
        return tinted(asset, to_bytes(tints))
    return asset


def _stacked(columns: dict[str, NDArray[Any]], *names: str) -> Any:
    """Return (n, 3), or None where a column is missing."""
    import numpy as np

    if any(name not in columns for name in names):
        return None
    return np.stack([columns[name] for name in names], axis=1)
