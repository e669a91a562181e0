"""What the encoder looks at."""

from __future__ import annotations

import numpy as np
import pytest

from studio_point_cloud.voxels import voxelise


def test_a_voxel_tells_what_is_in_it():
    points = np.array([[-1, -1, -1], [-0.95, -1, -1], [0.99, 0, 0.5], [1.5, 0, 0]], np.float32)
    normals = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], np.float32)
    colours = np.array([[1, 0, 0], [0, 0, 0], [0.2, 0.4, 0.6], [1, 1, 1]], np.float32)
    grid = voxelise(points, normals, colours)
    assert grid.shape == (32, 32, 32, 10)
    assert grid.dtype == np.float32
    first = grid[0, 0, 0]
    assert first[0] == pytest.approx(np.log1p(2 * 2048 / 4))
    np.testing.assert_allclose(first[1:4], [-0.1, -0.5, -0.5], atol=1e-5)
    np.testing.assert_allclose(first[4:7], [0.5, 0.5, 0])
    np.testing.assert_allclose(first[7:], [0.5, 0, 0])
    np.testing.assert_allclose(grid[31, 16, 24, 7:], [0.2, 0.4, 0.6], atol=1e-6)
    filled = np.argwhere(grid.any(axis=3))
    np.testing.assert_array_equal(filled, [[0, 0, 0], [31, 16, 24]])


def test_the_number_of_points_does_not_matter():
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (3000, 3))
    normals, colours = np.tile([0.0, 1.0, 0.0], (3000, 1)), rng.uniform(size=(3000, 3))
    once = voxelise(points, normals, colours)
    twice = voxelise(*(np.tile(each, (2, 1)) for each in (points, normals, colours)))
    np.testing.assert_allclose(once, twice, atol=1e-5)


def test_no_points_are_nothing():
    nothing = np.zeros((0, 3), np.float32)
    assert not voxelise(nothing, nothing, nothing).any()
