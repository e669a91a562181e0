"""Play buttons and playheads on the cards that can be heard, and what the mouse does with them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QApplication

from studio.app import icons, theme
from studio.app.session import Session
from studio.app.sounds import KINDS
from studio.app.widgets.canvas import Canvas
from studio.app.widgets.card import CardItem, card_font

FRAME = 33  # milliseconds between two places of a playhead
SIGN = 500  # milliseconds of waiting after which a card says why
WAITING = {"audio": "reading…", "score": "rendering…"}
_INSET = {"score": 4 / 640}  # of the piano roll's width, at either side
_RADIUS = 14.0  # of the button, in pixels of the screen where the card has room
_NEAR = 0.25  # of the card's height is the most it takes


class Transport(QObject):
    """Lets the canvas's cards be heard.

    Args:
        session: Whose sounds they are.
        canvas: On whose cards buttons and playheads are painted.
    """

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.session, self.canvas, self.sounds = session, canvas, session.sounds
        self._late = False
        self._pressed: CardItem | None = None  # where a click would go to a place in the sound
        self._from = QPoint()
        self._swallow = False
        self._frames = QTimer(self, interval=FRAME)
        self._frames.timeout.connect(self.sounds.tick)
        self._sign = QTimer(self, singleShot=True, interval=SIGN)
        self._sign.timeout.connect(self._on_late)
        canvas.over = self.paint
        canvas.tapped.connect(self.toggle_selected)
        canvas.viewport().installEventFilter(self)
        self.sounds.changed.connect(self._on_changed)
        self.sounds.moved.connect(self._on_moved)

    def close_down(self) -> None:
        """Be silent, and stop listening."""
        self.sounds.close()
        self.sounds.changed.disconnect(self._on_changed)
        self.sounds.moved.disconnect(self._on_moved)
        self._frames.stop()
        self._sign.stop()
        self.canvas.over = None

    def toggle_selected(self) -> None:
        """Play or stop the first selected card that can be heard."""
        for row in self.session.selected_rows():
            if row.kind in KINDS:
                self.sounds.toggle(row)
                return

    # Painting

    def paint(self, item: CardItem, painter: QPainter, zoom: float, hovered: bool) -> None:
        """Paint what can be done with a card's sound, and where it is."""
        if item.row is None or item.row.kind not in KINDS:
            return
        state = self.sounds.state(item.row.id)
        if state in ("playing", "resting"):
            self._paint_head(item, painter)
        if state == "waiting" and self._late:
            self._paint_sign(item, painter, zoom)
        if hovered or item.isSelected() or state in ("playing", "waiting"):
            self._paint_button(item, painter, zoom, state in ("playing", "waiting"))

    def _paint_head(self, item: CardItem, painter: QPainter) -> None:
        look, place = theme.current(), sound_place(item)
        x = place.left() + place.width() * self.sounds.share(item.row.id if item.row else 0)
        behind = QColor(look.accent)
        behind.setAlphaF(0.14)
        painter.fillRect(QRectF(place.topLeft(), QPointF(x, place.bottom())), behind)
        pen = QPen(look.color("text"), 2.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))

    def _paint_sign(self, item: CardItem, painter: QPainter, zoom: float) -> None:
        assert item.row is not None
        button = button_place(item, zoom)
        painter.setFont(card_font(max(1, round(button.height() * 0.42))))
        words = WAITING[item.row.kind]
        wide = painter.fontMetrics().horizontalAdvance(words) + button.height() / 2
        box = QRectF(button.right() + button.width() / 5, button.top(), wide, button.height())
        ground = theme.current().color("raised")
        ground.setAlphaF(0.9)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, box.height() / 4, box.height() / 4)
        painter.setPen(theme.current().color("text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)

    def _paint_button(self, item: CardItem, painter: QPainter, zoom: float, on: bool) -> None:
        look, place = theme.current(), button_place(item, zoom)
        pen = QPen(look.color("accent" if on else "line"), 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(look.color("accent" if on else "raised"))
        painter.drawEllipse(place)
        glyph = icons.pixmap(
            "mdi6.stop" if on else "mdi6.play", 24, "on_accent" if on else "text", 2.0
        )
        inset = place.width() * 0.2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        inner = place.adjusted(inset, inset, -inset, -inset)
        painter.drawPixmap(inner, glyph, QRectF(glyph.rect()))

    # The mouse

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = QEvent.Type
        if event.type() in (kinds.MouseButtonPress, kinds.MouseButtonDblClick):
            assert isinstance(event, QMouseEvent)
            return self._press(event)
        if event.type() == kinds.MouseButtonRelease:
            assert isinstance(event, QMouseEvent)
            return self._release(event)
        return False

    def _press(self, event: QMouseEvent) -> bool:
        self._pressed = None
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() != Qt.MouseButton.LeftButton or not plain or self.canvas.panning:
            return False
        at = event.position().toPoint()
        item = self.canvas.itemAt(at)
        if not isinstance(item, CardItem) or item.row is None or item.row.kind not in KINDS:
            return False
        here = item.mapFromScene(self.canvas.mapToScene(at))
        if button_place(item, self.canvas.zoom()).contains(here):
            self._swallow = True
            self.canvas.setFocus()
            self.sounds.toggle(item.row)
            return True
        known = item.isSelected() or bool(self.sounds.state(item.row.id))
        if known and event.type() == QEvent.Type.MouseButtonPress and item.box().contains(here):
            self._pressed, self._from = item, at
        return False

    def _release(self, event: QMouseEvent) -> bool:
        if self._swallow:
            self._swallow = False
            return True
        item, self._pressed = self._pressed, None
        at = event.position().toPoint()
        moved = (at - self._from).manhattanLength() >= QApplication.startDragDistance()
        if item is not None and item.row is not None and not moved:
            place = sound_place(item)
            x = item.mapFromScene(self.canvas.mapToScene(at)).x()
            share = (x - place.left()) / max(place.width(), 1e-6)
            self.sounds.seek(item.row, min(max(share, 0.0), 1.0))
        return False

    # What has happened

    def _on_changed(self, asset_id: int) -> None:
        sounds = self.sounds
        if sounds.player.playing and not self._frames.isActive():
            self._frames.start()
        elif not sounds.player.playing:
            self._frames.stop()
        if sounds.awaited is None:
            self._sign.stop()
            self._late = False
        elif not self._sign.isActive() and not self._late:
            self._sign.start()
        self._show(asset_id)
        item = self.canvas.card_of(asset_id)
        if item is not None:
            said = "Playing" if sounds.busy == asset_id else "Stopped"
            self.canvas.setAccessibleDescription(f"{said}: {item.spoken()}")

    def _on_moved(self) -> None:
        if self.sounds.current is not None:
            self._show(self.sounds.current)

    def _on_late(self) -> None:
        self._late = True
        if self.sounds.awaited is not None:
            self._show(self.sounds.awaited)

    def _show(self, asset_id: int) -> None:
        item = self.canvas.card_of(asset_id)
        if item is not None:
            item.update()


def sound_place(item: CardItem) -> QRectF:
    """Where the sound itself is in the picture of a card, from its first to its last moment."""
    place = item.picture_place()
    assert item.row is not None
    inset = place.width() * _INSET.get(item.row.kind, 0.0)
    return place.adjusted(inset, 0, -inset, 0)


def button_place(item: CardItem, zoom: float) -> QRectF:
    """Where a card's play button is, in the card's coordinates: as large wherever one looks from,
    while the card has room for it.
    """
    box = item.box()
    side = 2 * min(theme.px(_RADIUS) / max(zoom, 0.05), box.height() * _NEAR)
    gap = side / 4
    return QRectF(box.left() + gap, box.bottom() - gap - side, side, side)
