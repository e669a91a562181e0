"""The list of generators, grouped by what they make; those that do not work are listed too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from studio.app import icons, theme
from studio.assets import KINDS
from studio.generator import GeneratorSpec
from studio.registry import Entry

ENTRY = Qt.ItemDataRole.UserRole + 1
SUMMARY = Qt.ItemDataRole.UserRole + 2
GLYPH = Qt.ItemDataRole.UserRole + 3

Index = QModelIndex | QPersistentModelIndex


class GeneratorList(QListView):
    """Chooses a generator with the mouse or the arrow keys."""

    chosen = Signal(object)  # Entry

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Generators")
        self.setModel(QStandardItemModel(self))
        self.setItemDelegate(GeneratorDelegate(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.selectionModel().currentChanged.connect(self._on_current)

    def show_entries(self, entries: Iterable[Entry]) -> None:
        """List generators and the plugins that cannot be used."""
        model = self._items()
        model.clear()
        entries = [e for e in entries if e.role != "exporter"]
        ready = [e for e in entries if e.role == "generator" and e.state == "ready"]
        for kind in KINDS.values():
            group = [e for e in ready if e.target.spec.output is kind]  # type: ignore[union-attr]
            if group:
                model.appendRow(_heading(kind.title))
            for entry in group:
                model.appendRow(_item(entry))
        rest = [e for e in entries if e not in ready]
        if rest:
            model.appendRow(_heading("Not available"))
        for entry in rest:
            model.appendRow(_item(entry))

    def choose(self, id_: str) -> bool:
        """Select a generator by its id."""
        model = self._items()
        for at in range(model.rowCount()):
            entry = model.item(at).data(ENTRY)
            if entry is not None and entry.id == id_:
                self.setCurrentIndex(model.index(at, 0))
                return True
        return False

    def choose_first(self) -> None:
        """Select the first that can be selected."""
        model = self._items()
        for at in range(model.rowCount()):
            if model.item(at).isSelectable():
                self.setCurrentIndex(model.index(at, 0))
                return

    def count(self) -> int:
        """How many there are, those that do not work included."""
        model = self._items()
        return sum(model.item(at).isSelectable() for at in range(model.rowCount()))

    def content_height(self) -> int:
        """Height at which nothing has to be scrolled."""
        rows = self.model().rowCount()
        return sum(self.sizeHintForRow(at) for at in range(rows)) + theme.GRID

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self.scheduleDelayedItemsLayout()

    def _items(self) -> QStandardItemModel:
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        return model

    def _on_current(self, index: Index, _: Index) -> None:
        entry = index.data(ENTRY)
        if entry is not None:
            self.chosen.emit(entry)


def _heading(text: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    return item


def _item(entry: Entry) -> QStandardItem:
    if entry.role == "generator" and entry.state == "ready":
        spec = cast("GeneratorSpec", entry.target.spec)  # type: ignore[union-attr]
        title, summary = spec.title, spec.summary
        glyph = spec.glyph or icons.kind_icon(spec.output.kind)
    else:
        title, summary = entry.id, f"{entry.state.capitalize()}: {entry.reason}"
        glyph = "mdi6.power-plug-off-outline" if entry.state == "disabled" else "mdi6.alert-outline"
    item = QStandardItem(title)
    item.setData(entry, ENTRY)
    item.setData(summary, SUMMARY)
    item.setData(glyph, GLYPH)
    item.setToolTip(summary)
    item.setData(f"{title}. {summary}", Qt.ItemDataRole.AccessibleTextRole)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    return item


class GeneratorDelegate(QStyledItemDelegate):
    """Draws a heading, or a glyph with a title and one line under it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        high = QFontMetrics(theme.title_font()).lineSpacing()
        if index.data(ENTRY) is None:
            return QSize(80, high + theme.px(12))
        return QSize(80, high + QFontMetrics(theme.small_font()).lineSpacing() + theme.px(14))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        rect = option.rect.adjusted(theme.GRID, 0, -theme.GRID, 0)
        if index.data(ENTRY) is None:
            self._paint_heading(painter, rect, str(index.data()))
        else:
            self._paint_entry(painter, rect, option, index)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setPen(theme.current().color("quiet"))
        painter.setFont(theme.small_font())
        inner = rect.adjusted(theme.HALF, 0, 0, -theme.HALF)
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text)

    def _paint_entry(
        self, painter: QPainter, rect: QRect, option: QStyleOptionViewItem, index: Index
    ) -> None:
        look, state = theme.current(), option.state
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("hover" if selected else "raised"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), theme.RADIUS, theme.RADIUS)
        if selected:
            painter.setBrush(look.color("accent"))
            bar = QRect(rect.left(), rect.top() + 9, 3, rect.height() - 18)
            painter.drawRoundedRect(bar, 1.5, 1.5)
        entry: Entry = index.data(ENTRY)
        works = entry.state == "ready"
        self._paint_glyph(painter, rect, str(index.data(GLYPH)), works, selected)
        self._paint_words(painter, rect, index, works)

    def _paint_glyph(
        self, painter: QPainter, rect: QRect, glyph: str, works: bool, selected: bool
    ) -> None:
        size = theme.px(20)
        role = ("accent" if selected else "text") if works else "warn"
        ratio = painter.device().devicePixelRatioF()
        top = rect.top() + (rect.height() - size) // 2
        painter.drawPixmap(rect.left() + theme.px(12), top, icons.pixmap(glyph, size, role, ratio))

    def _paint_words(self, painter: QPainter, rect: QRect, index: Index, works: bool) -> None:
        look = theme.current()
        inner = rect.adjusted(theme.px(44), theme.px(5), -theme.GRID, -theme.px(5))
        title, small = QFontMetrics(theme.title_font()), QFontMetrics(theme.small_font())
        elide = Qt.TextElideMode.ElideRight
        painter.setFont(theme.title_font())
        painter.setPen(look.color("text" if works else "quiet"))
        text = title.elidedText(str(index.data()), elide, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop, text)
        painter.setFont(theme.small_font())
        painter.setPen(look.color("quiet"))
        text = small.elidedText(str(index.data(SUMMARY)), elide, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom, text)
