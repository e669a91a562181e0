"""The project's folder: making it, and telling it from any other."""

from __future__ import annotations

from pathlib import Path

from studio.errors import ProjectError, nearest
from studio.project.assets_table import ASSETS, TRASH
from studio.project.database import DATABASE, damaged
from studio.project.files import WRITING, storage_errors
from studio.project.lock import LOCK, OWNER

ENDING = ".studio"


def default_title(folder: Path) -> str:
    """A project's title where nobody gave it one."""
    return folder.name.removesuffix(ENDING) or folder.name


def prepare(folder: Path) -> None:
    """Make a new project's folders.

    Raises:
        ProjectError: Something is there.
        StorageError: The disk refuses.
    """
    if (folder / DATABASE).exists():
        raise ProjectError(f"'{folder}' is a project already; open it instead", culprit=str(folder))
    if folder.exists() and not folder.is_dir():
        raise ProjectError(
            f"'{folder}' is a file, expected the name of a new folder", culprit=str(folder)
        )
    stranger = next((name for name in _entries(folder) if not _is_leftover(folder, name)), None)
    if stranger:
        raise ProjectError(
            f"'{folder}' is not empty (it holds '{stranger}'); choose a new folder, such as "
            f"'{folder.name.removesuffix(ENDING)}{ENDING}'",
            culprit=str(folder),
        )
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    make_folders(folder)


def make_folders(folder: Path) -> None:
    """Make the folders inside a project that are not there.

    Raises:
        StorageError: The disk refuses.
    """
    for name in (ASSETS, TRASH):
        with storage_errors(folder / name):
            (folder / name).mkdir(exist_ok=True)


def require_project(folder: Path) -> None:
    """Refuse what is no project at all.

    Raises:
        ProjectError: Says what it is instead, and what to do.
        ProjectDamagedError: It is one that has lost its database.
    """
    if not folder.exists():
        beside = folder.parent.glob("*" + ENDING) if folder.parent.is_dir() else ()
        hint = nearest(folder.name, [path.name for path in beside])
        raise ProjectError(
            f"there is no project '{folder}'{hint or '; `studio project new` makes one'}",
            culprit=str(folder),
        )
    if not folder.is_dir():
        raise ProjectError(
            f"'{folder}' is a file, expected a project folder such as 'NAME{ENDING}'",
            culprit=str(folder),
        )
    if DATABASE in _entries(folder):
        return
    if (folder / ASSETS).is_dir():
        raise damaged(folder, "project.db is missing")
    raise ProjectError(
        f"'{folder}' is no project: it holds no {DATABASE}; `studio project new` makes one",
        culprit=str(folder),
    )


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProjectError(
            f"'{folder}' cannot be read: {reason}; ask its owner for permission",
            culprit=str(folder),
        ) from None


def _is_leftover(folder: Path, name: str) -> bool:
    """Whether this is all that a `create` that was cut short left behind."""
    if name in (ASSETS, TRASH):
        return not _entries(folder / name)
    return name in (LOCK, OWNER) or name.startswith(WRITING)
