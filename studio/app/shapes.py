"""Reads shapes for looking at, with a rough one beside each that is heavy to turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from studio.app.pictures import points_of
from studio.assets import Mesh, PointCloud
from studio.errors import InputFileError
from studio.registry import Registry

LIGHT = 40_000  # points or triangles that are drawn quickly even by the processor
_LARGEST = 512 * 2**20  # bytes of a file that is read for looking at it
_CELLS = 96  # along the longest side of the grid that rough meshes are made on


@dataclass(frozen=True, eq=False)
class Loaded:
    """A shape, and what stands for it while it is turned."""

    shape: Mesh | PointCloud
    rough: Mesh | PointCloud


def load_shape(file: Path, registry: Registry) -> Loaded:
    """Read a shape. Not for the main thread.

    Raises:
        StudioError: It is missing, broken, too large, or no shape.
    """
    if file.is_file() and file.stat().st_size > _LARGEST:
        raise InputFileError(f"{file.name} is larger than {_LARGEST >> 20} MiB", culprit=file.name)
    asset = registry.exporter_for_suffix(file.suffix)().read(file)
    if not isinstance(asset, (Mesh, PointCloud)):
        raise InputFileError(f"{file.name} holds no shape", culprit=file.name)
    return Loaded(asset, rough(asset))


def rough(shape: Mesh | PointCloud) -> Mesh | PointCloud:
    """A shape of few points or triangles that looks alike from afar; a light one is itself.

    Source: Rossignac and Borrel, Multi-resolution 3D approximations (1993), for meshes.
    """
    import numpy as np

    if isinstance(shape, PointCloud):
        if len(shape.points) <= LIGHT:
            return shape
        some = np.random.default_rng(0).choice(len(shape.points), LIGHT, replace=False)
        colors = None if shape.colors is None else shape.colors[some]
        return PointCloud(
            shape.points[some], colors, None if shape.normals is None else shape.normals[some]
        )
    if len(shape.faces) <= LIGHT:
        return shape
    points = points_of(shape).astype(np.float64)
    low = points.min(axis=0)
    side = max(float(np.ptp(points, axis=0).max()), 1e-30) / _CELLS
    cell = ((points - low) / side).astype(np.int64) @ np.array([1 << 20, 1 << 10, 1])
    _, first, group = np.unique(cell, return_index=True, return_inverse=True)
    faces = group[shape.faces]
    whole = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    return replace(
        shape,
        vertices=shape.vertices[first],
        faces=faces[whole],
        colors=None if shape.colors is None else shape.colors[first],
        normals=None if shape.normals is None else shape.normals[first],
    )
