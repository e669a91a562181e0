"""Batches of shapes, each a little different every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio_point_cloud.training.distances import Prepared
from studio_point_cloud.voxels import voxelise

Floats = NDArray[np.float32]
_SEEN = (1024, 6144)  # points that the encoder is shown
_TURN = np.pi / 18  # either way about the vertical axis
_SHRINK = 0.82
PLAIN = 0.9  # of a shape's size, where nothing else is done to it
_ORDERS = np.array([[0, 1, 2], [0, 2, 1], [1, 0, 2]])  # of red, green and blue
_REORDERED = 0.15


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Attributes:
        voxels: [N, 32, 32, 32, 10].
        places: [N, M, 3].
        distances: [N, M].
        tints: [N, M, 3], 0 to 1.
    """

    voxels: Tensor
    places: Tensor
    distances: Tensor
    tints: Tensor


@dataclass(frozen=True)
class Change:
    """What is done to a shape.

    Attributes:
        matrix: [3, 3], that places are multiplied by.
        scale: How much smaller distances become.
        tint: [4, 3]; colours are multiplied by the first three rows, and the last is added.
    """

    matrix: Floats
    scale: float
    tint: Floats

    @staticmethod
    def none() -> Change:
        """Only keep away from the sides of the cube, where a shape would be cut open."""
        eye = np.eye(3, dtype=np.float32)
        return Change(np.float32(PLAIN) * eye, PLAIN, np.eye(4, 3, dtype=np.float32))

    @staticmethod
    def draw(rng: np.random.Generator, largest: float = 1.0) -> Change:
        """Mirror left and right, turn and shrink a little, and shift colours."""
        turn, scale = rng.uniform(-_TURN, _TURN), float(rng.uniform(_SHRINK, largest))
        side = -1.0 if rng.random() < 0.5 else 1.0
        cos, sin = np.cos(turn), np.sin(turn)
        turned = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
        matrix = (scale * np.diag([side, 1.0, 1.0]) @ turned).astype(np.float32)
        order = _ORDERS[rng.integers(len(_ORDERS)) if rng.random() < _REORDERED else 0]
        tint = np.zeros((4, 3), np.float32)
        tint[order, np.arange(3)] = rng.uniform(0.85, 1.15) * rng.uniform(0.95, 1.05, 3)
        tint[3] = rng.uniform(-0.06, 0.06)
        return Change(matrix, scale, tint)

    def colours(self, given: NDArray[np.uint8]) -> Floats:
        """Change colours [n, 3]; gives 0 to 1."""
        changed: Floats = np.clip((given / np.float32(255)) @ self.tint[:3] + self.tint[3], 0, 1)
        return changed


class Drawer:
    """Draws batches from prepared samples."""

    def __init__(self, samples: Prepared, places: int = 1536) -> None:
        self.samples, self.places = samples, places

    def batch(self, shapes: NDArray[np.int64], rng: np.random.Generator) -> Batch:
        """Shapes, changed a little, with places to learn from."""
        rows = [self._row(shape, Change.draw(rng), rng) for shape in shapes]
        return _batch(rows)

    def plain(self, shapes: NDArray[np.int64], seed: int = 0) -> Batch:
        """Shapes that are only made `PLAIN` smaller, each always seen at the same points."""
        none = Change.none()
        return _batch(
            [self._row(each, none, np.random.default_rng([seed, each])) for each in shapes]
        )

    def seen(self, shape: int, change: Change, rng: np.random.Generator) -> Floats:
        """The voxels of some of a shape's points."""
        samples = self.samples
        count = int(np.exp(rng.uniform(*np.log(_SEEN))))
        chosen = rng.permutation(samples.points.shape[1])[:count]
        points = samples.points[shape, chosen].astype(np.float32) @ change.matrix
        normals = samples.normals[shape, chosen] / np.float32(127) @ (change.matrix / change.scale)
        return voxelise(points, normals, change.colours(samples.colours[shape, chosen]))

    def _row(self, shape: int, change: Change, rng: np.random.Generator) -> tuple[Floats, ...]:
        samples = self.samples
        which = rng.integers(samples.places.shape[1], size=self.places)
        places = samples.places[shape, which].astype(np.float32) @ change.matrix
        distances = samples.distances[shape, which].astype(np.float32) * change.scale
        tints = change.colours(samples.tints[shape, which])
        return self.seen(shape, change, rng), places, distances, tints


def _batch(rows: Sequence[tuple[Floats, ...]]) -> Batch:
    return Batch(*(torch.from_numpy(np.stack(each)) for each in zip(*rows, strict=True)))
