"""How a set of clouds that were made compares with a set of real ones.

Chamfer distances and what is counted with them, as in Achlioptas et al. 2018, "Learning
Representations and Generative Models for 3D Point Clouds", section 2 (minimum matching distance and
coverage), and Yang et al. 2019, "PointFlow", section 5.1 (1-nearest-neighbour accuracy, from
Lopez-Paz and Oquab 2017).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Distances = NDArray[np.float64]


def boxed(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points [n, 3] moved and scaled so that the longest side of their box spans -1 to 1."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = np.float32(max(float((high - low).max()) / 2, 1e-6))
    return (points - (low + high) / 2) / half


class Set:
    """Clouds [n, 3], made ready for looking up neighbours."""

    def __init__(self, clouds: Iterable[NDArray[np.floating]]) -> None:
        self.clouds = [np.asarray(cloud, np.float64) for cloud in clouds]
        self._trees = [cKDTree(cloud) for cloud in self.clouds]

    def __len__(self) -> int:
        return len(self.clouds)

    def to(self, other: Set) -> Distances:
        """Chamfer distances [this, other]: mean squares of the nearest distances, both ways."""
        rows = [[self._chamfer(a, other, b) for b in range(len(other))] for a in range(len(self))]
        return np.array(rows)

    def within(self) -> Distances:
        """Chamfer distances among these clouds."""
        found = np.zeros((len(self), len(self)))
        for a in range(len(self)):
            for b in range(a):
                found[a, b] = found[b, a] = self._chamfer(a, self, b)
        return found

    def beside(self, other: Set) -> Distances:
        """Chamfer distances [n] of each cloud to the other's of the same number."""
        return np.array([self._chamfer(each, other, each) for each in range(len(self))])

    def _chamfer(self, mine: int, other: Set, its: int) -> float:
        there = other._trees[its].query(self.clouds[mine])[0]
        back = self._trees[mine].query(other.clouds[its])[0]
        return float(np.square(there).mean() + np.square(back).mean())


@dataclass(frozen=True)
class Measured:
    """What a set of made clouds is worth.

    Attributes:
        matching: Minimum matching distance: mean over real clouds of the nearest made one.
        coverage: Share of real clouds that are the nearest of some made one.
        accuracy: 1-nearest-neighbour accuracy: how often the nearest other cloud of both sets
            tells made from real; one half where it cannot.
    """

    matching: float
    coverage: float
    accuracy: float


def measure(made: Distances, between: Distances, real: Distances) -> Measured:
    """Compare made with real clouds.

    Args:
        made: [m, m], distances among made clouds.
        between: [m, r], from made to real ones.
        real: [r, r], among real ones.
    """
    whole = np.block([[made, between], [between.T, real]])
    np.fill_diagonal(whole, np.inf)
    kinds = np.repeat([0, 1], [len(made), len(real)])
    accuracy = float((kinds[whole.argmin(axis=1)] == kinds).mean())
    covered = len(np.unique(between.argmin(axis=1))) / between.shape[1]
    return Measured(float(between.min(axis=0).mean()), covered, accuracy)
