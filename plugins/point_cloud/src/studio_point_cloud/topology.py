"""How the faces of a mesh hang together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.floating]
Faces = NDArray[np.int64]

_TINY = 0.015  # of the area of the whole
_PARTED = 0.02  # how far what is parted moves, of the way to the vertices around it


def is_closed(faces: Faces) -> bool:
    """Whether each edge has exactly two faces [T, 3], which run along it in opposite directions."""
    count = int(faces.max(initial=0)) + 1
    ends = _ends(faces)
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
    pieces = _together(len(vertices), _ends(faces))[faces[:, 0]]
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


def unpinched(vertices: Places, faces: Faces) -> tuple[Places, Faces] | None:
    """Part sheets that touch along an edge, which then has four faces.

    Faces are paired across each edge, and the corners that hang together through such pairs become
    one vertex, so that where two sheets touched each has vertices of its own.

    Returns:
        A closed surface, or None where that is not the way to get one.
    """
    for turned in (False, True):
        mates = _mates(faces, turned)
        if mates is None:
            return None
        after = np.arange(faces.size).reshape(-1, 3)[:, [1, 2, 0]].reshape(-1)
        joined = np.stack([np.arange(faces.size), after[mates]], axis=1)
        heads, corners = np.unique(_together(faces.size, joined), return_inverse=True)
        parted = corners.reshape(-1, 3)
        if is_closed(parted):
            return _drawn_apart(vertices, faces.reshape(-1)[heads], parted), parted
    return None


def _mates(faces: Faces, turned: bool) -> NDArray[np.int64] | None:
    """For each edge of each face [3T] the edge of another face that runs along it backwards.

    Where there are several, they are taken in turn or, if `turned`, the other way round. None where
    there are not as many in each direction.
    """
    count = int(faces.max(initial=0)) + 1
    ends = _ends(faces)
    there, back = ends @ [count, 1], ends @ [1, count]
    places = np.arange(len(ends))
    first = np.lexsort((places, there))
    second = np.lexsort((-places if turned else places, back))
    if (there[first] != back[second]).any():
        return None
    mates = np.empty_like(places)
    mates[first] = second
    return mates


def _drawn_apart(vertices: Places, origins: NDArray[np.int64], faces: Faces) -> Places:
    """Places of vertices that came of others; several of one move toward those around them."""
    places = vertices[origins]
    ends = _ends(faces)
    around = [np.bincount(ends[:, 0], axis, minlength=len(places)) for axis in places[ends[:, 1]].T]
    mean = np.stack(around, axis=1) / np.bincount(ends[:, 0], minlength=len(places))[:, None]
    several = np.bincount(origins)[origins] > 1
    places[several] += _PARTED * (mean - places)[several]
    return places


def _ends(faces: Faces) -> NDArray[np.int64]:
    """From where to where the edges of faces [T, 3] run: [3T, 2]."""
    return faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)


def _together(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of so many things the least one that it hangs together with through pairs [n, 2]."""
    least = np.arange(count)
    while True:
        before = least
        least = least.copy()
        np.minimum.at(least, pairs[:, 0], before[pairs[:, 1]])
        np.minimum.at(least, pairs[:, 1], least[pairs[:, 0]])
        least = least[least]
        if (least == before).all():
            return least
