"""One job in the queue."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar
from superqt import QElidingLabel

from studio.app import icons, theme
from studio.app.joblist import seconds_left
from studio.app.session import Session
from studio.app.widgets.common import IconButton, column, label, row
from studio.app.words import sentence, time_words
from studio.errors import StudioError
from studio.jobs import JobSnapshot, JobState

_TAIL = 400  # characters of a text that is being written


class JobRow(QFrame):
    """Picture, title, progress, what is going on, where it runs; and buttons.

    The row itself can have the keyboard: Delete cancels or clears it, R tries again,
    Alt+Up and Alt+Down move it in the queue.
    """

    def __init__(self, session: Session, job: JobSnapshot) -> None:
        super().__init__()
        self.session, self.job = session, job
        self.setObjectName("job")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.face = QLabel()
        self.face.setFixedSize(theme.px(36), theme.px(36))
        self.face.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.name = QElidingLabel("")
        self.name.setObjectName("title")
        self.device = label("", "quiet")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.words = label("", "quiet", wrap=True)
        self.text = QElidingLabel("")
        self.text.setElideMode(Qt.TextElideMode.ElideLeft)
        self.text.hide()
        self._build()
        self._show_kind()
        self.show_job(job)

    def _build(self) -> None:
        self.up = self._button("mdi6.arrow-up", "Earlier", lambda: self._move(-1))
        self.down = self._button("mdi6.arrow-down", "Later", lambda: self._move(1))
        self.copy = self._button("mdi6.content-copy", "Copy details", self.copy_details)
        self.again = self._button("mdi6.refresh", "Try again", self._retry)
        self.stop = self._button("mdi6.close", "Cancel", self._stop)
        middle = column(gap=4)
        head = row(self.name, self.device)
        head.setStretch(0, 1)
        middle.addLayout(head)
        middle.addWidget(self.bar)
        middle.addWidget(self.words)
        middle.addWidget(self.text)
        inside = row(self.face)
        inside.addLayout(middle, 1)
        inside.addLayout(row(self.up, self.down, self.copy, self.again, self.stop, gap=0))
        inside.setContentsMargins(8, 6, 4, 6)
        self.setLayout(inside)

    def show_job(self, job: JobSnapshot) -> None:
        """Show how the job stands now."""
        self.job = job
        state = job.state
        self.name.setText(title_of(self.session, job))
        self.device.setText(device_words(job))
        self.bar.setVisible(state is JobState.RUNNING)
        self.bar.setValue(round(job.fraction * 1000))
        said, role = state_words(job)
        if self.words.objectName() != role:
            self.words.setObjectName(role)
            self.words.style().unpolish(self.words)
            self.words.style().polish(self.words)
        self.words.setText(said)
        waiting = state is JobState.QUEUED
        self.up.setVisible(waiting)
        self.down.setVisible(waiting)
        self.copy.setVisible(job.failure is not None)
        self.again.setVisible(state in (JobState.FAILED, JobState.CANCELLED))
        keeps = self._keeps()
        cancel = "Stop and keep what is there" if keeps else "Cancel"
        self.stop.rename("Clear from the list" if state.finished else cancel, "Delete")
        self.stop.dress("mdi6.stop-circle-outline" if keeps else "mdi6.close")
        if state is not JobState.RUNNING:
            self.text.hide()
        self.setAccessibleName(f"{self.name.text()}: {said}")
        self.setToolTip(job.notice)

    def show_picture(self, drawn: QImage) -> None:
        """Show what the job has made so far."""
        ratio = self.devicePixelRatioF()
        side = round(self.face.width() * ratio)
        mode = (
            Qt.TransformationMode.FastTransformation
            if max(drawn.width(), drawn.height()) < side
            else Qt.TransformationMode.SmoothTransformation
        )
        scaled = drawn.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode)
        scaled.setDevicePixelRatio(ratio)
        self.face.setPixmap(QPixmap.fromImage(scaled))

    def show_text(self, text: str) -> None:
        """Show the end of what the job has written so far."""
        self.text.setText(" ".join(text[-_TAIL:].split()))
        self.text.setVisible(self.job.state is JobState.RUNNING)

    def copy_details(self) -> None:
        """Copy what is known of a failure."""
        failure = self.job.failure
        if failure is not None:
            text = f"{failure.sentence}\nplugin: {failure.culprit}\n{failure.details}".strip()
            QGuiApplication.clipboard().setText(text)
            self.session.say("Details copied")

    def event(self, event: QEvent) -> bool:
        """Keep Delete for the row: the menu's would put the selected cards into the trash."""
        asked = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if asked and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._stop()
        elif event.key() == Qt.Key.Key_R:
            self._retry()
        elif alt and event.key() == Qt.Key.Key_Up:
            self._move(-1)
        elif alt and event.key() == Qt.Key.Key_Down:
            self._move(1)
        elif event.key() == Qt.Key.Key_Up:
            self.focusPreviousChild()
        elif event.key() == Qt.Key.Key_Down:
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def _button(self, glyph: str, name: str, act: Callable[[], object]) -> IconButton:
        made = IconButton(glyph, name)
        made.clicked.connect(lambda: act())
        return made

    def _show_kind(self) -> None:
        glyph = "mdi6.export-variant"
        try:
            spec = self.session.registry.generator(self.job.request.generator).spec
            glyph = spec.glyph or icons.kind_icon(spec.output.kind)
        except StudioError:
            pass
        self.face.setPixmap(icons.pixmap(glyph, theme.px(22), "quiet", self.devicePixelRatioF()))

    def _keeps(self) -> bool:
        """Whether cancelling keeps what is there."""
        try:
            spec = self.session.registry.generator(self.job.request.generator).spec
        except StudioError:
            return False
        return spec.keeps_partial and self.job.state is JobState.RUNNING

    def _move(self, by: int) -> None:
        self.session.jobs.move(self.job.id, by)

    def _retry(self) -> None:
        if self.job.state in (JobState.FAILED, JobState.CANCELLED):
            self.session.orders.retry(self.job)

    def _stop(self) -> None:
        if self.job.state.finished:
            self.session.jobs.forget(self.job.id)
        else:
            self.session.engine.cancel(self.job.id)


def title_of(session: Session, job: JobSnapshot) -> str:
    """What a job is called: its generator's title, how many, and with which seed."""
    request = job.request
    if not request.generator:
        kind = request.export.exporter.upper() if request.export else ""
        return f"Export {len(request.inputs)} as {kind}"
    try:
        name = session.registry.generator(request.generator).spec.title
    except StudioError:
        name = request.generator
    many = f"  ×{request.count}" if request.count > 1 else ""
    return f"{name}{many}"


def device_words(job: JobSnapshot) -> str:
    """Where the job really runs."""
    names = {"cpu": "CPU", "cuda": "GPU"}
    return names.get(job.device, job.device.upper())


def state_words(job: JobSnapshot) -> tuple[str, str]:
    """How the job stands in words, and in which colour."""
    if job.state is JobState.QUEUED:
        return "Waiting", "quiet"
    if job.state is JobState.CANCELLED:
        return ("Stopped. What was there is kept" if job.done else "Cancelled"), "quiet"
    if job.state is JobState.FAILED:
        return sentence(job.failure.sentence if job.failure else "It failed"), "bad"
    if job.state is JobState.DONE:
        spent = (job.finished or 0) - (job.started or job.finished or 0)
        said = f"Done in {time_words(spent)}"
    else:
        said = _running_words(job)
    return (f"{said}. {job.notice}", "warn") if job.notice else (said, "quiet")


def _running_words(job: JobSnapshot) -> str:
    left = seconds_left(job)
    parts = []
    if job.request.count > 1:
        parts.append(f"{job.done} of {job.request.count}")
    if job.message:
        parts.append(job.message)
    elif not job.device:
        parts.append("Loading")
    elif job.request.count == 1:
        parts.append(f"{job.fraction:.0%}")
    if left is not None:
        parts.append(f"about {time_words(left)} left")
    return "  ·  ".join(parts)
