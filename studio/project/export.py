"""A project's assets as plain files in a plain folder, for whoever wants nothing but those."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import studio
from studio.errors import ProjectDamagedError, ProjectError
from studio.jobs import STAGING
from studio.project.assets_table import ASSETS, FileFact
from studio.project.files import (
    Publication,
    atomic_write,
    copy_file,
    flush_all,
    sha256_of,
    storage_errors,
)
from studio.project.names import MANIFEST
from studio.project.values import AssetRow, Info

FORMAT = "studio-export-1"


def export(
    info: Info, identity: str, rows: Sequence[AssetRow], files: Sequence[FileFact], folder: Path
) -> Path:
    """Copy assets out and list them in a manifest, which is written last.

    Args:
        info: Of the project.
        identity: What tells this project from any other; its own manifest may be replaced.
        rows: The assets.
        files: All of their files.
        folder: Made if it is not there.

    Returns:
        The manifest.

    Raises:
        ProjectError: The folder holds a different file of the same name; nothing was copied.
        ProjectDamagedError: An asset's file is missing or altered; nothing was copied.
        StorageError: The disk refuses; nothing was copied.
    """
    _require_free(folder, identity, files)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with _staging(folder) as staging:
        new = [file for file in files if not (folder / file.name).exists()]
        for file in new:
            _copy(info.folder / ASSETS / file.name, file, staging)
        flush_all(staging / file.name for file in new)
        with Publication(folder, durable=True) as publication:
            for file in new:
                publication.move(staging / file.name, file.name)
            publication.flush()
    manifest = folder / MANIFEST
    words = _manifest(info, identity, rows)
    atomic_write(manifest, (json.dumps(words, indent=2, ensure_ascii=False) + "\n").encode())
    return manifest


def _require_free(folder: Path, identity: str, files: Sequence[FileFact]) -> None:
    if folder.exists() and not folder.is_dir():
        raise ProjectError(f"'{folder}' is a file, expected a folder", culprit=str(folder))
    for file in files:
        there = folder / file.name
        if there.exists() and not (there.is_file() and sha256_of(there) == file.sha256):
            raise _in_the_way(there)
    manifest = folder / MANIFEST
    if manifest.exists() and not _is_ours(manifest, identity):
        raise _in_the_way(manifest)


def _in_the_way(file: Path) -> ProjectError:
    return ProjectError(
        f"{file} is there already and differs; export to another folder, or move it away",
        culprit=str(file),
    )


def _is_ours(manifest: Path, identity: str) -> bool:
    try:
        words = json.loads(manifest.read_text(encoding="utf-8"))
        return bool(words["format"] == FORMAT and words["project"] == identity)
    except (OSError, ValueError, KeyError, TypeError):
        return False


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    staging = folder / f"{STAGING}export-{secrets.token_hex(8)}"
    with storage_errors(staging):
        staging.mkdir()
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _copy(source: Path, file: FileFact, staging: Path) -> None:
    if not source.is_file():
        raise _damaged(source, "is missing")
    with storage_errors(staging):
        copied = copy_file(source, staging / file.name)
    if copied != file.sha256:
        raise _damaged(source, "has changed since it was added")


def _damaged(source: Path, how: str) -> ProjectDamagedError:
    return ProjectDamagedError(
        f"{source} {how}; `studio project check` says more, and whether it can be repaired",
        culprit=str(source),
    )


def _manifest(info: Info, identity: str, rows: Sequence[AssetRow]) -> dict[str, Any]:
    names = {row.id: row.name for row in rows}
    return {
        "format": FORMAT,
        "project": identity,
        "title": info.title,
        "studio": studio.__version__,
        "assets": [_entry(row, names) for row in rows],
    }


def _entry(row: AssetRow, names: dict[int, str]) -> dict[str, Any]:
    return {
        "file": row.name,
        "companions": list(row.companions),
        "kind": row.kind,
        "sha256": row.sha256,
        "bytes": row.bytes,
        "generator": row.generator,
        "seed": row.seed,
        "created": row.created.isoformat(),
        "seconds": row.seconds,
        "favourite": row.favourite,
        "rating": row.rating,
        "parents": [names[id_] for id_ in row.parents if id_ in names],
        "recipe": None if row.recipe_json is None else json.loads(row.recipe_json),
    }
