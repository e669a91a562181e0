"""How files become assets: published first, and only then written down."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from studio.errors import InputFileError, StorageError, UsageError
from studio.exporter import sidecar_of
from studio.jobs import STAGING, Item
from studio.project.assets_table import FileFact, NewAsset
from studio.project.files import (
    Publication,
    copy_file,
    flush,
    sha256_of,
    storage_errors,
)
from studio.project.names import NameBook, is_plain, safe_name
from studio.recipe import Recipe

KindOf = Callable[[Path], str]


@dataclass(frozen=True)
class Staged:
    """A file on its way in, and what will be written down about it."""

    file: Path
    kind: str
    recipe: Recipe | None
    sha256: str = ""
    seed: int | None = None
    seconds: float = 0.0
    latents: tuple[int, ...] = ()


def staged_items(
    items: Sequence[Item], kind_of: KindOf, latent_parents: Mapping[str, Sequence[int]]
) -> list[Staged]:
    """Read what a worker handed over.

    Raises:
        UsageError: An item carries no file.
    """
    return [_staged(item, kind_of, tuple(latent_parents.get(item.job, ()))) for item in items]


def receive(publication: Publication, staged: Staged, names: NameBook) -> NewAsset:
    """Move one staged file and its companions into the assets; nothing is written down yet.

    Raises:
        StorageError: It is not what the worker wrote, or the disk refuses.
    """
    name = _name_for(staged.file, publication.folder, names)
    *companions, main = [fact(file) for file in publication.add(staged.file, name)]
    if staged.sha256 and main.sha256 != staged.sha256:
        raise StorageError(
            f"{staged.file} is not what was written there: its hash is {main.sha256[:12]}…, "
            f"expected {staged.sha256[:12]}…; make it again",
            culprit=str(staged.file),
        )
    return NewAsset(
        main=main,
        kind=staged.kind,
        recipe=staged.recipe,
        seed=staged.seed,
        seconds=staged.seconds,
        companions=tuple(companions),
        latents=staged.latents,
    )


@contextmanager
def copied_in(source: Path, assets: Path, names: NameBook) -> Iterator[Path]:
    """Stage a copy of somebody's file, with the recipe or materials beside it if there are any.

    Raises:
        InputFileError: It cannot be read.
        StorageError: The disk refuses.
    """
    require_readable(source)
    staging = assets / f"{STAGING}import-{secrets.token_hex(8)}"
    name = names.reserve([source.name])[0]
    try:
        with storage_errors(staging):
            staging.mkdir()
            copy_file(source, staging / name)
            if sidecar_of(source).is_file():
                copy_file(sidecar_of(source), sidecar_of(staging / name))
            materials = source.with_suffix(".mtl")
            if source.suffix.lower() == ".obj" and materials.is_file():
                copy_file(materials, (staging / name).with_suffix(".mtl"))
        yield staging / name
    finally:
        names.release([name])  # by now an asset has it, or nobody
        shutil.rmtree(staging, ignore_errors=True)


def adopted(
    file: Path, kind: str, recipe: Recipe | None, companions: Sequence[Path] = ()
) -> NewAsset:
    """Describe a file that lies among the assets already, flushed to the disk.

    Raises:
        StorageError: The disk refuses.
    """
    with storage_errors(file):
        for each in (*companions, file):
            flush(each)
        return NewAsset(
            main=fact(file),
            kind=kind,
            recipe=recipe,
            created=datetime.fromtimestamp(file.stat().st_mtime, UTC),
            companions=tuple(fact(each) for each in companions),
        )


def fact(file: Path) -> FileFact:
    """What a file is now."""
    return FileFact(file.name, sha256_of(file), file.stat().st_size)


def require_readable(source: Path) -> None:
    """Refuse a file that is missing, no file, or not ours to read.

    Raises:
        InputFileError: Says which.
    """
    if not source.exists():
        raise InputFileError(f"there is no file '{source}'", culprit=str(source))
    if not source.is_file():
        raise InputFileError(f"'{source}' is no file; import files one by one", culprit=str(source))
    try:
        with source.open("rb"):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputFileError(f"'{source}' cannot be read: {reason}", culprit=str(source)) from None


def require_assets(known: Sequence[int], wanted: Sequence[int]) -> None:
    """Refuse numbers that no asset has.

    Raises:
        UsageError: Names the first of them.
    """
    for id_ in wanted:
        if id_ not in known:
            raise UsageError(f"no asset of the project has the number {id_}", culprit=str(id_))


def _staged(item: Item, kind_of: KindOf, latents: tuple[int, ...]) -> Staged:
    if item.file is None:
        raise UsageError(
            f"item {item.index} of job {item.job} carries no file; ask for an export",
            culprit=item.job,
        )
    return Staged(
        file=item.file,
        kind=kind_of(item.file),
        recipe=item.recipe,
        sha256=item.sha256,
        seed=item.seed,
        seconds=item.seconds,
        latents=latents,
    )


def _name_for(staged: Path, assets: Path, names: NameBook) -> str:
    """The name it was made under, unless somebody has taken that in the meantime."""
    name = staged.name if is_plain(staged.name) else safe_name(staged.name)
    target = assets / name
    sidecars = sidecar_of(staged), sidecar_of(target)
    if sidecars[0].is_file() and os.path.lexists(sidecars[1]):
        return names.reserve([name])[0]
    if not names.is_owned(name) and not os.path.lexists(target):
        return name
    unclaimed = not names.is_owned(name) and target.is_file() and staged.is_file()
    if unclaimed and sha256_of(target) == sha256_of(staged):
        return name  # left behind by an attempt that was interrupted
    return names.reserve([name])[0]
