"""Shapes that are brought, their normals, and the rest of a part."""

from __future__ import annotations

import numpy as np
import pytest

from studio.api import Input, Mesh, PointCloud
from studio.params import parse
from studio.testing import context
from studio_point_cloud.clouds import SIDES, Cloud, Frame, cloud_of
from studio_point_cloud.completing import completed, known_patches
from studio_point_cloud.orienting import normals_of
from studio_point_cloud.voxels import voxelise

from .tiny import RED, ball, block


def cloud_at(points) -> Cloud:
    rows = np.asarray(points, np.float32)
    return Cloud(rows, np.tile(np.float32([0, 1, 0]), (len(rows), 1)), np.full_like(rows, 0.5))


def half_ball(count=3000, side=-1) -> PointCloud:
    """The half of a ball of radius 2 around (5, 6, 7) that looks along -X or X."""
    points = np.random.default_rng(0).standard_normal((count, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    points[:, 0] = side * np.abs(points[:, 0])
    colours = np.tile(np.array(RED, np.uint8), (count, 1))
    return PointCloud((2 * points + [5, 6, 7]).astype("f4"), colours, points.astype("f4"))


def torus(count: int) -> tuple[np.ndarray, np.ndarray]:
    around, across = np.random.default_rng(0).uniform(0, 2 * np.pi, (2, count))
    normals = np.stack(
        [np.cos(across) * np.cos(around), np.sin(across), np.cos(across) * np.sin(around)], axis=1
    )
    ring = np.stack([np.cos(around), np.zeros(count), np.sin(around)], axis=1)
    return (ring + 0.35 * normals).astype("f4"), normals


def test_a_ring_without_normals_gets_those_that_look_out():
    points, normals = torus(3000)
    found = normals_of(points * 70 + 5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    alike = (found * normals).sum(axis=1)
    assert (alike > 0.9).mean() > 0.97


def test_pieces_far_apart_all_look_out():
    points = np.random.default_rng(1).standard_normal((1200, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    places = np.concatenate([points, points + np.array([20, 0, 0])]).astype("f4")
    alike = (normals_of(places) * np.concatenate([points, points])).sum(axis=1)
    assert (alike > 0).mean() > 0.97


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_few_points_have_normals_too(count):
    found = normals_of(np.random.default_rng(0).standard_normal((count, 3)).astype("f4"))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_a_mesh_is_sampled_with_normals_and_colours():
    box = block((1, 2, 3), RED)
    cloud = cloud_of(box, "box")
    assert cloud.points.shape == cloud.normals.shape == cloud.colours.shape
    on = np.abs(np.abs(cloud.points) - [1, 2, 3]) < 1e-5
    assert on.any(axis=1).all()
    assert ((cloud.normals * cloud.points).sum(axis=1) > 0).all()
    np.testing.assert_allclose(cloud.colours, np.tile(np.array(RED) / 255, (4096, 1)), atol=1e-5)


def test_a_mesh_of_faces_without_an_area_is_taken_as_points():
    flat = Mesh(np.eye(3, dtype="f4"), np.array([[0, 0, 1]], "i4"))
    assert len(cloud_of(flat, "flat").points) == 3


def test_a_large_cloud_is_thinned_the_same_way_each_time():
    whole = half_ball(9000)
    one, two = cloud_of(whole, "half"), cloud_of(whole, "half")
    assert len(one.points) == 4096
    assert (one.points == two.points).all()
    assert len(np.unique(one.points, axis=0)) == 4096


def test_the_longest_side_spans_the_cube_but_for_a_margin():
    box = cloud_of(block((1, 2, 4)), "box")
    frame = Frame.around(box, name="box")
    inside = frame.put_in(box)
    np.testing.assert_allclose(inside.points.max(axis=0), (0.225, 0.45, 0.9), atol=0.01)
    np.testing.assert_allclose(inside.points.min(axis=0), (-0.225, -0.45, -0.9), atol=0.01)
    np.testing.assert_allclose(frame.take_out(inside.points), box.points, atol=1e-5)


@pytest.mark.parametrize(("side", "axis", "sign"), [("right", 0, 1), ("bottom", 1, -1)])
def test_the_frame_of_a_part_leaves_room_for_the_rest(side, axis, sign):
    part = cloud_at([[0, 0, 0], [1, 1, 1]])
    frame = Frame.around(part, SIDES[side], 0.5, name="part")
    assert frame.half == pytest.approx(1 / 0.9)
    middle = np.full(3, 0.5)
    middle[axis] += sign * 0.5
    np.testing.assert_allclose(frame.middle, middle)


def test_patches_with_points_are_known():
    known = known_patches(cloud_at([[-0.9, -0.9, -0.9], [0.9, 0.1, -0.1]]), None, 0.0)
    assert np.flatnonzero(known).tolist() == [0, 3 * 16 + 2 * 4 + 1]


@pytest.mark.parametrize(
    ("side", "end", "expected"),
    [("right", 0.0, [1, 1, 0, 0]), ("left", 0.3, [0, 0, 0, 1]), ("left", 0.2, [0, 0, 1, 1])],
)
def test_of_a_part_that_ends_all_patches_before_its_end_are_known(side, end, expected):
    known = known_patches(cloud_at([[0, 0, 0]]), SIDES[side], end).reshape(4, 4, 4)
    assert known.all(axis=(1, 2)).tolist() == [bool(each) for each in expected]
    assert known.sum() == 16 * sum(expected)


def test_voxels_tell_of_counts_offsets_normals_and_colours():
    points = np.array([[-1, -1, -1], [-0.97, -1, -1], [0.5, 0.5, 0.99], [3, 0, 0]], "f4")
    grid = voxelise(points, np.tile([0, 1, 0], (4, 1)), np.full((4, 3), 0.25))
    assert grid.shape == (32, 32, 32, 10)
    filled = np.argwhere(grid[..., 0])
    assert filled.tolist() == [[0, 0, 0], [24, 24, 31]]
    assert grid[0, 0, 0, 0] == pytest.approx(np.log1p(2 * 512))
    np.testing.assert_allclose(grid[0, 0, 0, 1:4], (-0.26, -0.5, -0.5), atol=1e-5)
    np.testing.assert_allclose(grid[24, 24, 31, 4:], (0, 1, 0, 0.25, 0.25, 0.25))


def test_what_is_of_no_kind_takes_twice_the_steps(loaded):
    space = loaded["points"]._space
    point = space.draw(np.random.default_rng(0), "ball", 0.3)
    point[1024:] = 0
    said: list[float] = []
    tokens = space.tokens(point, None, said.append)
    assert said == [step / 24 for step in range(24)]
    assert np.abs(tokens - point[:1024].reshape(64, 16)).max() > 0.5
    again = space.tokens(point, None, lambda _: None)
    assert (tokens == again).all()


def test_what_is_known_stays_and_the_rest_is_led_by_it():
    rng = np.random.default_rng(0)
    tokens = np.full((64, 16), 2.0, np.float32)
    known = np.arange(64) < 40

    def velocity(x, time):  # toward the mean of what is known, as a network that looks at it
        return (x[known].mean() / max(time, 0.2) - x) / max(1 - time, 0.05)

    noise = rng.standard_normal((64, 16)).astype("f4")
    made = completed(velocity, noise, tokens, known, 20, rng, lambda _: None)
    assert (made[known] == 2).all()
    np.testing.assert_allclose(made[~known], 2, atol=0.6)


@pytest.mark.parametrize("name", ["complete points", "complete mesh"])
@pytest.mark.parametrize(("side", "missing"), [(-1, "right"), (1, "left")])
def test_the_half_of_a_ball_becomes_a_ball_around_it(loaded, name, side, missing):
    half = half_ball(side=side)
    generator = loaded[name]
    wish = {"kind": "ball", "missing": missing, "temperature": 0}
    params = parse(generator.spec.params, wish, who="tiny")
    (made,) = generator.generate(params, context(3, (Input(half, "half.ply"),)))
    rows = made.points if name == "complete points" else made.vertices
    # All of it is where the ball is, and the part that was brought is near what came of it.
    np.testing.assert_allclose((rows.max(axis=0) + rows.min(axis=0)) / 2, (5, 6, 7), atol=0.2)
    # The tiny model's planes go on to the sides of their patches, beyond the ball.
    np.testing.assert_allclose(rows.max(axis=0) - rows.min(axis=0), 4, atol=1)
    some = half.points[::10]
    apart = np.sqrt(((some[:, None] - rows) ** 2).sum(axis=2).min(axis=1))
    assert apart.mean() < 0.12
    assert apart.max() < 0.4


def test_a_shell_with_a_hole_is_closed_where_it_has_no_points(loaded):
    whole = ball(1.0)
    kept = whole.vertices[whole.vertices.min(axis=1) > -0.9]
    params = parse(loaded["complete mesh"].spec.params, {"kind": "ball"}, who="tiny")
    given = (Input(PointCloud(kept), "scan.ply"),)
    (made,) = loaded["complete mesh"].generate(params, context(1, given))
    apart = np.sqrt(((kept[::5, None] - made.vertices) ** 2).sum(axis=2).min(axis=1))
    assert apart.mean() < 0.1


def test_seeds_complete_differently_and_one_always_alike(loaded):
    generator = loaded["complete points"]
    params = parse(generator.spec.params, {"missing": "right", "temperature": 1.5}, who="tiny")

    def made(seed):
        (points,) = generator.generate(params, context(seed, (Input(half_ball(), "half.ply"),)))
        return points.points

    assert (made(1) == made(1)).all()
    assert (made(1) != made(2)).any()
