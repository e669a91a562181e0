"""The plugin contract: every hook the studio calls.

A plugin is a module (or any object) named by an entry point of the group ``studio.plugins``. It
marks its functions with `hookimpl`:

    from studio.api import hookimpl

    @hookimpl
    def studio_generators():
        return [Noise]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

from studio.exporter import Exporter
from studio.generator import Generator

if TYPE_CHECKING:
    from studio.jobs import JobSnapshot

PROJECT = "studio"
GROUP = "studio.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def studio_generators() -> Iterable[type[Generator[Any]]]:  # type: ignore[empty-body]  # a declaration
    """Return the generators this plugin has.

    Example:
        @hookimpl
        def studio_generators():
            return [Noise]
    """


@hookspec
def studio_exporters() -> Iterable[type[Exporter[Any]]]:  # type: ignore[empty-body]  # a declaration
    """Return the file formats this plugin writes.

    Example:
        @hookimpl
        def studio_exporters():
            return [Qoi]
    """


@hookspec
def studio_job_finished(job: JobSnapshot) -> None:
    """Hear that a job is done, has failed or was cancelled. Called in the studio's own process,
    in a thread that does nothing else; an exception is logged with the plugin's name.

    Example:
        @hookimpl
        def studio_job_finished(job):
            log.info("%s: %s", job.id, job.state)
    """
