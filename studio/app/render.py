"""Draws points and meshes with numpy alone, for cards and for machines without OpenGL.

A z-buffer of keys: depth in the upper half of 64 bits, the number of the point or triangle in the
lower. The smallest key wins its pixel, and only what has won is lit. Everything is drawn twice as
large and reduced, so that edges are smooth. Any thread may do it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.app.camera import FIELD, Camera
from studio.assets import Mesh, PointCloud
from studio.shaping import face_normals, smooth

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLAY = (196, 201, 214)  # of what has no colour
_FINER = 2  # pixels drawn for one shown, each way
_BATCH = 1 << 21  # pixels looked at together: some 100 MB
_EMPTY = (1 << 64) - 1
_LARGE = 1024  # pixels
_EDGE = 1e-5  # so much of a triangle belongs to its neighbour too, that no gap shows between them


@dataclass(frozen=True)
class Style:
    """How a shape is drawn.

    Attributes:
        smooth: Light runs over edges; else every face is flat.
        wire: Edges are drawn; by OpenGL only.
        point: Size of points; 1 closes the surface of most clouds.
    """

    smooth: bool = False
    wire: bool = False
    point: float = 1.0


def render(
    shape: Mesh | PointCloud, camera: Camera, size: tuple[int, int], style: Style | None = None
) -> NDArray[np.uint8]:
    """Draw a shape.

    Args:
        shape: What to draw.
        camera: Where it is seen from.
        size: Width and height in pixels.
        style: How; by default flat, with points that close a surface.

    Returns:
        (height, width, 4) uint8, straight alpha: what is not covered is clear.
    """
    import numpy as np

    style = style or Style()
    width, height = size[0] * _FINER, size[1] * _FINER
    keys = np.full(width * height, _EMPTY, np.uint64)
    rows = shape.vertices if isinstance(shape, Mesh) else shape.points
    fine = np.zeros((width * height, 4))
    if len(rows):
        seen = camera.seen(rows)
        depth = np.maximum(seen[:, 2], 1e-9)
        focal = height / 2 / math.tan(FIELD / 2)
        flat = seen * (focal, -focal, 1) / np.stack([depth, depth, np.ones_like(depth)], axis=1)
        flat += (width / 2, height / 2, 0)
        flat[:, 2] = depth
        near = seen[:, 2] > camera.reach * 1e-3
        if isinstance(shape, Mesh):
            _draw_mesh(shape, flat, near, keys, fine, (width, height), camera, style)
        else:
            _draw_points(shape, flat, near, keys, fine, (width, height), camera, style)
    fine = fine.reshape(size[1], _FINER, size[0], _FINER, 4).mean(axis=(1, 3))
    alpha = fine[..., 3:]
    fine[..., :3] = (fine[..., :3] / np.maximum(alpha, 1e-9)).clip(0, 1) ** (1 / 2.2)
    drawn: NDArray[np.uint8] = np.rint(fine * 255).astype(np.uint8)
    return drawn


def _draw_mesh(
    mesh: Mesh, flat: Any, near: Any, keys: Any, out: Any, size: Any, camera: Camera, style: Style
) -> None:
    import numpy as np

    inside = near[mesh.faces].all(axis=1)
    faces = mesh.faces[inside]
    corners = flat[faces]
    _cover(corners, keys, size)
    won = np.flatnonzero(keys != _EMPTY)
    if not len(won):
        return
    which = (keys[won] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    shares = _shares(corners[which], won % size[0] + 0.5, won // size[0] + 0.5)
    shares /= corners[which][:, :, 2]  # perspective
    shares /= shares.sum(axis=1, keepdims=True)
    chosen = faces[which]
    if style.smooth:
        bent = mesh if mesh.normals is not None else smooth(mesh)
        assert bent.normals is not None
        normals = (bent.normals[chosen] * shares[:, :, None]).sum(axis=1)
    else:
        normals = face_normals(mesh.vertices, faces)[which]
    colours = _linear(mesh.colors, len(mesh.vertices))
    out[won, :3] = _lit((colours[chosen] * shares[:, :, None]).sum(axis=1), normals, camera)
    out[won, 3] = 1


def _cover(corners: Any, keys: Any, size: tuple[int, int]) -> None:
    """Put the keys of (m, 3, 3) triangles, in pixels and depth, wherever they are nearest."""
    import numpy as np

    width, height = size
    limit = np.array([width, height])
    low = np.floor(corners[:, :, :2].min(axis=1)).clip(0, limit).astype(np.int64)
    high = np.ceil(corners[:, :, :2].max(axis=1)).clip(0, limit).astype(np.int64)
    across = high - low
    areas = across[:, 0] * across[:, 1]
    planes = _planes(corners, low)
    board = keys.reshape(height, width)
    for large in np.flatnonzero(areas > _LARGE):  # one by one: a window of pixels needs no indices
        (left, top), (wide, tall) = low[large], across[large]
        x, y = np.arange(wide, dtype=np.float32), np.arange(tall, dtype=np.float32)[:, None]
        inside, depth = _inside(planes[large], x, y)
        key = np.where(inside, _keys(depth, np.asarray(large)), np.uint64(_EMPTY))
        seen = board[top : top + tall, left : left + wide]
        np.minimum(seen, key, out=seen)
    small = np.flatnonzero((areas > 0) & (areas <= _LARGE))
    for part in np.array_split(small, max(1, -(-int(areas[small].sum()) // _BATCH))):
        count = areas[part]
        which = np.repeat(part, count)
        at = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        x, y = at % across[which, 0], at // across[which, 0]
        inside, depth = _inside(planes[which].transpose(1, 2, 0), x, y)
        which = which[inside]
        place = (low[which, 1] + y[inside]) * width + low[which, 0] + x[inside]
        np.minimum.at(keys, place, _keys(depth[inside], which))


def _planes(corners: Any, low: Any) -> Any:
    """What runs evenly over triangles (m, 3, 3): two of their shares, and one over the depth.

    Returns:
        (m, 3, 3) float32: for each of them what it gains with x, with y, and has at ``low``.
    """
    import numpy as np

    place = corners[:, :, :2] - (low[:, None] + 0.5)
    (ax, ay), (bx, by), (cx, cy) = (place[:, at].T for at in range(3))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    b = np.stack([cy - ay, ax - cx, (cx - ax) * ay - ax * (cy - ay)], axis=1) / area[:, None]
    c = np.stack([ay - by, bx - ax, ax * (by - ay) - (bx - ax) * ay], axis=1) / area[:, None]
    over = 1 / corners[:, :, 2]
    inverse = b * (over[:, 1] - over[:, 0])[:, None] + c * (over[:, 2] - over[:, 0])[:, None]
    inverse[:, 2] += over[:, 0]
    planes: Any = np.stack([b, c, inverse], axis=1).astype(np.float32)
    return planes


def _inside(planes: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Which pixels their triangle covers, and how deep it is there."""
    import numpy as np

    b, c, inverse = (plane[0] * x + plane[1] * y + plane[2] for plane in planes)
    inside = (b >= -_EDGE) & (c >= -_EDGE) & (b + c <= 1 + _EDGE) & (inverse > 0)
    return inside, 1 / np.where(inside, inverse, 1)


def _shares(corners: Any, x: Any, y: Any) -> Any:
    """Barycentric coordinates (n, 3) of pixels in their triangles; NaN-free where flat."""
    import numpy as np

    (ax, ay), (bx, by), (cx, cy) = (corners[:, at, :2].T for at in range(3))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
    c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
    return np.stack([1 - b - c, b, c], axis=1)


def _draw_points(
    cloud: PointCloud,
    flat: Any,
    near: Any,
    keys: Any,
    out: Any,
    size: Any,
    camera: Camera,
    style: Any,
) -> None:
    import numpy as np

    width, height = size
    kept = np.flatnonzero(near)
    # As large as closes a surface on which so many points lie evenly.
    gap = camera.reach * 1.7 / math.sqrt(max(len(cloud.points), 1))
    focal = height / 2 / math.tan(FIELD / 2)
    radius = min(max(gap * style.point * focal / camera.distance, 1.0), height / 24)
    reach = math.ceil(radius)
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = (dx**2 + dy**2) <= radius**2
    dx, dy = dx[disc], dy[disc]
    some = max(1, _BATCH // len(dx))
    for start in range(0, len(kept), some):
        which = np.repeat(kept[start : start + some], len(dx))
        many = len(which) // len(dx)
        x = np.floor(flat[which, 0]).astype(np.int64) + np.tile(dx, many)
        y = np.floor(flat[which, 1]).astype(np.int64) + np.tile(dy, many)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        which, x, y = which[inside], x[inside], y[inside]
        np.minimum.at(keys, y * width + x, _keys(flat[which, 2], which))
    won = np.flatnonzero(keys != _EMPTY)
    which = (keys[won] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    colours = _linear(cloud.colors, len(cloud.points))[which]
    if cloud.normals is not None:
        out[won, :3] = _lit(colours, cloud.normals[which], camera)
    else:
        away = (flat[which, 2] - camera.distance) / camera.reach  # -1 near to 1 far
        out[won, :3] = colours * (0.62 - 0.38 * away.clip(-1, 1))[:, None]
    out[won, 3] = 1


def _keys(depth: Any, which: Any) -> Any:
    """Depth above number; positive floats order as their bits do."""
    import numpy as np

    bits = np.ascontiguousarray(depth, np.float32).view(np.uint32).astype(np.uint64)
    return (bits << np.uint64(32)) | which.astype(np.uint64)


def _linear(colours: Any, count: int) -> Any:
    import numpy as np

    given = np.broadcast_to(np.array(CLAY, np.uint8), (count, 3)) if colours is None else colours
    return ((np.arange(256) / 255) ** 2.2)[given]


def _lit(colours: Any, normals: Any, camera: Camera) -> Any:
    """A key light from above on the left, the sky, and a little from behind; both sides are lit."""
    import numpy as np

    right, up, back = (np.array(axis) for axis in camera.axes())
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    facing = normals @ back
    normals = np.where((facing < 0)[:, None], -normals, normals)
    key = -0.45 * right + 0.65 * up + 0.62 * back
    light = 0.30 + 0.14 * normals[:, 1] + 0.66 * np.maximum(normals @ key, 0)
    light += 0.10 * (1 - np.abs(facing)) ** 3
    return colours * light[:, None]
