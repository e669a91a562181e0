"""The queue of jobs: order, priorities, pause. Plain logic under one lock; no job is run here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from studio.jobs import Item, JobSnapshot

Sink = Callable[[list[Item]], None]


@dataclass
class Job:
    """A job in the engine: its newest snapshot, and what the engine itself needs to run it."""

    snapshot: JobSnapshot
    lane: str
    sink: Sink | None = None
    listener: Callable[[Item | None], None] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def id(self) -> str:
        """The job's id."""
        return self.snapshot.id


class JobQueue:
    """Waiting jobs of every lane, greatest priority first, then in order of arrival.

    `move` puts a job between others of the same lane, whatever their priorities.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._paused = False
        self._closed = False

    @property
    def paused(self) -> bool:
        """Whether waiting jobs stay where they are. Running ones go on."""
        return self._paused

    def put(self, job: Job) -> list[Job]:
        """Add a job behind those of its priority; returns waiting ones that it replaces."""
        with self._changed:
            replaced = [j for j in self._waiting if _replaces(job, j)]
            self._waiting = [j for j in self._waiting if j not in replaced]
            priority = job.snapshot.request.priority
            place = next(
                (i for i, j in enumerate(self._waiting) if j.snapshot.request.priority < priority),
                len(self._waiting),
            )
            self._waiting.insert(place, job)
            self._changed.notify_all()
            return replaced

    def take(self, lane: str) -> Job | None:
        """Wait for the next job of a lane and mark it running; None once the queue is closed."""
        with self._changed:
            while not self._closed:
                job = next((j for j in self._waiting if j.lane == lane and self._may_run(j)), None)
                if job is not None:
                    self._waiting.remove(job)
                    return job
                self._changed.wait()
            return None

    def remove(self, job: Job) -> bool:
        """Take a waiting job out; False when it was not waiting any more."""
        with self._changed:
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            return True

    def move(self, job: Job, position: int) -> bool:
        """Put a waiting job at a position among all that wait; False when it does not wait."""
        with self._changed:
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            self._waiting.insert(max(0, position), job)
            self._changed.notify_all()
            return True

    def waiting(self) -> list[Job]:
        """Those that wait, in the order in which they will run."""
        with self._changed:
            return list(self._waiting)

    def pause(self, paused: bool) -> None:
        """Hold waiting jobs back, or let them go. Live play is never held back."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def close(self) -> None:
        """Let every `take` return None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _may_run(self, job: Job) -> bool:
        return not self._paused or bool(job.snapshot.request.live)


def _replaces(new: Job, old: Job) -> bool:
    key = new.snapshot.request.live
    return bool(key) and old.snapshot.request.live == key
