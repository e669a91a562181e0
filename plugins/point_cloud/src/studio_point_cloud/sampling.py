"""Points spread evenly over a surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating]


def spread(
    vertices: Rows, faces: NDArray[np.integer], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Spread points over a surface by its area.

    Faces are taken in turn, one point for each equal share of the area (stratified sampling),
    which is more even than to draw a face for each.

    Args:
        vertices: [V, 3].
        faces: [T, 3]; together they have an area.
        count: Of points.
        rng: Says where in a share and in a face a point lies.

    Returns:
        Points [count, 3], the face of each [count], and its weights of the face's corners
        [count, 3].
    """
    a, b, c = np.asarray(vertices, np.float64)[faces].transpose(1, 0, 2)
    ends = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    aims = (np.arange(count) + rng.random(count)) / count * ends[-1]
    which = np.minimum(np.searchsorted(ends, aims, side="right"), len(faces) - 1)
    # Uniform in a triangle: Turk 1990, "Generating Random Points in Triangles", method 2.
    root, share = np.sqrt(rng.random(count)), rng.random(count)
    weights = np.stack([1 - root, root * (1 - share), root * share], axis=1)
    corners = np.stack([a[which], b[which], c[which]], axis=1)
    return (weights[:, :, None] * corners).sum(axis=1), which, weights
