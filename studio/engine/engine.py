"""The engine: a queue, one thread for each device that owns it, and a publisher.

submit → queue → device thread → worker process → publisher → sink → item done
"""

from __future__ import annotations

import contextlib
import functools
import logging
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from psygnal import Signal

from studio.assets import Asset
from studio.engine import devices
from studio.engine.checks import checked
from studio.engine.hooks import HookCaller
from studio.engine.host import Host, HostSettings, ProcessHost, ThreadHost
from studio.engine.publisher import Publisher
from studio.engine.queue import Job, JobQueue, Sink
from studio.engine.wire import error_from_json, failure_of
from studio.errors import JobCancelledError, StudioError, UsageError
from studio.jobs import Item, JobSnapshot, JobState, Preview, Request
from studio.registry import Registry

log = logging.getLogger(__name__)

FILES = "files"  # the lane on which files are written again, beside the devices' own
_HISTORY = 200
_GLANCE = 0.5  # seconds; Windows hears Ctrl+C only between two waits


@dataclass(frozen=True)
class EngineSettings:
    """How the engine behaves.

    Attributes:
        host: ``"process"`` runs plugins in worker processes, ``"thread"`` in the device thread.
        memory_budget: Bytes that loaded models may take; by default half of the device's memory.
        worker_memory: Bytes one worker may take; by default four fifths of what is free.
        stall_seconds: A job that says nothing for so long has failed.
        cancel_seconds: How long a cancelled job may take to leave by itself.
    """

    host: Literal["process", "thread"] = "process"
    memory_budget: int | None = None
    worker_memory: int | None = None
    stall_seconds: float = 300.0
    cancel_seconds: float = 2.0

    def for_host(self, device: str) -> HostSettings:
        """The same with numbers for a device of this machine."""
        import psutil

        memory = {each.name: each.memory for each in devices.usable()}
        return HostSettings(
            memory_budget=self.memory_budget or memory[device] // 2,
            worker_memory=self.worker_memory or psutil.virtual_memory().available * 4 // 5,
            stall_seconds=self.stall_seconds,
            cancel_seconds=self.cancel_seconds,
        )


class Engine:
    """Runs jobs. Every method may be called from any thread and none of them waits for a job.

    Signals are emitted on whatever thread brought the news; listeners must not wait for others.

    Args:
        registry: Where generators and exporters come from.
        settings: How to behave.
        host: Short for ``EngineSettings(host=...)``.
    """

    changed = Signal(JobSnapshot)
    produced = Signal(Item)
    previewed = Signal(Preview)
    queue_changed = Signal()

    def __init__(
        self,
        registry: Registry,
        *,
        settings: EngineSettings | None = None,
        host: Literal["process", "thread"] | None = None,
    ) -> None:
        settings = settings or EngineSettings()
        self._settings = replace(settings, host=host) if host else settings
        self._registry = registry
        self._queue = JobQueue()
        self._jobs: dict[str, Job] = {}
        self._lanes: dict[str, Lane] = {}
        self._lock = threading.RLock()
        self._publisher = Publisher(self._on_stored, self._on_ended)
        self._hooks = HookCaller(registry)
        self._closed = False

    def submit(
        self, request: Request, *, sink: Sink | None = None, job_id: str | None = None
    ) -> JobSnapshot:
        """Check a request and put it into the queue.

        Args:
            request: What to make.
            sink: Takes finished items, on the publisher thread, several at a time. An item counts
                as done once it returns; the job fails with the StudioError it raises.
            job_id: The id of a job that is put back, such as after a restart.

        Raises:
            StudioError: What is wrong with the request, in one sentence.
        """
        return self._submit(request, sink, job_id, None).snapshot

    def run(self, request: Request, *, sink: Sink | None = None) -> Iterator[Item]:
        """Submit a request and yield its items as they are done; closing the iterator cancels.

        An interrupt cancels too, and is raised once what was kept has been yielded.

        Raises:
            StudioError: The request is wrong, or the job failed or was cancelled.
        """
        done: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        job = self._submit(request, sink, None, done.put)
        try:
            while (item := _next(done)) is not None:
                yield item
        except KeyboardInterrupt:
            self.cancel(job.id)
            yield from iter(functools.partial(_next, done), None)
            raise
        finally:
            self.cancel(job.id)
        failure = job.snapshot.failure
        if failure is not None:
            values = {"kind": failure.kind, "sentence": failure.sentence}
            raise error_from_json(values | {"culprit": failure.culprit, "details": failure.details})
        if job.snapshot.state is JobState.CANCELLED:
            raise JobCancelledError(f"{request.generator or 'export'} was cancelled")

    def cancel(self, id_: str) -> None:
        """Cancel a job that waits or runs; nothing happens to one that has finished."""
        job = self._jobs.get(id_)
        if job is None or job.finished.is_set():
            return
        job.cancelled.set()
        if self._queue.remove(job):
            self._publisher.end(job, JobCancelledError("cancelled"))

    def retry(self, id_: str) -> JobSnapshot:
        """Submit a finished job's request again, as a new job."""
        job = self._job(id_)
        return self.submit(job.snapshot.request, sink=job.sink)

    def move(self, id_: str, position: int) -> None:
        """Put a waiting job at a position among those that wait."""
        if self._queue.move(self._job(id_), position):
            self._emit(self.queue_changed)

    def remove(self, id_: str) -> None:
        """Forget a finished job."""
        with self._lock:
            # Its last snapshot is heard of a moment before `finished` is set.
            if id_ in self._jobs and self._jobs[id_].snapshot.state.finished:
                del self._jobs[id_]
        self._emit(self.queue_changed)

    def pause(self) -> None:
        """Hold waiting jobs back; what runs goes on, and so does live play."""
        self._queue.pause(True)
        self._emit(self.queue_changed)

    def resume(self) -> None:
        """Let waiting jobs go."""
        self._queue.pause(False)
        self._emit(self.queue_changed)

    @property
    def paused(self) -> bool:
        """Whether waiting jobs are held back."""
        return self._queue.paused

    def jobs(self) -> list[JobSnapshot]:
        """Running jobs, waiting ones in the order they will run, then finished, newest first."""
        waiting = self._queue.waiting()
        ids = {job.id for job in waiting}
        with self._lock:
            others = [job.snapshot for job in self._jobs.values() if job.id not in ids]
        running = [s for s in others if not s.state.finished]
        finished = [s for s in reversed(others) if s.state.finished]
        return running + [job.snapshot for job in waiting] + finished

    def job(self, id_: str) -> JobSnapshot:
        """How a job stands.

        Raises:
            UsageError: There is no such job.
        """
        return self._job(id_).snapshot

    def wait(self, id_: str, timeout: float | None = None) -> JobSnapshot:
        """Wait until a job has finished, or for ``timeout`` seconds; returns how it stands."""
        job = self._job(id_)
        job.finished.wait(timeout)
        return job.snapshot

    def close(self) -> None:
        """Cancel everything and end every worker at once. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            lanes = list(self._lanes.values())
            open_jobs = [job for job in self._jobs.values() if not job.finished.is_set()]
        for job in open_jobs:
            self.cancel(job.id)
        self._queue.close()
        for lane in lanes:
            lane.close()
        self._publisher.close()
        self._hooks.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _submit(
        self,
        request: Request,
        sink: Sink | None,
        job_id: str | None,
        listener: Callable[[Item | None], None] | None,
    ) -> Job:
        request = checked(request, self._registry)
        if job_id and not re.fullmatch(r"[\w-]+", job_id):  # folders are named after it
            raise UsageError(f"a job is called {job_id!r}, expected letters and digits")
        lane = devices.choose(request.device) if request.generator else FILES
        id_ = job_id or uuid.uuid4().hex[:12]
        job = Job(JobSnapshot(id_, request, submitted=time.time()), lane, sink, listener)
        with self._lock:
            if self._closed:
                raise UsageError("the engine is closed")
            self._jobs[id_] = job
            self._forget_old()
            if lane not in self._lanes:
                self._lanes[lane] = Lane(lane, self, self._queue, self._make_host(lane))
            # Under the lock, like in `update`: a signal has a lock of its own, and two threads that
            # took the two in different orders would wait for each other.
            self._emit(self.changed, job.snapshot)
            waiting = self._queue.put(job)  # likewise: `close` finds every job that it has to end
        for replaced in waiting:
            self._publisher.end(replaced, JobCancelledError("replaced by a newer one"))
        self._emit(self.queue_changed)
        return job

    def _make_host(self, lane: str) -> Host:
        device = "cpu" if lane == FILES else lane
        settings = self._settings.for_host(device)
        if self._settings.host == "thread":
            return ThreadHost(self._registry, device, settings)
        return ProcessHost(device, settings)

    def _job(self, id_: str) -> Job:
        try:
            return self._jobs[id_]
        except KeyError:
            raise UsageError(f"no job is called '{id_}'", culprit=id_) from None

    def _forget_old(self) -> None:
        finished = [id_ for id_, job in self._jobs.items() if job.finished.is_set()]
        for id_ in finished[: max(0, len(finished) - _HISTORY)]:
            del self._jobs[id_]

    def update(self, job: Job, **changes: Any) -> None:
        """Change a job's snapshot and tell everybody. For the engine's own threads."""
        with self._lock:
            job.snapshot = replace(job.snapshot, **changes)
            self._emit(self.changed, job.snapshot)  # under the lock, so that order is kept

    def produce(self, job: Job, item: Item) -> None:
        """Pass an item on to the publisher. For the engine's own threads."""
        self._publisher.put(job, item)

    def preview(self, job: Job, index: int, asset: Asset) -> None:
        """Pass a preview on. For the engine's own threads."""
        self._emit(self.previewed, Preview(job.id, index, asset))

    def end(self, job: Job, error: StudioError | None) -> None:
        """Say that a device thread is through with a job. For the engine's own threads."""
        self._publisher.end(job, error)

    def _on_stored(self, job: Job, items: list[Item]) -> None:
        done = job.snapshot.done + len(items)
        fraction = max(job.snapshot.fraction, done / job.snapshot.request.count)
        self.update(job, done=done, fraction=fraction)
        for item in items:
            self._emit(self.produced, item)
            if job.listener:
                job.listener(item)

    def _on_ended(self, job: Job, error: StudioError | None) -> None:
        if error is None:
            changes: dict[str, Any] = {"state": JobState.DONE, "fraction": 1.0, "message": ""}
        elif isinstance(error, JobCancelledError):
            changes = {"state": JobState.CANCELLED, "message": error.message}
        else:
            changes = {"state": JobState.FAILED, "failure": failure_of(error)}
        self.update(job, finished=time.time(), **changes)
        job.finished.set()
        if job.listener:
            job.listener(None)
        self._hooks.tell(job.snapshot)
        self._emit(self.queue_changed)

    def _emit(self, signal: Any, *values: object) -> None:
        try:
            signal.emit(*values)
        except Exception:
            log.exception("a listener of the engine failed")


def _next(done: queue.SimpleQueue[Item | None]) -> Item | None:
    while True:
        with contextlib.suppress(queue.Empty):
            return done.get(timeout=_GLANCE)


class Lane:
    """The thread that owns a device: it takes jobs from the queue, one after the other.

    No model is touched anywhere else.
    """

    def __init__(self, name: str, engine: Engine, jobs: JobQueue, host: Host) -> None:
        self._name = name
        self._engine = engine
        self._queue = jobs
        self._host = host
        self._thread = threading.Thread(target=self._work, name=f"device-{name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the host at once, and then the thread; one that a plugin holds is left behind."""
        self._host.close()
        self._thread.join(2.0)

    def _work(self) -> None:
        while (job := self._queue.take(self._name)) is not None:
            self._engine.update(job, state=JobState.RUNNING, started=time.time())
            try:
                self._host.run(
                    job.id, job.snapshot.request, _Report(self._engine, job), job.cancelled
                )
            except StudioError as error:
                self._engine.end(job, error)
            except Exception as error:
                log.exception("job %s failed inside the engine", job.id)
                self._engine.end(job, StudioError(f"the engine failed: {error}"))
            else:
                self._engine.end(job, None)


class _Report:
    """Turns what a running job says into its snapshot."""

    def __init__(self, engine: Engine, job: Job) -> None:
        self._engine = engine
        self._job = job

    def loaded(self, runtime: str, device: str, notice: str) -> None:
        self._engine.update(self._job, runtime=runtime, device=device, notice=notice)

    def progress(self, index: int, fraction: float, message: str) -> None:
        overall = (index + fraction) / self._job.snapshot.request.count
        self._engine.update(self._job, fraction=overall, message=message)

    def preview(self, index: int, asset: Asset) -> None:
        self._engine.preview(self._job, index, asset)

    def item(self, item: Item) -> None:
        self._engine.produce(self._job, item)

    def flush(self) -> None:
        """Nothing waits here."""
