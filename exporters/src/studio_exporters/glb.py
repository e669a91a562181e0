"""GLB, the binary form of glTF 2.0: meshes and point clouds, with colours and normals.

Source: Khronos Group, glTF 2.0 Specification, sections 3 (concepts), 4 (GLB) and 5 (properties).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from studio.api import Asset, ExporterSpec, Mesh, PointCloud, Recipe, param
from studio_exporters import gltfscene
from studio_exporters.base import MIB, FileFormat, expect, left_in, read_exactly
from studio_exporters.geometry import ShadingOptions, faces_of, places, shaped
from studio_exporters.recipes import KEY, to_ascii

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HEADER = struct.Struct("<4sII")
_CHUNK = struct.Struct("<I4s")
_COMPONENTS = {"f4": 5126, "u4": 5125, "u2": 5123}
_ARRAY, _ELEMENT_ARRAY = 34962, 34963
_POINTS, _TRIANGLES = 0, 4


class GlbOptions(ShadingOptions):
    """How to write a GLB, in which Y is up and a unit is a metre by definition."""

    surface: Literal["matt", "glossy"] = param("matt", "how the surface takes light")


class Glb(FileFormat[GlbOptions]):
    """GLB; the recipe is in `asset.extras`. Reading gives a mesh where there are faces."""

    spec = ExporterSpec(
        id="glb",
        title="GLB model",
        version="1",
        accepts=(Mesh, PointCloud),
        suffixes=(".glb",),
        media_type="model/gltf-binary",
        options=GlbOptions,
    )
    max_bytes = 1024 * MIB

    def write(self, asset: Asset, file: Path, options: GlbOptions, recipe: Recipe | None) -> None:
        asset = shaped(asset, options, self.spec)
        buffer = _Buffer()
        primitive = self._primitive(asset, buffer)
        about: dict[str, Any] = {"version": "2.0", "generator": "Multimodal Studio"}
        if recipe:
            about["extras"] = {KEY: to_ascii(recipe)}
        roughness = {"matt": 1.0, "glossy": 0.2}[options.surface]
        tree = {
            "asset": about,
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0}],
            "meshes": [{"primitives": [primitive | {"material": 0}]}],
            "materials": [
                {"pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": roughness}}
            ],
            "accessors": buffer.accessors,
            "bufferViews": buffer.views,
            "buffers": [{"byteLength": len(buffer.data)}],
        }
        file.write_bytes(_glb(tree, bytes(buffer.data)))

    def _primitive(self, asset: Asset, buffer: _Buffer) -> dict[str, Any]:
        import numpy as np

        points = places(asset, self.spec)
        assert isinstance(asset, (Mesh, PointCloud))
        attributes = {"POSITION": buffer.add(points, "VEC3", _ARRAY, bounds=True)}
        if asset.normals is not None:
            attributes["NORMAL"] = buffer.add(asset.normals, "VEC3", _ARRAY)
        if asset.colors is not None:
            linear = gltfscene.to_linear(asset.colors)
            opaque = np.full((len(linear), 1), 65_535, np.uint16)
            rgba = np.hstack([linear, opaque])  # rows of 8 bytes, as alignment asks
            attributes["COLOR_0"] = buffer.add(rgba, "VEC4", _ARRAY, normalized=True)
        if isinstance(asset, PointCloud):
            return {"attributes": attributes, "mode": _POINTS}
        corners = faces_of(asset, self.spec).reshape(-1, 1).astype("u4")
        indices = buffer.add(corners, "SCALAR", _ELEMENT_ARRAY)
        return {"attributes": attributes, "indices": indices, "mode": _TRIANGLES}

    def _read(self, file: Path) -> Asset:
        with file.open("rb") as stream:
            tree = _read_tree(stream)
            return gltfscene.read(tree, _read_buffer(stream))

    def _recipe_text(self, file: Path) -> str | None:
        with file.open("rb") as stream:
            about = _read_tree(stream).get("asset")
        extras = about.get("extras") if isinstance(about, dict) else None
        found = extras.get(KEY) if isinstance(extras, dict) else None
        return found if isinstance(found, str) else None


class _Buffer:
    """The binary chunk as it grows, with the views and accessors that describe it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, int]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(
        self,
        rows: NDArray[np.generic],
        shape: str,
        target: int,
        *,
        normalized: bool = False,
        bounds: bool = False,
    ) -> int:
        """Add an array of (n, components), and return its accessor's number."""
        kind = rows.dtype.str[1:]
        data = rows.astype("<" + kind).tobytes()
        self.views.append(
            {
                "buffer": 0,
                "byteOffset": len(self.data),
                "byteLength": len(data),
                "target": target,
            }
        )
        self.data += data
        accessor: dict[str, Any] = {
            "bufferView": len(self.views) - 1,
            "componentType": _COMPONENTS[kind],
            "count": len(rows),
            "type": shape,
        }
        if normalized:
            accessor["normalized"] = True
        if bounds:
            accessor |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def _glb(tree: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(tree, separators=(",", ":")).encode("ascii")
    chunks = _chunk(b"JSON", text + b" " * (-len(text) % 4))
    chunks += _chunk(b"BIN\0", data + bytes(-len(data) % 4))
    return _HEADER.pack(b"glTF", 2, _HEADER.size + len(chunks)) + chunks


def _chunk(name: bytes, data: bytes) -> bytes:
    return _CHUNK.pack(len(data), name) + data


def _read_tree(stream: BinaryIO) -> dict[str, Any]:
    head = stream.read(_HEADER.size)
    expect(len(head) == _HEADER.size and head[:4] == b"glTF", "it does not begin with 'glTF'")
    version = _HEADER.unpack(head)[1]
    expect(version == 2, f"it is of version {version}, and only 2 can be read")
    name, data = _read_chunk(stream)
    expect(name == b"JSON", "its first part is no JSON")
    tree = json.loads(data)
    expect(isinstance(tree, dict), "its JSON is no object")
    return dict(tree)


def _read_buffer(stream: BinaryIO) -> bytes:
    """Return the binary chunk, or nothing where there is none."""
    name, data = _read_chunk(stream) if left_in(stream) else (b"", b"")
    return data if name == b"BIN\0" else b""


def _read_chunk(stream: BinaryIO) -> tuple[bytes, bytes]:
    size, name = _CHUNK.unpack(read_exactly(stream, _CHUNK.size))
    return name, read_exactly(stream, size)
