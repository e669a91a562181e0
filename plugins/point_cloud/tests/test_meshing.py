"""Surfaces of fields: closed, on the zero level, with few faces; and points spread over them."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from studio.api import UsageError
from studio_point_cloud import meshing
from studio_point_cloud.field import Field
from studio_point_cloud.meshing import mesh_of, points_of, simplified
from studio_point_cloud.nets import surface_net, untangled
from studio_point_cloud.sampling import spread
from studio_point_cloud.topology import (
    compact,
    is_closed,
    unpinched,
    without_crumbs,
    without_folds,
)

GRID = np.zeros((1, 16, 16, 16, 4), np.float32)
TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])


class Formula:
    """A network whose distance is a formula, and its colour the place."""

    def __init__(self, distance):
        self.distance, self.asked = distance, 0

    def run(self, inputs):
        places = inputs["points"]
        self.asked += places.shape[1]
        assert np.abs(places).max() <= 1
        distance = self.distance(places[0].astype(float)).clip(-0.1, 0.1)
        return {"distance": distance[None].astype("f4"), "colour": (places + 1) / 2}


def field_of(distance, pause=lambda: None) -> Field:
    return Field(Formula(distance), GRID, pause)


def sphere(places, radius=0.7):
    return np.linalg.norm(places, axis=1) - radius


def box(places, middle, half):
    beyond = np.abs(places - np.array(middle)) - np.array(half)
    return np.linalg.norm(beyond.clip(0), axis=1) + beyond.max(axis=1).clip(None, 0)


def table(places):
    parts = [box(places, (0, 0.4, 0), (0.9, 0.06, 0.6))]
    for x, z in ((-0.8, -0.5), (-0.8, 0.5), (0.8, -0.5), (0.8, 0.5)):
        parts.append(box(places, (x, -0.25, z), (0.06, 0.6, 0.06)))
    return np.min(parts, axis=0)


def rough(seed, amount):
    """A table with bumps, holes and crumbs."""
    waves = np.random.default_rng(seed).normal(0, 14, (24, 3))
    phases = np.random.default_rng(seed + 1).uniform(0, 6, 24)
    return lambda places: table(places) + amount * np.sin(places @ waves.T + phases).mean(axis=1)


def solid_of(mesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)


def is_solid(vertices, faces) -> bool:
    solid = trimesh.Trimesh(vertices, faces, process=False)
    return solid.is_watertight and solid.is_winding_consistent and solid.volume > 0


@pytest.mark.parametrize("cells", [48, 64])
@pytest.mark.parametrize("distance", [sphere, table])
def test_a_mesh_lies_on_the_surface(cells, distance):
    mesh = mesh_of(field_of(distance), cells, 20_000, flat=False)
    assert is_solid(mesh.vertices, mesh.faces)
    assert np.abs(distance(mesh.vertices.astype(float))).mean() < 0.003
    expected = np.rint((mesh.vertices + 1) / 2 * 255)
    assert np.abs(mesh.colors - expected).max() <= 1


def test_a_sphere_has_its_volume_and_one_piece():
    solid = solid_of(mesh_of(field_of(sphere), 64, 5000, flat=False))
    assert solid.volume == pytest.approx(4 / 3 * np.pi * 0.7**3, rel=0.01)
    assert solid.euler_number == 2


@pytest.mark.parametrize("budget", [200, 1000, 5000])
def test_few_faces_keep_the_shape(budget):
    mesh = mesh_of(field_of(table), 64, budget, flat=False)
    assert len(mesh.faces) <= budget
    solid = solid_of(mesh)
    assert solid.is_watertight
    np.testing.assert_allclose(solid.extents, (1.8, 1.31, 1.2), atol=0.05)


@pytest.mark.parametrize("amount", [0.05, 0.2, 0.5])
def test_rough_surfaces_stay_closed_and_few(amount):
    for seed in range(3):
        for budget in (300, 2000):
            mesh = mesh_of(field_of(rough(seed, amount)), 48, budget, flat=False)
            assert is_solid(mesh.vertices, mesh.faces), (seed, budget)


def test_what_reaches_out_of_the_cube_is_closed_just_beyond_it():
    mesh = mesh_of(field_of(lambda p: np.abs(p[:, 0]) - 0.3), 48, 5000, flat=False)
    assert is_solid(mesh.vertices, mesh.faces)
    assert 1 < np.abs(mesh.vertices).max() < 1.12


def test_a_sheet_without_an_inside_gets_one():
    sheet = field_of(lambda p: box(p, (0, 0, 0), (0.7, 0, 0.7)) + 0.01)
    mesh = mesh_of(sheet, 64, 5000, flat=False)
    assert is_solid(mesh.vertices, mesh.faces)
    np.testing.assert_allclose(solid_of(mesh).extents, (1.4, 0.05, 1.4), atol=0.15)


def test_a_surface_can_be_moved_out():
    field = Field(Formula(sphere), GRID, lambda: None, 0.02)
    np.testing.assert_allclose(
        np.linalg.norm(mesh_of(field, 64, 20_000, flat=False).vertices, axis=1), 0.72, atol=2e-3
    )


def test_an_empty_field_is_refused_in_a_sentence():
    with pytest.raises(UsageError, match="another seed"):
        mesh_of(field_of(lambda p: np.full(len(p), 0.1)), 48, 500, flat=False)


def test_far_from_the_surface_nothing_is_asked():
    field = field_of(lambda p: sphere(p, 0.4))
    values, origin, width = field.lattice(64)
    assert values.shape == (73, 73, 73)
    assert (origin, width) == (-1.125, 2 / 64)
    assert field._network.asked < 0.2 * values.size
    ticks = origin + width * np.arange(73)
    places = np.stack(np.meshgrid(ticks, ticks, ticks, indexing="ij"), -1).reshape(-1, 3)
    true = sphere(places, 0.4).reshape(values.shape)
    assert ((values < 0) == (true < 0)).all()
    near = np.abs(true) < 0.06
    np.testing.assert_allclose(values[near], true[near], atol=1e-5)


def test_a_job_can_be_left_between_questions():
    calls = []
    field_of(sphere, lambda: calls.append(1)).lattice(64)
    assert len(calls) > 2


@pytest.mark.parametrize("count", [1, 700, 4096])
def test_points_lie_on_the_surface_with_its_normals(count):
    cloud = points_of(field_of(sphere), 48, count)
    assert len(cloud.points) == count
    np.testing.assert_allclose(np.linalg.norm(cloud.points, axis=1), 0.7, atol=1e-3)
    np.testing.assert_allclose(cloud.normals, cloud.points / 0.7, atol=0.02)


def test_points_are_spread_by_area():
    quads = np.array([[0, 0, 0], [9, 0, 0], [9, 1, 0], [0, 1, 0], [9, 1, 1], [9, 0, 1.0]])
    faces = np.array([[0, 1, 2], [0, 2, 3], [1, 5, 4], [1, 4, 2]])
    points, which, weights = spread(quads, faces, 1000, np.random.default_rng(0))
    assert np.abs(np.bincount(which) - [450, 450, 50, 50]).max() <= 1
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    tenths = np.bincount((points[which < 2, 0]).astype(int))
    assert np.abs(tenths - 100).max() < 30


@pytest.mark.parametrize("seed", range(5))
def test_any_numbers_make_a_closed_net(seed):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((14, 12, 13)).astype("f4")
    vertices, faces = surface_net(values)
    assert is_closed(faces)
    assert is_solid(vertices, faces)
    fan = trimesh.Trimesh(vertices, faces, process=False)
    assert len(fan.split(only_watertight=True)) == fan.body_count


def test_untangling_only_adds_to_the_inside():
    values = np.random.default_rng(0).standard_normal((9, 9, 9)).astype("f4")
    inner = (slice(1, -1),) * 3
    after = untangled(values)
    assert ((after < 0) | (values >= 0))[inner].all()
    assert (after > 0)[0].all()


def test_one_cell_inside_is_a_small_block():
    values = np.ones((3, 3, 3), "f4")
    values[1, 1, 1] = -1
    vertices, faces = surface_net(values)
    assert (len(vertices), len(faces)) == (8, 12)
    assert trimesh.Trimesh(vertices, faces, process=False).volume > 0
    np.testing.assert_allclose(vertices.mean(axis=0), 1, atol=1e-6)


def test_nothing_inside_is_no_surface():
    vertices, faces = surface_net(np.ones((4, 4, 4), "f4"))
    assert vertices.shape == (0, 3)
    assert faces.shape == (0, 3)
    assert not is_closed(faces)


def test_closed_is_what_an_independent_library_calls_closed():
    assert is_closed(TETRAHEDRON)
    assert not is_closed(TETRAHEDRON[:3])
    assert not is_closed(TETRAHEDRON[[0, 1, 2, 3, 3]])
    turned = TETRAHEDRON.copy()
    turned[0] = turned[0, ::-1]
    assert not is_closed(turned)


def test_crumbs_and_hollows_are_left_out():
    small = CORNERS * 0.01 + 3
    hollow = CORNERS * 0.5 + 0.05
    vertices = np.concatenate([CORNERS, small, hollow, CORNERS + 5])
    faces = np.concatenate(
        [TETRAHEDRON, TETRAHEDRON + 4, TETRAHEDRON[:, ::-1] + 8, TETRAHEDRON + 12]
    )
    left, kept = without_crumbs(vertices, faces)
    assert (len(left), len(kept)) == (8, 8)
    assert left.max() == 6


def test_folds_are_left_out():
    fold = np.array([[0, 1, 4], [4, 1, 0], [2, 2, 3]])
    left = without_folds(np.concatenate([TETRAHEDRON, fold]))
    assert is_closed(left)
    assert len(left) == 4


def test_sheets_that_touch_along_an_edge_are_parted():
    two = np.concatenate([CORNERS, [[-1, 0, 0], [0, -1, 0.0]]])
    # The second tetrahedron shares the edge from 0 to 3 with the first.
    other = np.array([0, 4, 5, 3])[TETRAHEDRON]
    faces = np.concatenate([TETRAHEDRON, other])
    assert not is_closed(faces)
    vertices, parted = unpinched(two, faces)
    assert is_closed(parted)
    assert len(vertices) == 8
    assert np.abs(vertices[:, None] - two).max(axis=2).min(axis=1).max() < 0.03
    assert unpinched(two, faces[:-1]) is None


def test_vertices_without_faces_are_left_out():
    vertices, faces = compact(np.concatenate([[[9, 9, 9]], CORNERS]), TETRAHEDRON + 1)
    assert (faces == TETRAHEDRON).all()
    assert (vertices == CORNERS).all()


def test_a_surface_that_would_tear_is_made_from_a_coarser_one(monkeypatch):
    asked = []

    def tears(vertices, faces, budget):
        asked.append(len(faces))
        return None if len(asked) < 3 else (vertices, faces)

    monkeypatch.setattr(meshing, "simplified", tears)
    mesh = mesh_of(field_of(sphere), 64, 10, flat=False)
    assert asked == sorted(asked, reverse=True)
    assert len(asked) == 3
    assert is_solid(mesh.vertices, mesh.faces)


def test_simplifying_leaves_what_has_few_faces_as_it_is():
    vertices, faces = simplified(CORNERS, TETRAHEDRON, 4)
    assert vertices is CORNERS
    assert faces is TETRAHEDRON
