"""Work off the main thread, whose answers arrive on it.

The threads are daemons, unlike those of `concurrent.futures`, which the interpreter waits for at
its end: a plugin's reader that hangs must not keep the program from leaving.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from studio.errors import StudioError

log = logging.getLogger(__name__)

T = TypeVar("T")
Deliver = Callable[[Callable[[], object]], None]
_Task = Callable[[], None]


class Lane:
    """One queue of work, and the threads that do it in order.

    Args:
        name: Of the threads.
        threads: How many; with one, everything happens in the order it was asked for.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{at}", daemon=True)
            for at in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, task: _Task) -> None:
        """Do something, after everything that was put before."""
        self._queue.put(task)

    def call(self, work: Callable[[], T]) -> T:
        """Do something in the lane and wait for it. Not for the main thread.

        Raises:
            Exception: Whatever ``work`` raised.
        """
        answer: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def task() -> None:
            try:
                answer.put((True, work()))
            except Exception as error:
                answer.put((False, error))

        self.put(task)
        fine, value = answer.get()
        if fine:
            return value  # type: ignore[no-any-return]
        raise value

    def close(self, seconds: float) -> bool:
        """Finish what was put, waiting no longer than that; says whether all of it is done."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (task := self._queue.get()) is not None:
            try:
                task()
            except Exception:
                log.exception("a background task failed")


class Background:
    """The app's own threads: one writes to the project, one submits jobs, two draw pictures, and
    one opens and closes the sound output.

    Args:
        deliver: Runs a function on the main thread, some time later.
    """

    def __init__(self, deliver: Deliver) -> None:
        self.deliver = deliver
        self.project = Lane("project")
        self.requests = Lane("requests")
        self.pictures = Lane("pictures", 2)
        self.sound = Lane("sound")

    def do(
        self,
        lane: Lane,
        work: Callable[[], T],
        then: Callable[[T], object] | None = None,
        failed: Callable[[StudioError], object] | None = None,
    ) -> None:
        """Do ``work`` in a lane; then ``then`` or ``failed`` on the main thread.

        An exception that is no StudioError is a mistake of ours or of a plugin's reader: it is
        logged, and told as one sentence.
        """

        def task() -> None:
            try:
                value = work()
            except StudioError as error:
                self._answer(failed, error)
            except Exception as error:
                log.exception("background work failed")
                self._answer(failed, StudioError(f"that did not work: {error}"))
            else:
                self._answer(then, value)

        lane.put(task)

    def settle(self, seconds: float = 5.0) -> None:
        """Take no more orders, and let the project write down those that were given."""
        self.requests.close(seconds)
        written = threading.Event()
        self.project.put(written.set)
        written.wait(seconds)

    def close(self, seconds: float = 10.0) -> bool:
        """Let the project finish what it was given; pictures and sound may be left behind."""
        self.pictures.close(0.2)
        self.sound.close(1.0)
        self.requests.close(0.2)
        return self.project.close(seconds)

    def _answer(self, to: Callable[[Any], object] | None, value: object) -> None:
        if to is not None:
            self.deliver(lambda: to(value))
