"""A project's check from outside, and a new database where the old one cannot be relied on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from studio.errors import ProjectDamagedError
from studio.exporter import read_sidecar
from studio.project import meta
from studio.project.check import ReadRecipe
from studio.project.database import DATABASE, create_database
from studio.project.files import flush_folder, rename_new, storage_errors
from studio.project.folder import default_title, make_folders
from studio.project.intake import KindOf
from studio.project.kinds import kind_of_suffix
from studio.project.lock import ProjectLock
from studio.project.project import Project
from studio.project.values import Finding, Report


def check_project(
    folder: Path,
    *,
    repair: bool = False,
    read_recipe: ReadRecipe = read_sidecar,
    kind_of: KindOf = kind_of_suffix,
) -> Report:
    """Check a project that nobody has opened yet, whatever state it is in.

    Args:
        folder: The project's folder.
        repair: Put right what is certain. A database that is damaged or gone is set aside and
            made anew from the recipes in the files.
        read_recipe: Reads the recipe inside a file, or beside it.
        kind_of: Tells what kind of asset a file is.

    Raises:
        ProjectLockedError: It is to be repaired and somebody has it open.
        ProjectError: It is no project, or a newer studio's.
        StorageError: The disk refuses a repair.
    """
    folder = Path(folder).absolute()
    found: list[Finding] = []
    try:
        project = Project.open(folder, readonly=not repair, kind_of=kind_of)
    except ProjectDamagedError as error:
        found.append(Finding(DATABASE, error.message))
        if not repair:
            return Report(tuple(found))
        found = [_make_anew(folder)]
        project = Project.open(folder, kind_of=kind_of)
    with project:
        report = project.check(repair, read_recipe=read_recipe)
        found += [
            Finding(name, "was left behind by a crash and has been cleared away", repaired=True)
            for name in project.swept
        ]
    return replace(report, findings=(*found, *report.findings))


def _make_anew(folder: Path) -> Finding:
    """Set a damaged database aside and begin an empty one; the check fills it."""
    lock = ProjectLock(folder)
    try:
        make_folders(folder)
        aside = _set_aside(folder)
        create_database(folder, lambda db: meta.fill(db, default_title(folder)))
    finally:
        lock.release()
    kept = f"the old one is kept as {aside}" if aside else "the old one is gone"
    problem = (
        f"was damaged and has been made anew from the files; {kept}. "
        "Places on the canvas, marks and jobs were in there alone"
    )
    return Finding(DATABASE, problem, repaired=True)


def _set_aside(folder: Path) -> str:
    """Give the damaged database another name, and first its journal, which is of no use alone."""
    names = [f"{DATABASE}.damaged"] + [f"{DATABASE}.damaged-{number}" for number in range(2, 1000)]
    database, journal = folder / DATABASE, folder / f"{DATABASE}-journal"
    name = next(name for name in names if not (folder / name).exists())
    with storage_errors(folder):
        if journal.exists():
            rename_new(journal, folder / f"{name}-journal")
        if not database.exists():
            return ""
        rename_new(database, folder / name)
    flush_folder(folder)
    return name
