"""Where a lane runs its jobs: in a worker process that it supervises, or in its own thread."""

from __future__ import annotations

import collections
import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from studio.assets import Asset
from studio.engine.listener import Listener
from studio.engine.models import ModelCache
from studio.engine.protocol import VERSION, Channel, Message, make_shared_folder
from studio.engine.runner import Runner
from studio.engine.wire import error_from_json, items_from_json, request_to_json
from studio.errors import JobCancelledError, OutOfMemoryError, WorkerDiedError
from studio.jobs import Request
from studio.registry import Registry

_POLL_SECONDS = 0.05
_START_SECONDS = 120.0
_LAST_SECONDS = 1.0  # for what a dead worker said last to arrive
_LONGEST_STEP = 30.0  # that a cancelled job is waited for
_INBOX = 64  # messages; a full inbox blocks the pipe, and that the worker
# -P: a file in the current folder that is named like a module must not be run in its place
_COMMAND = (sys.executable, "-P", "-X", "faulthandler", "-m", "studio.engine.worker")
_Received = tuple[Message, Asset | None]


@dataclass(frozen=True)
class HostSettings:
    """How a lane's host behaves.

    Attributes:
        memory_budget: Bytes that loaded models may take.
        worker_memory: Bytes a worker process may take before it is ended.
        stall_seconds: A job without progress, preview or item for so long has failed.
        cancel_seconds: How long a cancelled job may take to leave by itself.
    """

    memory_budget: int
    worker_memory: int
    stall_seconds: float
    cancel_seconds: float


class Host(Protocol):
    """Runs one job at a time for a lane."""

    def run(
        self, job: str, request: Request, listener: Listener, cancelled: threading.Event
    ) -> None:
        """Run a job to its end; raises StudioError when it was cancelled or failed."""

    def close(self) -> None:
        """End at once, from any thread; a job that runs fails."""


class ThreadHost:
    """Runs jobs in the lane's own thread: for tests, and to debug a plugin."""

    def __init__(self, registry: Registry, device: str, settings: HostSettings) -> None:
        self._device = device
        self._models = ModelCache(registry, settings.memory_budget)
        self._runner = Runner(registry, self._models)

    def run(
        self, job: str, request: Request, listener: Listener, cancelled: threading.Event
    ) -> None:
        """Run a job here."""
        self._runner.run(job, request, self._device, listener, cancelled)

    def close(self) -> None:
        """Close the models; a job that runs cannot be stopped from outside."""


class ProcessHost:
    """Supervises a worker process; starts it when there is work, and anew after it died."""

    def __init__(self, device: str, settings: HostSettings) -> None:
        self._device = device
        self._settings = settings
        self._worker: WorkerProcess | None = None
        self._closed = False

    def run(
        self, job: str, request: Request, listener: Listener, cancelled: threading.Event
    ) -> None:
        """Run a job in the worker.

        Raises:
            StudioError: What the worker says went wrong.
            WorkerDiedError: It crashed, left, or said nothing for too long; names the plugin.
            OutOfMemoryError: It took more memory than a worker may.
        """
        culprit = request.generator or (request.export.exporter if request.export else "")
        worker = self._ready_worker(cancelled)
        message = {
            "type": "job",
            "job": job,
            "request": request_to_json(request),
            "device": self._device,
        }
        # a worker that just died, or that another thread closed, is noticed by `_follow`
        with contextlib.suppress(OSError, ValueError):
            worker.channel.send(message)
        try:
            self._follow(worker, culprit, listener, cancelled, job)
        except (WorkerDiedError, OutOfMemoryError):
            self._discard()
            raise

    def close(self) -> None:
        """End the worker at once."""
        self._closed = True
        self._discard()

    def _ready_worker(self, cancelled: threading.Event) -> WorkerProcess:
        if self._worker is not None and not self._worker.alive:
            self._discard()
        if self._worker is None:
            limit = 0 if self._device == "cuda" else self._settings.worker_memory
            self._worker = WorkerProcess(self._settings.memory_budget, limit)
        worker = self._worker
        try:
            while not (self._closed or worker.is_ready()):
                if cancelled.is_set():  # the next job finds it further on
                    raise JobCancelledError("cancelled")
        except WorkerDiedError:
            if not self._closed:
                self._discard()
                raise
        if self._closed:  # by another thread meanwhile
            worker.close()
            raise JobCancelledError("cancelled")
        return worker

    def _follow(
        self,
        worker: WorkerProcess,
        culprit: str,
        listener: Listener,
        cancelled: threading.Event,
        job: str,
    ) -> None:
        heard, checked, asked = time.monotonic(), 0.0, None
        pace = _Pace()
        while True:
            received = worker.next_message()
            now = time.monotonic()
            if received is not None:
                heard = now
                pace.hear(received[0], now)
                if _tell(received, listener):
                    return
            elif not worker.alive and worker.drained:
                raise JobCancelledError("cancelled") if self._closed else worker.obituary(culprit)
            if cancelled.is_set() and asked is None:
                asked = now
                with contextlib.suppress(OSError, ValueError):  # closed by another thread, maybe
                    worker.channel.send({"type": "cancel", "job": job})
            if asked is not None and now - asked > max(self._settings.cancel_seconds, pace.step):
                self._discard()
                raise JobCancelledError("cancelled; the plugin did not stop by itself")
            if now - checked >= _POLL_SECONDS:  # however much it has to say meanwhile
                checked = now
                self._check(worker, culprit, now - heard)

    def _check(self, worker: WorkerProcess, culprit: str, silent: float) -> None:
        if silent > self._settings.stall_seconds:
            raise WorkerDiedError(
                f"plugin '{culprit}' gave no sign of life for {silent:.0f} s and was stopped",
                culprit=culprit,
                details=worker.last_words(),
            )
        limit = self._settings.worker_memory
        if limit and worker.resident() > limit:
            raise OutOfMemoryError(
                f"plugin '{culprit}' took more than the {limit / 2**30:.1f} GB a worker may take "
                "and was stopped",
                culprit=culprit,
            )

    def _discard(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()


class WorkerProcess:
    """A running worker: its process, its channel, and what it printed last."""

    def __init__(self, budget: int, limit: int) -> None:
        self._shared = make_shared_folder()
        self._process = subprocess.Popen(
            [*_COMMAND, str(self._shared), str(budget), str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            start_new_session=os.name == "posix",  # Ctrl+C in a terminal is for the studio
        )
        assert self._process.stdin
        assert self._process.stdout
        self.channel = Channel(self._process.stdout, self._process.stdin, self._shared)
        self._inbox: queue.Queue[_Received | None] = queue.Queue(_INBOX)
        self._printed: collections.deque[str] = collections.deque(maxlen=200)
        self._begun = time.monotonic()
        self._gone: float | None = None
        self._ready = False
        self.drained = False
        self._threads = [
            threading.Thread(target=self._read, name="worker-read", daemon=True),
            threading.Thread(target=self._read_errors, name="worker-stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        if self._process.poll() is not None:
            self._end_children()
        return self._gone is None

    def is_ready(self) -> bool:
        """Whether it has said hello; waits a moment for that.

        Raises:
            WorkerDiedError: It could not start.
        """
        if not self._ready:
            received = self.next_message()
            self._ready = received is not None and received[0].get("protocol") == VERSION
            late = time.monotonic() > self._begun + _START_SECONDS
            if not self._ready and (received is not None or late or self.drained):
                said = self.last_words().strip().splitlines() or ["it said nothing"]
                raise WorkerDiedError(
                    f"the worker process could not start: {said[-1]}",
                    culprit="worker",
                    details=self.last_words(),
                )
        return self._ready

    def next_message(self) -> _Received | None:
        """The next message, or None after a moment without one."""
        if self.drained:
            time.sleep(_POLL_SECONDS)
            return None
        try:
            received = self._inbox.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            # a process that the plugin started may keep the pipe open for as long as it likes
            if not self.alive and self._gone is not None:
                self.drained = time.monotonic() - self._gone > _LAST_SECONDS
            return None
        if received is None:
            self.drained = True
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_START_SECONDS)
        return received

    def resident(self) -> int:
        """Bytes of memory the process takes now; 0 when it is gone."""
        import psutil

        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(self._process.pid).memory_info().rss)
        return 0

    def last_words(self) -> str:
        """What it printed last."""
        self._threads[1].join(0 if self.alive else 1)
        return "".join(self._printed)

    def obituary(self, culprit: str) -> WorkerDiedError:
        """The error for a process that ended in the middle of a job."""
        code = self._process.returncode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            why = "probably because memory ran out" if name == "SIGKILL" else "it crashed"
            how = f"was ended by {name}; {why}"
        else:
            how = f"left with exit code {code}"
        return WorkerDiedError(
            f"plugin '{culprit}' took its worker process down: it {how}",
            culprit=culprit,
            details=self.last_words(),
        )

    def close(self) -> None:
        """End the process and what it started, its threads, its pipes and its shared memory."""
        self._process.kill()
        self._process.wait()
        self._end_children()
        with contextlib.suppress(queue.Empty):  # so that a reader that waits for room goes on
            while True:
                self._inbox.get_nowait()
        self.drained = True
        for thread in self._threads:
            thread.join(1)
        streams = (self._process.stdout, self._process.stderr)
        done = [
            s for s, reader in zip(streams, self._threads, strict=True) if not reader.is_alive()
        ]
        # Closing one that is still read would wait for whoever holds its other end.
        for stream in (self._process.stdin, *done):
            with contextlib.suppress(OSError):
                assert stream
                stream.close()
        shutil.rmtree(self._shared, ignore_errors=True)

    def _end_children(self) -> None:
        """End whatever the process started: at once, as later its number may be another's."""
        if self._gone is None:
            self._gone = time.monotonic()
            if sys.platform != "win32":
                with contextlib.suppress(OSError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self) -> None:
        try:
            with contextlib.suppress(OSError):
                while (received := self.channel.receive()) is not None:
                    self._put(received)
        except Exception as error:  # what follows could not be understood either
            self._printed.append(f"{type(error).__name__}: {error}\n")
            self._process.kill()
        finally:
            self._put(None)

    def _put(self, received: _Received | None) -> None:
        while not self.drained:
            with contextlib.suppress(queue.Full):
                self._inbox.put(received, timeout=_POLL_SECONDS)
                return

    def _read_errors(self) -> None:
        assert self._process.stderr
        with contextlib.suppress(OSError, ValueError):
            for line in self._process.stderr:
                self._printed.append(line.decode(errors="replace"))


class _Pace:
    """How long a job's steps take, as seen from its previews.

    Attributes:
        step: Seconds in which the next one is to be expected, if there have been two. A job that is
            cancelled may take so long to leave: what it keeps would be lost with its process.
    """

    def __init__(self) -> None:
        self.step = 0.0
        self._shown: float | None = None

    def hear(self, message: Message, now: float) -> None:
        """Take note of a message."""
        if message["type"] == "preview":
            if self._shown is not None:
                self.step = max(self.step, min(2 * (now - self._shown), _LONGEST_STEP))
            self._shown = now


def _tell(received: _Received, listener: Listener) -> bool:
    """Pass a message on; True when it ended the job.

    Raises:
        StudioError: The message says that the job failed, or was cancelled.
    """
    message, asset = received
    match message["type"]:
        case "progress":
            listener.progress(message["index"], message["fraction"], message["message"])
        case "preview" if asset is not None:
            listener.preview(message["index"], asset)
        case "items":
            for item in items_from_json(message["job"], message, asset):
                listener.item(item)
        case "loaded":
            listener.loaded(message["runtime"], message["device"], message["notice"])
        case "failed":
            raise error_from_json(message)
    return bool(message["type"] == "done")
