"""Shapes that somebody brings, as the encoder knows them: coloured, oriented points in a cube."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.api import Asset, InputFileError, Mesh, PointCloud
from studio_point_cloud.orienting import normals_of
from studio_point_cloud.sampling import spread

Rows = NDArray[np.float32]

_MOST = 4096  # points that the encoder is shown; it was trained with 1,024 to 6,144
_GREY = 0.6  # of what has no colour
_ROOM = 0.9  # of the cube that a shape takes: up to its sides one would be cut open
_SEED = 0  # which points are taken is no chance: a shape has one latent


@dataclass(frozen=True)
class Cloud:
    """Points of a surface.

    Attributes:
        points: [n, 3].
        normals: [n, 3], of unit length, outward.
        colours: [n, 3], 0 to 1.
    """

    points: Rows
    normals: Rows
    colours: Rows


@dataclass(frozen=True)
class Side:
    """A side of a bounding box: the axis it is on, and whether it is its upper end."""

    axis: int
    upper: bool


SIDES = {
    "right": Side(0, True),
    "left": Side(0, False),
    "top": Side(1, True),
    "bottom": Side(1, False),
    "front": Side(2, True),
    "back": Side(2, False),
}


@dataclass(frozen=True)
class Frame:
    """Where the cube from -1 to 1 lies: its middle [3], and half of its width."""

    middle: NDArray[np.float64]
    half: float

    @classmethod
    def around(
        cls, cloud: Cloud, rest: Side | None = None, share: float = 1.0, *, name: str
    ) -> Frame:
        """The cube that the longest side of a shape's bounding box fills but for a margin.

        Args:
            cloud: The shape, or a part of it.
            rest: The side that the rest of it is on; None where its box is that of the whole.
            share: How much of the whole there is, along the way to that side.
            name: Of the file, to be told.

        Raises:
            InputFileError: All of it is in one place.
        """
        low, high = (end(cloud.points.astype(np.float64), 0) for end in (np.min, np.max))
        if rest is not None:
            more = (high - low)[rest.axis] * (1 / share - 1)
            (high if rest.upper else low)[rest.axis] += more if rest.upper else -more
        half = float((high - low).max()) / 2 / _ROOM
        if not half > 1e-30:  # what is smaller vanishes in single precision
            raise InputFileError(f"{name} has all its points in one place, expected a shape")
        return cls((low + high) / 2, half)

    def put_in(self, cloud: Cloud) -> Cloud:
        """A cloud in the coordinates of the cube."""
        points = ((cloud.points - self.middle) / self.half).astype(np.float32)
        return Cloud(points, cloud.normals, cloud.colours)

    def take_out(self, places: Rows) -> Rows:
        """Places [n, 3] in the cube, where they are outside."""
        outside: Rows = (places * self.half + self.middle).astype(np.float32)
        return outside


def cloud_of(asset: Asset, name: str) -> Cloud:
    """Gather the points of a mesh's surface, or of a point cloud.

    Args:
        asset: What was brought. Normals that a cloud does not have are estimated.
        name: Of its file, to be told.

    Raises:
        InputFileError: It is no shape, or has no points.
    """
    rng = np.random.default_rng(_SEED)
    if isinstance(asset, Mesh):
        return _of_mesh(asset, name, rng)
    if not isinstance(asset, PointCloud):
        raise InputFileError(f"{name} is {asset.title.lower()}, expected a mesh or a point cloud")
    return _of_points(asset, name, rng)


def _of_mesh(mesh: Mesh, name: str, rng: np.random.Generator) -> Cloud:
    a, b, c = mesh.vertices.astype(np.float64)[mesh.faces].transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    areas = np.linalg.norm(across, axis=1)
    if not areas.sum() > 0:
        return _of_points(PointCloud(mesh.vertices, mesh.colors), name, rng)
    points, face, weights = spread(mesh.vertices, mesh.faces, _MOST, rng)
    colours = np.full(points.shape, _GREY)
    if mesh.colors is not None:
        colours = (mesh.colors[mesh.faces[face]] / 255 * weights[:, :, None]).sum(axis=1)
    normals = across[face] / areas[face, None]
    return Cloud(*(rows.astype(np.float32) for rows in (points, normals, colours)))


def _of_points(cloud: PointCloud, name: str, rng: np.random.Generator) -> Cloud:
    count = len(cloud.points)
    if not count:
        raise InputFileError(f"{name} has no points, expected at least one")
    taken = np.sort(rng.permutation(count)[:_MOST])
    points = cloud.points[taken]
    normals = normals_of(points) if cloud.normals is None else cloud.normals[taken]
    colours = np.full(points.shape, _GREY, np.float32)
    if cloud.colors is not None:
        colours = (cloud.colors[taken] / 255).astype(np.float32)
    return Cloud(points, normals, colours)
