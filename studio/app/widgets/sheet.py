"""A text laid open over the canvas: for reading, editing, and writing on with a generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QToolButton, QWidget
from superqt import QElidingLabel

from studio.app import icons, theme
from studio.app.session import Session
from studio.app.texts import line_around, word_around
from studio.app.versions import Manuscript
from studio.app.widgets.choices import Choices, beside
from studio.app.widgets.common import IconButton, button, column, label, line, row
from studio.app.widgets.overlay import Floating
from studio.app.widgets.page import Page, Span
from studio.app.words import length_words
from studio.app.writing import Passage
from studio.assets import Text
from studio.errors import StudioError
from studio.generator import Edit, GeneratorSpec
from studio.jobs import JobSnapshot, JobState, Preview, Request
from studio.project import AssetRow
from studio.recipe import Recipe

_REST = 400  # milliseconds of rest after which what was typed is kept
_COUNT = 200  # and after which words are counted
_NARROW = 640  # pixels at the usual size of text below which buttons have no words
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
Asked = Callable[[str], Request | None]


class Sheet(Floating):
    """One open text. What is typed is kept at once; a generator's answer grows on the page.

    Args:
        over: The canvas.
        session: Whose text it is.
        request: What the form of a generator asks for now, with a seed that is used up by asking.
    """

    opened = Signal()
    closed = Signal()
    chosen = Signal(object, object)  # a generator that is going to write here, and a recipe of its

    def __init__(self, over: QWidget, session: Session, request: Asked) -> None:
        super().__init__(over)
        self.session, self.request = session, request
        self.setObjectName("sheet")
        self.card = 0
        self.old: Manuscript | None = None
        self._base = ""  # what the asset says, as the page has it
        self._before = ""  # what the page said before a generator went to work
        self._task = ""
        self._job = ""
        self._turning = False
        self._asked: tuple[str, Span] = ("", (0, 0))
        self._build()
        self._keep = QTimer(self, singleShot=True, interval=_REST)
        self._keep.timeout.connect(self._keep_draft)
        self._count = QTimer(self, singleShot=True, interval=_COUNT)
        self._count.timeout.connect(self._show_count)
        self._connect()
        self.hide()

    # Building

    def _build(self) -> None:
        self.setAccessibleName("Open text")
        self.name = QElidingLabel("")
        self.name.setObjectName("title")
        self.facts = label("", "quiet")
        self.go_on = _tool("mdi6.feather", "Continue", "Go on writing from the caret  (Ctrl+Enter)")
        self.rewrite = _tool("mdi6.autorenew", "Rewrite line", "Rewrite this line  (Alt+R)")
        self.other = _tool("mdi6.format-letter-matches", "Other words", "Other words  (Alt+W)")
        self.copy = IconButton("mdi6.content-copy", "Copy the text")
        self.away = IconButton("mdi6.close", "Close the text", "Esc")
        self.writer = QComboBox()
        self.writer.setAccessibleName("Written by")
        self.page = Page()
        self.page.keys = KEYS
        self.state = label("", "quiet")
        self.stop = button("Stop and keep", self._stop, "mdi6.stop-circle-outline")
        head = row(self.name, self.facts, self.copy, self.away)
        head.setStretch(0, 1)
        head.setContentsMargins(16, 8, 8, 4)
        tools = row(self.go_on, self.rewrite, self.other, None, self.writer, gap=4)
        tools.setContentsMargins(12, 0, 12, 8)
        foot = row(self.state, None, self.stop)
        foot.setContentsMargins(16, 6, 12, 8)
        box = column(self, 0, 0)
        box.addLayout(head)
        box.addLayout(tools)
        box.addWidget(line())
        box.addWidget(self.page, 1)
        box.addWidget(line())
        box.addLayout(foot)
        self.bar = SelectionBar(self)
        self.choices = Choices(self)

    def _connect(self) -> None:
        session = self.session
        self._links: tuple[tuple[object, Callable[..., object]], ...] = (
            (session.jobs.previewed, self._on_previewed),
            (session.jobs.finished, self._on_finished),
            (session.board.turned, self._on_turned),
            (session.board.gone, self._on_gone),
        )
        for signal, slot in self._links:
            signal.connect(slot)  # type: ignore[attr-defined]
        self.page.typed.connect(self._on_typed)
        self.page.pressed.connect(self._on_pressed)
        self.page.pointed.connect(self._on_pointed)
        self.page.cursorPositionChanged.connect(self._on_caret)
        self.page.verticalScrollBar().valueChanged.connect(self._leave_bubbles)
        self.go_on.clicked.connect(self.write_on)
        self.rewrite.clicked.connect(self.write_anew)
        self.other.clicked.connect(self.ask_words)
        self.bar.rewrite.clicked.connect(self.write_anew)
        self.bar.other.clicked.connect(self.ask_words)
        self.copy.clicked.connect(self.copy_text)
        self.away.clicked.connect(self.close_sheet)
        self.choices.chosen.connect(self._on_choice)
        self.choices.closed.connect(self._on_no_choice)
        self.writer.activated.connect(self._on_writer)

    def close_down(self) -> None:
        """Stop listening; what was typed last is kept."""
        self._keep_draft()
        self._count.stop()
        for signal, slot in self._links:
            signal.disconnect(slot)  # type: ignore[attr-defined]

    # Opening and closing

    def open_card(self, card_id: int) -> None:
        """Lay the text of a card open."""
        row_ = self.session.board.row_of(card_id)
        if row_ is None or row_.kind != "text" or (card_id == self.card and self.isVisible()):
            return
        if self.isVisible():
            self._settle(lambda _: None)
        self.session.versions.read(row_, lambda read: self._on_read(card_id, read))

    def close_sheet(self) -> None:
        """Put it away; what was changed becomes a version. What is being written goes on."""
        if self.isHidden():
            return
        if not self._task:
            self._settle(lambda _: None)
        self.hide()
        self.old, self._task, self._job = None, "", ""
        self.session.writing.forget()
        self.closed.emit()

    def _on_read(self, card_id: int, read: Manuscript) -> None:
        card = self.session.board.cards.get(card_id)
        if card is None or card.asset_id != read.row.id:
            return  # it has gone, or shows another version by now
        self.card = card_id
        self._show_text(read)
        self._show_writers(read.row)
        self._rest("")
        self.show()
        self.raise_()
        self.opened.emit()
        self.page.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_text(self, read: Manuscript) -> None:
        self.page.load(read.text, read.language)
        self._take(read)
        self._leave_bubbles()

    def _take(self, read: Manuscript) -> None:
        """What the page says is this version now."""
        self.old, self._base = read, self.page.text()
        self.name.setText(read.row.name)
        self._show_count()

    def _show_writers(self, row_: AssetRow) -> None:
        found = self.session.writing.writer_of(row_)
        specs = self.session.writing.writers()
        self.writer.clear()
        for spec in specs:
            self.writer.addItem(spec.title, spec)
        if found is not None:
            self.writer.setCurrentIndex(specs.index(found[0]))
        self.writer.setVisible(len(specs) > 1)
        self._tell_writer(found[1] if found is not None else None)

    def _tell_writer(self, recipe: Recipe | None) -> None:
        spec = self.writer.currentData()
        for tool, edit in self._tools().items():
            tool.setVisible(spec is not None)
            tool.setEnabled(spec is not None and edit in spec.edits)
        if spec is not None:
            self.chosen.emit(spec, recipe)

    def _on_writer(self) -> None:
        self._tell_writer(None)

    def _tools(self) -> dict[QToolButton, Edit]:
        return {self.go_on: "continue", self.rewrite: "rewrite", self.other: "alternatives"}

    # What the person types

    def _on_typed(self) -> None:
        self._keep.start()
        self._count.start()
        self._leave_bubbles()
        self._say("Typing…")

    def _keep_draft(self) -> None:
        """Keep what was typed so far; the project has it when the line at the foot says so."""
        self._keep.stop()
        text = self.page.text()
        if self.old is not None and not self._task and text != self._base:
            kept = self.old.row.id
            self.session.versions.keep_draft(kept, text, lambda _: self._on_kept(kept))

    def _on_kept(self, asset_id: int) -> None:
        if self.old is not None and self.old.row.id == asset_id and not self._keep.isActive():
            self._say("Kept")

    def _settle(self, then: Callable[[AssetRow], object]) -> None:
        """Make a version of what was typed, if anything was, and go on with that."""
        self._keep.stop()
        old, text, card = self.old, self.page.text(), self.card
        if old is None:
            return
        if text == self._base:
            then(old.row)
            return
        self._turning = True

        def made(row_: AssetRow) -> None:
            self._turning = False
            if self.old is old:
                self._take(replace(old, row=row_, text=text))
            then(row_)

        def failed(error: StudioError) -> None:
            self._turning = False
            self.session.complain(error)
            self._rest("")

        self.session.versions.commit(card, old, text, made, failed)

    # What a generator writes

    def write_on(self) -> None:
        """Go on from the caret."""
        _, end = self.page.span()
        self._write("continue", (end, end))

    def write_anew(self) -> None:
        """Rewrite what is selected, or the line the caret is in."""
        start, end = self.page.span()
        if start == end:
            start, end = line_around(self.page.text(), start, end)
        self._write("rewrite", (start, end))

    def _write(self, task: Edit, span: Span) -> None:
        request = self._request(task)
        if request is None or self.old is None:
            return
        self._leave_bubbles()
        self._before, self._task, self._job = self.page.text(), task, ""
        self.page.setReadOnly(True)
        self._say("Writing…")
        self._show_tools()

        def ask(row_: AssetRow) -> None:
            passage = Passage(row_, *span)
            self.session.writing.edit(
                self.card, passage, request, task, self._on_job, self._on_refused
            )

        self._settle(ask)

    def _request(self, task: Edit) -> Request | None:
        spec: GeneratorSpec | None = self.writer.currentData()
        if spec is None or task not in spec.edits or self._task:
            return None
        return self.request(spec.id)

    def _on_job(self, job: JobSnapshot) -> None:
        if self._task and not self._job:
            self._job = job.id
            self._show_tools()
            if self.session.engine.job(job.id).state.finished:
                self._on_finished(self.session.engine.job(job.id))

    def _on_refused(self, error: StudioError) -> None:
        self.session.complain(error)
        self._rest("")

    def _on_previewed(self, preview: Preview) -> None:
        if preview.job == self._job and self._job and isinstance(preview.asset, Text):
            self._follow(preview.asset.text)
            self._say("Writing…")
            if not self._count.isActive():
                self._count.start()

    def _follow(self, text: str) -> None:
        first = self.page.text() == self._before
        self.page.follow(text.replace("\r\n", "\n"), first=first)

    def _on_finished(self, job: JobSnapshot) -> None:
        if job.id != self._job or not self._job:
            return
        if job.done:
            return  # its version is on the card, and on its way here
        self.page.follow(self._before)
        self._rest("" if job.state is JobState.FAILED else "Stopped; nothing was written")

    def _on_turned(self, card_id: int) -> None:
        """The card shows another version: one that was just written, or one that undo brought."""
        row_ = self.session.board.row_of(card_id)
        if card_id != self.card or self.isHidden() or self._turning or row_ is None:
            return
        if self.old is not None and row_.id != self.old.row.id:
            self.session.versions.read(row_, self._on_version, self._on_refused)

    def _on_version(self, read: Manuscript) -> None:
        if self.session.board.row_of(self.card) != read.row or self.old is None:
            return
        if self._task:
            self._follow(read.text)
        elif self.page.text() == self._base:
            self._show_text(read)
        self._take(read)
        self._rest("Kept")

    def _on_gone(self, cards: list[int]) -> None:
        if self.card in cards and self.isVisible():
            self.old = None
            self.close_sheet()

    def _stop(self) -> None:
        if self._job:
            self.session.engine.cancel(self._job)
            self._say("Stopping…")

    def _rest(self, said: str) -> None:
        """Nobody writes any more but the person."""
        self._task, self._job = "", ""
        self.page.setReadOnly(False)
        self._say(said)
        self._show_tools()
        self._show_count()

    # Other words

    def ask_words(self) -> None:
        """Ask what else could stand where the caret or the selection is."""
        request, span = self._request("alternatives"), self.page.span()
        if request is None or self.old is None:
            return
        text = self.page.text()
        if span[0] == span[1]:
            span = word_around(text, span[0])
        if span[0] == span[1]:
            self._say("Put the caret on a word first")
            return
        self.page.select(span)
        self.bar.hide()
        word = text[slice(*span)]
        self.choices.ask(word, self._place(span))
        self._asked = (text, span)
        self.session.writing.alternatives(
            Passage(self.old.row, *span), text, request, self._on_words, self._on_no_words
        )

    def _on_words(self, answer: Text) -> None:
        if self.choices.isVisible():
            text, span = self._asked
            self.choices.show_choices(text[slice(*span)], answer.choices)

    def _on_no_words(self, error: StudioError) -> None:
        if self.choices.isVisible():
            self.choices.show_problem(error.message)

    def _on_choice(self, word: str) -> None:
        text, span = self._asked
        if self.page.text() == text:
            self.page.replace(span, word)
        self.page.setFocus()

    def _on_no_choice(self) -> None:
        self.session.writing.forget()
        self.page.setFocus()

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
        wide = min(room.width() - 2 * gap, theme.px(920))
        high = room.height() - 2 * gap
        self.setGeometry(QRect((room.width() - wide) // 2, gap, wide, high))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roomy = self.width() >= theme.px(_NARROW) or self.writer.count() < 2
        style = Qt.ToolButtonStyle
        for tool in self._tools():
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
            self.close_sheet()
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
        if self._task:
            self._stop()
        elif self.choices.isVisible() or self.bar.isVisible():
            self._leave_bubbles()
        else:
            self.close_sheet()

    def _on_pointed(self) -> None:
        if self.writer.currentData() is not None and not self._task:
            self.bar.show_at(self._place(self.page.span()))

    def _on_caret(self) -> None:
        start, end = self.page.span()
        self.rewrite.setText("Rewrite selection" if start != end else "Rewrite line")
        if start == end:
            self._leave_bubbles()

    def _leave_bubbles(self) -> None:
        self.bar.hide()
        self.choices.close_()

    def _place(self, span: Span) -> QRect:
        return self.page.place_of(span).translated(self.page.pos())

    def _say(self, words: str) -> None:
        self.state.setText(words or (HINT if self.writer.currentData() is not None else ""))

    def _show_count(self) -> None:
        self.facts.setText(length_words(self.page.text()))

    def _show_tools(self) -> None:
        spec: GeneratorSpec | None = self.writer.currentData()
        for tool, edit in self._tools().items():
            tool.setEnabled(spec is not None and edit in spec.edits and not self._task)
        self.stop.setVisible(bool(self._task))
        self.stop.setEnabled(bool(self._job))
        keeps = spec is not None and spec.keeps_partial
        self.stop.setText("Stop and keep" if keeps else "Stop")


class SelectionBar(QFrame):
    """What can be done with a selection, right beside it."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("bubble")
        self.other = _tool("mdi6.format-letter-matches", "Other words", "Other words  (Alt+W)")
        self.rewrite = _tool("mdi6.autorenew", "Rewrite", "Rewrite what is selected  (Alt+R)")
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


class _Tool(QToolButton):
    """A glyph with a word beside it, which follows the theme."""

    def __init__(self, glyph: str) -> None:
        super().__init__()
        self.glyph = glyph
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.dress()

    def dress(self) -> None:
        """Draw the glyph in the present theme and size."""
        self.setIcon(icons.icon(self.glyph))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self.dress()
        super().changeEvent(event)


def _tool(glyph: str, words: str, tip: str) -> _Tool:
    made = _Tool(glyph)
    made.setText(words)
    made.setAccessibleName(words)
    made.setToolTip(tip)
    return made
