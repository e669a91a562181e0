"""Removing assets and bringing them back. The row decides where an asset's files belong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.errors import ProjectError
from studio.project import assets_table
from studio.project.assets_table import ASSETS, TRASH
from studio.project.database import Database
from studio.project.files import Publication, flush_folder, rename_new, storage_errors
from studio.project.values import AssetRow


def move(db: Database, rows: Sequence[AssetRow], *, removed: bool) -> None:
    """Move assets' files into the trash or out of it, and then write that down.

    Raises:
        ProjectError: A file that is to come back is not in the trash any more.
        StorageError: The disk refuses; nothing has changed.
    """
    source, target = db.folder / ASSETS, db.folder / TRASH
    if not removed:
        source, target = target, source
        _require_files(rows)
    with storage_errors(target):
        target.mkdir(exist_ok=True)
    with storage_errors(target), Publication(target, durable=True) as publication:
        for row in rows:
            for name in (*row.companions, row.name):
                if (source / name).is_file():  # somebody may have deleted it by hand
                    publication.move(source / name, name)
        publication.flush()
        flush_folder(source)
        with db.transaction() as connection:
            assets_table.change(connection, [row.id for row in rows], "removed", int(removed))


def empty(db: Database) -> list[AssetRow]:
    """Delete the removed assets for good, files first, and return what they were."""
    rows = assets_table.select(db, "removed")
    with storage_errors(db.folder / TRASH):
        for row in rows:
            for name in (row.name, *row.companions):
                (db.folder / TRASH / name).unlink(missing_ok=True)
    with db.transaction() as connection:
        connection.executemany("DELETE FROM assets WHERE id = ?", [(row.id,) for row in rows])
    return rows


def settle(db: Database) -> list[str]:
    """Take back a removal or a restoration that a crash cut short, and return the files' names."""
    assets, trash = _files(db.folder / ASSETS), _files(db.folder / TRASH)
    removed = {row[0] for row in db.rows("SELECT id FROM assets WHERE removed")}
    settled = []
    if not removed and not trash:
        return []
    for id_, files in assets_table.facts(db).items():
        here, there = (trash, assets) if id_ in removed else (assets, trash)
        for file in files:
            lost = there.get(file.name)
            if file.name in here or lost is None or lost.stat().st_size != file.bytes:
                continue
            with storage_errors(lost):
                target = db.folder / (TRASH if id_ in removed else ASSETS)
                if rename_new(lost, target / file.name):
                    settled.append(file.name)
    return settled


def _require_files(rows: Sequence[AssetRow]) -> None:
    for row in rows:
        if not row.file.is_file():
            raise ProjectError(
                f"'{row.name}' is not in the trash any more, so it cannot be restored",
                culprit=str(row.file),
            )


def _files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    return {file.name: file for file in folder.iterdir() if not file.is_symlink()}
