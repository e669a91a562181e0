"""How close generated pictures are to real ones, in a space of features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float64]


def frechet_distance(a: Features, b: Features) -> float:
    """Frechet distance between normal distributions fitted to two sets.

    Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", equation 6. The trace of the
    matrix square root is taken from eigenvalues of a symmetric product, which keeps it real.

    Args:
        a: Features [N, D].
        b: Features [M, D].
    """
    mean = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    product = np.clip(np.linalg.eigvalsh(root @ cov_b @ root), 0.0, None)
    return float(mean + np.trace(cov_a) + np.trace(cov_b) - 2.0 * np.sqrt(product).sum())


@dataclass(frozen=True)
class DensityCoverage:
    """Density (fidelity, may exceed 1) and coverage (diversity, 0 to 1)."""

    density: float
    coverage: float


def density_and_coverage(real: Features, fake: Features, k: int = 5) -> DensityCoverage:
    """Density and coverage of Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for
    Generative Models", equations 4 and 6.

    Args:
        real: Features [N, D] of real pictures; each has a ball that reaches its k-th neighbour.
        fake: Features [M, D] of generated pictures.
        k: Neighbour that sets a ball's radius.
    """
    radius = np.partition(distances(real, real), k, axis=1)[:, k]  # position 0 is the point itself
    inside = distances(real, fake) <= radius[:, None]  # [N, M]
    return DensityCoverage(
        density=float(inside.sum(axis=0).mean() / k), coverage=float(inside.any(axis=1).mean())
    )


def distances(a: Features, b: Features) -> Features:
    """Euclidean distances [N, M] between rows of a [N, D] and of b [M, D]."""
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None] - 2.0 * a @ b.T
    roots: Features = np.sqrt(np.clip(squares, 0.0, None))
    return roots


def nearest(queries: Features, reference: Features) -> tuple[NDArray[np.int64], Features]:
    """Index and distance of the nearest reference row for each query, both [N]."""
    found, far = [], []
    for start in range(0, len(queries), 512):
        block = distances(queries[start : start + 512], reference)
        best = block.argmin(axis=1)
        found.append(best)
        far.append(block[np.arange(len(best)), best])
    return np.concatenate(found), np.concatenate(far)
