"""How the faces of a mesh hang together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.floating]
Faces = NDArray[np.int64]

_TINY = 0.015  # of the area of the whole


def is_closed(faces: Faces) -> bool:
    """Whether each edge has exactly two faces [T, 3], which run along it in opposite directions."""
    count = int(faces.max(initial=0)) + 1
    ends = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    there, back = np.sort(ends @ [count, 1]), np.sort(ends @ [1, count])
    once = bool((there[1:] != there[:-1]).all())
    apart = bool((ends[:, 0] != ends[:, 1]).all())
    return len(faces) > 0 and apart and once and bool((there == back).all())


def without_crumbs(vertices: Places, faces: Faces) -> tuple[Places, Faces]:
    """Leave out tiny pieces that hang together with nothing else, and hollows inside.

    Args:
        vertices: [V, 3].
        faces: [T, 3] of closed pieces.

    Returns:
        Vertices and faces of the pieces that are left: the largest, and all others with a share of
        the area.
    """
    pieces = _pieces(len(vertices), faces)[faces[:, 0]]
    a, b, c = vertices[faces].transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    areas = np.bincount(pieces, np.linalg.norm(across, axis=1))
    volumes = np.bincount(pieces, (a * across).sum(axis=1))
    kept = (areas > _TINY * areas.sum()) & (volumes > 0)
    kept[areas.argmax()] = True
    return compact(vertices, faces[kept[pieces]])


def without_folds(faces: Faces) -> Faces:
    """Leave out pairs of faces [T, 3] that lie back to back, and faces without an area."""
    low, middle, high = np.sort(faces, axis=1).T
    faces = faces[(low < middle) & (middle < high)]
    corners, which = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True)
    rising = (faces < np.roll(faces, -1, axis=1)).sum(axis=1) == 2
    balance = np.bincount(which, np.where(rising, 1, -1), minlength=len(corners))
    left: Faces = np.concatenate([corners[balance > 0], corners[balance < 0][:, ::-1]])
    return left


def compact(vertices: Places, faces: Faces) -> tuple[Places, Faces]:
    """Leave out vertices that are in no face."""
    used = np.zeros(len(vertices), bool)
    used[faces] = True
    return vertices[used], (np.cumsum(used) - 1)[faces]


def _pieces(count: int, faces: Faces) -> NDArray[np.int64]:
    """For each of so many vertices the least vertex that it hangs together with."""
    least = np.arange(count)
    ends = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    while True:
        before = least
        least = least.copy()
        np.minimum.at(least, ends[:, 0], before[ends[:, 1]])
        np.minimum.at(least, ends[:, 1], least[ends[:, 0]])
        least = least[least]
        if (least == before).all():
            return least
