"""A text laid open over the canvas: for reading, editing, and writing on with a generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget
from superqt import QElidingLabel

from studio.app import theme
from studio.app.session import Session
from studio.app.texts import line_around, sentence_around, word_around
from studio.app.versions import Manuscript
from studio.app.widgets.common import IconButton, button, column, label, line, row
from studio.app.widgets.overlay import Floating
from studio.app.widgets.page import Page, Span
from studio.app.widgets.scribe import Scribe
from studio.app.widgets.tools import SelectionBar, Tool
from studio.app.widgets.wordasker import WordAsker
from studio.app.words import length_words
from studio.errors import StudioError
from studio.generator import Edit, GeneratorSpec
from studio.jobs import Request
from studio.project import AssetRow
from studio.recipe import Recipe

_REST = 400  # milliseconds after which what was typed is kept
_COUNT = 200  # and after which words are counted
_LONG = 100_000  # characters beyond which they are counted in the background
_NARROW = 560  # pixels at the usual size of text below which buttons have no words
_WIDE = 920
_CTRL, _ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
_NONE = Qt.KeyboardModifier.NoModifier
KEYS = {
    (Qt.Key.Key_Return, _CTRL): "continue",
    (Qt.Key.Key_Enter, _CTRL | Qt.KeyboardModifier.KeypadModifier): "continue",
    (Qt.Key.Key_R, _ALT): "rewrite",
    (Qt.Key.Key_W, _ALT): "alternatives",
    (Qt.Key.Key_Escape, _NONE): "close",
}
HINT = "Ctrl+Enter goes on from the caret"


class Sheet(Floating):
    """One open text. What is typed is kept at once; a generator's answer grows on the page.

    Args:
        over: The canvas.
        session: Whose text it is.
        request: What the form of a generator asks for now, with a seed that is used up by asking.
        preferred: The generator whose form is open, or ``""``.
    """

    opened = Signal()
    closed = Signal()
    chosen = Signal(object, object)  # a generator that is going to write here, and a recipe of its

    def __init__(
        self,
        over: QWidget,
        session: Session,
        request: Callable[[str], Request | None],
        preferred: Callable[[], str],
    ) -> None:
        super().__init__(over)
        self.session, self.request, self.preferred = session, request, preferred
        self.setObjectName("sheet")
        self.card = 0
        self.old: Manuscript | None = None  # None while there is nothing on the page to keep
        self._base = ""  # what the asset says, as the page has it
        self._wanted = 0  # the card that is to be opened: reading takes its time
        self._turning = False
        self._build()
        self.scribe = Scribe(session, self.page)
        self.asker = WordAsker(session, self.page, self, self._place)
        self.choices = self.asker.choices
        self._keep = QTimer(self, singleShot=True, interval=_REST)
        self._keep.timeout.connect(self._keep_draft)
        self._count = QTimer(self, singleShot=True, interval=_COUNT)
        self._count.timeout.connect(self._show_count)
        self._connect()
        self.hide()

    # Building

    def _build(self) -> None:
        self.setAccessibleName("Open text")
        self.page = Page()
        self.page.keys = KEYS
        self.bar = SelectionBar(self)
        box = column(self, 0, 0)
        box.addLayout(self._head())
        box.addLayout(self._tool_row())
        box.addWidget(line())
        box.addWidget(self.page, 1)
        box.addWidget(line())
        self.state = label("", "quiet")
        self.stop = button("Stop and keep", self._stop, "mdi6.stop-circle-outline")
        foot = row(self.state, None, self.stop)
        foot.setContentsMargins(16, 6, 12, 8)
        box.addLayout(foot)

    def _head(self) -> QHBoxLayout:
        self.name = QElidingLabel("")
        self.name.setObjectName("title")
        self.facts = label("", "quiet")
        self.copy = IconButton("mdi6.content-copy", "Copy the text")
        self.away = IconButton("mdi6.close", "Close the text", "Esc")
        head = row(self.name, self.facts, self.copy, self.away)
        head.setStretch(0, 1)
        head.setContentsMargins(16, 8, 8, 4)
        return head

    def _tool_row(self) -> QHBoxLayout:
        self.go_on = Tool("mdi6.feather", "Continue", "Go on writing from the caret  (Ctrl+Enter)")
        self.rewrite = Tool("mdi6.autorenew", "Rewrite line", "Rewrite the line  (Alt+R)")
        self.other = Tool("mdi6.format-letter-matches", "Other words", "Other words  (Alt+W)")
        self.tools: dict[Tool, Edit] = {
            self.go_on: "continue",
            self.rewrite: "rewrite",
            self.other: "alternatives",
        }
        self.writer = QComboBox()
        self.writer.setAccessibleName("Written by")
        tools = row(*self.tools, None, self.writer, gap=4)
        tools.setContentsMargins(12, 0, 12, 8)
        return tools

    def _connect(self) -> None:
        board = self.session.board
        board.turned.connect(self._on_turned)
        board.gone.connect(self._on_gone)
        self.page.typed.connect(self._on_typed)
        self.page.pressed.connect(self._on_pressed)
        self.page.pointed.connect(self._on_pointed)
        self.page.cursorPositionChanged.connect(self._on_caret)
        self.page.verticalScrollBar().valueChanged.connect(self._leave_bubbles)
        self.scribe.began.connect(lambda: self._show_work("Writing…"))
        self.scribe.accepted.connect(lambda: self._show_work("Writing…"))
        self.scribe.ended.connect(self._show_work)
        self.scribe.grew.connect(self._on_grew)
        for widget, act in (
            (self.go_on, self.write_on),
            (self.rewrite, self.write_anew),
            (self.bar.rewrite, self.write_anew),
            (self.other, self.ask_words),
            (self.bar.other, self.ask_words),
            (self.copy, self.copy_text),
            (self.away, self.close_sheet),
        ):
            widget.clicked.connect(act)
        self.writer.activated.connect(lambda: self._tell_writer(None))

    def close_down(self) -> None:
        """Stop listening; what was typed last is kept."""
        self._keep_draft()
        self._count.stop()
        self.page.stop_loading()
        self.scribe.close_down()
        self.session.board.turned.disconnect(self._on_turned)
        self.session.board.gone.disconnect(self._on_gone)

    # Opening and closing

    def open_card(self, card_id: int) -> None:
        """Lay the text of a card open."""
        row_ = self.session.board.row_of(card_id)
        if row_ is None or row_.kind != "text" or (card_id == self.card and self.isVisible()):
            return
        self.close_sheet()
        self._wanted = card_id
        self.session.versions.read(row_, lambda read: self._on_read(card_id, read))

    def close_sheet(self) -> None:
        """Put it away; what was changed becomes a version. What is being written goes on."""
        self._wanted = 0
        if self.isHidden():
            return
        if not self.scribe.busy:
            self._settle(lambda _: None)
        self.hide()
        self.page.stop_loading()
        self.old = None
        self.scribe.leave()
        self.session.writing.forget()
        self.closed.emit()

    def _on_read(self, card_id: int, read: Manuscript) -> None:
        card = self.session.board.cards.get(card_id)
        if card is None or card.asset_id != read.row.id or self._wanted != card_id:
            return  # it has gone, shows another version by now, or another one was opened
        self.card = card_id
        self._show_writers(read)
        self.show()
        self.raise_()
        self._show_text(read)
        self.opened.emit()
        self.page.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_text(self, read: Manuscript) -> None:
        self.old = None
        self.name.setText(read.row.name)
        self._say("Opening…")
        self._leave_bubbles()
        self.page.load(read.text, read.language, lambda: self._on_loaded(read))

    def _on_loaded(self, read: Manuscript) -> None:
        self._take(read)
        self._show_work("")
        if read.draft is not None:
            self.page.follow(read.draft, first=True)
            self._on_typed()

    def _take(self, read: Manuscript) -> None:
        """What the page says is this version now."""
        self.old, self._base = read, self.page.text()
        self.name.setText(read.row.name)
        self._show_count()

    def _show_writers(self, read: Manuscript) -> None:
        """Offer every generator that can work on texts; first the one this text is by."""
        writing = self.session.writing
        found, specs = writing.writer_of(read.row), writing.writers()
        spec = found[0] if found else writing.fitting(read.text, read.language, self.preferred())
        self.writer.clear()
        for each in specs:
            self.writer.addItem(each.title, each)
        if spec is not None:
            self.writer.setCurrentIndex(specs.index(spec))
        self.writer.setVisible(len(specs) > 1)
        self._tell_writer(found[1] if found else None)

    def _tell_writer(self, recipe: Recipe | None) -> None:
        spec = self._spec()
        for tool in self.tools:
            tool.setVisible(spec is not None)
        self._show_work("")
        if spec is not None:
            self.chosen.emit(spec, recipe)

    def _spec(self) -> GeneratorSpec | None:
        """The generator that is asked."""
        spec: GeneratorSpec | None = self.writer.currentData()
        return spec

    # What the person types

    def _on_typed(self) -> None:
        for timer in (self._keep, self._count):
            if not timer.isActive():  # somebody who never rests is kept up with, too
                timer.start()
        self._leave_bubbles()
        self._say("Typing…")

    def _keep_draft(self) -> None:
        """Keep what was typed so far; the project has it when the line at the foot says so."""
        self._keep.stop()
        text = self.page.text()
        if self.old is not None and not self.scribe.busy and text != self._base:
            kept = self.old.row.id
            self.session.versions.keep_draft(kept, text, lambda _: self._on_kept(kept))

    def _on_kept(self, asset_id: int) -> None:
        if self.old is not None and self.old.row.id == asset_id and not self._keep.isActive():
            self._say("Kept")

    def _settle(self, then: Callable[[AssetRow], object]) -> None:
        """Make a version of what was typed, if anything was, and go on with that."""
        self._keep.stop()
        old, text = self.old, self.page.text()
        if old is None:
            return
        if text == self._base:
            then(old.row)
            return
        self._turning = True
        self.session.versions.keep_draft(old.row.id, text)  # in case there can be no version

        def made(row_: AssetRow) -> None:
            self._turning = False
            if self.old is old:
                raw = text.replace("\n", old.line_end)
                self._take(replace(old, row=row_, raw=raw, draft=None))
            then(row_)

        def failed(error: StudioError) -> None:
            self._turning = False
            self.session.complain(error)
            self.scribe.end()

        self.session.versions.commit(self.card, old, text, made, failed)

    # What a generator writes

    def write_on(self) -> None:
        """Go on from the caret."""
        _, end = self.page.span()
        self._write("continue", (end, end))

    def write_anew(self) -> None:
        """Rewrite what is selected, or the line or sentence the caret is in."""
        text, (start, end) = self.page.text(), self.page.span()
        if start == end:
            verse = self.page.shape_.verse
            start, end = line_around(text, start, end) if verse else sentence_around(text, start)
        self._write("rewrite", (start, end))

    def _write(self, task: Edit, span: Span) -> None:
        request = self._request(task)
        if request is None:
            return
        card = self.card
        self._leave_bubbles()
        self.scribe.begin(task)

        def ask(row_: AssetRow) -> None:
            if self.old is not None and self.old.row.id == row_.id:  # else another one is open
                self.scribe.ask(card, self.old.passage(*span), request)

        self._settle(ask)

    def _request(self, task: Edit) -> Request | None:
        spec = self._spec()
        if spec is None or task not in spec.edits or self.scribe.busy or self.old is None:
            return None
        return self.request(spec.id)

    def _on_grew(self) -> None:
        note = self.scribe.note()
        if note:
            self._say(note)
        if not self._count.isActive():
            self._count.start()

    def _on_turned(self, card_id: int) -> None:
        """The card shows another version: one that was just written, or one that undo brought."""
        row_ = self.session.board.row_of(card_id)
        if card_id != self.card or self.isHidden() or self._turning or row_ is None:
            return
        if self.old is not None and row_.id != self.old.row.id:
            self.session.versions.read(row_, self._on_version, self._on_unreadable)

    def _on_version(self, read: Manuscript) -> None:
        shown = self.session.board.row_of(self.card)
        if shown is None or shown.id != read.row.id or self.old is None:
            return
        if self.scribe.busy:
            self.scribe.follow(read.text)
            self._take(read)
            self.scribe.end("Kept")
        elif self.page.text() == self._base:
            self._show_text(read)

    def _on_unreadable(self, error: StudioError) -> None:
        self.session.complain(error)
        self.scribe.end()

    def _on_gone(self, cards: list[int]) -> None:
        if self.card in cards and self.isVisible():
            self.old = None
            self.close_sheet()

    def _stop(self) -> None:
        self.scribe.stop()
        self._say("Stopping…")

    # Other words

    def ask_words(self) -> None:
        """Ask what else could stand where the caret or the selection is."""
        text, span = self.page.text(), self.page.span()
        if span[0] == span[1]:
            span = word_around(text, span[0])
        if span[0] == span[1]:
            self._say("Put the caret on a word first")
            return
        request = self._request("alternatives")
        if request is not None and self.old is not None:
            self.bar.hide()
            self.asker.ask(self.old.row, span, request)

    # Small things

    def copy_text(self) -> None:
        """Copy what is selected, or all of it."""
        start, end = self.page.span()
        text = self.page.text()
        QGuiApplication.clipboard().setText(text[start:end] if start != end else text)
        self._say("Copied")

    def place(self) -> None:
        room = self.room().rect()
        gap = theme.px(16)
        wide = min(room.width() - 2 * gap, theme.px(_WIDE))
        self.setGeometry(QRect((room.width() - wide) // 2, gap, wide, room.height() - 2 * gap))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roomy = self.width() >= theme.px(_NARROW) or self.writer.count() < 2
        style = Qt.ToolButtonStyle
        for tool in self.tools:
            tool.setToolButtonStyle(
                style.ToolButtonTextBesideIcon if roomy else style.ToolButtonIconOnly
            )
        self._leave_bubbles()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self.old is not None:
            self.page.dress()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _on_pressed(self, wish: str) -> None:
        acts = {
            "continue": self.write_on,
            "rewrite": self.write_anew,
            "alternatives": self.ask_words,
            "close": self._escape,
        }
        acts[wish]()

    def _escape(self) -> None:
        """Esc stops what is being written first, then closes what is open, bit by bit."""
        if self.scribe.busy:
            self._stop()
        elif self.choices.isVisible() or self.bar.isVisible():
            self._leave_bubbles()
        else:
            self.close_sheet()

    def _on_pointed(self) -> None:
        if self._spec() is not None and not self.scribe.busy:
            self.bar.show_at(self._place(self.page.span()))

    def _on_caret(self) -> None:
        selected = self.page.textCursor().hasSelection()
        self._name_rewrite()
        if not selected:
            self._leave_bubbles()

    def _name_rewrite(self) -> None:
        """Say what would be rewritten: the selection, or a line of verse, or a sentence."""
        what = "line" if self.page.shape_.verse else "sentence"
        what = "selection" if self.page.textCursor().hasSelection() else what
        self.rewrite.setText(f"Rewrite {what}")
        self.rewrite.setAccessibleName(f"Rewrite {what}")
        self.rewrite.setToolTip(f"Rewrite the {what}  (Alt+R)")

    def _leave_bubbles(self) -> None:
        self.bar.hide()
        self.choices.close_()

    def _place(self, span: Span) -> QRect:
        return self.page.place_of(span).translated(self.page.pos())

    def _say(self, words: str) -> None:
        self.state.setText(words or (HINT if self._spec() is not None else ""))

    def _show_count(self) -> None:
        text = self.page.text()
        if len(text) <= _LONG:
            self.facts.setText(length_words(text))
            return
        background = self.session.background
        background.do(background.pictures, lambda: length_words(text), self._show_length)

    def _show_length(self, words: str) -> None:
        if self.old is not None and len(self.page.text()) > _LONG:
            self.facts.setText(words)

    def _show_work(self, said: str) -> None:
        """Show what can be done now, and say something at the foot."""
        spec, busy = self._spec(), self.scribe.busy
        for tool, edit in self.tools.items():
            tool.setEnabled(spec is not None and edit in spec.edits and not busy)
        self._name_rewrite()
        self.stop.setVisible(busy)
        self.stop.setEnabled(bool(self.scribe.job))
        keeps = spec is not None and spec.keeps_partial
        self.stop.setText("Stop and keep" if keeps else "Stop")
        self._say(said)
        self._show_count()
