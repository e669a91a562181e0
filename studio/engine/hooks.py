"""Tells plugins of finished jobs, in a thread where a slow one keeps nothing else waiting."""

from __future__ import annotations

import logging
import queue
import threading

from studio.jobs import JobSnapshot
from studio.registry import Registry

log = logging.getLogger(__name__)

_PATIENCE = 5.0  # seconds for the last hooks, when everything else has ended


class HookCaller:
    """Calls `studio_job_finished` of every plugin, job after job.

    Args:
        registry: Whose plugins.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._jobs: queue.SimpleQueue[JobSnapshot | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
        self._thread.start()

    def tell(self, job: JobSnapshot) -> None:
        """Tell of a finished job, soon."""
        self._jobs.put(job)

    def close(self) -> None:
        """Wait until everything is told, but not for a plugin that does not come back."""
        self._jobs.put(None)
        if threading.current_thread() is self._thread:
            return
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            log.error("a plugin's studio_job_finished did not return and is left behind")

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._registry.job_finished(job)
