"""The canvas: endless, with cards one pans over, zooms into, selects and moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView

from studio.app import theme
from studio.app.faces import DETAIL, SIDE, Face, Faces
from studio.app.widgets.card import CAPTION, CardItem, Over
from studio.app.widgets.inputs import files_in
from studio.project.values import AssetRow, Card

FAR = 200_000.0
LEAST, MOST = 0.05, 16.0
STEP = 8.0
_DOTS = 32

Places = dict[int, tuple[float, float]]


class Canvas(QGraphicsView):
    """Shows cards and says what a person does with them. Holds nothing the project does not."""

    selected = Signal(tuple)  # card ids, in the order of reading
    moved = Signal(object)  # card id to its new corner
    nudged = Signal(object)  # the same, by arrow key
    dropped = Signal(list, QPointF)  # files, and where
    zoomed = Signal(float)
    opened = Signal(int)  # card id
    viewed = Signal()  # panned or zoomed
    carried = Signal()  # cards were dragged out
    tapped = Signal()  # the space bar, without panning

    def __init__(self, faces: Faces) -> None:
        super().__init__()
        self.faces = faces
        self.items_: dict[int, CardItem] = {}
        self._by_asset: dict[int, CardItem] = {}
        self.over: Over | None = None  # paints what else there is on a card
        self._pan_from: QPoint | None = None
        self._space = False
        self._panned = False
        self._before: Places = {}
        self._set_up()
        self.faces.ready.connect(self._on_face)
        self.scene().selectionChanged.connect(self._on_selection)

    def _set_up(self) -> None:
        self.setScene(QGraphicsScene(-FAR, -FAR, 2 * FAR, 2 * FAR, self))
        self.setAccessibleName("Canvas")
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setHorizontalScrollBarPolicy(off)
        self.setVerticalScrollBarPolicy(off)
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.RubberBandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setAcceptDrops(True)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.horizontalScrollBar().valueChanged.connect(lambda: self.viewed.emit())
        self.verticalScrollBar().valueChanged.connect(lambda: self.viewed.emit())

    def close_down(self) -> None:
        """Stop listening."""
        self.faces.ready.disconnect(self._on_face)

    # What is shown

    def put(self, cards: Iterable[Card], rows: Mapping[int, AssetRow]) -> None:
        """Show cards, or show them as they are now."""
        for card in cards:
            item = self.items_.get(card.id)
            row = rows.get(card.asset_id) if card.asset_id is not None else None
            if item is not None:
                self._by_asset.pop(item.card.asset_id or 0, None)
                item.show_card(card, row)
            else:
                item = self.items_[card.id] = CardItem(card, row, self._face, self._paint_over)
                self.scene().addItem(item)
            if card.asset_id is not None:
                self._by_asset[card.asset_id] = item
        self.viewport().update()

    def take(self, ids: Iterable[int]) -> None:
        """Take cards away."""
        for id_ in ids:
            item = self.items_.pop(id_, None)
            if item is None:
                continue
            if item.card.asset_id is not None:
                self._by_asset.pop(item.card.asset_id, None)
                self.faces.drop(item.card.asset_id)
            self.scene().removeItem(item)

    def ghost(self, asset_id: int, drawn: QImage | None) -> None:
        """Show on an asset's card what a slider would make of it; None ends that."""
        item = self._by_asset.get(asset_id)
        if item is not None:
            item.set_ghost(drawn)

    def card_of(self, asset_id: int) -> CardItem | None:
        """The card that shows an asset."""
        return self._by_asset.get(asset_id)

    def _face(self, item: CardItem, close: bool) -> Face | None:
        assert item.row is not None
        face = self.faces.get(item.row)
        if close and face is not None and face.reduced:
            return self.faces.get(item.row, DETAIL) or face
        return face

    def _paint_over(self, item: CardItem, painter: QPainter, zoom: float, hovered: bool) -> None:
        if self.over is not None:
            self.over(item, painter, zoom, hovered)

    def _on_face(self, asset_id: int) -> None:
        item = self._by_asset.get(asset_id)
        if item is not None:
            item.update()

    # Selection

    def reading_order(self) -> list[CardItem]:
        """Cards from left to right, row by row."""
        return sorted(self.items_.values(), key=lambda i: (round(i.y() / 32), i.x()))

    def selection(self) -> tuple[int, ...]:
        """Ids of the selected cards in the order of reading."""
        return tuple(i.card.id for i in self.reading_order() if i.isSelected())

    def select(self, ids: Iterable[int]) -> None:
        """Select these cards and no others."""
        wanted = set(ids)
        self.scene().blockSignals(True)
        for id_, item in self.items_.items():
            item.setSelected(id_ in wanted)
        self.scene().blockSignals(False)
        self.viewport().update()
        self._on_selection()

    def select_all(self) -> None:
        """Select every card."""
        self.select(self.items_)

    def _on_selection(self) -> None:
        ids = self.selection()
        spoken = [self.items_[id_].spoken() for id_ in ids[:3]]
        more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
        said = f"Selected: {', '.join(spoken)}{more}" if ids else f"{len(self.items_)} cards"
        self.setAccessibleDescription(said)
        self.selected.emit(ids)

    # The view

    def zoom(self) -> float:
        """How many screen pixels a canvas unit has."""
        return self.transform().m11()

    def zoom_by(self, factor: float, at: QPoint | None = None) -> None:
        """Zoom in (above 1) or out; what is at a point of the view, or in its middle, stays."""
        at = at or self.viewport().rect().center()
        fixed = self.mapToScene(at)
        share = min(max(self.zoom() * factor, LEAST), MOST) / self.zoom()
        self.scale(share, share)
        away = self.mapFromScene(fixed) - at
        for bar, by in (
            (self.horizontalScrollBar(), away.x()),
            (self.verticalScrollBar(), away.y()),
        ):
            bar.setValue(bar.value() + by)
        self._on_zoomed()

    def actual_size(self) -> None:
        """One canvas unit is one screen pixel."""
        self.zoom_by(1.0 / self.zoom())

    def show_view(self, x: float, y: float, zoom: float) -> None:
        """Show a place at a zoom."""
        zoom = min(max(zoom, LEAST), MOST)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(x, y)
        self._on_zoomed()

    def middle(self) -> QPointF:
        """The canvas point in the middle of the window."""
        return self.mapToScene(self.viewport().rect().center())

    def fit(self, ids: Sequence[int] = ()) -> None:
        """Show these cards, or all of them, whole; small ones no larger than they are."""
        items = [self.items_[i] for i in ids if i in self.items_] or list(self.items_.values())
        if not items:
            self.show_view(0, 0, 1.0)
            return
        box = QRectF()
        for item in items:
            box = box.united(item.sceneBoundingRect())
        box.adjust(-32, -32, 32, 32)
        top = theme.px(40)  # what floats there hides nothing
        room = self.viewport().rect().adjusted(0, top, 0, 0)
        zoom = min(room.width() / box.width(), room.height() / box.height())
        zoom = min(zoom, 1.0 if len(items) > 1 else 2.0)
        self.show_view(box.center().x(), box.center().y() - top / 2 / zoom, zoom)

    def reveal(self, ids: Sequence[int]) -> None:
        """Show cards that have just come, without moving more than needed."""
        items = [self.items_[i] for i in ids if i in self.items_]
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        if not items or any(seen.intersects(i.sceneBoundingRect()) for i in items):
            return
        self.ensureVisible(items[0], 48, 48)
        self.viewed.emit()

    def _on_zoomed(self) -> None:
        self.zoomed.emit(self.zoom())
        self.viewed.emit()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        look = theme.current()
        painter.fillRect(rect, look.color("canvas"))
        gap = _DOTS
        while gap * self.zoom() < 24:
            gap *= 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.dots))
        size = 2.0 / self.zoom()
        left, top = int(rect.left()) // gap * gap, int(rect.top()) // gap * gap
        for x in range(left, int(rect.right()) + gap, gap):
            for y in range(top, int(rect.bottom()) + gap, gap):
                painter.drawRect(QRectF(x - size / 2, y - size / 2, size, size))

    # Mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - turn)
        elif turn:
            self.zoom_by(1.0015**turn, event.position().toPoint())
        event.accept()

    @property
    def panning(self) -> bool:
        """Whether the left button pans now."""
        return self._space

    def mousePressEvent(self, event: QMouseEvent) -> None:
        middle = event.button() == Qt.MouseButton.MiddleButton
        if middle or (self._space and event.button() == Qt.MouseButton.LeftButton):
            self._pan_from = event.position().toPoint()
            self._panned = True
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        super().mousePressEvent(event)
        self._before = self._places()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            here = event.position().toPoint()
            step, self._pan_from = here - self._pan_from, here
            for bar, by in (
                (self.horizontalScrollBar(), step.x()),
                (self.verticalScrollBar(), step.y()),
            ):
                bar.setValue(bar.value() - by)
            return
        if self._leaves(event):
            self._put_back()
            self._drag_out()
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            self._pan_from = None
            self._show_cursor()
            return
        super().mouseReleaseEvent(event)
        self._tell_moves()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if isinstance(item, CardItem):
            self._open(item)
            return
        super().mouseDoubleClickEvent(event)

    def _open(self, item: CardItem) -> None:
        """Go close to a card; texts and shapes are opened instead."""
        if item.row is None or item.row.kind not in ("text", "mesh", "points"):
            self.fit([item.card.id])
        self.opened.emit(item.card.id)

    def _places(self) -> Places:
        chosen = [i for i in self.items_.values() if i.isSelected()]
        return {i.card.id: (i.x(), i.y()) for i in chosen}

    def _tell_moves(self) -> None:
        new = {
            id_: (round(x / STEP) * STEP, round(y / STEP) * STEP)
            for id_, (x, y) in self._places().items()
            if id_ in self._before and (x, y) != self._before[id_]
        }
        self._before = {}
        if new:
            self.moved.emit(new)

    def _put_back(self) -> None:
        for id_, (x, y) in self._before.items():
            if id_ in self.items_:
                self.items_[id_].setPos(x, y)
        self._before = {}

    # Dragging cards out, files in

    def _leaves(self, event: QMouseEvent) -> bool:
        carries = bool(self._before) and self.scene().mouseGrabberItem() is not None
        held = bool(event.buttons() & Qt.MouseButton.LeftButton)
        return carries and held and not self.viewport().rect().contains(event.position().toPoint())

    def mime_data(self) -> QMimeData:
        """The selected cards as files, for whatever they are dropped on."""
        files = [self.items_[i].row.file for i in self.selection() if self.items_[i].row]  # type: ignore[union-attr]
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
        return data

    def _drag_out(self) -> None:
        grabber = self.scene().mouseGrabberItem()
        if grabber is not None:
            grabber.ungrabMouse()
        data = self.mime_data()
        if not data.urls():
            return
        drag = QDrag(self)
        drag.setMimeData(data)
        face = self._first_face()
        if face is not None and face.small is not None:
            drag.setPixmap(QPixmap.fromImage(face.small))
        self.carry(drag)
        self.carried.emit()

    def carry(self, drag: QDrag) -> None:
        """Let the system take the drag; returns when it was dropped. Files are only copied."""
        drag.exec(Qt.DropAction.CopyAction)

    def _first_face(self) -> Face | None:
        for id_ in self.selection():
            card = self.items_[id_].card
            if card.asset_id is not None:
                return self.faces.kept(card.asset_id, SIDE)
        return None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_in(event) and event.source() is not self:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.source() is not self:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files: list[Path] = files_in(event)
        if files and event.source() is not self:
            event.acceptProposedAction()
            self.dropped.emit(files, self.mapToScene(event.position().toPoint()))

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key = Qt.Key(event.key())
        if key in arrows:
            self._on_arrow(*arrows[key], event.modifiers())
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space, self._panned = True, False
            self._show_cursor()
        elif key == Qt.Key.Key_Escape:
            self.select(())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self.selection()) == 1:
            self._open(self.items_[self.selection()[0]])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selection():
            self.fit(self.selection())
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            tapped = self._space and not self._panned
            self._space = False
            self._show_cursor()
            if tapped:
                self.tapped.emit()
        super().keyReleaseEvent(event)

    def _on_arrow(self, dx: int, dy: int, held: Qt.KeyboardModifier) -> None:
        if not self.selection():
            self._step_selection(forward=dx + dy > 0)
            return
        far = STEP * (8 if held & Qt.KeyboardModifier.ShiftModifier else 1)
        places = self._places().items()
        self.nudged.emit({id_: (x + dx * far, y + dy * far) for id_, (x, y) in places})

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        tabbed = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if event.reason() in tabbed and not self.selection():
            self._step_selection(forward=event.reason() == tabbed[0])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        self._show_cursor()
        super().focusOutEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from card to card in the order of reading, then on to the next panel."""
        if self.hasFocus() and self.selection() and self._step_selection(forward=forward):
            return True
        return super().focusNextPrevChild(forward)

    def _step_selection(self, *, forward: bool) -> bool:
        cards = self.reading_order()
        chosen = [at for at, item in enumerate(cards) if item.isSelected()]
        if chosen:
            at = chosen[-1] + 1 if forward else chosen[0] - 1
        else:
            at = 0 if forward else len(cards) - 1
        if not 0 <= at < len(cards):
            return False
        self.select([cards[at].card.id])
        self.ensureVisible(cards[at], 32, int(CAPTION) + 32)
        return True

    def _show_cursor(self) -> None:
        hand, plain = Qt.CursorShape.OpenHandCursor, Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(hand if self._space else plain)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.scene() is not None:
            self.viewport().update()
