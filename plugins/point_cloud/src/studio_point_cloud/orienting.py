"""Normals of points that have none.

Hoppe et al. 1992, "Surface Reconstruction from Unorganized Points": a plane through the neighbours
of each point (section 3.2), turned to the outside along a tree of neighbours whose planes are
nearly parallel (section 3.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Numbers = NDArray[np.int64]

_NEIGHBOURS = 12
_AT_ONCE = 512


def normals_of(points: Rows) -> Rows:
    """Estimate the outward normals of a surface from points [n, 3]: [n, 3], of unit length."""
    middle = points.astype(np.float64) - points.astype(np.float64).mean(axis=0)
    size = np.abs(middle).max(initial=0) or 1.0
    places = middle / size
    near = _nearest(places, min(_NEIGHBOURS, len(points)))
    normals = _across_planes(places[near])
    return _turned_out(places, near, normals).astype(np.float32)


def _nearest(places: NDArray[np.float64], count: int) -> Numbers:
    """The nearest points of each, itself among them: [n, count]."""
    square = (places**2).sum(axis=1)
    found = []
    for at in range(0, len(places), _AT_ONCE):
        some = slice(at, at + _AT_ONCE)
        apart = square[some, None] + square - 2 * places[some] @ places.T
        found.append(np.argpartition(apart, count - 1, axis=1)[:, :count])
    return np.concatenate(found)


def _across_planes(groups: NDArray[np.float64]) -> NDArray[np.float64]:
    """The direction in which groups of places [n, k, 3] spread least: [n, 3]."""
    apart = groups - groups.mean(axis=1, keepdims=True)
    normals: NDArray[np.float64] = np.linalg.eigh(apart.transpose(0, 2, 1) @ apart)[1][:, :, 0]
    return normals


def _turned_out(
    places: NDArray[np.float64], near: Numbers, normals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn normals [n, 3] to one side of the surface: Prim's tree over alike neighbours.

    Each piece of the surface begins at what is farthest from the middle, which looks away from it.
    """
    count = len(places)
    normals = normals.copy()
    back: list[list[int]] = [[] for _ in range(count)]
    for point, others in enumerate(near.tolist()):
        for other in others:
            back[other].append(point)
    cost, parent = np.full(count, np.inf), np.full(count, -1)
    left = np.ones(count, bool)
    outward = np.argsort(-(places**2).sum(axis=1), kind="stable")
    begin = iter(outward.tolist())
    for _ in range(count):
        point = int(np.where(left, cost, np.inf).argmin())
        if not left[point] or cost[point] == np.inf:
            point = next(each for each in begin if left[each])
            facing = float(normals[point] @ places[point])
        else:
            facing = float(normals[point] @ normals[parent[point]])
        if facing < 0:
            normals[point] *= -1
        left[point] = False
        others = np.array([*near[point].tolist(), *back[point]])
        unlike = 1 - np.abs(normals[others] @ normals[point])
        better = left[others] & (unlike < cost[others])
        cost[others[better]], parent[others[better]] = unlike[better], point
    return normals
