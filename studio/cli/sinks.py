"""What becomes of staged items: files in a folder, or assets of a project."""

from __future__ import annotations

import filecmp
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import UsageError
from studio.exporter import sidecar_of
from studio.jobs import Item

if TYPE_CHECKING:
    from studio.cli.places import Place
    from studio.project import Project

Paths = dict[tuple[str, int], Path]


class FolderSink:
    """Publishes staged items in a folder, and remembers where each went.

    A file with the same bytes that is there already counts as made. A different file is never
    written over: the next free name is taken, or, where ``--out`` named the file, it is refused
    unless `overwrite`.
    """

    def __init__(self, place: Place, *, overwrite: bool = False) -> None:
        self.folder = place.folder
        self._name = place.name
        self._overwrite = overwrite
        self._paths: Paths = {}

    def names(self, generator: str, seeds: Iterable[int], suffix: str) -> tuple[str, ...]:
        """The names under which items are staged, such as ``image-gan-7.png``."""
        return tuple(self._name or f"{generator}-{seed}{suffix}" for seed in seeds)

    def __call__(self, items: list[Item]) -> None:
        """Publish a group of items; afterwards they are on the disk.

        Raises:
            UsageError: A different file is where ``--out`` points.
            StorageError: The disk refuses.
        """
        from studio.project.files import Publication

        published: Paths = {}
        with Publication(self.folder, durable=True) as publication:
            publication.flush_staged(item.file for item in items if item.file)
            for item in items:
                assert item.file is not None
                target = self._target(item.file)
                if target is None:
                    target = _replace(item.file, self.folder / item.file.name)
                else:
                    publication.add(item.file, target.name)
                published[item.job, item.index] = target
            publication.flush()
        self._paths |= published

    def path_of(self, item: Item) -> Path:
        """Where an item went."""
        return self._paths.pop((item.job, item.index))

    def _target(self, staged: Path) -> Path | None:
        """A free name, or that of the same file; None where a different one is to be replaced."""
        for name in _numbered(staged.name):
            target = self.folder / name
            if _is_free(staged, target):
                return target
            if self._name and self._overwrite:
                return None
            if self._name:
                raise UsageError(
                    f"{target} is there already and differs; --overwrite replaces it",
                    culprit=str(target),
                )
        raise AssertionError("names never end")


class ProjectSink:
    """Takes staged items into a project, and remembers where each went.

    Args:
        project: Open for writing.
        parents: Assets of the project whose latent points the items are made from.
    """

    def __init__(self, project: Project, parents: Sequence[int] = ()) -> None:
        self.folder = project.assets_folder
        self._project = project
        self._parents = parents
        self._paths: Paths = {}

    def names(self, generator: str, seeds: Iterable[int], suffix: str) -> tuple[str, ...]:
        """Names that are free in the project."""
        return tuple(self._project.names(generator, seeds, suffix))

    def __call__(self, items: list[Item]) -> None:
        """Add a group of items in one commit; raises what `Project.add` raises."""
        parents = {item.job: self._parents for item in items}
        rows = self._project.add(items, latent_parents=parents)
        for item, row in zip(items, rows, strict=True):
            self._paths[item.job, item.index] = row.file

    def path_of(self, item: Item) -> Path:
        """Where an item went."""
        return self._paths.pop((item.job, item.index))


def _numbered(wish: str) -> Iterator[str]:
    path = Path(wish)
    yield wish
    for number in itertools.count(2):
        yield f"{path.stem}-{number}{path.suffix}"


def _is_free(staged: Path, target: Path) -> bool:
    """Whether nothing is there, or the very same file with the same recipe beside it."""
    if not os.path.lexists(target):
        return True
    pairs = [(staged, target)]
    sidecar = sidecar_of(staged)
    if sidecar.is_file():
        pairs.append((sidecar, sidecar_of(target)))
    return all(there.is_file() and filecmp.cmp(new, there, shallow=False) for new, there in pairs)


def _replace(staged: Path, target: Path) -> Path:
    """Put a staged file in the place of another one, companions first."""
    from studio.project.files import companions, storage_errors

    with storage_errors(target):
        for file in [*companions(staged), staged]:
            os.replace(file, target.with_name(file.name))
        shutil.rmtree(staged.parent, ignore_errors=True)
    return target
