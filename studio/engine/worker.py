"""The worker process: plugins are loaded and run here, so that a crash costs one job.

Started as ``python -m studio.engine.worker SHARED BUDGET LIMIT``, a plain subprocess: the shared
memory folder, and in bytes the budget for loaded models and the hard limit of the process. It
speaks the protocol over its standard input and output; what plugins print goes to standard error.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import queue
import sys
import threading
import time
from pathlib import Path

from studio.assets import Asset
from studio.engine.models import ModelCache
from studio.engine.protocol import VERSION, Channel, Message
from studio.engine.runner import Runner
from studio.engine.wire import error_to_json, items_to_json, request_from_json
from studio.errors import StudioError
from studio.jobs import Item
from studio.registry import Registry
from studio.settings import load_settings

_PROGRESS_SECONDS = 0.03  # more often than this nobody can see
_PREVIEW_SECONDS = 0.03
_TOGETHER_SECONDS = 0.1  # items that are made faster go in one message, for the studio's sake


class ChannelListener:
    """Sends what becomes of a job to the studio."""

    def __init__(self, channel: Channel, job: str) -> None:
        self._channel = channel
        self._job = job
        self._said = 0.0
        self._showed: dict[int, float] = {}  # when, by item
        self._lock = threading.RLock()  # items come from the thread that writes them
        self._held: list[Item] = []
        self._sent = 0.0

    def loaded(self, runtime: str, device: str, notice: str) -> None:
        """Say what the job really runs on."""
        self._send("loaded", runtime=runtime, device=device, notice=notice)

    def progress(self, index: int, fraction: float, message: str) -> None:
        """Say how far the item is, but not more often than anybody can see."""
        now = time.monotonic()
        if now - self._said >= _PROGRESS_SECONDS:
            self._said = now
            self._send("progress", index=index, fraction=fraction, message=message)

    def preview(self, index: int, asset: Asset) -> None:
        """Send a preview, unless one was sent a moment ago: text grows by the millisecond."""
        now = time.monotonic()
        begun = len(self._showed)  # items that grow together take turns
        if now - self._showed.get(index, -math.inf) >= _PREVIEW_SECONDS * begun:
            self._showed[index] = now
            self.flush()
            self._channel.send({"type": "preview", "job": self._job, "index": index}, asset)

    def item(self, item: Item) -> None:
        """Send an item, with its asset if it did not become a file.

        Each message wakes the studio, which takes time from the worker where cores are few: items
        that follow each other quickly go together. One that took long is not kept waiting.
        """
        with self._lock:
            self._showed.pop(item.index, None)
            self._held.append(item)
            if item.asset is not None or item.seconds >= _TOGETHER_SECONDS or self._waited():
                self.flush(item.asset)

    def flush(self, asset: Asset | None = None) -> None:
        """Send the items that are held back, the last of them with its asset if that is no file."""
        with self._lock:
            if self._held:
                items = items_to_json(self._held)
                self._channel.send({"type": "items", "job": self._job, **items}, asset)
                self._held, self._sent = [], time.monotonic()

    def _waited(self) -> bool:
        return time.monotonic() - self._sent >= _TOGETHER_SECONDS

    def _send(self, type_: str, **fields: object) -> None:
        self.flush()
        self._channel.send({"type": type_, "job": self._job, **fields})


class Worker:
    """Takes jobs from the channel one at a time; a second thread listens for cancellations."""

    def __init__(self, channel: Channel, runner: Runner) -> None:
        self._channel = channel
        self._runner = runner
        self._jobs: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._cancelled: dict[str, threading.Event] = {}

    def serve(self) -> None:
        """Work until the studio ends this process, or is gone."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        self._channel.send({"type": "hello", "protocol": VERSION, "pid": os.getpid()})
        while True:
            self._run(self._jobs.get())

    def _run(self, message: Message) -> None:
        job = message["job"]
        try:
            self._work(job, message)
        except StudioError as error:
            self._channel.send({"type": "failed", "job": job, **error_to_json(error)})
        else:
            self._channel.send({"type": "done", "job": job})
        finally:
            self._cancelled.pop(job, None)

    def _work(self, job: str, message: Message) -> None:
        request = request_from_json(message["request"])
        listener = ChannelListener(self._channel, job)
        try:
            self._runner.run(job, request, message["device"], listener, self._cancelled[job])
        finally:
            listener.flush()

    def _listen(self) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):
                while (received := self._channel.receive()) is not None:
                    self._on_message(received[0])
        finally:
            os._exit(0)  # the studio is gone, and a plugin that hangs must not outlive it

    def _on_message(self, message: Message) -> None:
        if message["type"] == "job":
            self._cancelled[message["job"]] = threading.Event()
            self._jobs.put(message)
        elif message["type"] == "cancel":
            cancelled = self._cancelled.get(message["job"])  # the job may end just now
            if cancelled is not None:
                cancelled.set()


def main(shared: str, budget: str, limit: str) -> None:
    """Take over standard input and output, and serve."""
    _die_with_parent()
    _limit_memory(int(limit))
    # Plugins and their libraries print; the protocol keeps the real streams to itself.
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    registry = Registry.discover(load_settings().disabled_plugins)
    models = ModelCache(registry, int(budget))
    Worker(Channel(reader, writer, Path(shared)), Runner(registry, models)).serve()


def _die_with_parent() -> None:
    """Ask Linux to end this process with the studio, even while a plugin holds the interpreter."""
    if sys.platform == "linux":
        parent_death_signal, sigkill = 1, 9
        ctypes.CDLL(None).prctl(parent_death_signal, sigkill)
        with contextlib.suppress(OSError):  # the first to go when the machine's memory runs out
            Path("/proc/self/oom_score_adj").write_text("1000")


def _limit_memory(limit: int) -> None:
    """Bound what the process may allocate: a greedy plugin fails before the machine does."""
    if limit and sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == "__main__":
    main(*sys.argv[1:])
