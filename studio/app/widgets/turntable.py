"""Cards of shapes that turn under the mouse: left and right on the card is all the way round.

Nothing moves by itself, so there is nothing to turn off. Pictures are made in the background, from
the front outwards, for the one card under the mouse, and dropped when it leaves.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent

from studio.app.camera import fitted
from studio.app.pictures import points_of, shape_picture
from studio.app.session import Session
from studio.app.shapes import Loaded, load_shape
from studio.app.widgets.canvas import Canvas
from studio.app.widgets.card import CardItem
from studio.app.widgets.shapeview import SHAPES

FRAMES = 24  # of 0.2 MB each
SIDE = 224  # pixels
_ORDER = sorted(range(FRAMES), key=lambda at: min(at, FRAMES - at))  # from the front outwards


class Turntable(QObject):
    """Watches the mouse over a canvas, and shows the card below it from where the mouse is."""

    def __init__(self, canvas: Canvas, session: Session) -> None:
        super().__init__(canvas)
        self.canvas, self.session = canvas, session
        self.frames: dict[int, QImage] = {}
        self.at = 0
        self._item: CardItem | None = None
        self._asset = 0
        canvas.viewport().setMouseTracking(True)
        canvas.viewport().installEventFilter(self)

    def close_down(self) -> None:
        """Turn nothing any more."""
        self.canvas.viewport().removeEventFilter(self)
        self._leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._leave()
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            held = event.buttons() != Qt.MouseButton.NoButton
            self._over(None if held else event.position())
        return False

    def _over(self, place: QPointF | None) -> None:
        found = None if place is None else self.canvas.itemAt(place.toPoint())
        shape = isinstance(found, CardItem) and found.row is not None and found.row.kind in SHAPES
        if place is None or not shape:
            self._leave()
            return
        assert isinstance(found, CardItem) and found.row is not None  # noqa: PT018
        x = found.mapFromScene(self.canvas.mapToScene(place.toPoint())).x()
        self.at = round((x / found.card.width - 0.5) * FRAMES) % FRAMES
        if found is not self._item or found.row.id != self._asset:
            self._leave()
            self._enter(found, found.row.id)
        self._show()

    def _enter(self, item: CardItem, asset: int) -> None:
        self._item, self._asset = item, asset
        row, registry, background = item.row, self.session.registry, self.session.background
        assert row is not None

        def then(loaded: Loaded) -> None:
            if self._item is item and self._asset == asset:
                self._make(item, loaded, 0)

        background.do(background.pictures, lambda: load_shape(row.file, registry), then)

    def _make(self, item: CardItem, loaded: Loaded, step: int) -> None:
        """Draw one picture, then the next, for as long as the mouse stays."""
        if step == FRAMES:
            return
        shape, at = loaded.rough, _ORDER[step]
        asset, background = self._asset, self.session.background

        def work() -> QImage:
            camera = fitted(points_of(shape))
            return shape_picture(
                shape, replace(camera, yaw=camera.yaw + at * 360 / FRAMES), (SIDE, SIDE)
            )

        def then(drawn: QImage) -> None:
            if self._item is item and self._asset == asset:
                self.frames[at] = drawn
                self._show()
                self._make(item, loaded, step + 1)

        background.do(background.pictures, work, then)

    def _show(self) -> None:
        """Show the picture that is nearest to what the mouse asks for."""
        if self._item is not None and self.frames:
            near = min(self.frames, key=lambda at: _apart(at, self.at))
            self._item.set_turned(self.frames[near])

    def _leave(self) -> None:
        item, self._item = self._item, None
        self.frames = {}
        if item is not None and item.scene() is not None:
            item.set_turned(None)


def _apart(one: int, other: int) -> int:
    """How many frames lie between two, the shorter way round."""
    return min((one - other) % FRAMES, (other - one) % FRAMES)
