"""Lets a generator work on an open page: what it writes grows there, and can be stopped."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.app.session import Session
from studio.app.versions import Passage
from studio.app.widgets.page import Page
from studio.app.words import sentence
from studio.assets import Text
from studio.errors import StudioError
from studio.generator import Edit
from studio.jobs import JobSnapshot, JobState, Preview, Request


class Scribe(QObject):
    """One piece of work at a time. While it lasts nobody may type."""

    began = Signal()
    accepted = Signal()  # there is a job, which can be stopped
    grew = Signal()
    ended = Signal(str)  # and what is to be said about it

    def __init__(self, session: Session, page: Page) -> None:
        super().__init__(page)
        self.session, self.page = session, page
        self.job = ""
        self._task: Edit | None = None
        self._before = ""
        session.jobs.previewed.connect(self._on_previewed)
        session.jobs.finished.connect(self._on_finished)

    def close_down(self) -> None:
        """Stop listening."""
        self.session.jobs.previewed.disconnect(self._on_previewed)
        self.session.jobs.finished.disconnect(self._on_finished)

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return self._task is not None

    def begin(self, task: Edit) -> None:
        """Take the page over."""
        self._task, self._before, self.job = task, self.page.text(), ""
        self.page.setReadOnly(True)
        self.began.emit()

    def ask(self, card_id: int, passage: Passage, request: Request) -> None:
        """Order it, once the text as it stands is a version."""
        if self._task is not None:
            self.session.writing.edit(
                card_id, passage, request, self._task, self._on_job, self._on_refused
            )

    def follow(self, text: str) -> None:
        """Show how far the text has come."""
        self.page.follow(
            text.replace("\r\n", "\n").replace("\r", "\n"), first=self.page.text() == self._before
        )

    def note(self) -> str:
        """What the generator says about the work, if that is more than that it is at it."""
        said = self.session.engine.job(self.job).message if self.job else ""
        return sentence(said) if " " in said else ""

    def stop(self) -> None:
        """Write no further; what is there is kept where the generator does that."""
        if self.job:
            self.session.engine.cancel(self.job)

    def end(self, said: str = "") -> None:
        """Give the page back."""
        self.leave()
        self.page.setReadOnly(False)
        self.ended.emit(said)

    def leave(self) -> None:
        """Look no further at what is being written; it goes on."""
        self._task, self.job = None, ""

    def _on_job(self, job: JobSnapshot) -> None:
        if self.busy and not self.job:
            self.job = job.id
            self.accepted.emit()
            now = self.session.engine.job(job.id)
            if now.state.finished:
                self._on_finished(now)

    def _on_refused(self, error: StudioError) -> None:
        self.session.complain(error)
        self.end()

    def _on_previewed(self, preview: Preview) -> None:
        if self.job and preview.job == self.job and isinstance(preview.asset, Text):
            self.follow(preview.asset.text)
            self.grew.emit()

    def _on_finished(self, job: JobSnapshot) -> None:
        if not self.job or job.id != self.job or job.done:
            return  # of what is done the version is on its way here
        self.page.follow(self._before)
        self.end("" if job.state is JobState.FAILED else "Stopped before anything was written")
