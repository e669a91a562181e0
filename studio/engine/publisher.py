"""The publisher thread: hands finished items to whoever stores them, several at a time.

It works beside the device threads, so that the next item is being made while the last one is
flushed to disk; an item counts only after its sink has returned.
"""

from __future__ import annotations

import logging
import queue
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass

from studio.engine.queue import Job
from studio.errors import JobFailedError, StudioError
from studio.jobs import SHARED_STAGING, STAGING, Item

log = logging.getLogger(__name__)

_ROOM = 256  # items on their way; after so many the device threads wait


@dataclass(frozen=True)
class _End:
    """Behind a job's last item: how the device thread saw it end."""

    job: Job
    error: StudioError | None


class Publisher:
    """Runs sinks in one thread, in the order in which items were made.

    Args:
        stored: Called with a job and the items its sink has taken.
        ended: Called once a job is over and its sink has taken everything.
    """

    def __init__(
        self,
        stored: Callable[[Job, list[Item]], None],
        ended: Callable[[Job, StudioError | None], None],
    ) -> None:
        self._stored = stored
        self._ended = ended
        self._queue: queue.SimpleQueue[tuple[Job, Item] | _End | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(_ROOM)
        self._errors: dict[str, StudioError] = {}
        self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)
        self._thread.start()

    def put(self, job: Job, item: Item) -> None:
        """Take an item; waits while too many are on their way."""
        self._room.acquire()
        self._queue.put((job, item))

    def end(self, job: Job, error: StudioError | None) -> None:
        """Take the news that a job is over."""
        self._queue.put(_End(job, error))

    def close(self) -> None:
        """Finish what is on its way, then end."""
        self._queue.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _work(self) -> None:
        pending: tuple[Job, Item] | _End | None = self._queue.get()
        while pending is not None:
            if isinstance(pending, _End):
                self._end(pending)
                pending = self._queue.get()
            else:
                job, items = pending[0], [pending[1]]
                pending = self._gather(job, items)
                self._store(job, items)

    def _gather(self, job: Job, items: list[Item]) -> tuple[Job, Item] | _End | None:
        """Collect what is there already of the same job; returns the first thing that is not."""
        while True:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                self._store(job, items)
                items.clear()
                following = self._queue.get()
            if not isinstance(following, tuple) or following[0] is not job:
                return following
            items.append(following[1])

    def _store(self, job: Job, items: list[Item]) -> None:
        if not items:
            return
        self._room.release(len(items))
        if job.id in self._errors:
            return
        try:
            if job.sink is not None:
                job.sink(list(items))
        except StudioError as error:
            self._stop(job, error)
        except Exception as error:
            log.exception("the sink of job %s failed", job.id)
            self._stop(job, JobFailedError(f"the result could not be stored: {error}"))
        else:
            self._stored(job, list(items))

    def _stop(self, job: Job, error: StudioError) -> None:
        self._errors[job.id] = error
        job.cancelled.set()

    def _end(self, end: _End) -> None:
        error = self._errors.pop(end.job.id, None) or end.error
        _remove_staging(end.job, all_of_it=error is not None)
        self._ended(end.job, error)


def _remove_staging(job: Job, *, all_of_it: bool) -> None:
    """Remove a job's shared staging folder, and what it left in others if it did not finish."""
    export = job.snapshot.request.export
    if export is not None:
        shared = export.folder / f"{SHARED_STAGING}{job.id}"
        try:
            shared.rmdir()  # by now it is empty, unless something went wrong
        except OSError:
            shutil.rmtree(shared, ignore_errors=True)
        for folder in export.folder.glob(f"{STAGING}{job.id}-*") if all_of_it else ():
            shutil.rmtree(folder, ignore_errors=True)
