"""What is done to shapes before they are written or shown: normals, facets, size and place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeVar

from studio.assets import Mesh, PointCloud

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Shape = TypeVar("Shape", Mesh, PointCloud)
Pivot = Literal["kept", "base", "centre"]


def smooth(mesh: Mesh) -> Mesh:
    """Give each vertex the mean normal of the faces around it, weighted by their angles there.

    Vertices in one place share their normal, so that seams of colour do not show as edges.

    Source: Thürmer and Wüthrich, Computing Vertex Normals from Polygonal Facets (1998).
    """
    import numpy as np

    if not len(mesh.vertices):
        return mesh
    _, place = np.unique(mesh.vertices, axis=0, return_inverse=True)
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    flat = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    sums = np.zeros((int(place.max()) + 1, 3))
    for at in range(3):
        ahead = _unit(corners[:, (at + 1) % 3] - corners[:, at])
        behind = _unit(corners[:, (at + 2) % 3] - corners[:, at])
        angle = np.arccos(np.clip((ahead * behind).sum(1), -1, 1))
        where = place[mesh.faces[:, at]]
        for axis in range(3):
            weights = flat[:, axis] * angle
            sums[:, axis] += np.bincount(where, weights, minlength=len(sums))
    return replace(mesh, normals=_unit(sums)[place].astype("f4"))


def faceted(mesh: Mesh) -> Mesh:
    """Give each face three vertices of its own with its normal, so that every edge is hard."""
    import numpy as np

    corners = mesh.faces.reshape(-1)
    flat = face_normals(mesh.vertices, mesh.faces)
    return Mesh(
        mesh.vertices[corners],
        np.arange(len(corners), dtype="i4").reshape(-1, 3),
        None if mesh.colors is None else mesh.colors[corners],
        flat.repeat(3, axis=0),
    )


def face_normals(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return (m, 3) unit normals of (m, 3) faces; up where a face has no area."""
    import numpy as np

    a, b, c = (vertices[faces[:, at]].astype(np.float64) for at in range(3))
    return _unit(np.cross(b - a, c - a)).astype("f4")


def placed(shape: Shape, *, scale: float = 1.0, z_up: bool = False, pivot: Pivot = "kept") -> Shape:
    """Move a shape so that its pivot is the origin, enlarge it, and turn it for Z-up programs.

    Args:
        shape: Y up, as every asset is.
        scale: Units to a metre.
        z_up: Turn it by a quarter around X, so that what was up points along Z.
        pivot: ``"base"`` is the middle of the bounding box's floor, ``"centre"`` its centre.

    Raises:
        ValueError: It becomes too large for single precision.
    """
    import numpy as np

    name = "vertices" if isinstance(shape, Mesh) else "points"
    rows, normals = getattr(shape, name).astype(np.float64), shape.normals
    if pivot != "kept" and len(rows):
        low, high = rows.min(axis=0), rows.max(axis=0)
        middle = (low + high) / 2
        rows -= middle if pivot == "centre" else (middle[0], low[1], middle[2])
    rows = rows * scale
    if z_up:
        rows = _turned(rows)
        normals = None if normals is None else _turned(normals)
    return replace(shape, **{name: rows, "normals": normals})


def _turned(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """Turn (n, 3) by a quarter around X: (x, y, z) to (x, -z, y)."""
    import numpy as np

    return np.stack([rows[:, 0], 0 - rows[:, 2], rows[:, 1]], axis=1)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 3) of length 1; what has no length points up."""
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    up = np.broadcast_to(np.array([0.0, 1.0, 0.0]), rows.shape).copy()
    unit: NDArray[np.float64] = np.divide(rows, lengths, out=up, where=lengths > 1e-300)
    return unit
