"""Buttons with a glyph and a word, and the few of them that appear beside a selection."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QFrame, QToolButton, QWidget

from studio.app import icons, theme
from studio.app.widgets.common import row

_GAP = 6


class Tool(QToolButton):
    """A glyph with a word beside it, which follows the theme."""

    def __init__(self, glyph: str, words: str, tip: str) -> None:
        super().__init__()
        self.glyph = glyph
        self.setText(words)
        self.setAccessibleName(words)
        self.setToolTip(tip)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.dress()

    def dress(self) -> None:
        """Draw the glyph in the present theme and size."""
        self.setIcon(icons.icon(self.glyph))
        self.setIconSize(QSize(theme.px(16), theme.px(16)))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self.dress()
        super().changeEvent(event)


class SelectionBar(QFrame):
    """What can be done with a selection, right beside it."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("bubble")
        self.other = Tool("mdi6.format-letter-matches", "Other words", "Other words  (Alt+W)")
        self.rewrite = Tool("mdi6.autorenew", "Rewrite", "Rewrite what is selected  (Alt+R)")
        inside = row(self.other, self.rewrite, gap=0)
        inside.setContentsMargins(4, 2, 4, 2)
        self.setLayout(inside)
        self.hide()

    def show_at(self, anchor: QRect) -> None:
        """Appear beside a selection."""
        parent = self.parentWidget()
        assert parent is not None
        self.adjustSize()
        self.move(beside(anchor, self.size(), parent.rect().adjusted(8, 8, -8, -8)))
        self.show()
        self.raise_()


def beside(anchor: QRect, size: QSize, room: QRect) -> QPoint:
    """Where something goes so that it is in a room and hides no anchor: below, above, or aside."""
    x = min(max(anchor.left(), room.left()), room.right() - size.width() + 1)
    below, above = anchor.bottom() + _GAP, anchor.top() - _GAP - size.height()
    if below + size.height() <= room.bottom():
        return QPoint(x, below)
    if above >= room.top():
        return QPoint(x, above)
    right, left = anchor.right() + _GAP, anchor.left() - _GAP - size.width()
    aside = right if right + size.width() <= room.right() else max(left, room.left())
    lowest = max(room.top(), room.bottom() - size.height() + 1)
    return QPoint(aside, min(max(anchor.top(), room.top()), lowest))
