"""What the encoder looks at: a coloured, oriented cloud of points, gathered into a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 32
CHANNELS = 10
_USUAL = 2048  # points; counts are told as if every cloud had so many

Points = NDArray[np.floating]


def voxelise(points: Points, normals: Points, colours: Points) -> NDArray[np.float32]:
    """Gather a cloud into 32x32x32 voxels of the cube from -1 to 1.

    Voxel i along an axis covers -1 + i/16 to -1 + (i + 1)/16. Points outside the cube are left
    out.

    Args:
        points: [n, 3].
        normals: [n, 3], of unit length.
        colours: [n, 3], 0 to 1.

    Returns:
        [32, 32, 32, 10], index order x, y, z; zeros where there is no point. The channels: log1p of
        the number of points, scaled to a cloud of 2,048; the mean offset from the voxel's middle,
        in voxels (3); the mean normal (3); the mean colour (3).
    """
    places = (np.asarray(points, np.float32) + 1) * (SIDE / 2)
    cells = np.floor(places).astype(np.int64)
    within = ((cells >= 0) & (cells < SIDE)).all(axis=1)
    cells, places = cells[within], places[within]
    which = (cells[:, 0] * SIDE + cells[:, 1]) * SIDE + cells[:, 2]
    told = np.concatenate([places - cells - 0.5, normals[within], colours[within]], axis=1)
    counts = np.bincount(which, minlength=SIDE**3)
    grid = np.zeros((SIDE**3, CHANNELS), np.float32)
    filled = np.flatnonzero(counts)
    for channel, values in enumerate(told.T, start=1):
        sums = np.bincount(which, values, minlength=SIDE**3)
        grid[filled, channel] = sums[filled] / counts[filled]
    grid[:, 0] = np.log1p(counts * (_USUAL / max(1, len(points))))
    return grid.reshape(SIDE, SIDE, SIDE, CHANNELS)
