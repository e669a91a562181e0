"""Asks what else could stand in a place of the page, and puts there what the person chooses."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect
from PySide6.QtWidgets import QWidget

from studio.app.session import Session
from studio.app.versions import Passage
from studio.app.widgets.choices import Choices
from studio.app.widgets.page import Page, Span
from studio.assets import Text
from studio.errors import StudioError
from studio.jobs import Request
from studio.project import AssetRow


class WordAsker(QObject):
    """One question at a time.

    Args:
        over: What the list of choices floats above.
        place: Where a stretch of the page is to be seen there.
    """

    def __init__(
        self, session: Session, page: Page, over: QWidget, place: Callable[[Span], QRect]
    ) -> None:
        super().__init__(over)
        self.session, self.page, self._place = session, page, place
        self.choices = Choices(over)
        self._text, self._span = "", (0, 0)
        self.choices.chosen.connect(self._on_choice)
        self.choices.closed.connect(self._on_closed)

    def ask(self, row: AssetRow, span: Span, request: Request) -> None:
        """Ask about a stretch of the page as it stands."""
        self.page.select(span)
        self._text, self._span = self.page.text(), span
        self.choices.ask(self._text[slice(*span)], self._place(span))
        self.session.writing.alternatives(
            Passage(row, *span), self._text, request, self._on_words, self._on_failed
        )

    def _on_words(self, answer: Text) -> None:
        if self.choices.isVisible():
            self.choices.show_choices(self._text[slice(*self._span)], answer.choices)

    def _on_failed(self, error: StudioError) -> None:
        if self.choices.isVisible():
            self.choices.show_problem(error.message)

    def _on_choice(self, word: str) -> None:
        if self.page.text() == self._text:
            self.page.replace(self._span, word)
        self.page.setFocus()

    def _on_closed(self) -> None:
        self.session.writing.forget()
        self.page.setFocus()
