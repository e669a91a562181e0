"""Contact sheets: many shapes in one picture, for looking at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio_point_cloud.clouds import Cloud

_BACK = 42
_TURN, _TILT = np.deg2rad(35), np.deg2rad(22)
_LIGHT = np.array([-0.35, 0.8, 0.5]) / np.linalg.norm([-0.35, 0.8, 0.5])
_ZOOM = 0.36  # of the picture's size, for a unit of length


def picture(cloud: Cloud | None, size: int = 128) -> NDArray[np.uint8]:
    """A shape seen from the front, the right and above: [size, size, 3], empty without a shape."""
    made = np.full((size, size, 3), _BACK, np.uint8)
    if cloud is None:
        return made
    cos, sin = np.cos(_TURN), np.sin(_TURN)
    turned = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
    cos, sin = np.cos(_TILT), np.sin(_TILT)
    camera = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ turned
    seen, facing = cloud.points @ camera.T, cloud.normals @ camera.T
    light = 0.45 + 0.55 * np.clip(facing @ _LIGHT, 0, 1)
    order = np.argsort(seen[:, 2])
    colours = np.clip(cloud.colours * light[:, None], 0, 1)[order] * 255
    x, y = size / 2 + seen[order, 0] * _ZOOM * size, size / 2 - seen[order, 1] * _ZOOM * size
    # Layer by layer from the back, each point two pixels wide.
    column, row = (np.clip(each.astype(int), 0, size - 2) for each in (x, y))
    depth = np.full((size, size), -np.inf)
    for down in (0, 1):
        for right in (0, 1):
            at = (row + down, column + right)
            nearest = np.full((size, size), -1)
            nearest[at] = np.arange(len(order))  # of several the last stays, the nearest to us
            filled = nearest >= 0
            deep = np.where(filled, seen[order, 2][nearest], -np.inf)
            won = filled & (deep > depth)
            made[won], depth[won] = colours[nearest[won]].astype(np.uint8), deep[won]
    return made


def sheet(clouds: Sequence[Cloud | None], columns: int = 8, size: int = 128) -> Image.Image:
    """Shapes row by row."""
    rows = -(-len(clouds) // columns)
    whole = np.full((rows * size, columns * size, 3), _BACK, np.uint8)
    for index, cloud in enumerate(clouds):
        top, left = index // columns * size, index % columns * size
        whole[top : top + size, left : left + size] = picture(cloud, size)
    return Image.fromarray(whole)
