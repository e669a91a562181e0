"""Points on the surface that a field of distances describes, to measure and to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio_point_cloud.training.distances import SWELL

Floats = NDArray[np.float32]
# Distances [M] and colours [M, 3] at places [M, 3].
Read = Callable[[Floats], tuple[Floats, Floats]]

SIDE = 63  # places of the lattice along an axis; every other one is looked at first
_CLOSE = 0.09  # a surface may pass by a place that is so far from it
_STEP = 0.004  # for slopes


@dataclass(frozen=True)
class Cloud:
    """Points with normals and colours.

    Attributes:
        points: [n, 3].
        normals: [n, 3], of unit length.
        colours: [n, 3], 0 to 1.
    """

    points: Floats
    normals: Floats
    colours: Floats

    def scaled(self) -> Cloud:
        """Centred on its box, the largest side of which spans -1 to 1."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        half = max(float((high - low).max()) / 2, 1e-6)
        return Cloud((self.points - (low + high) / 2) / half, self.normals, self.colours)


def surface(read: Read, count: int, rng: np.random.Generator) -> Cloud | None:
    """Points [count, 3] spread evenly over the surface, or None where there is none.

    The surface crosses edges of a lattice; a piece of it is crossed the more often the larger it
    is and the more of the axes it faces, which is made up for. What the field is thicker by than
    the shape is taken off.
    """
    values = lattice(read)
    points, weights = _crossings(values)
    if not len(points):
        return None
    chosen = rng.choice(len(points), count, p=weights / weights.sum())
    beside = rng.uniform(-1, 1, (count, 3)).astype(np.float32)
    places = points[chosen] + beside / np.float32(SIDE - 1)
    for _ in range(3):
        distances, normals, colours = _slopes(read, places)
        places = np.clip(places - distances[:, None] * normals, -1, 1).astype(np.float32)
    return Cloud(places - SWELL * normals, normals, colours)


def lattice(read: Read) -> Floats:
    """Distances [SIDE, SIDE, SIDE] in the cube from -1 to 1, exact close to the surface."""
    coarse = read(_places(np.indices((SIDE // 2 + 1,) * 3).reshape(3, -1).T * 2))[0]
    coarse = coarse.reshape((SIDE // 2 + 1,) * 3)
    values = coarse
    for axis in range(3):
        values = np.repeat(values, 2, axis=axis).take(range(SIDE), axis=axis)
    close = np.argwhere(np.abs(values) < _CLOSE)
    values = values.copy()
    if len(close):
        values[tuple(close.T)] = read(_places(close))[0]
    return values


def _places(cells: NDArray[np.generic]) -> Floats:
    places: Floats = cells.astype(np.float32) * np.float32(2 / (SIDE - 1)) - 1
    return places


def _crossings(values: Floats) -> tuple[Floats, Floats]:
    """Where edges of the lattice cross the surface, [n, 3], and how much surface each stands for.

    Outside of the cube there is nothing, so that what reaches its sides ends there.
    """
    padded = np.pad(values, 1, constant_values=float(2 / (SIDE - 1)))
    slopes = np.stack([np.gradient(padded, axis=axis) for axis in range(3)])
    slopes /= np.maximum(np.linalg.norm(slopes, axis=0), 1e-6)
    points, weights = [], []
    for axis in range(3):
        first = padded.take(range(SIDE + 1), axis=axis)
        second = padded.take(range(1, SIDE + 2), axis=axis)
        cells = np.argwhere((first < 0) != (second < 0))
        a, b = first[tuple(cells.T)], second[tuple(cells.T)]
        places = (cells - 1).astype(np.float32)
        places[:, axis] += a / (a - b)
        points.append(_places(places))
        facing = np.abs(slopes[:, *cells.T]).sum(axis=0)
        weights.append(1 / np.maximum(facing, 1.0))
    return np.concatenate(points), np.concatenate(weights).astype(np.float32)


def _slopes(read: Read, places: Floats) -> tuple[Floats, Floats, Floats]:
    """Distances, unit normals and colours at places [n, 3]."""
    steps = _STEP * np.concatenate([np.eye(3), -np.eye(3), np.zeros((1, 3))]).astype(np.float32)
    around = (places[:, None] + steps).reshape(-1, 3)
    found, colours = read(around)
    distances = found.reshape(-1, 7)
    slopes = distances[:, :3] - distances[:, 3:6]
    lengths = np.linalg.norm(slopes, axis=1, keepdims=True)
    normals: Floats = slopes / np.maximum(lengths, 1e-6)
    return distances[:, 6], normals, colours.reshape(-1, 7, 3)[:, 6]
