"""Shapes drawn without OpenGL: coverage, depth, colour and light; and the camera's arithmetic."""

import numpy as np
import pytest

from studio.app.camera import Camera, fitted
from studio.app.render import Style, render
from studio.assets import Mesh, PointCloud

FRONT = Camera(yaw=0, pitch=0)
SQUARE = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], "f4")
TWO = np.array([[0, 1, 2], [0, 2, 3]], "i4")


def square(z: float, colour: tuple[int, int, int], half: float = 1.0) -> Mesh:
    rows = SQUARE * np.float32(half) + np.array([0, 0, z], "f4")
    return Mesh(rows, TWO, np.tile(np.array(colour, "uint8"), (4, 1)))


def joined(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0, *(len(m.vertices) for m in meshes[:-1])])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + s for m, s in zip(meshes, starts, strict=True)]),
        np.concatenate([m.colors for m in meshes]),
    )


@pytest.mark.parametrize("turn", [(0, 0), (120, -30), (-400, 90)])
def test_axes_are_square_and_orbit_keeps_the_distance(turn):
    camera = FRONT.orbit(*turn)
    np.testing.assert_allclose(
        np.array(camera.axes()) @ np.array(camera.axes()).T, np.eye(3), atol=1e-9
    )
    assert camera.distance == FRONT.distance
    assert -89 <= camera.pitch <= 89
    assert -180 <= camera.yaw < 180


def test_dragging_to_the_right_turns_the_front_to_the_right():
    front = np.array([[0, 0, 1.0]])
    assert FRONT.orbit(50, 0).seen(front)[0, 0] > 0
    assert FRONT.orbit(0, 50).seen(front)[0, 1] < 0


def test_what_is_panned_follows_the_hand():
    """A point in the target's plane moves as many pixels as the hand."""
    camera = Camera(yaw=30, pitch=15)
    before, after = camera.seen(np.zeros((1, 3))), camera.pan(20, 10, 200).seen(np.zeros((1, 3)))
    pixel = 2 * camera.distance * np.tan(np.radians(15)) / 200
    np.testing.assert_allclose((after - before)[0] / pixel, [20, -10, 0], atol=1e-6)


def test_zoom_has_an_end_both_ways():
    assert FRONT.zoom(1e9).distance > 0
    assert FRONT.zoom(1e-9).distance < 1e3
    assert FRONT.zoom(2).distance == FRONT.distance / 2


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("stretch", [(1, 1, 1), (8, 1, 1), (1, 8, 1), (1, 1, 8)])
def test_fit_shows_all_of_it_from_every_side(scale, stretch):
    rows = np.random.default_rng(1).uniform(-1, 1, (60, 3)) * stretch * scale + scale
    camera = fitted(rows)
    shares = []
    for yaw in range(0, 360, 15):
        drawn = render(
            PointCloud(rows.astype("f4")), camera.orbit(yaw / 0.4, 0), (48, 48), Style(point=0.1)
        )
        shown = drawn[..., 3] > 0
        edges = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
        assert not edges.any()
        high, wide = (np.ptp(np.flatnonzero(shown.any(axis=at))) for at in (1, 0))
        shares.append(max(high, wide) / 48)
    assert max(shares) > 0.6


def test_a_square_covers_what_it_should():
    drawn = render(square(0, (255, 255, 255)), FRONT, (100, 100))
    half = 1 / (4 * np.tan(np.radians(15))) * 50
    assert (drawn[..., 3] / 255).sum() == pytest.approx((2 * half) ** 2, rel=0.01)
    assert drawn[50, 50, 3] == 255
    assert drawn[2, 2].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_nearer_hides_what_is_behind_it(order):
    red, blue = square(0.5, (255, 0, 0), 0.4), square(-0.5, (0, 0, 255))
    drawn = render(joined(*(red, blue)[::order]), FRONT, (64, 64))
    assert drawn[32, 32, 0] > 150
    assert drawn[32, 32, 2] == 0
    assert drawn[32, 16, 2] > 150
    assert drawn[32, 16, 0] == 0


@pytest.mark.parametrize("order", [1, -1])
def test_nearer_points_hide_those_behind(order):
    rows = np.array([[0, 0, 0.5], [0, 0, -0.5]], "f4")[::order]
    colours = np.array([[255, 0, 0], [0, 0, 255]], "uint8")[::order]
    drawn = render(PointCloud(rows, colours), FRONT, (64, 64))
    assert drawn[32, 32, 0] > drawn[32, 32, 2] == 0


def test_both_sides_are_lit_and_the_side_above_is_brighter():
    front, behind = (render(square(0, (200,) * 3), FRONT.orbit(x, 0), (32, 32)) for x in (0, 450))
    assert behind[16, 16, 0] == front[16, 16, 0] > 100
    up, down = (render(square(0, (200,) * 3), FRONT.orbit(0, y), (32, 32)) for y in (-60, 60))
    assert down[16, 16, 0] != up[16, 16, 0]


def test_smooth_light_runs_over_an_edge_and_flat_light_does_not():
    roof = Mesh(
        np.array([[-1, 0, 0], [0, 1, 0], [1, 0, 0], [-1, 0, 1], [0, 1, 1], [1, 0, 1]], "f4"),
        np.array([[0, 3, 4], [0, 4, 1], [1, 4, 5], [1, 5, 2]], "i4"),
    )
    seen = fitted(roof.vertices).orbit(-88, 120)
    flat, smooth = (render(roof, seen, (80, 80), Style(smooth=on))[..., 0] for on in (False, True))
    assert len(np.unique(smooth)) > 2 * len(np.unique(flat[flat > 0]))


@pytest.mark.parametrize(
    "shape",
    [
        PointCloud(np.zeros((0, 3), "f4")),
        Mesh(np.zeros((0, 3), "f4"), np.zeros((0, 3), "i4")),
        Mesh(np.zeros((3, 3), "f4"), np.array([[0, 1, 2]], "i4")),
    ],
)
def test_nothing_and_a_face_without_area_are_clear(shape):
    assert render(shape, FRONT, (16, 16), Style(smooth=True))[..., 3].max() == 0


def test_a_shape_around_the_eye_is_no_error():
    rows = SQUARE * 50
    assert render(Mesh(rows, TWO), FRONT.zoom(1e6), (16, 16)).shape == (16, 16, 4)
