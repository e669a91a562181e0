"""The page one reads and writes on: a column no wider than the eye likes, set for reading."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPalette,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QTextEdit

from studio.app import theme, typeset
from studio.app.texts import Shape, change_between, position, qt_position, shape_of

_SIZE = 17  # pixels at the usual size of text
_POEM = 22  # for Chinese verse, which is short
_AIR = 20  # pixels left and right of the column at least
_TOP = 20
_PIECE = 60_000  # characters that are set at a time: a twentieth of a second
_OWN_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Z, Qt.Key.Key_Y, Qt.Key.Key_A)

Span = tuple[int, int]


class Page(QTextEdit):
    """Shows one text. Positions are those of Python's strings."""

    typed = Signal()  # a person changed something
    pointed = Signal()  # a stretch was selected with the mouse
    pressed = Signal(object)  # a key that the sheet wants: one of `keys`

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[tuple[Qt.Key, Qt.KeyboardModifier], str] = {}
        self.shape_ = Shape()
        self._language = ""
        self._following = False
        self._new: Span = (0, 0)
        self._joined = False
        self._left = ""
        self._then: Callable[[], object] = lambda: None
        self._more = QTimer(self, singleShot=True, interval=0)
        self._more.timeout.connect(self._load_more)
        self.setAccessibleName("Text")
        self.setAcceptRichText(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # By palette and not by style sheet: what Qt knows to be opaque hides what lies below, and
        # the canvas there need not be painted for every word.
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.document().setDocumentMargin(0)
        self.document().contentsChange.connect(self._on_change)

    # What it says

    def load(self, text: str, language: str, then: Callable[[], object]) -> None:
        """Show another text from its beginning; what was done to the last one is forgotten.

        A long text comes piece by piece, and nobody may type until all of it is there.

        Args:
            text: With ``\\n`` at the end of each line.
            language: A BCP 47 tag, where it is known.
            then: Called when all of it is there.
        """
        self._language, self._left, self._then = language, text[_PIECE:], then
        self._following = True
        self.setReadOnly(True)
        self.setPlainText(text[:_PIECE])
        self.dress()
        self.mark_new((0, 0))
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.document().setUndoRedoEnabled(False)
        self._load_more()

    def stop_loading(self) -> None:
        """Leave it at what is there."""
        self._more.stop()
        self._left = ""

    def _load_more(self) -> None:
        piece, self._left = self._left[:_PIECE], self._left[_PIECE:]
        if piece:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(piece)
            self._more.start()
            return
        self.document().setUndoRedoEnabled(True)
        self._following = False
        self.setReadOnly(False)
        self._then()

    def text(self) -> str:
        """What it says now."""
        raw = self.document().toRawText()
        return raw.replace("\u2029", "\n").replace("\u2028", "\n")

    def dress(self) -> None:
        """Set everything in the way the text wants, at the size the person chose."""
        self.shape_ = shape_of(self.text(), self._language)
        typeset.dress(self.document(), self.shape_, self._pixels())
        self._centre()

    def _pixels(self) -> int:
        return theme.px(_POEM if self.shape_ == Shape(chinese=True, verse=True) else _SIZE)

    def follow(self, text: str, *, first: bool = False) -> None:
        """Become another text by changing no more than differs; one step to undo from `first` on.

        The view goes along with what is new while its end is to be seen.
        """
        old = self.text()
        change = change_between(old, text)
        if change is None:
            return
        seen = self._sees_end()
        start, end = (qt_position(old, at) for at in (change.start, change.end))
        cursor = QTextCursor(self.document())
        if first or not self._joined:
            cursor.beginEditBlock()
        else:
            cursor.joinPreviousEditBlock()
        self._joined, self._following = True, True
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(change.new)
        cursor.endEditBlock()
        self._following = False
        self.mark_new((min(self._new[0], start) if not first else start, cursor.position()))
        if seen:
            self._show_end()

    def replace(self, span: Span, word: str) -> None:
        """Put other words in a place, as if the person had typed them."""
        cursor = self._cursor(span)
        cursor.insertText(word)
        self.setTextCursor(cursor)

    def mark_new(self, span: Span) -> None:
        """Show what has just been written, in Qt's positions; an empty stretch shows nothing."""
        self._new = span
        marked = QTextEdit.ExtraSelection()
        marked.cursor = QTextCursor(self.document())
        length = self.document().characterCount() - 1
        marked.cursor.setPosition(min(span[0], length))
        marked.cursor.setPosition(min(span[1], length), QTextCursor.MoveMode.KeepAnchor)
        form = QTextCharFormat()
        form.setForeground(theme.current().color("accent"))
        marked.format = form
        self.setExtraSelections([marked] if span[0] < span[1] else [])

    # Where the person is

    def span(self) -> Span:
        """What is selected, or the caret's place twice."""
        cursor, text = self.textCursor(), self.text()
        return position(text, cursor.selectionStart()), position(text, cursor.selectionEnd())

    def select(self, span: Span) -> None:
        """Select a stretch."""
        self.setTextCursor(self._cursor(span))

    def place_of(self, span: Span) -> QRect:
        """Where a stretch is to be seen, in the page's own coordinates."""
        first = self._cursor((span[0], span[0]))
        last = self._cursor((span[1], span[1]))
        box = self.cursorRect(first).united(self.cursorRect(last))
        return box.translated(self.viewport().pos())

    def _cursor(self, span: Span) -> QTextCursor:
        text, cursor = self.text(), QTextCursor(self.document())
        cursor.setPosition(qt_position(text, span[0]))
        cursor.setPosition(qt_position(text, span[1]), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    # Scrolling

    def _sees_end(self) -> bool:
        """Whether the last of what is new (or the caret, before there is any) is in view."""
        cursor = QTextCursor(self.document())
        at = self._new[1] or self.textCursor().position()
        cursor.setPosition(min(at, self.document().characterCount() - 1))
        return self.cursorRect(cursor).top() <= self.viewport().height()

    def _show_end(self) -> None:
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._new[1])
        below = self.cursorRect(cursor).bottom() - self.viewport().height() * 4 // 5
        if below > 0:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + below)

    def _centre(self) -> None:
        """Give the column its measure, and half of the rest to either side."""
        room = self.width() - self.verticalScrollBar().sizeHint().width()
        wide = min(typeset.measure(self.shape_, self._pixels()), room - 2 * theme.px(_AIR))
        side = max(0, (self.width() - wide) // 2)
        if wide > 0 and (wide, side) != (
            self.lineWrapColumnOrWidth(),
            self.viewportMargins().left(),
        ):
            self.setLineWrapColumnOrWidth(wide)
            self.setViewportMargins(side, theme.px(_TOP), 0, 0)

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._centre()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.document().characterCount() > 1:
            self._centre()

    def event(self, event: QEvent) -> bool:
        """Keep the keys that mean something here from the menus, even while nobody may type."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            ours = (Qt.Key(event.key()), event.modifiers()) in self.keys
            if ours or event.key() in _OWN_KEYS:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        wish = self.keys.get((Qt.Key(event.key()), event.modifiers()))
        if wish:
            self.pressed.emit(wish)
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self.textCursor().hasSelection():
            self.pointed.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.ensureCursorVisible()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Words, and not the names of files that are dropped."""
        return source.hasText() and not source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste words alone, whatever they looked like elsewhere."""
        if source.hasText():
            self.textCursor().insertText(source.text())
            self.ensureCursorVisible()

    def _on_change(self, _: int, removed: int, added: int) -> None:
        if self._following or not (removed or added):
            return
        self._joined = False
        self.mark_new((0, 0))
        self.typed.emit()
