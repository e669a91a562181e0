"""Where files go that the command line makes, and how they are written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from studio.assets import Asset
    from studio.exporter import Exporter
    from studio.registry import Registry


@dataclass(frozen=True)
class Place:
    """A folder, and the name of the one file where ``--out`` names a file."""

    folder: Path
    name: str = ""

    @property
    def suffix(self) -> str:
        """The file's suffix without the dot, ``""`` for a folder."""
        return Path(self.name).suffix.lstrip(".").lower()

    def prepare(self) -> None:
        """Make the folder, if it is not there.

        Raises:
            UsageError: It cannot be made.
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"--out: folder {self.folder} cannot be made: {error.strerror}",
                culprit=str(self.folder),
            ) from None


def place_of(out: str | None, count: int) -> Place:
    """Say what ``--out`` names: a folder that is there or can be made, or one file.

    Raises:
        UsageError: Neither; the sentence says which part is wrong.
    """
    if out is None:
        return Place(Path())
    path = Path(out)
    if path.is_dir():
        return Place(path)
    if not path.parent.is_dir():
        what = "is a file" if path.parent.exists() else "is not there; make it first"
        raise UsageError(f"--out {out}: folder {path.parent} {what}", culprit=out)
    if out.endswith(("/", os.sep)) or (not path.suffix and not path.exists()):
        if path.exists():
            raise UsageError(f"--out {out} is a file, expected a folder", culprit=out)
        return Place(path)
    if count > 1:
        raise UsageError(
            f"--out {out} names one file, but {count} are to be made; name a folder", culprit=out
        )
    return Place(path.parent, path.name)


def choose_exporter(
    registry: Registry, output: type[Asset], wanted: str | None, place: Place
) -> type[Exporter[Any]]:
    """Choose how to write: as ``--format`` says, as the file's name says, or the usual way.

    Raises:
        UsageError: The two disagree, or no exporter writes such assets that way.
    """
    if wanted and place.suffix and wanted.lower().lstrip(".") != place.suffix:
        raise UsageError(f"--format is {wanted}, but --out names a {place.suffix} file")
    # Those that are made for it come first, as in the window.
    writing = sorted(registry.exporters(output), key=lambda e: e.spec.accepts[0] is not output)
    wanted = wanted or place.suffix
    if not writing:
        raise UsageError(
            f"no exporter writes {output.title.lower()} files; `pip install studio-exporters` "
            "brings some"
        )
    if not wanted:
        return writing[0]
    suffix = "." + wanted.lower().lstrip(".")
    for exporter in writing:
        if suffix in exporter.spec.suffixes or exporter.spec.id == wanted:
            return exporter
    known = [s.lstrip(".") for exporter in writing for s in exporter.spec.suffixes]
    raise unknown_name(f"file format for {output.title.lower()}", wanted, known)
