"""A shape one turns with the mouse or the keyboard, drawn by OpenGL or, without it, by numpy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app import theme
from studio.app.camera import Camera, fitted
from studio.app.glrender import Corners, GlRenderer, corners_of, make_renderer
from studio.app.pictures import points_of, shape_picture
from studio.app.render import Style
from studio.app.shapes import Loaded
from studio.app.tasks import Background
from studio.assets import Mesh, PointCloud

_SETTLE = 180  # milliseconds of rest after which a heavy shape is drawn in full
_FRAME = 0.2  # seconds; what OpenGL would take longer for is drawn in the background instead
_STEP = 24.0  # pixels that an arrow key stands for
_LINES = 5  # of the grid, each way from the middle
GROUNDS = ("canvas", "panel", "handle")  # colours of the theme a shape can stand before
NAME = "3D view"
HELP = "Drag to turn, Shift and drag to move, wheel to come closer"
WITHOUT = f"{HELP}. Drawn by the processor: there is no OpenGL here."


class Stage(QWidget):
    """Shows one shape from wherever somebody looks; a picture stays until the next is there."""

    opened = Signal()
    broke = Signal(str)
    shown = Signal()  # it was drawn, which may be for the first time

    def __init__(self, background: Background) -> None:
        super().__init__()
        self.background = background
        self.camera, self.style_ = Camera(), Style()
        self.loaded: Loaded | None = None
        self.drawn: QImage | None = None
        self.ground, self.grid = 0, False
        self.renderer: GlRenderer | None = make_renderer()
        self._corners: dict[tuple[int, bool, bool], Corners] = {}
        self._preparing: set[tuple[int, bool, bool]] = set()
        self._drawing = self._stale = self._gone = self._slow = False
        self._from: QPointF | None = None
        self._rest = QTimer(self, singleShot=True, interval=_SETTLE)
        self._rest.timeout.connect(self.redraw)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(theme.px(120))
        self.setAccessibleName(NAME)
        self.setAccessibleDescription(HELP)
        self.setToolTip(HELP if self.renderer else WITHOUT)

    def close_down(self) -> None:
        """Draw no more, and free what the graphics card holds."""
        self._gone = True
        self._rest.stop()
        if self.renderer is not None:
            self.renderer.close()
            self.renderer = None

    # What is shown

    def show_shape(self, loaded: Loaded) -> None:
        """Show a shape; a heavy one rough at first, which tells how long all of it would take."""
        self.loaded = loaded
        self._corners.clear()
        self._slow = False
        if loaded.rough is not loaded.shape:
            self._rest.start()
        self.reset()

    def show_style(self, style: Style) -> None:
        """Draw it in another way."""
        self.style_ = style
        self.redraw()

    def reset(self) -> None:
        """Look at all of it from the front again."""
        if self.loaded is not None:
            aspect = self.width() / max(self.height(), 1)
            self.camera = fitted(points_of(self.loaded.shape), aspect)
            self.redraw()

    def look(self, camera: Camera) -> None:
        """Look from elsewhere; a heavy shape is rough until the hand rests."""
        self.camera = camera
        self._rest.start()
        self.redraw()

    def redraw(self) -> None:
        """Draw what is to be seen now."""
        if self.loaded is None or self._gone or not self.isVisible():
            return
        shape = self.loaded.rough if self._rest.isActive() else self.loaded.shape
        if self.renderer is not None and not (self._slow and shape is not self.loaded.rough):
            self._draw_now(shape)
        elif self._drawing:
            self._stale = True
        else:
            self._draw_later(shape)

    def _draw_now(self, shape: Mesh | PointCloud) -> None:
        key = (id(shape), self.style_.smooth, self.style_.wire)
        corners = self._corners.get(key)
        if corners is None:
            self._prepare(shape, key)
            return
        assert self.renderer is not None
        began = time.perf_counter()
        try:
            self.drawn = self.renderer.draw(corners, self.camera, self._pixels(1), self.style_)
        except RuntimeError:
            self.renderer = None
            self.setToolTip(WITHOUT)
            self._draw_later(shape)
            return
        self._judge(shape, time.perf_counter() - began)
        self.shown.emit()
        self.update()

    def _judge(self, shape: Mesh | PointCloud, seconds: float) -> None:
        """From how long the rough shape took, whether all of it would hold the window up."""
        assert self.loaded is not None
        if shape is self.loaded.rough is not self.loaded.shape:
            self._slow = seconds * _many(self.loaded.shape) / _many(shape) > _FRAME

    def _prepare(self, shape: Mesh | PointCloud, key: tuple[int, bool, bool]) -> None:
        if key in self._preparing:
            return
        self._preparing.add(key)
        loaded, style = self.loaded, self.style_

        def then(made: Corners) -> None:
            self._preparing.discard(key)
            if self.loaded is loaded and not self._gone:
                self._corners[key] = made
                self.redraw()

        self.background.do(self.background.pictures, lambda: corners_of(shape, style), then)

    def _draw_later(self, shape: Mesh | PointCloud) -> None:
        """Draw in the background, one picture at a time, the newest wish next."""
        self._drawing, self._stale = True, False
        camera, style = self.camera, self.style_
        size = self._pixels(2 if self._rest.isActive() else 1)
        self._do(lambda: shape_picture(shape, camera, size, style), self._on_drawn)

    def _do(self, work: Callable[[], QImage], then: Callable[[QImage], None]) -> None:
        def failed(error: Exception) -> None:
            self._drawing = False
            if not self._gone:
                self.broke.emit(str(error))

        self.background.do(self.background.pictures, work, then, failed)

    def _on_drawn(self, drawn: QImage) -> None:
        self._drawing = False
        if self._gone:
            return
        self.drawn = drawn
        self.shown.emit()
        self.update()
        if self._stale:
            self.redraw()

    def _pixels(self, coarse: int) -> tuple[int, int]:
        ratio = self.devicePixelRatioF() / coarse
        return max(round(self.width() * ratio), 8), max(round(self.height() * ratio), 8)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().color(GROUNDS[self.ground]))
        if self.grid and self.loaded is not None:
            self._paint_grid(painter)
        if self.drawn is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(self.rect()), self.drawn)
        if self.hasFocus():
            painter.setPen(theme.current().color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_grid(self, painter: QPainter) -> None:
        """The floor the shape stands on, and its axes: X red, Y green, Z blue."""
        assert self.loaded is not None
        points = points_of(self.loaded.shape)
        if not len(points):
            return
        low, high = points.min(axis=0), points.max(axis=0)
        x, z, floor = (low[0] + high[0]) / 2, (low[2] + high[2]) / 2, float(low[1])
        step = self.camera.reach * 1.2 / _LINES
        reach = step * _LINES
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().color("line"), 1))
        for at in range(-_LINES, _LINES + 1):
            by = at * step
            self._line(painter, (x + by, floor, z - reach), (x + by, floor, z + reach))
            self._line(painter, (x - reach, floor, z + by), (x + reach, floor, z + by))
        for colour, end in (
            ("#d9605a", (x + reach, floor, z)),
            ("#6fae5c", (x, floor + reach, z)),
            ("#5b86e0", (x, floor, z + reach)),
        ):
            painter.setPen(QPen(QColor(colour), 1.6))
            self._line(painter, (x, floor, z), end)

    def _line(self, painter: QPainter, *ends: tuple[float, float, float]) -> None:
        import numpy as np

        places = self.camera.on_screen(np.array(ends), (self.width(), self.height()))
        if places is not None:
            painter.drawLine(*(QPointF(float(px), float(py)) for px, py in places))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(200))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.redraw()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.reset()

    # Mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.position()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        by, self._from = event.position() - self._from, event.position()
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if shifted or not event.buttons() & Qt.MouseButton.LeftButton:
            self.look(self.camera.pan(by.x(), by.y(), self.height()))
        else:
            self.look(self.camera.orbit(by.x(), by.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.opened.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.look(self.camera.zoom(1.0015 ** event.angleDelta().y()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {
            Qt.Key.Key_Left: (-_STEP, 0.0),
            Qt.Key.Key_Right: (_STEP, 0.0),
            Qt.Key.Key_Up: (0.0, -_STEP),
            Qt.Key.Key_Down: (0.0, _STEP),
        }
        key = Qt.Key(event.key())
        if key in arrows and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.look(self.camera.pan(*arrows[key], self.height()))
        elif key in arrows:
            self.look(self.camera.orbit(*arrows[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.look(self.camera.zoom(1.2))
        elif key == Qt.Key.Key_Minus:
            self.look(self.camera.zoom(1 / 1.2))
        elif key == Qt.Key.Key_Home:
            self.reset()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def larger_points(self, factor: float) -> None:
        """Draw points larger or smaller."""
        point = min(max(self.style_.point * factor, 0.1), 6.0)
        self.show_style(replace(self.style_, point=point))


def _many(shape: Mesh | PointCloud) -> int:
    """How many triangles or points there are to draw."""
    return max(len(shape.faces if isinstance(shape, Mesh) else shape.points), 1)
