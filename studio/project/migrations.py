"""The database's layout, version after version, and the way from any of them to the newest.

A new project goes the same way from version 0, so there is one description of the layout only. A
step that has been released is never changed; a change is a new step at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from studio.errors import ProjectError
from studio.project.files import WRITING, flush, flush_folder, storage_errors

APPLICATION_ID = 0x4D4D5344  # "MMSD", by which `file` and others know a project's database

Step = tuple[str, ...] | Callable[[sqlite3.Connection], None]

_V1 = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE assets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
        bytes INTEGER NOT NULL CHECK (bytes >= 0),
        generator TEXT NOT NULL,
        seed INTEGER,
        recipe TEXT,
        created TEXT NOT NULL,
        seconds REAL NOT NULL,
        favourite INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1)),
        removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
    )""",
    "CREATE INDEX assets_sha256 ON assets (sha256)",
    """CREATE TABLE companions (
        asset_id INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
        name TEXT NOT NULL UNIQUE,
        sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
        bytes INTEGER NOT NULL CHECK (bytes >= 0)
    )""",
    "CREATE INDEX companions_asset ON companions (asset_id)",
    """CREATE TABLE parents (
        child_id INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
        parent_id INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
        role TEXT NOT NULL CHECK (role IN ('input', 'latent')),
        PRIMARY KEY (child_id, parent_id, role)
    ) WITHOUT ROWID""",
    "CREATE INDEX parents_parent ON parents (parent_id)",
    """CREATE TABLE cards (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        asset_id INTEGER NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
        x REAL NOT NULL,
        y REAL NOT NULL,
        width REAL NOT NULL CHECK (width > 0),
        height REAL NOT NULL CHECK (height > 0)
    )""",
    "CREATE INDEX cards_asset ON cards (asset_id)",
)

# Jobs survive a crash; assets are rated; cards lie above each other, are grouped, and may be a
# frame with a title instead of an asset, for which SQLite wants the table made anew.
_V2 = (
    """CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        position INTEGER NOT NULL,
        state TEXT NOT NULL,
        snapshot TEXT NOT NULL
    )""",
    "CREATE INDEX jobs_position ON jobs (position)",
    "ALTER TABLE assets ADD COLUMN rating INTEGER NOT NULL DEFAULT 0"
    " CHECK (rating BETWEEN 0 AND 5)",
    "ALTER TABLE cards RENAME TO cards_v1",
    "DROP INDEX cards_asset",
    """CREATE TABLE cards (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        asset_id INTEGER REFERENCES assets (id) ON DELETE CASCADE,
        x REAL NOT NULL,
        y REAL NOT NULL,
        width REAL NOT NULL CHECK (width > 0),
        height REAL NOT NULL CHECK (height > 0),
        z INTEGER NOT NULL,
        title TEXT NOT NULL DEFAULT '',
        grouped INTEGER
    )""",
    "INSERT INTO cards (id, asset_id, x, y, width, height, z)"
    " SELECT id, asset_id, x, y, width, height, id FROM cards_v1",
    "DROP TABLE cards_v1",
    "CREATE INDEX cards_asset ON cards (asset_id)",
)

MIGRATIONS: tuple[tuple[int, Step], ...] = ((1, _V1), (2, _V2))
LATEST = MIGRATIONS[-1][0]


def version_of(connection: sqlite3.Connection) -> int:
    """The version of a database's layout; 0 before the first step."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_newer(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a database from a newer studio.

    Raises:
        ProjectError: Says which version it has and what to do.
    """
    version = version_of(connection)
    if version > LATEST:
        raise ProjectError(
            f"project '{folder.name}' was made by a newer studio (format {version}; this one "
            f"reads up to {LATEST}); update the studio to open it",
            culprit=str(folder),
        )


def migrate(connection: sqlite3.Connection, *, to: int = LATEST) -> None:
    """Bring a database to a version, all of it or nothing. Foreign keys are on afterwards.

    Args:
        connection: In autocommit mode (``isolation_level=None``), outside a transaction.
        to: The version to stop at.
    """
    version = version_of(connection)
    connection.execute("PRAGMA foreign_keys = OFF")  # tables are made anew; not in a transaction
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number, step in MIGRATIONS:
            if version < number <= to:
                _apply(connection, step)
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.DatabaseError("a row names another row that is not there")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {to}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def back_up(connection: sqlite3.Connection, file: Path) -> Path:
    """Copy a database as it stands to ``project.db.v1``, flushed, before its layout changes.

    Raises:
        StorageError: The disk refuses; the database has not been touched.
    """
    copy = file.with_name(f"{file.name}.v{version_of(connection)}")
    temporary = file.with_name(WRITING + copy.name)
    with storage_errors(copy):
        temporary.unlink(missing_ok=True)
        with closing(sqlite3.connect(temporary)) as target:
            connection.backup(target)
        flush(temporary)
        temporary.replace(copy)
    flush_folder(file.parent)
    return copy


def _apply(connection: sqlite3.Connection, step: Step) -> None:
    if callable(step):
        step(connection)
        return
    for statement in step:
        connection.execute(statement)
