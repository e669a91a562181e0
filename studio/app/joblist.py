"""The queue as the window shows it: how each job stands, what it looks like, how long it will take.

The engine tells of every step of every job; here those are gathered, so that a job with a
thousand steps a second costs the window no more than one with ten.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from psygnal import Signal

from studio.app.tasks import Background
from studio.engine import Engine
from studio.jobs import Item, JobSnapshot, JobState, Preview
from studio.project import Project

_SURE = 0.02  # a share of the work after which its length can be guessed


class JobList:
    """Jobs on the main thread."""

    changed = Signal()
    finished = Signal(JobSnapshot)
    previewed = Signal(Preview)  # the newest of each item

    def __init__(self, engine: Engine, project: Project, background: Background) -> None:
        self.engine = engine
        self._project = project
        self._background = background
        self._lock = threading.Lock()
        self._news: dict[str, JobSnapshot] = {}
        self._looks: dict[tuple[str, int], Preview] = {}
        self._waiting = False
        self._states: dict[str, JobState] = {}
        self._kept: set[str] = set()
        self._open = True
        engine.changed.connect(self._when_changed)
        engine.previewed.connect(self._when_previewed)
        engine.produced.connect(self._when_produced)
        engine.queue_changed.connect(self._when_queue_changed)

    def jobs(self) -> list[JobSnapshot]:
        """What the queue shows, running jobs first; live play is not among it."""
        return [job for job in self.engine.jobs() if not job.request.live]

    def keep(self, id_: str) -> None:
        """Keep a job with the project from now on, so that it survives a crash. Any thread may."""
        self._kept.add(id_)
        self._save(id_)

    def forget(self, id_: str) -> None:
        """Take a finished job off the list and out of the project."""
        self._kept.discard(id_)
        self._states.pop(id_, None)
        self.engine.remove(id_)
        project = self._project
        self._background.do(self._background.project, lambda: project.forget_jobs([id_]))

    def move(self, id_: str, by: int) -> None:
        """Put a waiting job earlier (negative) or later in the queue."""
        waiting = [job.id for job in self.jobs() if job.state is JobState.QUEUED]
        if id_ not in waiting:
            return
        at = waiting.index(id_)
        to = min(max(at + by, 0), len(waiting) - 1)
        if to == at:
            return
        self.engine.move(id_, to)
        waiting.insert(to, waiting.pop(at))
        project = self._project
        self._background.do(self._background.project, lambda: project.order_jobs(waiting))

    def close(self) -> None:
        """Hear nothing more: jobs that the end of the program cancels stay in the project."""
        self._open = False

    # On the engine's threads

    def _when_changed(self, job: JobSnapshot) -> None:
        with self._lock:
            self._news[job.id] = job
        self._call()

    def _when_previewed(self, preview: Preview) -> None:
        with self._lock:
            self._looks[preview.job, preview.index] = preview
        self._call()

    def _when_produced(self, item: Item) -> None:
        if item.asset is not None:
            self._when_previewed(Preview(item.job, item.index, item.asset))

    def _when_queue_changed(self) -> None:
        self._call()

    def _call(self) -> None:
        with self._lock:
            if self._waiting or not self._open:
                return
            self._waiting = True
        self._background.deliver(self._look)

    # On the main thread

    def _look(self) -> None:
        with self._lock:
            news, self._news = self._news, {}
            looks, self._looks = self._looks, {}
            self._waiting = False
        if not self._open:
            return
        for job in news.values():
            self._note(job)
        for preview in looks.values():
            self.previewed.emit(preview)
        self.changed.emit()

    def _note(self, job: JobSnapshot) -> None:
        before = self._states.get(job.id)
        if before is job.state:
            return
        self._states[job.id] = job.state
        if job.id in self._kept:
            self._save(job.id)
        if job.state.finished and not job.request.live:
            self.finished.emit(job)

    def _save(self, id_: str) -> None:
        """Save how a job stands when its turn comes, so that an older state never comes last."""
        engine, project = self.engine, self._project

        def work() -> None:
            if self._open:
                project.save_job(engine.job(id_))

        self._background.do(self._background.project, work)


def seconds_left(job: JobSnapshot, now: Callable[[], float] = time.time) -> float | None:
    """How long a running job will still take, guessed from how long it took so far."""
    if job.state is not JobState.RUNNING or job.started is None or job.fraction < _SURE:
        return None
    spent = now() - job.started
    return max(0.0, spent / job.fraction - spent) if spent > 1 else None
