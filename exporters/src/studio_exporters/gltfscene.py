"""A glTF scene as one mesh or point cloud: nodes placed, primitives joined, colours in sRGB.

Every number in the JSON is held against the bytes there are before anything is made from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.api import Mesh, PointCloud
from studio_exporters.base import expect
from studio_exporters.geometry import mesh_or_points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KINDS = {5120: "i1", 5121: "u1", 5122: "i2", 5123: "u2", 5125: "u4", 5126: "f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_POINTS, _TRIANGLES = 0, 4
_MAX_DEPTH = 100  # of nodes in nodes
_MAX_PARTS = 10_000  # of primitives, however often nodes show them
_MAX_POINTS = 2**26  # and triangles, in all, for the same reason


@dataclass(frozen=True)
class _Part:
    """One primitive in place: (n, 3) points, (m, 3) faces, (n, 3) uint8 colours, (n, 3) normals."""

    points: NDArray[np.float64]
    faces: NDArray[np.int64]
    colors: NDArray[np.uint8] | None
    normals: NDArray[np.float64] | None


def read(tree: dict[str, Any], data: bytes) -> Mesh | PointCloud:
    """Read the scene.

    Args:
        tree: The glTF JSON.
        data: The GLB's binary chunk.

    Raises:
        ValueError: It is broken, refers to another file, or needs what is not read here.
        KeyError, TypeError, IndexError: It is broken in another way.
    """
    import numpy as np

    _refuse_strangers(tree)
    with np.errstate(all="ignore"):  # what is not finite in the end is refused there
        return _joined(_parts(tree, data))


def _parts(tree: dict[str, Any], data: bytes) -> list[_Part]:
    parts: list[_Part] = []
    count = 0
    for matrix, mesh in _placed_meshes(tree):
        for primitive in _item(tree, "meshes", mesh)["primitives"]:
            parts.append(_part(tree, data, primitive, matrix))
            expect(len(parts) <= _MAX_PARTS, f"it has more than {_MAX_PARTS} parts")
            count += len(parts[-1].points) + len(parts[-1].faces)
            expect(count <= _MAX_POINTS, f"it has more than {_MAX_POINTS} points and triangles")
    expect(bool(parts), "it holds no meshes")
    return parts


def to_linear(colours: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return sRGB bytes as the linear 16-bit numbers of glTF; no two bytes become the same.

    Source: IEC 61966-2-1.
    """
    import numpy as np

    return np.rint(_linear_of_bytes() * 65_535).astype(np.uint16)[colours]


def to_srgb(linear: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return linear 0 to 1 as sRGB bytes."""
    import numpy as np

    linear = linear.clip(0, 1)
    curved = 1.055 * np.power(linear, 1 / 2.4) - 0.055
    srgb: NDArray[np.float64] = np.where(linear <= 0.0031308, linear * 12.92, curved)
    return np.rint(srgb * 255).astype(np.uint8)


def _linear_of_bytes() -> NDArray[np.float64]:
    import numpy as np

    srgb = np.arange(256) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _refuse_strangers(tree: dict[str, Any]) -> None:
    """Refuse files that lie elsewhere, and extensions without which the shape is another."""
    for buffer in tree.get("buffers", []):
        if "uri" in buffer:
            expect(False, f"it refers to another place, '{str(buffer['uri'])[:60]}'")
    for name in tree.get("extensionsRequired", []):
        harmless = str(name).startswith("KHR_materials_") or name == "KHR_texture_transform"
        expect(harmless, f"it needs the extension '{str(name)[:60]}'")


def _item(tree: dict[str, Any], what: str, index: Any) -> dict[str, Any]:
    items = tree.get(what, [])
    inside = isinstance(index, int) and 0 <= index < len(items)
    expect(inside, f"it refers to number {str(index)[:20]} of {what}, and there are {len(items)}")
    found = items[index]
    expect(isinstance(found, dict), f"number {index} of its {what} is no object")
    return dict(found)


def _placed_meshes(tree: dict[str, Any]) -> Iterator[tuple[NDArray[np.float64], Any]]:
    """Yield each mesh of the scene with the (4, 4) matrix that puts it in place."""
    import numpy as np

    if "scenes" not in tree:  # a library of meshes
        yield from ((np.eye(4), index) for index in range(len(tree.get("meshes", []))))
        return
    roots = _item(tree, "scenes", tree.get("scene", 0)).get("nodes", [])
    waiting = [(root, np.eye(4), 1) for root in reversed(roots)]
    visits = 0
    while waiting:
        index, above, depth = waiting.pop()
        visits += 1
        expect(depth <= _MAX_DEPTH and visits <= 100 * _MAX_PARTS, "its nodes hold one another")
        node = _item(tree, "nodes", index)
        matrix = above @ _matrix(node)
        if "mesh" in node:
            yield matrix, node["mesh"]
        waiting += [(child, matrix, depth + 1) for child in reversed(node.get("children", []))]


def _matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    import numpy as np

    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T  # glTF goes by columns
    matrix = np.eye(4)
    x, y, z, w = (float(v) for v in node.get("rotation", (0, 0, 0, 1)))
    turned = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix[:3, :3] = turned * np.array(node.get("scale", (1, 1, 1)), np.float64)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix


def _part(
    tree: dict[str, Any], data: bytes, primitive: dict[str, Any], matrix: NDArray[np.float64]
) -> _Part:
    import numpy as np

    mode = primitive.get("mode", _TRIANGLES)
    expect(mode in (_POINTS, _TRIANGLES), f"it draws in mode {mode}, not in points or triangles")
    attributes = primitive["attributes"]
    points = _rows(tree, data, attributes["POSITION"], 3)
    faces = np.zeros((0, 3), np.int64)
    if mode == _TRIANGLES:
        faces = _faces(tree, data, primitive.get("indices"), len(points))
    colors = normals = None
    if "COLOR_0" in attributes:
        colors = to_srgb(_rows(tree, data, attributes["COLOR_0"], 3))
    if "NORMAL" in attributes:
        normals = _turned(_rows(tree, data, attributes["NORMAL"], 3), matrix)
    for rows in (colors, normals):
        expect(rows is None or len(rows) == len(points), "its attributes differ in length")
    if np.linalg.det(matrix[:3, :3]) < 0:  # mirrored: the outside would be the inside
        faces = faces[:, ::-1]
    return _Part(points @ matrix[:3, :3].T + matrix[:3, 3], faces, colors, normals)


def _faces(tree: dict[str, Any], data: bytes, indices: Any, count: int) -> NDArray[np.int64]:
    """Return (m, 3) corners; without indices every three points are a triangle."""
    import numpy as np

    if indices is None:
        corners = np.arange(count)
    else:
        corners = _rows(tree, data, indices, 1).reshape(-1).astype(np.int64)
    expect(len(corners) % 3 == 0, "its last triangle lacks a corner")
    wrong = corners.max(initial=-1)
    expect(wrong < count, f"a face refers to vertex {wrong}, and there are {count}")
    return corners.reshape(-1, 3)


def _turned(normals: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    if np.array_equal(matrix[:3, :3], np.eye(3)):
        return normals
    # The cofactors turn normals as the inverse transpose does, and exist for flat matrices too.
    a, b, c = matrix[:3, :3]
    turned = normals @ np.array([np.cross(b, c), np.cross(c, a), np.cross(a, b)]).T
    lengths = np.linalg.norm(turned, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(
        turned, lengths, out=np.zeros_like(turned), where=lengths > 0
    )
    return unit


def _rows(tree: dict[str, Any], data: bytes, index: Any, columns: int) -> NDArray[np.float64]:
    """Read an accessor as (count, columns) float64; normalised whole numbers become fractions."""
    import numpy as np

    accessor = _item(tree, "accessors", index)
    expect("sparse" not in accessor, "it has sparse accessors, which are not read here")
    kind, width = _KINDS[accessor["componentType"]], _WIDTHS[accessor["type"]]
    expect(width >= columns, f"an accessor has {width} columns, expected {columns}")
    count = accessor["count"]
    start, end, stride = _span(tree, data, accessor, int(kind[1]) * width)
    needed = (count - 1) * stride + int(kind[1]) * width
    expect(
        isinstance(count, int) and count > 0 and start + needed <= end,
        f"an accessor declares {str(count)[:20]} rows, more than its bytes hold",
    )
    rows = np.ndarray((count, width), "<" + kind, data, start, (stride, int(kind[1])))[
        :, :columns
    ].astype(np.float64)
    if accessor.get("normalized") and kind[0] != "f":
        rows = np.maximum(rows / np.iinfo(kind).max, -1)
    return rows


def _span(
    tree: dict[str, Any], data: bytes, accessor: dict[str, Any], row: int
) -> tuple[int, int, int]:
    """Return where an accessor's bytes begin, where its view ends, and how far apart rows are."""
    view = _item(tree, "bufferViews", accessor.get("bufferView"))
    expect(view.get("buffer", 0) == 0, "it has more than one buffer")
    begin, length = view.get("byteOffset", 0), view["byteLength"]
    offset, stride = accessor.get("byteOffset", 0), view.get("byteStride", row)
    sound = all(isinstance(n, int) and n >= 0 for n in (begin, length, offset, stride))
    expect(sound and stride >= row, "a part of its buffer has no sound place")
    expect(begin + length <= len(data), f"it ends {begin + length - len(data)} bytes too early")
    return begin + offset, begin + length, stride


def _joined(parts: list[_Part]) -> Mesh | PointCloud:
    """Join parts into one asset; loose points beside triangles stay as vertices."""
    import numpy as np

    starts = np.cumsum([0] + [len(part.points) for part in parts[:-1]])
    faces = np.concatenate([p.faces + start for p, start in zip(parts, starts, strict=True)])
    return mesh_or_points(
        np.concatenate([part.points for part in parts]),
        faces,
        _all_or_none([part.colors for part in parts]),
        _all_or_none([part.normals for part in parts]),
    )


def _all_or_none(arrays: list[Any]) -> Any:
    import numpy as np

    return None if any(array is None for array in arrays) else np.concatenate(arrays)
