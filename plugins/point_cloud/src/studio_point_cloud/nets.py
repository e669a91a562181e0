"""The surface where a field is zero, as a closed mesh: surface nets.

Gibson 1998, "Constrained Elastic Surface Nets", section 2: a vertex in each cell of a lattice that
the surface crosses, and a quadrangle for each edge between inside and outside. A cell through which
the surface passes twice would tie two sheets together; such cells are filled first, so that every
edge of the mesh has exactly two faces and the faces around a vertex are one fan.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Lattice = NDArray[np.float32]
Places = NDArray[np.float64]
Faces = NDArray[np.int64]

_CORNERS = np.array(list(product((0, 1), repeat=3)))  # corner k of a cell, k = 4x + 2y + z
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if (a ^ b).bit_count() == 1]
_JUST_INSIDE = np.float32(1e-3)  # of the greatest value
_WALL = np.float32(1e3)


def surface_net(values: Lattice) -> tuple[Places, Faces]:
    """Find the surface between negative and other values.

    Args:
        values: [X, Y, Z], negative inside. What lies on the outermost layer counts as outside.

    Returns:
        Vertices [V, 3] in units of the lattice, and triangles [T, 3], counter-clockwise from
        outside; each edge is in exactly two of them. Both are empty where nothing is inside.
    """
    values = untangled(values)
    inside = values < 0
    codes = _codes(inside)
    cells = np.flatnonzero((codes != 0) & (codes != 255))
    place = np.full(codes.size, -1, np.int64)
    place[cells] = np.arange(len(cells))
    corners = np.stack(np.unravel_index(cells, codes.shape), axis=1)
    vertices = corners + _crossings(values, corners)
    quads = _quads(inside, place.reshape(codes.shape))
    return vertices, _cut(quads, vertices)


def untangled(values: Lattice) -> Lattice:
    """Fill cells through which the surface passes more than once, until there are none.

    Of each such cell the outer corner that is nearest to the surface becomes just inside. That
    only ever adds to the inside, and so comes to an end. Corners on the outermost layer stay
    outside: a cell in which all others are inside is crossed once.
    """
    most = np.abs(values).max(initial=0) + np.finfo(np.float32).tiny
    walled = np.full_like(values, _WALL * most)
    walled[1:-1, 1:-1, 1:-1] = values[1:-1, 1:-1, 1:-1]
    while True:
        found = np.argwhere(_tangled()[_codes(walled < 0)])
        if not len(found):
            return walled
        around = found[:, None] + _CORNERS
        near = walled[tuple(around.transpose(2, 0, 1))]
        nearest = np.where(near < 0, np.inf, near).argmin(axis=1)
        walled[tuple(around[np.arange(len(found)), nearest].T)] = -_JUST_INSIDE * most


def _codes(inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Which corners of each cell are inside: bit k for corner k."""
    codes = np.zeros([size - 1 for size in inside.shape], np.uint8)
    for bit, (x, y, z) in enumerate(_CORNERS):
        shifted = inside[x : x + codes.shape[0], y : y + codes.shape[1], z : z + codes.shape[2]]
        codes |= shifted.astype(np.uint8) << np.uint8(bit)
    return codes


@cache
def _tangled() -> NDArray[np.bool_]:
    """For each of the 256 kinds of cells, whether the surface passes through it more than once.

    It does where inside or outside corners do not hang together along edges, and where the corners
    of a side are inside and outside in turn.
    """
    return np.array([not (_whole(code) and _whole(255 - code) and _plain(code))
                     for code in range(256)])  # fmt: skip


def _whole(code: int) -> bool:
    """Whether the corners of a kind of cell hang together along edges."""
    left = {corner for corner in range(8) if code >> corner & 1}
    reached = {min(left)} if left else set()
    while more := {b for a in reached for b in left - reached if (a ^ b).bit_count() == 1}:
        reached |= more
    return reached == left


def _plain(code: int) -> bool:
    """Whether on no side two opposite corners are inside and the other two are not."""
    for axis, end in product((1, 2, 4), (0, 1)):
        a, b = (bit for bit in (1, 2, 4) if bit != axis)
        around = [end * axis + step for step in (0, a, a + b, b)]
        one, two, three, four = (code >> corner & 1 for corner in around)
        if one == three != two == four:
            return False
    return True


def _crossings(values: Lattice, corners: Faces) -> Places:
    """The mean of where the surface crosses the edges of cells: [C, 3], 0 to 1."""
    at = values[tuple((corners[:, None] + _CORNERS).transpose(2, 0, 1))].astype(np.float64)
    total, count = np.zeros((len(at), 3)), np.zeros((len(at), 1))
    for a, b in _EDGES:
        crossed = (at[:, a] < 0) != (at[:, b] < 0)
        share = at[crossed, a] / (at[crossed, a] - at[crossed, b])
        total[crossed] += _CORNERS[a] + share[:, None] * (_CORNERS[b] - _CORNERS[a])
        count[crossed] += 1
    mean: Places = total / count
    return mean


def _quads(inside: NDArray[np.bool_], place: NDArray[np.int64]) -> Faces:
    """A quadrangle between the cells around each edge that is crossed: [Q, 4]."""
    found = []
    for axis in range(3):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        low, high = np.moveaxis(inside, axis, 0)[:-1], np.moveaxis(inside, axis, 0)[1:]
        edges = np.argwhere(np.moveaxis(low != high, 0, axis))
        out = ~inside[tuple(edges.T)]
        steps = np.zeros((4, 3), np.int64)
        steps[:, first], steps[:, second] = (-1, 0, 0, -1), (-1, -1, 0, 0)
        cells = place[tuple((edges[:, None] + steps).transpose(2, 0, 1))]
        cells[out] = cells[out, ::-1]
        found.append(cells)
    return np.concatenate(found)


def _cut(quads: Faces, vertices: Places) -> Faces:
    """Cut quadrangles along the shorter diagonal: [2Q, 3]."""
    a, b, c, d = vertices[quads].transpose(1, 0, 2)
    other = ((a - c) ** 2).sum(axis=1) > ((b - d) ** 2).sum(axis=1)
    quads = np.where(other[:, None], np.roll(quads, -1, axis=1), quads)
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
