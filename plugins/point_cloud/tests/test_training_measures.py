"""Surfaces of fields, distances between sets, sheets."""

from __future__ import annotations

import numpy as np
import pytest

from studio_point_cloud.training.distances import SWELL
from studio_point_cloud.training.measures import Set, measure
from studio_point_cloud.training.sheets import picture, sheet
from studio_point_cloud.training.surface import Cloud, lattice, surface


def _ball(radius):
    def read(places):
        distances = np.linalg.norm(places, axis=1) - radius
        return np.clip(distances, -0.1, 0.1), (places + 1) / 2

    return read


def _slab(places):
    """Solid up to y = 0, out to all sides of the cube."""
    return np.clip(places[:, 1], -0.1, 0.1), np.ones_like(places)


def test_points_lie_evenly_on_the_surface():
    cloud = surface(_ball(0.7), 6000, np.random.default_rng(0))
    radius = np.linalg.norm(cloud.points, axis=1)
    np.testing.assert_allclose(radius, 0.7 - SWELL, atol=2e-3)
    np.testing.assert_allclose(cloud.normals, cloud.points / radius[:, None], atol=0.02)
    np.testing.assert_allclose(
        cloud.colours, (cloud.points / radius[:, None] * 0.7 + 1) / 2, atol=0.01
    )
    # Slices of a sphere of one height have one area (Archimedes), along any direction.
    for along in ([1, 0, 0], [0.6, 0.8, 0], [0.577, 0.577, 0.577]):
        counts, _ = np.histogram(cloud.points @ along / (0.7 - SWELL), 8, (-1.01, 1.01))
        assert counts.min() > 0.85 * 750
        assert counts.max() < 1.15 * 750


def test_the_lattice_is_exact_close_to_the_surface():
    values = lattice(_ball(0.7))
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, 63)] * 3, indexing="ij"), axis=-1)
    wanted = np.linalg.norm(places, axis=3) - 0.7
    close = np.abs(wanted) < 0.033  # what an edge that crosses the surface may be away from it
    np.testing.assert_allclose(values[close], wanted[close], atol=1e-5)
    assert ((values < 0) == (wanted < 0)).all()


def test_what_reaches_the_sides_of_the_cube_ends_there():
    cloud = surface(_slab, 4000, np.random.default_rng(0))
    bottom = cloud.points[:, 1] < -0.98
    assert 0.2 < bottom.mean() < 0.35  # of 4 + 4 + 4 * 2 units of area, 4
    assert cloud.points.min() > -1.02


def test_nothing_has_no_surface():
    assert surface(lambda places: (np.full(len(places), 0.1), places), 10, None) is None


def test_a_cloud_is_scaled_to_its_box():
    points = np.random.default_rng(0).uniform([0, 0, 0], [4, 1, 2], (50, 3)).astype(np.float32)
    scaled = Cloud(points, points, points).scaled().points
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
