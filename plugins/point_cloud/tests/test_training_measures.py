"""Distances between sets, and sheets."""

from __future__ import annotations

import numpy as np
import pytest

from studio_point_cloud.clouds import Cloud
from studio_point_cloud.training.measures import Set, boxed, measure
from studio_point_cloud.training.sheets import picture, sheet


def test_a_cloud_is_scaled_to_its_box():
    points = np.random.default_rng(0).uniform([0, 0, 0], [4, 1, 2], (50, 3)).astype(np.float32)
    scaled = boxed(points)
    assert scaled[:, 0].min() == pytest.approx(-1)
    assert scaled[:, 0].max() == pytest.approx(1)
    np.testing.assert_allclose(scaled.max(axis=0) + scaled.min(axis=0), 0, atol=1e-6)


def test_the_chamfer_distance_is_of_both_ways():
    one, two = np.array([[0.0, 0, 0], [1, 0, 0]]), np.array([[0.0, 0, 0], [0, 0, 0]])
    first, second = Set([one]), Set([two])
    np.testing.assert_allclose(first.to(second), [[0.5]])
    np.testing.assert_allclose(first.beside(second), [0.5])
    both = Set([one, two])
    np.testing.assert_allclose(both.within(), [[0, 0.5], [0.5, 0]])


def _measure(made, real):
    made, real = Set([[point] for point in made]), Set([[point] for point in real])
    return measure(made.within(), made.to(real), real.within())


def test_a_perfect_copy_covers_all_and_cannot_be_told():
    rng = np.random.default_rng(0)
    real = rng.uniform(size=(60, 3))
    found = _measure(rng.permutation(real) + 1e-6, real)
    assert found.matching == pytest.approx(0, abs=1e-9)
    assert found.coverage == 1
    assert found.accuracy == 0  # everyone's nearest is its copy in the other set
    other = _measure(rng.uniform(size=(60, 3)), real)
    assert other.accuracy == pytest.approx(0.5, abs=0.12)
    assert 0.5 < other.coverage < 0.8


def test_one_shape_again_and_again_covers_little_and_is_told():
    real = np.random.default_rng(0).uniform(size=(50, 3))
    found = _measure(np.tile([[0.5, 0.5, 0.5]], (50, 1)), real)
    assert found.coverage == 1 / 50
    assert found.accuracy > 0.9
    assert found.matching > 0.1


def test_a_picture_shows_what_is_nearest():
    side = np.linspace(-0.8, 0.8, 80, dtype=np.float32)
    x, y = (each.ravel() for each in np.meshgrid(side, side))
    toward = np.tile(np.array([0, 0, 1], np.float32), (len(x), 1))
    behind = np.stack([x, y, np.full_like(x, -0.5)], axis=1)
    front = np.stack([x, y, np.full_like(x, 0.5)], axis=1)
    red, blue = np.tile([1.0, 0, 0], (len(x), 1)), np.tile([0, 0, 1.0], (len(x), 1))
    for points in ((front, behind), (behind, front)):
        colours = (red, blue) if points[0] is front else (blue, red)
        cloud = Cloud(np.concatenate(points), np.concatenate([toward] * 2), np.concatenate(colours))
        middle = picture(cloud, 64)[28:36, 28:36]
        assert (middle[..., 0] > 80).mean() > 0.95
    assert sheet([cloud, None, cloud], columns=2, size=64).size == (128, 128)
    assert (picture(None, 32) == picture(None, 32)[0, 0]).all()
