"""What is kept about the project itself."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import studio
from studio.project import jobs_table
from studio.project.database import Database, damaged
from studio.project.migrations import version_of
from studio.project.values import Info


def fill(db: Database, title: str) -> None:
    """Write down what a new project is."""
    words = {
        "title": title,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "studio": studio.__version__,
        "identity": uuid.uuid4().hex,
    }
    with db.transaction() as connection:
        put(connection, "meta", words)


def put(connection: sqlite3.Connection, table: str, words: Mapping[str, str]) -> None:
    """Keep words in ``meta`` or ``settings``, inside a transaction."""
    connection.executemany(
        f"INSERT INTO {table} (key, value) VALUES (?, ?)"  # noqa: S608
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        list(words.items()),
    )


def get(db: Database, key: str, default: str) -> str:
    """One word about the project."""
    found = db.value("SELECT value FROM meta WHERE key = ?", (key,))
    return default if found is None else str(found)


def info(db: Database) -> Info:
    """The project in short.

    Raises:
        ProjectDamagedError: It does not say when it was made.
    """
    kinds = db.rows(
        "SELECT kind, count(*), sum(bytes) FROM assets WHERE NOT removed"
        " GROUP BY kind ORDER BY kind"
    )
    try:
        created = datetime.fromisoformat(get(db, "created", ""))
    except ValueError:
        raise damaged(db.folder, "it does not say when the project was made") from None
    return Info(
        folder=db.folder,
        title=get(db, "title", db.folder.name),
        created=created,
        studio=get(db, "studio", ""),
        format=version_of(db.connection),
        assets=sum(row[1] for row in kinds),
        removed=db.value("SELECT count(*) FROM assets WHERE removed"),
        bytes=sum(row[2] for row in kinds),
        kinds={row[0]: row[1] for row in kinds},
        cards=db.value("SELECT count(*) FROM cards"),
        unfinished=len(jobs_table.select(db, unfinished=True).jobs),
    )
