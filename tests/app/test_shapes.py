"""Shapes in the window: cards, the view in the inspector, laid open; with and without OpenGL."""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage

from studio.app.shapes import LIGHT, Loaded, load_shape, rough
from studio.app.widgets.shapeview import ShapePreview
from studio.app.widgets.stage import WITHOUT
from studio.assets import Mesh, PointCloud
from studio.errors import StudioError
from studio_exporters import Glb, Ply

BOX = Mesh(
    np.array([[x, y, z] for x in (0, 1) for y in (0, 2) for z in (0, 1)], "f4"),
    np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
              [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]], "i4"),
    np.tile(np.array([200, 60, 40], "uint8"), (8, 1)),
)  # fmt: skip


def written(cls, asset, file):
    cls().write(asset, file, cls.spec.options(), None)
    return file


@pytest.fixture
def card(window, wait, tmp_path) -> int:
    """A box on the canvas, dropped there and selected."""
    window.session.bring_in([written(Glb, BOX, tmp_path / "box.glb")], (0.0, 0.0))
    wait(lambda: len(window.canvas.items_) == 1)
    (id_,) = window.canvas.items_
    window.canvas.fit()
    window.canvas.select([id_])
    wait(lambda: isinstance(window.inspector.preview, ShapePreview))
    wait(lambda: window.inspector.preview.stage.drawn is not None)
    return id_


def inked(drawn) -> int:
    small = drawn.scaled(40, 40)
    return sum(small.pixelColor(x, y).alpha() > 0 for x in range(40) for y in range(40))


def test_a_dropped_shape_is_a_card_with_its_colour(window, card, wait):
    asset = window.session.board.row_of(card).id
    wait(lambda: window.session.faces.kept(asset) is not None)
    face = window.session.faces.kept(asset)
    colour = face.picture.pixelColor(face.picture.width() // 2, face.picture.height() // 2)
    assert colour.red() > colour.green() > 0
    assert face.picture.pixelColor(1, 1).alpha() == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("index.obj", b"v 0 0 0\nf 1 2 9\n", "refers to vertex 2"),
        ("empty.stl", bytes(84), "no triangles"),
        ("half.glb", b"glTF\2\0\0\0", "cannot be read"),
    ],
)
def test_a_broken_shape_is_a_sentence_and_no_card(window, wait, tmp_path, name, content, said):
    file = tmp_path / name
    file.write_bytes(content)
    window.canvas.dropped.emit([file], QPointF(0, 0))
    wait(lambda: said in window.news.notice.text)
    assert not window.canvas.items_


def test_dragging_turns_it_and_shift_moves_it(window, card, qtbot):
    stage = window.inspector.preview.stage
    before, middle = stage.camera, stage.rect().center()
    qtbot.mousePress(stage, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(stage, middle + QPoint(10, 0))
    qtbot.mouseRelease(stage, Qt.MouseButton.LeftButton, pos=middle + QPoint(10, 0))
    assert stage.camera != before


def test_keys_turn_move_zoom_and_reset(window, card, qtbot):
    stage = window.inspector.preview.stage
    first = stage.camera
    qtbot.keyClick(stage, Qt.Key.Key_Left)
    assert stage.camera.yaw > first.yaw
    qtbot.keyClick(stage, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert stage.camera.target != first.target
    qtbot.keyClick(stage, Qt.Key.Key_Plus)
    assert stage.camera.distance < first.distance
    qtbot.keyClick(stage, Qt.Key.Key_Home)
    assert stage.camera == first


def test_without_opengl_it_is_drawn_anyway_and_says_so(window, card, qtbot, wait):
    stage = window.inspector.preview.stage
    assert stage.renderer is None
    assert stage.toolTip() == WITHOUT
    assert 50 < inked(stage.drawn) < 1600
    old = stage.drawn
    qtbot.keyClick(stage, Qt.Key.Key_Right)
    wait(lambda: stage.drawn is not old)
    wait(lambda: not stage._rest.isActive() and not stage._drawing)
    assert stage.drawn.width() == round(stage.width() * stage.devicePixelRatioF())


def test_shading_grid_and_ground(window, card, qtbot, wait):
    view = window.inspector.preview
    assert view.smooth.isVisible()
    assert not view.larger.isVisible()
    qtbot.mouseClick(view.smooth, Qt.MouseButton.LeftButton)
    assert view.stage.style_.smooth
    before = view.stage.grab().toImage()
    qtbot.mouseClick(view.grid, Qt.MouseButton.LeftButton)
    assert view.stage.grid
    assert view.stage.grab().toImage() != before
    qtbot.mouseClick(view.ground, Qt.MouseButton.LeftButton)
    assert view.stage.ground == 1


def test_double_click_lays_it_open_and_escape_closes(window, card, qtbot, wait):
    item = window.canvas.items_[card]
    place = window.canvas.mapFromScene(item.mapToScene(item.box().center()))
    qtbot.mouseDClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.shapes.isVisible()
    stage = window.shapes.view.stage
    wait(lambda: stage.drawn is not None)
    assert stage.accessibleName()
    qtbot.keyClick(stage, Qt.Key.Key_Escape)
    assert not window.shapes.isVisible()
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Return)
    assert window.shapes.isVisible()
    window.session.remove_selected()
    assert not window.shapes.isVisible()


def test_a_card_turns_under_the_mouse(window, card, qtbot, wait):
    view, item = window.canvas.viewport(), window.canvas.items_[card]
    box = item.box()
    item.setToolTip("")  # a window of its own, which offscreen cannot be raised

    def place(share: float) -> QPoint:
        return window.canvas.mapFromScene(item.mapToScene(box.width() * share, box.height() / 2))

    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))  # no button is held now
    qtbot.mouseMove(view, QPoint(4, 4))
    qtbot.mouseMove(view, place(0.5))
    wait(lambda: len(window.turning.frames) > 4)
    front = item.turned
    qtbot.mouseMove(view, place(0.4))
    assert item.turned != front
    qtbot.mouseMove(view, place(0.5))
    assert item.turned == front
    qtbot.mouseMove(view, QPoint(2, view.height() - 2))
    assert item.turned is None
    assert not window.turning.frames


class SlowOpenGl:
    """An OpenGL that takes a hundredth of a second for what is rough."""

    def __init__(self):
        self.rows = []

    def draw(self, corners, camera, size, style):
        self.rows.append(len(corners.rows))
        time.sleep(0.01)
        return QImage(*size, QImage.Format.Format_ARGB32)

    def close(self):
        pass


def test_what_opengl_would_take_long_for_is_drawn_in_the_background(window, card, wait):
    stage = window.inspector.preview.stage
    slow = stage.renderer = SlowOpenGl()
    heavy = Mesh(
        np.tile(BOX.vertices, (100, 1)), np.concatenate([BOX.faces + 8 * i for i in range(100)])
    )
    stage.show_shape(Loaded(heavy, BOX))
    wait(lambda: bool(slow.rows))
    wait(lambda: not stage._rest.isActive() and not stage._drawing and inked(stage.drawn) > 50)
    assert set(slow.rows) == {3 * len(BOX.faces)}, "only the rough shape held the window up"


def test_points_have_a_size(window, qtbot, wait, tmp_path):
    rows = np.random.default_rng(0).standard_normal((500, 3)).astype("f4")
    window.session.bring_in([written(Ply, PointCloud(rows), tmp_path / "cloud.ply")], (0.0, 0.0))
    wait(lambda: len(window.canvas.items_) == 1)
    window.canvas.select(window.canvas.items_)
    wait(lambda: isinstance(window.inspector.preview, ShapePreview))
    view = window.inspector.preview
    wait(lambda: view.larger.isVisible())
    qtbot.mouseClick(view.larger, Qt.MouseButton.LeftButton)
    assert view.stage.style_.point > 1


def test_a_heavy_shape_has_a_rough_one_of_the_same_extent():
    rng = np.random.default_rng(0)
    cloud = PointCloud(rng.uniform(-1, 1, (LIGHT * 3, 3)).astype("f4"))
    assert len(rough(cloud).points) == LIGHT
    side = 300
    x, z = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    rows = np.stack([x, np.sin(4 * x) / 4, z], -1).reshape(-1, 3).astype("f4")
    at = np.arange(side * side).reshape(side, side)
    a, b, c, d = (part.reshape(-1) for part in (at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]))
    mesh = Mesh(rows, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]))
    coarse = rough(mesh)
    assert 1000 < len(coarse.faces) < LIGHT
    np.testing.assert_allclose(np.ptp(coarse.vertices, axis=0), np.ptp(rows, axis=0), atol=0.05)
    assert rough(BOX) is BOX


def test_a_file_that_holds_no_shape(registry, tmp_path):
    (tmp_path / "words.txt").write_text("words")
    with pytest.raises(StudioError, match="holds no shape"):
        load_shape(tmp_path / "words.txt", registry)


GL = """
import numpy as np, sys
from PySide6.QtWidgets import QApplication
app = QApplication([])
from studio.app.camera import Camera
from studio.app.glrender import corners_of, make_renderer
from studio.app.pictures import shape_picture
from studio.app.render import Style
from studio.assets import Mesh, PointCloud
renderer = make_renderer()
if renderer is None:
    sys.exit(77)
large = Style(point=4.0)  # the edge of a dot of two pixels is another matter
square = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], "f4")
red = np.tile(np.array([220, 40, 40], "uint8"), (4, 1))
mesh = Mesh(square, np.array([[0, 1, 2], [0, 2, 3]], "i4"), red)
rows = np.random.default_rng(0).uniform(-1, 1, (4000, 3)).astype("f4")
for shape in (mesh, PointCloud(rows, None, rows), PointCloud(rows)):
    for camera in (Camera(yaw=0, pitch=0), Camera()):
        pair = (
            renderer.draw(corners_of(shape, large), camera, (120, 80), large),
            shape_picture(shape, camera, (120, 80), large),
        )
        covered, middle = [], []
        for drawn in pair:
            pixels = [drawn.pixelColor(x, y) for x in range(120) for y in range(80)]
            covered.append(sum(p.alpha() > 127 for p in pixels))
            middle.append(np.mean([p.getRgb()[:3] for p in pixels if p.alpha() > 127], axis=0))
        assert abs(covered[0] - covered[1]) < 0.08 * covered[1], covered
        assert np.abs(middle[0] - middle[1]).max() < 12, middle
style = Style(wire=True)
wire = renderer.draw(corners_of(mesh, style), Camera(yaw=0, pitch=0), (80, 80), style)
blue = sum(wire.pixelColor(x, y).blue() > 120 for x in range(80) for y in range(80))
assert blue > 60, blue
renderer.close()
"""


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs xvfb-run for OpenGL")
def test_opengl_and_numpy_draw_alike():
    environment = {k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"}
    command = ["xvfb-run", "-a", "-s", "-screen 0 400x300x24", sys.executable, "-c", GL]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    if done.returncode == 77:
        pytest.skip("this machine has no OpenGL even under Xvfb")
    assert done.returncode == 0, done.stderr[-2000:]
