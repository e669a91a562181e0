"""What else could stand in a place: words with their probabilities as bars; a click takes one."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QWidget

from studio.app import theme, typeset
from studio.app.texts import shape_of
from studio.app.widgets.common import column, label, title
from studio.app.widgets.tools import beside

_WIDE = 264  # pixels at the usual size of text
_HIGH = 30  # of one of them

Weighed = tuple[tuple[str, float], ...]


class Choices(QFrame):
    """A list beside the word it is about."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("bubble")
        self.setAccessibleName("Other words")
        self._anchor = QRect()
        box = column(self, 12, 4)
        self.head = title("")
        self.note = label("", "quiet", wrap=True)
        box.addWidget(self.head)
        box.addWidget(self.note)
        self.list = column(gap=2)
        box.addLayout(self.list)
        self.rows: list[ChoiceRow] = []
        self.hide()

    def ask(self, word: str, anchor: QRect) -> None:
        """Open beside a word, before anything is known."""
        self._clear()
        self._anchor = anchor
        self.head.setText(f"Instead of “{_short(word)}”")
        self.note.setText("Asking…")
        self.note.show()
        self._show()

    def show_choices(self, word: str, choices: Weighed) -> None:
        """Show what could stand there, the likeliest first."""
        self._clear()
        most = max((chance for _, chance in choices), default=1.0)
        for other, chance in self._fitting(word, choices):
            row = ChoiceRow(other, chance, most, here=other.strip() == word.strip())
            row.clicked.connect(lambda _=False, other=other: self._take(other))
            self.list.addWidget(row)
            row.show()  # Qt would do that later, and the height is needed now
            self.rows.append(row)
        self.note.setText("" if choices else "Nothing else comes to its mind.")
        self.note.setVisible(not choices)
        self._show()
        if self.rows:
            self.rows[0].setFocus(Qt.FocusReason.PopupFocusReason)

    def _fitting(self, word: str, choices: Weighed) -> Weighed:
        """As many as there is room for, what stands there among them."""
        parent = self.parentWidget()
        assert parent is not None
        room = parent.height() - theme.px(80)
        most = max(3, room // (theme.px(_HIGH) + 2))
        if len(choices) <= most:
            return choices
        here = tuple(each for each in choices[most - 1 :] if each[0].strip() == word.strip())
        return choices[: most - len(here)] + here

    def show_problem(self, sentence: str) -> None:
        """Say why there are none."""
        self._clear()
        self.note.setText(sentence)
        self.note.show()
        self._show()

    def close_(self) -> None:
        """Go away without having changed anything."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_0
        if event.key() == Qt.Key.Key_Escape:
            self.close_()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._step(1 if event.key() == Qt.Key.Key_Down else -1)
        elif 1 <= number <= min(9, len(self.rows)):
            self.rows[number - 1].click()
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        at = next((at for at, row in enumerate(self.rows) if row.hasFocus()), 0)
        if self.rows:
            self.rows[(at + by) % len(self.rows)].setFocus()

    def _take(self, word: str) -> None:
        self.hide()
        self.chosen.emit(word)

    def _clear(self) -> None:
        for row in self.rows:
            self.list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []

    def _show(self) -> None:
        """Below the word where there is room, else above it, and always inside."""
        parent = self.parentWidget()
        assert parent is not None
        room = parent.rect().adjusted(8, 8, -8, -8)
        self.setFixedWidth(min(theme.px(_WIDE), room.width()))
        self.show()
        self.raise_()
        layout = self.layout()
        assert layout is not None
        layout.activate()
        high = layout.totalHeightForWidth(self.width()) if layout.hasHeightForWidth() else 0
        self.setFixedHeight(max(high, layout.totalSizeHint().height()))
        self.move(beside(self._anchor, self.size(), room))


class ChoiceRow(QPushButton):
    """One word; its bar is as long as it is likely, beside the likeliest."""

    def __init__(self, word: str, chance: float, most: float, *, here: bool) -> None:
        super().__init__()
        self.word, self.chance, self.here = word, chance, here
        self.share = chance / most if most else 0.0
        self.setFlat(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{word.strip()}, {percent(chance)}")
        if here:
            self.setAccessibleDescription("stands there now")
            self.setToolTip("Stands there now")

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(_HIGH))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return takes it, as Space does; the rest is the list's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.underMouse() or self.hasFocus():
            painter.setPen(look.color("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(look.color("hover"))
            painter.drawRoundedRect(box, 4, 4)
        self._paint_bar(painter, box)
        self._paint_words(painter, box)
        painter.end()

    def _paint_bar(self, painter: QPainter, box: QRectF) -> None:
        look = theme.current()
        groove = QRectF(box.left() + 8, box.bottom() - 6, box.width() - 16, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("line"))
        painter.drawRoundedRect(groove, 1.5, 1.5)
        groove.setWidth(max(3.0, groove.width() * self.share))
        painter.setBrush(look.color("quiet" if self.here else "accent"))
        painter.drawRoundedRect(groove, 1.5, 1.5)

    def _paint_words(self, painter: QPainter, box: QRectF) -> None:
        look = theme.current()
        inner = box.adjusted(8, 0, -8, -7)
        middle = Qt.AlignmentFlag.AlignVCenter
        said = percent(self.chance)
        painter.setFont(theme.small_font())
        painter.setPen(look.color("quiet"))
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignRight), said)
        room = inner.width() - QFontMetrics(theme.small_font()).horizontalAdvance(said) - 12
        font = typeset.reading_font(shape_of(self.word), theme.px(15))
        painter.setFont(font)
        painter.setPen(look.color("quiet" if self.here else "text"))
        word = self.word.strip() or "(nothing)"
        words = QFontMetrics(font).elidedText(word, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignLeft), words)


def percent(chance: float) -> str:
    """A probability as people read it."""
    if chance >= 0.0995:
        return f"{chance:.0%}".replace("%", " %")
    return f"{chance * 100:.1f} %" if chance >= 0.0005 else "< 0.1 %"


def _short(word: str) -> str:
    return word if len(word) <= 24 else word[:23] + "…"
