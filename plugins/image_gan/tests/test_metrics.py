"""Frechet distance, density and coverage, against cases that can be worked out."""

import numpy as np
import pytest

from studio_image_gan.training.metrics import (
    density_and_coverage,
    distances,
    frechet_distance,
    nearest,
)


def _normal(count: int, mean: float = 0.0, deviation: float = 1.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, deviation, (count, 4))


def test_frechet_distance_of_a_set_to_itself_is_nothing():
    assert frechet_distance(_normal(500), _normal(500)) == pytest.approx(0.0, abs=1e-9)


def test_frechet_distance_of_shifted_and_widened_normals():
    # |mean|^2 + sum (deviation_a - deviation_b)^2 for independent features: 4 * (4 + 1).
    a, b = _normal(200_000), _normal(200_000, mean=2.0, deviation=2.0, seed=1)
    assert frechet_distance(a, b) == pytest.approx(20.0, rel=0.02)


def test_coverage_is_full_for_the_same_distribution_and_nil_far_away():
    near = density_and_coverage(_normal(400), _normal(400, seed=1))
    far = density_and_coverage(_normal(400), _normal(400, mean=50.0, seed=1))
    assert near.coverage > 0.9
    assert near.density == pytest.approx(1.0, abs=0.15)
    assert (far.coverage, far.density) == (0.0, 0.0)


def test_coverage_of_a_lost_mode_is_half():
    real = np.concatenate([_normal(200), _normal(200, mean=50.0)])
    assert density_and_coverage(real, _normal(400, seed=2)).coverage == pytest.approx(0.5, abs=0.05)


def test_nearest_agrees_with_distances():
    a, b = _normal(700), _normal(90, seed=1)
    found, far = nearest(a, b)
    table = distances(a, b)
    assert (found == table.argmin(axis=1)).all()
    np.testing.assert_allclose(far, table.min(axis=1))
