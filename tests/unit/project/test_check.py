from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from studio.errors import ProjectError, ProjectLockedError
from studio.jobs import JobSnapshot, Request
from studio.project import AssetRow, Finding, Project, Report, check_project
from studio.recipe import Recipe, RecipeInput

Read = Callable[[Path], Recipe | None]


@pytest.fixture
def rows(project: Project, worker) -> list[AssetRow]:
    """A picture, a text with a sidecar, a mesh with its material."""
    return project.add(
        worker.stage(project, [1])
        + worker.stage(project, [2], suffix="txt", sidecar=True)
        + worker.stage(project, [3], suffix="obj", companion="mtl")
    )


def only(report: Report) -> Finding:
    [finding] = report.findings
    return finding


def test_a_sound_project_is_all_right(project: Project, rows: list[AssetRow]) -> None:
    report = project.check()
    assert report.ok
    assert report.findings == ()
    assert report.assets == 3
    assert report.bytes == sum(f.stat().st_size for f in project.assets_folder.iterdir())


@pytest.mark.parametrize("change", ["grown", "cut", "flipped"])
def test_changed_bytes_are_reported_and_left(
    project: Project, rows: list[AssetRow], change: str
) -> None:
    data = bytearray(rows[0].file.read_bytes())
    if change == "flipped":
        data[-1] ^= 1
    changed = data + b"x" if change == "grown" else data[:-1] if change == "cut" else data
    rows[0].file.write_bytes(changed)
    report = project.check(repair=True)
    assert not report.ok
    assert only(report).path == "assets/noise-1.png"
    assert "its bytes are not those that were added" in only(report).problem
    assert rows[0].file.read_bytes() == bytes(changed)


def test_a_missing_file_is_reported(project: Project, rows: list[AssetRow]) -> None:
    rows[0].file.unlink()
    (project.assets_folder / "noise-3.mtl").unlink()
    report = project.check(repair=True)
    assert not report.ok
    assert report.findings == (
        Finding("assets/noise-1.png", "is missing"),
        Finding("assets/noise-3.mtl", "is missing"),
    )


def test_a_renamed_file_is_linked_again(project: Project, rows: list[AssetRow]) -> None:
    rows[0].file.rename(project.assets_folder / "best.png")
    rows[1].file.rename(project.assets_folder / "poem.txt")
    assert not project.check().ok
    assert project.asset(1) == rows[0]
    report = project.check(repair=True)
    assert report.ok
    assert [finding.path for finding in report.findings] == [
        "assets/noise-1.png",
        "assets/noise-2.txt",
    ]
    assert project.asset(1).name == "best.png"
    assert project.asset(2).name == "poem.txt"
    assert project.asset(2).companions == ("poem.txt.recipe.json",)
    assert project.check().findings == ()


def test_a_file_in_the_trash_is_brought_back(project: Project, rows: list[AssetRow]) -> None:
    rows[0].file.rename(project.folder / "trash" / "noise-1.png")
    assert not project.check().ok
    assert project.check(repair=True).ok
    assert rows[0].file.is_file()
    assert project.check().findings == ()


def test_a_sidecar_is_written_again(project: Project, rows: list[AssetRow]) -> None:
    sidecar = project.assets_folder / "noise-2.txt.recipe.json"
    before = sidecar.read_bytes()
    sidecar.unlink()
    assert not project.check().ok
    assert not sidecar.exists()
    assert project.check(repair=True).ok
    assert sidecar.read_bytes() == before


def test_a_file_with_a_recipe_of_ours_is_adopted(
    project: Project, rows: list[AssetRow], worker, reader: Read
) -> None:
    [item] = worker.stage(project, [9], suffix="obj", companion="mtl")
    assert item.file is not None
    for file in item.file.parent.iterdir():  # published, and then the power went
        file.rename(project.assets_folder / file.name)
    assert not project.check(read_recipe=reader).ok
    assert len(project.assets()) == 3
    report = project.check(repair=True, read_recipe=reader)
    assert report.ok
    assert only(report).path == "assets/noise-9.obj"
    *_, row = project.assets()
    assert (row.name, row.kind, row.seed, row.sha256) == ("noise-9.obj", "mesh", 9, item.sha256)
    assert row.companions == ("noise-9.mtl",)
    assert row.recipe == item.recipe
    assert project.cards()[-1].asset_id == row.id
    assert project.check(read_recipe=reader).findings == ()


def test_ancestry_is_found_again_whatever_the_order_of_names(
    project: Project, worker, reader: Read
) -> None:
    [mother] = project.add(worker.stage(project, [9]))
    inputs = (RecipeInput(name=mother.name, sha256=mother.sha256),)
    project.add(worker.stage(project, [1], inputs=inputs))
    project.close()
    (project.folder / "project.db").write_bytes(b"")
    assert check_project(project.folder, repair=True, read_recipe=reader).ok
    with Project.open(project.folder) as again:
        child, mother = again.assets()
        assert (child.name, mother.name) == ("noise-1.png", "noise-9.png")
        assert child.inputs == (mother.id,)


def test_strangers_are_only_reported(project: Project, rows: list[AssetRow]) -> None:
    (project.assets_folder / "photo.jpg").write_bytes(b"jpeg")
    (project.assets_folder / "broken.txt").write_text("x")
    (project.assets_folder / "broken.txt.recipe.json").write_text("{}")
    (project.assets_folder / "folder").mkdir()
    (project.assets_folder / "link.png").symlink_to(rows[0].file)
    (project.folder / "trash" / "old.png").write_bytes(b"old")
    (project.assets_folder / ".DS_Store").write_bytes(b"")
    (project.assets_folder / "Thumbs.db").write_bytes(b"")
    before = sorted(path.name for path in project.folder.rglob("*"))
    report = project.check(repair=True)
    assert not any(finding.repaired for finding in report.findings)
    assert [finding.path for finding in report.findings] == [
        "assets/broken.txt",
        "assets/broken.txt.recipe.json",
        "assets/folder",
        "assets/link.png",
        "assets/photo.jpg",
        "trash/old.png",
    ]
    assert sorted(path.name for path in project.folder.rglob("*")) == before


def test_a_link_in_an_asset_s_place_is_no_asset(
    project: Project, rows: list[AssetRow], tmp_path: Path
) -> None:
    rows[0].file.rename(tmp_path / "moved.png")
    rows[0].file.symlink_to(tmp_path / "moved.png")
    assert only(project.check(repair=True)).problem == "is missing"


def test_a_row_that_names_nothing_is_reported(project: Project, rows: list[AssetRow]) -> None:
    with closing(sqlite3.connect(project.folder / "project.db")) as db, db:
        db.execute("INSERT INTO parents VALUES (1, 77, 'input')")
    finding = only(project.check())
    assert (finding.path, finding.repaired) == ("project.db", False)
    assert "a row of parents names one of assets that is not there" in finding.problem


def test_an_index_is_made_anew(project: Project, rows: list[AssetRow]) -> None:
    with closing(sqlite3.connect(project.folder / "project.db")) as db, db:
        db.execute("PRAGMA writable_schema = ON")
        sql = "CREATE INDEX assets_sha256 ON assets (kind)"  # what is in it does not fit any more
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'assets_sha256'", (sql,))
    project.close()
    with Project.open(project.folder) as again:
        assert not again.check().ok
        assert again.check(repair=True).ok
        assert again.check().findings == ()


def test_a_check_from_outside_works_while_somebody_works(
    project: Project, rows: list[AssetRow]
) -> None:
    assert check_project(project.folder).findings == ()
    with pytest.raises(ProjectLockedError):
        check_project(project.folder, repair=True)


def test_what_a_crash_left_is_cleared_away_and_said(project: Project) -> None:
    (project.assets_folder / ".staging-job-1").mkdir()
    project.close()
    report = check_project(project.folder, repair=True)
    assert report.ok
    assert only(report).path == ".staging-job-1"


def test_what_is_no_project_is_not_made_one(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ProjectError, match="is no project"):
        check_project(tmp_path, repair=True)
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("damage", ["garbage", "truncated", "missing", "empty"])
def test_a_damaged_database_is_made_anew_from_the_files(
    project: Project, rows: list[AssetRow], reader: Read, damage: str, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"jpeg")
    project.import_file(photo)
    project.save_job(JobSnapshot("j", Request("noise")))
    project.close()
    file = project.folder / "project.db"
    whole = file.read_bytes()
    broken = {"garbage": b"x" * 5000, "truncated": whole[: len(whole) // 2], "empty": b""}
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(broken[damage])
        (project.folder / "project.db-journal").write_bytes(b"stale")

    assert not check_project(project.folder, read_recipe=reader).ok
    assert not (project.folder / "project.db.damaged").exists()
    report = check_project(project.folder, repair=True, read_recipe=reader)

    files = [
        file for row in rows for file in (row.file, *(row.file.parent / c for c in row.companions))
    ]
    assert (report.assets, report.bytes) == (len(rows), sum(f.stat().st_size for f in files))
    assert [finding for finding in report.findings if not finding.repaired] == [
        Finding("assets/photo.jpg", "belongs to no asset; import it, or move it away")
    ]
    if damage != "missing":
        assert (project.folder / "project.db.damaged").read_bytes() == broken[damage]
    with Project.open(project.folder) as again:
        assert [(row.name, row.sha256, row.recipe, row.companions) for row in again.assets()] == [
            (row.name, row.sha256, row.recipe, row.companions) for row in rows
        ]
        assert again.title == "board"
        imported = again.import_file(again.assets_folder / "photo.jpg")
        assert imported.file.read_bytes() == b"jpeg"
        assert again.check(read_recipe=reader).findings == ()
