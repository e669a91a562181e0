"""From a field to a closed mesh with few faces, and to points spread over its surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.api import Mesh, PointCloud, faceted, smooth
from studio_point_cloud.field import Field
from studio_point_cloud.nets import surface_net
from studio_point_cloud.sampling import spread
from studio_point_cloud.topology import (
    Faces,
    Places,
    compact,
    unpinched,
    without_crumbs,
    without_folds,
)

_COARSER = (1, 2, 4)
_SOONER = 7  # how greedy the simplification is: lower keeps faces that would have to go


def mesh_of(field: Field, cells: int, budget: int, *, flat: bool) -> Mesh:
    """Make a closed mesh of a field, coloured by it.

    Args:
        field: The shape.
        cells: Of the lattice, along each side of the cube; see `Field.lattice`.
        budget: Most faces.
        flat: Each face by itself, of one colour, in place of normals and colours over its edges.

    Raises:
        EmptyShapeError: There is nothing in the field.
    """
    vertices, faces = _surface(field, cells, budget)
    mesh = Mesh(vertices.astype(np.float32), faces.astype(np.int32))
    if not flat:
        return smooth(Mesh(mesh.vertices, mesh.faces, _colours(field, mesh.vertices)))
    middles = mesh.vertices[mesh.faces].mean(axis=1)
    apart = faceted(mesh)
    colours = _colours(field, middles).repeat(3, axis=0)
    return Mesh(apart.vertices, apart.faces, colours, apart.normals)


def points_of(field: Field, cells: int, count: int) -> PointCloud:
    """Spread points evenly over the surface of a field, with its colours and normals.

    Args:
        field: The shape.
        cells: See `mesh_of`.
        count: Of points.

    Raises:
        EmptyShapeError: There is nothing in the field.
    """
    values, origin, width = field.lattice(cells)
    vertices, faces = without_crumbs(*surface_net(values))
    # Which points of the surface are taken is no chance: a shape has one cloud.
    drawn, _, _ = spread(vertices * width + origin, faces, count, np.random.default_rng(0))
    places = field.onto(drawn, width / 2)
    gradients = field.slopes(places)[1].astype(np.float64)
    lengths = np.linalg.norm(gradients, axis=1, keepdims=True)
    up = np.broadcast_to([0.0, 1.0, 0.0], gradients.shape).copy()
    normals = np.divide(gradients, lengths, out=up, where=lengths > 0)
    return PointCloud(places, _colours(field, places), normals.astype(np.float32))


def _surface(field: Field, cells: int, budget: int) -> tuple[Places, Faces]:
    """A closed surface with few faces.

    Simplification tears a surface now and then, where it is rough or full of holes; then one that
    is coarser to begin with is simplified.
    """
    values, origin, width = field.lattice(cells)
    for stride in _COARSER:
        vertices, faces = without_crumbs(*surface_net(values[::stride, ::stride, ::stride]))
        step = stride * width
        vertices = field.onto(vertices * step + origin, step / 2).astype(np.float64)
        fewer = simplified(vertices, faces, budget)
        if fewer is not None:
            return fewer
    return vertices, faces


def simplified(vertices: Places, faces: Faces, budget: int) -> tuple[Places, Faces] | None:
    """Bring a closed surface to at most so many faces; None where that would tear it.

    Source: Garland and Heckbert 1997, "Surface Simplification Using Quadric Error Metrics".
    """
    if len(faces) <= budget:
        return vertices, faces
    import fast_simplification

    found = fast_simplification.simplify(
        vertices.astype(np.float32), faces.astype(np.int32), target_count=budget, agg=_SOONER
    )
    places, left = compact(found[0], without_folds(found[1].astype(np.int64)))
    return unpinched(places, left) if len(left) <= budget else None


def _colours(field: Field, places: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colours of the field at places [n, 3]: [n, 3], 0 to 255."""
    colours: NDArray[np.float32] = field.look(places)[1].clip(0, 1)
    return np.rint(colours * 255).astype(np.uint8)
