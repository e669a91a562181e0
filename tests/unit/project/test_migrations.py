from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from studio.project import Card, Project
from studio.project.migrations import LATEST, MIGRATIONS, migrate, version_of

CREATED = "2026-01-02T03:04:05.000006+00:00"


def old_project(folder: Path, version: int) -> Path:
    """A project as a studio of that version left it: two assets, one made from the other."""
    (folder / "assets").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "project.db", isolation_level=None)) as db:
        migrate(db, to=version)
        assert version_of(db) == version
        for key, value in (("title", "Old"), ("created", CREATED), ("studio", "0.0.1")):
            db.execute("INSERT INTO meta VALUES (?, ?)", (key, value))
        for id_, name in ((1, "a.png"), (2, "b.png")):
            data = name.encode()
            (folder / "assets" / name).write_bytes(data)
            db.execute(
                "INSERT INTO assets (id, name, kind, sha256, bytes, generator, seed, recipe,"
                " created, seconds, favourite) VALUES (?, ?, 'image', ?, ?, '', NULL, NULL,"
                " ?, 0, 1)",
                (id_, name, hashlib.sha256(data).hexdigest(), len(data), CREATED),
            )
        db.execute("INSERT INTO parents VALUES (2, 1, 'input')")
        columns = "id, asset_id, x, y, width, height" + (", z" if version > 1 else "")
        for card in ((1, 1, 5.5, 6, 70, 80), (2, 2, 100, 6, 70, 80)):
            values = card + ((card[0],) if version > 1 else ())
            marks = ", ".join("?" * len(values))
            db.execute(f"INSERT INTO cards ({columns}) VALUES ({marks})", values)
    return folder


VERSIONS = [version for version, _ in MIGRATIONS]


def test_versions_count_upwards() -> None:
    assert list(range(1, LATEST + 1)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("readonly", [True, False])
def test_every_version_is_brought_up_to_date(tmp_path: Path, version: int, readonly: bool) -> None:
    folder = old_project(tmp_path / "old.studio", version)
    before = (folder / "project.db").read_bytes()
    with Project.open(folder, readonly=readonly) as project:
        assert project.info().format == LATEST
        assert project.title == "Old"
        first, second = project.assets()
        assert (first.name, first.favourite, first.rating) == ("a.png", True, 0)
        assert second.inputs == (1,)
        assert project.cards() == [
            Card(1, 5.5, 6, 70, 80, z=1, id=1),
            Card(2, 100, 6, 70, 80, z=2, id=2),
        ]
        assert project.jobs() == []
        assert project.check().ok
        if not readonly:
            project.place(None, 0, 0, 10, 10, title="a frame, which version 1 had not")
            project.mark([1], rating=5)
    unchanged = readonly or version == LATEST
    assert ("project.db.v1" in os.listdir(folder)) is not unchanged
    if readonly:
        assert (folder / "project.db").read_bytes() == before
    elif version < LATEST:
        with closing(sqlite3.connect(folder / f"project.db.v{version}")) as kept:
            assert version_of(kept) == version
            assert kept.execute("SELECT count(*) FROM assets").fetchone() == (2,)


def test_a_migrated_layout_is_a_new_one(tmp_path: Path) -> None:
    def layout(db: sqlite3.Connection) -> list[tuple[str, ...]]:
        rows = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
        return rows.fetchall()

    with (
        closing(sqlite3.connect(tmp_path / "a", isolation_level=None)) as old,
        closing(sqlite3.connect(tmp_path / "b", isolation_level=None)) as new,
    ):
        for version in VERSIONS:
            migrate(old, to=version)
        migrate(new)
        assert layout(old) == layout(new)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    folder = old_project(tmp_path / "old.studio", 1)
    with closing(sqlite3.connect(folder / "project.db", isolation_level=None)) as db:
        db.execute("INSERT INTO parents VALUES (2, 77, 'input')")  # names no asset
        before = db.execute("SELECT name, sql FROM sqlite_master").fetchall()
        with pytest.raises(sqlite3.DatabaseError, match="not there"):
            migrate(db)
        assert version_of(db) == 1
        assert db.execute("SELECT name, sql FROM sqlite_master").fetchall() == before
