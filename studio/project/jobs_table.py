"""The queue and its history, in the order the person gave it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studio.errors import ProjectDamagedError
from studio.jobs import JobSnapshot, JobState
from studio.project.database import Database
from studio.project.jobs_json import job_from_json, job_to_json

log = logging.getLogger(__name__)

_UNFINISHED = tuple(state.value for state in JobState if not state.finished)


@dataclass(frozen=True)
class SavedJobs:
    """Jobs read back, and the ids of those that could not be: their rows stay as they are."""

    jobs: tuple[JobSnapshot, ...]
    unreadable: tuple[str, ...] = ()


def save(connection: sqlite3.Connection, db: Database, jobs: Iterable[JobSnapshot]) -> None:
    """Insert or update jobs; a new one goes to the end."""
    connection.executemany(
        "INSERT INTO jobs (id, position, state, snapshot)"
        " VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM jobs), ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, snapshot = excluded.snapshot",
        [(job.id, job.state.value, job_to_json(job, db.folder)) for job in jobs],
    )


def select(db: Database, *, unfinished: bool = False) -> SavedJobs:
    """Read jobs in order."""
    marks = ", ".join("?" * len(_UNFINISHED))
    where = f"WHERE state IN ({marks})" if unfinished else ""
    rows = db.rows(
        f"SELECT id, snapshot FROM jobs {where} ORDER BY position, id",  # noqa: S608
        _UNFINISHED if unfinished else (),
    )
    jobs, unreadable = [], []
    for id_, snapshot in rows:
        try:
            jobs.append(job_from_json(snapshot, db.folder))
        except ProjectDamagedError as error:
            log.warning("job %s is left out: %s", id_, error)
            unreadable.append(str(id_))
    return SavedJobs(tuple(jobs), tuple(unreadable))


def order(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Put these jobs in this order, in the places they have between them."""
    places = sorted(
        row[0]
        for id_ in ids
        for row in connection.execute("SELECT position FROM jobs WHERE id = ?", (id_,))
    )
    known = [
        id_
        for id_ in ids
        if connection.execute("SELECT 1 FROM jobs WHERE id = ?", (id_,)).fetchone()
    ]
    connection.executemany(
        "UPDATE jobs SET position = ? WHERE id = ?", list(zip(places, known, strict=True))
    )


def delete(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Forget jobs; what they made stays."""
    connection.executemany("DELETE FROM jobs WHERE id = ?", [(id_,) for id_ in ids])
