"""The queue: a row for each job, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from studio.app.joblist import JobList
from studio.app.pictures import picture
from studio.app.session import Session
from studio.app.tasks import Background
from studio.app.widgets.common import Column, IconButton, column, label, row, title
from studio.app.widgets.jobrow import JobRow
from studio.assets import Text
from studio.jobs import JobSnapshot, JobState, Preview
from studio.project import AssetRow

_MOST = 60  # rows; the rest is counted
_REST = 60  # milliseconds between two looks
_CLOCK = 1000  # milliseconds between two looks at the time left


class QueueView(QWidget):
    """Every job from the one that runs to the one that is long done."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.jobs: JobList = session.jobs
        self.rows: dict[str, JobRow] = {}
        self._latest: dict[int, tuple[str, AssetRow]] = {}
        box = column(self, 0, 0)
        box.addWidget(self._head())
        self.area = Column("Jobs")
        self.list = self.area.box
        self.list.setContentsMargins(12, 0, 12, 12)
        self.list.setSpacing(4)
        self.empty = label(
            "Nothing is waiting. What you generate appears here.", "quiet", wrap=True
        )
        self.more = label("", "quiet")
        self.list.addWidget(self.empty)
        self.list.addWidget(self.more)
        self.list.addStretch(1)
        box.addWidget(self.area, 1)
        self._later = QTimer(self, singleShot=True, interval=_REST)
        self._later.timeout.connect(self.refresh)
        self._clock = QTimer(self, interval=_CLOCK)
        self._clock.timeout.connect(self._tick)
        self.jobs.changed.connect(self._on_changed)
        self.jobs.previewed.connect(self._on_previewed)
        session.board.came.connect(self._on_came)
        session.faces.ready.connect(self._on_face)
        self.refresh()

    def refresh(self) -> None:
        """Show the jobs as they are now."""
        jobs = self.jobs.jobs()
        shown = jobs[:_MOST]
        for id_ in set(self.rows) - {job.id for job in shown}:
            self._latest = {i: kept for i, kept in self._latest.items() if kept[0] != id_}
            gone = self.rows.pop(id_)
            gone.hide()
            gone.deleteLater()
        for at, job in enumerate(shown):
            new = job.id not in self.rows
            self._row(job, at).show_job(job)
            if new:
                self._show_latest(job.id)
        waiting = sum(job.state is JobState.QUEUED for job in jobs)
        running = sum(job.state is JobState.RUNNING for job in jobs)
        self.empty.setVisible(not jobs)
        self.more.setVisible(len(jobs) > _MOST)
        self.more.setText(f"and {len(jobs) - _MOST} more")
        self._show_head(running, waiting, any(job.state.finished for job in jobs))
        if running and not self._clock.isActive():
            self._clock.start()
        elif not running:
            self._clock.stop()

    def _show_latest(self, id_: str) -> None:
        """A job may have made something before its row was there."""
        for asset_id, (job, _) in list(self._latest.items()):
            if job == id_:
                self._on_face(asset_id)

    def _head(self) -> QWidget:
        place = QWidget()
        self.heading = title("Queue")
        self.state = label("", "quiet")
        self.pause = IconButton("mdi6.pause", "Pause the queue", "Ctrl+P")
        self.pause.clicked.connect(self.session.toggle_pause)
        self.sweep = IconButton("mdi6.broom", "Clear finished jobs from the list")
        self.sweep.clicked.connect(self.clear_finished)
        inside = row(self.heading, self.state, None, self.pause, self.sweep)
        inside.setContentsMargins(12, 6, 8, 6)
        place.setLayout(inside)
        return place

    def clear_finished(self) -> None:
        """Take everything off the list that is over; what it made stays."""
        for job in self.jobs.jobs():
            if job.state.finished:
                self.jobs.forget(job.id)
        self.refresh()

    def close_down(self) -> None:
        """Stop listening."""
        self._clock.stop()
        self._later.stop()
        self.jobs.changed.disconnect(self._on_changed)
        self.jobs.previewed.disconnect(self._on_previewed)
        self.session.board.came.disconnect(self._on_came)
        self.session.faces.ready.disconnect(self._on_face)

    def _show_head(self, running: int, waiting: int, finished: bool) -> None:
        paused = self.session.engine.paused
        words = [f"{running} running" if running else "", f"{waiting} waiting" if waiting else ""]
        if paused:
            words.append("paused")
        self.state.setText("  ·  ".join(word for word in words if word))
        self.pause.dress("mdi6.play" if paused else "mdi6.pause")
        self.pause.rename("Resume the queue" if paused else "Pause the queue", "Ctrl+P")
        self.sweep.setEnabled(finished)

    def _row(self, job: JobSnapshot, at: int) -> JobRow:
        found = self.rows.get(job.id)
        if found is None:
            found = self.rows[job.id] = JobRow(self.session, job)
        if self.list.indexOf(found) != at + 1:
            self.list.removeWidget(found)
            self.list.insertWidget(at + 1, found)
        return found

    def _on_changed(self) -> None:
        if not self._later.isActive():
            self._later.start()

    def _on_previewed(self, preview: Preview) -> None:
        background: Background = self.session.background
        id_, asset = preview.job, preview.asset
        if isinstance(asset, Text):
            if id_ in self.rows:
                self.rows[id_].show_text(asset.text)
            return

        def then(drawn: QImage | None) -> None:
            if id_ in self.rows and drawn is not None:
                self.rows[id_].show_picture(drawn)

        background.do(background.pictures, lambda: picture(asset, (96, 96)), then)

    def _on_came(self, id_: str, row_: AssetRow) -> None:
        self._latest = {i: (j, r) for i, (j, r) in self._latest.items() if j != id_}
        self._latest[row_.id] = (id_, row_)
        if self.session.faces.get(row_) is not None:
            self._on_face(row_.id)

    def _on_face(self, asset_id: int) -> None:
        """Show the last thing a job has made, once it has been drawn."""
        job, row_ = self._latest.get(asset_id, ("", None))
        face = self.session.faces.get(row_) if row_ is not None else None
        if face is not None and face.small is not None and job in self.rows:
            self.rows[job].show_picture(face.small)

    def _tick(self) -> None:
        for job in self.jobs.jobs():
            if job.state is JobState.RUNNING and job.id in self.rows:
                self.rows[job.id].show_job(job)
