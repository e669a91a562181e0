"""Texts on the canvas while they are being written: a card that fills, with a way to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneHoverEvent,
    QGraphicsSceneMouseEvent,
    QStyleOptionGraphicsItem,
    QWidget,
)

from studio.app import icons, theme
from studio.app.orders import is_edit
from studio.app.session import Session
from studio.app.widgets.canvas import Canvas
from studio.app.widgets.card import CAPTION, caption_size, card_font
from studio.app.widgets.textface import TextFace
from studio.app.words import length_words
from studio.assets import Text
from studio.errors import StudioError
from studio.jobs import JobSnapshot, Preview
from studio.project.layout import SIZES, flow

STOP = "Stop and keep"
_ABOVE = 1e9
_LETTERS = 12  # how high those of the button are, in canvas units; more when seen from afar
_COUNT = 0.2  # seconds between two counts of the words
_Key = tuple[str, int]  # a job, and which of its items


class LiveTexts:
    """Follows the jobs that write, and shows each text where its card is going to lie."""

    def __init__(self, session: Session, canvas: Canvas, changed: Callable[[], object]) -> None:
        self.session, self.canvas, self._tell = session, canvas, changed
        self.items: dict[_Key, LiveTextItem] = {}
        self._cards: dict[str, int] = {}  # jobs that go on with a text that has a card, and which
        session.jobs.previewed.connect(self._on_previewed)
        session.jobs.changed.connect(self._on_changed)
        session.board.shown.connect(self._on_shown)

    def close_down(self) -> None:
        """Stop listening."""
        self.session.jobs.previewed.disconnect(self._on_previewed)
        self.session.jobs.changed.disconnect(self._on_changed)
        self.session.board.shown.disconnect(self._on_shown)

    def _on_previewed(self, preview: Preview) -> None:
        job = self._job(preview.job)
        if job is None or job.request.live or not isinstance(preview.asset, Text):
            return
        if job.state.finished or preview.index < job.done:
            return  # it came late: the card itself is there
        if is_edit(self.session.registry, job.request):
            self._show_on_card(job, preview.asset)
            return
        key = (preview.job, preview.index)
        if key not in self.items:
            self._add(key)
        self.items[key].show_text(preview.asset)

    def _show_on_card(self, job: JobSnapshot, text: Text) -> None:
        given = job.request.inputs[0]
        for row in self.session.board.rows.values():
            item = self.canvas.card_of(row.id) if row.file == given else None
            if item is not None:
                self._cards[job.id] = item.card.id
                item.set_writing(text.text)

    def _add(self, key: _Key) -> None:
        item = LiveTextItem(lambda: self.session.engine.cancel(key[0]))
        self.items[key] = item
        self.canvas.scene().addItem(item)
        self._place()
        seen = self.canvas.mapToScene(self.canvas.viewport().rect()).boundingRect()
        if not seen.intersects(item.sceneBoundingRect()):
            self.canvas.ensureVisible(item, 48, 48)
        self._tell()

    def _place(self) -> None:
        """Lay what is being written where the project will lay it."""
        cards = self.session.board.cards.values()
        boxes = [(c.x, c.y, c.width, c.height) for c in cards]
        size = SIZES["text"]
        for item, box in zip(
            self.items.values(), flow(boxes, [size] * len(self.items)), strict=True
        ):
            item.setPos(box[0], box[1])

    def _on_changed(self) -> None:
        over = [key for key in self.items if self._is_over(*key)]
        for key in over:
            self.canvas.scene().removeItem(self.items.pop(key))
        for id_ in [id_ for id_ in self._cards if self._is_over(id_, 0)]:
            item = self.canvas.items_.get(self._cards.pop(id_))
            if item is not None:
                item.set_writing(None)

    def _on_shown(self, cards: list[object]) -> None:
        if cards and self.items:
            self._on_changed()
            self._place()

    def _is_over(self, id_: str, index: int) -> bool:
        job = self._job(id_)
        return job is None or job.state.finished or job.done > index

    def _job(self, id_: str) -> JobSnapshot | None:
        try:
            return self.session.engine.job(id_)
        except StudioError:  # it has been cleared away
            return None


class LiveTextItem(QGraphicsItem):
    """A card to be: the words so far, how many they are, and a button."""

    def __init__(self, stop: Callable[[], object]) -> None:
        super().__init__()
        self._stop = stop
        self._face = TextFace()
        self._over = self._stopped = False
        self.text = Text("")
        self._length, self._counted = "", 0.0
        self._letters = _LETTERS
        self.setZValue(_ABOVE)
        self.setAcceptHoverEvents(True)

    def show_text(self, text: Text) -> None:
        """Show how far it has come."""
        self.text = text
        if (now := time.monotonic()) - self._counted > _COUNT:
            self._length, self._counted = length_words(text.text), now
        self.update()

    def box(self) -> QRectF:
        """The card without its caption."""
        return QRectF(QPointF(0, 0), QPointF(*SIZES["text"]))

    def button(self) -> QRectF:
        """Where the button is."""
        wide = QFontMetricsF(card_font(self._letters)).horizontalAdvance(STOP) + 20
        high, box = self._letters * 2.1, self.box()
        return QRectF(box.right() - wide - 8, box.bottom() - high - 8, wide, high)

    def boundingRect(self) -> QRectF:
        return self.box().adjusted(-3, -3, 3, CAPTION + 3)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, box = theme.current(), self.box()
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.fillRect(box, look.color("panel"))
        self._letters = round(min(max(_LETTERS, 8 / zoom), 2 * _LETTERS))
        page = box.adjusted(0, 0, 0, -self.button().height() - 10)
        self._face.paint(
            painter, page, self.text.text, language=self.text.language, zoom=zoom, end=True
        )
        pen = QPen(look.color("accent"), 1.5)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        self._paint_button(painter)
        self._paint_caption(painter, caption_size(zoom))

    def _paint_button(self, painter: QPainter) -> None:
        look, place = theme.current(), self.button()
        painter.setPen(QPen(look.color("line"), 1.0))
        painter.setBrush(look.color("hover" if self._over else "raised"))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(look.color("quiet" if self._stopped else "text"))
        painter.setFont(card_font(self._letters))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), STOP)

    def _paint_caption(self, painter: QPainter, size: float) -> None:
        look, box = theme.current(), self.box()
        side = size * 1.2
        glyph = icons.pixmap("mdi6.pencil-outline", 24, "accent", 2.0)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QRectF(0, box.bottom() + 4, side, side), glyph, QRectF(glyph.rect()))
        painter.setFont(card_font(round(size)))
        painter.setPen(look.color("quiet"))
        line = QRectF(side + 6, box.bottom() + 4, box.width() - side - 6, side)
        middle = Qt.AlignmentFlag.AlignVCenter
        words = "Stopping…" if self._stopped else "Writing…"
        painter.drawText(line, int(middle | Qt.AlignmentFlag.AlignLeft), words)
        painter.drawText(line, int(middle | Qt.AlignmentFlag.AlignRight), self._length)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
        if self.button().contains(event.pos()) and not self._stopped:
            self._stopped = True
            self.update()
            self._stop()

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        over = self.button().contains(event.pos())
        if over != self._over:
            self._over = over
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            )
            self.update()
