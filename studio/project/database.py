"""Opening `project.db`, whatever is in there, and changing it as a whole or not at all."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from studio.errors import (
    ProjectDamagedError,
    ProjectError,
    ProjectLockedError,
    StorageError,
    StudioError,
)
from studio.project import migrations
from studio.project.files import WRITING, flush, flush_folder, rename_new, storage_errors

log = logging.getLogger(__name__)

DATABASE = "project.db"
_BUSY = 10.0  # seconds to wait for a reader or writer that is in the middle of something

_SMALLEST = 512  # bytes in the smallest page, https://www.sqlite.org/fileformat.html

# SQLite's primary result codes, https://www.sqlite.org/rescode.html
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_STORAGE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_BUSY_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DENIED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


class Database:
    """One connection to a project's database.

    Args:
        folder: The project's folder.
        connection: As `open_database` makes it.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.connection = connection

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Every row of a query."""
        with translated(self.folder):
            return self.connection.execute(sql, values).fetchall()

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        rows = self.rows(sql, values)
        return rows[0][0] if rows else None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything done inside is on the disk after it, or nothing is.

        Raises:
            StorageError: The disk refuses.
        """
        with translated(self.folder):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself after some errors, such as a full disk
                if self.connection.in_transaction:
                    with suppress(sqlite3.Error):
                        self.connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Let the file go."""
        self.connection.close()


def create_database(folder: Path, fill: Any = None) -> None:
    """Make `project.db`; it appears whole, and never in another one's place.

    Args:
        folder: The project's folder.
        fill: Called with the new `Database` before anybody else can see it.

    Raises:
        StorageError: The disk refuses.
        ProjectError: There is one already.
    """
    temporary = folder / (WRITING + DATABASE)
    with storage_errors(temporary), translated(folder):
        temporary.unlink(missing_ok=True)
        with closing(_connect(temporary, create=True)) as connection:
            migrations.migrate(connection)
            if fill is not None:
                fill(Database(folder, connection))
        flush(temporary)
        if not rename_new(temporary, folder / DATABASE):
            temporary.unlink()
            raise ProjectError(f"'{folder}' is a project already", culprit=str(folder))
    flush_folder(folder)


def open_database(folder: Path, *, readonly: bool) -> Database:
    """Open `project.db` and bring its layout up to date.

    Args:
        folder: The project's folder; for writing, its lock is held.
        readonly: Change nothing. A database with an older layout is read into memory.

    Raises:
        ProjectDamagedError: It is empty, cut short, no database, or not sound.
        ProjectError: It belongs to another program, a newer studio, or may not be read.
        ProjectLockedError: Somebody has been writing for longer than we wait.
    """
    file = folder / DATABASE
    _look(folder, file)
    with translated(folder):
        connection = _connect(file)
        try:
            _examine(connection, folder)
            _measure(connection, file)
            if migrations.version_of(connection) < migrations.LATEST:
                connection = _brought_up_to_date(connection, file, readonly)
            _check_layout(connection)
            if readonly:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return Database(folder, connection)


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn SQLite's errors into sentences about the project."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, folder) from error


def damaged(folder: Path, reason: str) -> ProjectDamagedError:
    """The sentence for a database that cannot be relied on, and what to do."""
    return ProjectDamagedError(
        f"the database of project '{folder.name}' is damaged: {reason}; the assets are ordinary "
        f"files and `studio project check --repair {folder}` makes a new database from them",
        culprit=str(folder / DATABASE),
    )


def _look(folder: Path, file: Path) -> None:
    """Refuse what needs no database to be refused."""
    try:
        size = file.stat().st_size
        with file.open("rb"):
            pass
    except PermissionError:
        raise ProjectError(
            f"{file} may not be read; ask its owner for permission", culprit=str(file)
        ) from None
    except IsADirectoryError:
        raise ProjectError(f"{file} is a folder, expected a file", culprit=str(file)) from None
    except OSError:
        raise damaged(folder, "project.db is missing") from None
    if size < _SMALLEST:  # SQLite takes such a file for a new database
        raise damaged(folder, "project.db is " + ("cut short" if size else "empty"))


def _connect(file: Path, *, create: bool = False) -> sqlite3.Connection:
    # Reading, too, opens for writing where it may: after a crash SQLite has to roll back first.
    mode = "rwc" if create else "rw"
    connection = sqlite3.connect(
        f"{file.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    for pragma in (
        "trusted_schema = OFF",
        "foreign_keys = ON",
        "cell_size_check = ON",
        "fullfsync = ON",  # macOS only, where fsync alone leaves bytes in the drive
        # FULL, and the folder is flushed after the journal is gone: a commit that was
        # acknowledged cannot be undone by a journal that a power cut brings back
        "synchronous = EXTRA",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _examine(connection: sqlite3.Connection, folder: Path) -> None:
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if owner != migrations.APPLICATION_ID:
        raise ProjectError(
            f"project.db in '{folder}' belongs to another program; move it away, and "
            f"`studio project check --repair {folder}` makes a new one from the assets",
            culprit=str(folder / DATABASE),
        )
    migrations.refuse_newer(connection, folder)
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(str(found).splitlines()[-1])
    if connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view')"
    ).fetchone():
        raise sqlite3.DatabaseError("it holds triggers or views, which no studio makes")
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if journal != "delete":
        connection.execute("PRAGMA journal_mode = DELETE")


def _measure(connection: sqlite3.Connection, file: Path) -> None:
    """Find a last page that is cut short, which SQLite would fill up with zeros."""
    connection.execute("BEGIN")  # the first look locks writers out, who may be making it longer
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    short = file.stat().st_size < pages * size
    connection.execute("COMMIT")
    if short:
        raise sqlite3.DatabaseError("project.db is cut short")


def _brought_up_to_date(
    connection: sqlite3.Connection, file: Path, readonly: bool
) -> sqlite3.Connection:
    if readonly:
        copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        copy.row_factory = sqlite3.Row
        connection.backup(copy)
        connection.close()
        connection = copy
    else:
        kept = migrations.back_up(connection, file)
        log.info("bringing %s up to date; the old one is kept as %s", file, kept.name)
    migrations.migrate(connection)
    return connection


def _check_layout(connection: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrations.migrate(fresh)
        missing = _columns(fresh) - _columns(connection)
    if missing:
        table, column = sorted(missing)[0]
        raise sqlite3.DatabaseError(f"it has no column '{column}' in table '{table}'")


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    tables = [
        str(row[0])
        for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    return {
        (table, str(row[0]))
        for table in tables
        for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    }


def _translate(error: sqlite3.Error, folder: Path) -> StudioError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    culprit = str(folder / DATABASE)
    if code in _BUSY_CODES:
        return ProjectLockedError(
            f"the database of project '{folder.name}' is being used by another program; "
            "close that and try again",
            culprit=culprit,
        )
    if code in _STORAGE:
        hint = "; free some space there and try again" if code == sqlite3.SQLITE_FULL else ""
        return StorageError(f"cannot write {culprit}: {error}{hint}", culprit=culprit)
    if code in _DENIED:
        return ProjectError(
            f"{culprit} may not be written; check its permissions, or open a copy", culprit=culprit
        )
    return damaged(folder, str(error))
