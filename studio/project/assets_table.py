"""The rows of assets, of the files that belong to them, and of where they came from."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studio.project.database import Database, damaged
from studio.project.names import is_plain
from studio.project.values import AssetRow
from studio.recipe import Recipe

ASSETS = "assets"
TRASH = "trash"

_CHUNK = 500  # ids in one statement; SQLite before 3.32 allows 999


@dataclass(frozen=True)
class FileFact:
    """One file as it was when it was added."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class NewAsset:
    """An asset whose files are in their places and whose row is not there yet."""

    main: FileFact
    kind: str
    recipe: Recipe | None
    seed: int | None = None
    seconds: float = 0.0
    created: datetime | None = None
    companions: tuple[FileFact, ...] = ()
    latents: tuple[int, ...] = ()


def insert(connection: sqlite3.Connection, new: NewAsset) -> int:
    """Insert an asset's rows inside a transaction and return its id."""
    created = new.created or datetime.now(UTC)
    recipe = new.recipe
    cursor = connection.execute(
        "INSERT INTO assets (name, kind, sha256, bytes, generator, seed, recipe, created, seconds)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.main.name,
            new.kind,
            new.main.sha256,
            new.main.bytes,
            recipe.generator if recipe else "",
            new.seed if new.seed is not None or recipe is None else recipe.seed,
            recipe.to_json() if recipe else None,
            created.astimezone(UTC).isoformat(timespec="microseconds"),
            new.seconds,
        ),
    )
    id_ = int(cursor.lastrowid or 0)
    connection.executemany(
        "INSERT INTO companions (asset_id, name, sha256, bytes) VALUES (?, ?, ?, ?)",
        [(id_, file.name, file.sha256, file.bytes) for file in new.companions],
    )
    link_inputs(connection, id_, recipe)
    connection.executemany(
        "INSERT OR IGNORE INTO parents (child_id, parent_id, role) VALUES (?, ?, 'latent')",
        [(id_, parent) for parent in new.latents],
    )
    return id_


def link_inputs(connection: sqlite3.Connection, id_: int, recipe: Recipe | None) -> None:
    """Write down which assets an asset's inputs are, as far as they are here."""
    connection.executemany(
        "INSERT OR IGNORE INTO parents (child_id, parent_id, role) VALUES (?, ?, 'input')",
        [(id_, parent) for parent in _inputs(connection, recipe, id_)],
    )


def select(
    db: Database, where: str = "1", values: Sequence[object] = (), order: str = "id"
) -> list[AssetRow]:
    """Read assets. ``where`` and ``order`` are SQL of this package's own, never anybody's words."""
    rows = db.rows(f"SELECT * FROM assets WHERE {where} ORDER BY {order}", values)  # noqa: S608
    ids = [int(row["id"]) for row in rows]
    files = _grouped(db, "SELECT asset_id, name FROM companions WHERE asset_id", ids)
    origins = "SELECT child_id, parent_id FROM parents WHERE role = '{}' AND child_id"
    inputs = _grouped(db, origins.format("input"), ids)
    latents = _grouped(db, origins.format("latent"), ids)
    return [
        _asset(db, row, files[row["id"]], inputs[row["id"]], latents[row["id"]]) for row in rows
    ]


def by_ids(db: Database, ids: Iterable[int]) -> list[AssetRow]:
    """Read assets by id, in the order asked for; ids that nobody has are left out."""
    wanted = list(dict.fromkeys(ids))
    found: dict[int, AssetRow] = {}
    for chunk in _chunks(wanted):
        found |= {row.id: row for row in select(db, f"id IN ({_marks(chunk)})", chunk)}
    return [found[id_] for id_ in wanted if id_ in found]


def facts(db: Database) -> dict[int, list[FileFact]]:
    """Every asset's files as they should be, the main file first."""
    result: dict[int, list[FileFact]] = {}
    for row in db.rows("SELECT id, name, sha256, bytes FROM assets ORDER BY id"):
        result[row["id"]] = [FileFact(row["name"], row["sha256"], row["bytes"])]
    for row in db.rows("SELECT asset_id, name, sha256, bytes FROM companions ORDER BY rowid"):
        result[row["asset_id"]].append(FileFact(row["name"], row["sha256"], row["bytes"]))
    for files in result.values():
        for file in files:
            _require_plain(db.folder, file.name)
    return result


def names(db: Database) -> list[str]:
    """The name of every file any asset has, removed ones included."""
    return [
        str(row[0]) for row in db.rows("SELECT name FROM assets UNION SELECT name FROM companions")
    ]


def change(connection: sqlite3.Connection, ids: Sequence[int], column: str, value: object) -> None:
    """Set one column of several assets; the column is named by this package."""
    connection.executemany(
        f"UPDATE assets SET {column} = ? WHERE id = ?",  # noqa: S608
        [(value, id_) for id_ in ids],
    )


def _inputs(connection: sqlite3.Connection, recipe: Recipe | None, child: int) -> list[int]:
    """The assets a recipe's inputs are; of several with the same bytes, a live and early one."""
    found = []
    for entry in recipe.inputs if recipe else ():
        row = connection.execute(
            "SELECT id FROM assets WHERE sha256 = ? AND id != ? ORDER BY removed, id LIMIT 1",
            (entry.sha256, child),
        ).fetchone()
        if row:
            found.append(int(row[0]))
    return found


def _asset(
    db: Database, row: sqlite3.Row, files: list[str], inputs: list[int], latents: list[int]
) -> AssetRow:
    for name in (row["name"], *files):
        _require_plain(db.folder, name)
    return AssetRow(
        id=row["id"],
        name=row["name"],
        file=db.folder / (TRASH if row["removed"] else ASSETS) / row["name"],
        kind=row["kind"],
        sha256=row["sha256"],
        bytes=row["bytes"],
        generator=row["generator"],
        seed=row["seed"],
        recipe_json=row["recipe"],
        created=datetime.fromisoformat(row["created"]),
        seconds=row["seconds"],
        favourite=bool(row["favourite"]),
        rating=row["rating"],
        removed=bool(row["removed"]),
        inputs=tuple(inputs),
        latents=tuple(latents),
        companions=tuple(files),
    )


def _require_plain(folder: Path, name: str) -> None:
    """A project may come from a stranger: no name in it may lead out of it."""
    if not is_plain(name):
        raise damaged(folder, f"it names a file {name!r}, which is no plain name")


def _grouped(db: Database, sql: str, ids: list[int]) -> defaultdict[int, list[Any]]:
    result: defaultdict[int, list[Any]] = defaultdict(list)
    for chunk in _chunks(ids):
        for owner, value in db.rows(f"{sql} IN ({_marks(chunk)})", chunk):
            result[owner].append(value)
    return result


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _marks(ids: Sequence[int]) -> str:
    return ", ".join("?" * len(ids))
