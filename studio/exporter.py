"""What an exporter is: one file format, written and, where it can, read back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic

from studio.assets import Asset
from studio.errors import InputFileError
from studio.params import P, Params
from studio.recipe import SIDECAR, Recipe, read_recipe

_MAX_RECIPE = 64 * 2**20


@dataclass(frozen=True)
class ExporterSpec:
    """What the studio knows of a format.

    Attributes:
        id: Its name. Of a format that is read it is the first suffix without the dot; one that is
            only written may share a suffix with another, and is named after both: ``"score-wav"``.
        title: Its name for people.
        version: Changes whenever the same asset would give other bytes.
        accepts: The asset types it writes; the first is what `read` gives.
        suffixes: File endings, lower case, with the dot.
        media_type: Such as ``"image/png"``.
        options: How to write, as `Params`.
        companions: Whether `write` may put more files beside the one it is asked for.
        embeds: Whether the recipe goes inside the file; if not, the studio puts it beside it.
        reads: Whether `read` is there. Of several formats with one suffix, one at most is read.
    """

    id: str
    title: str
    version: str
    accepts: tuple[type[Asset], ...]
    suffixes: tuple[str, ...]
    media_type: str
    options: type[Params] = Params
    companions: bool = False
    embeds: bool = True
    reads: bool = True


class Exporter(ABC, Generic[P]):
    """Writes assets as files of one format. Holds no state; the same asset gives the same bytes."""

    spec: ClassVar[ExporterSpec]

    @abstractmethod
    def write(self, asset: Asset, file: Path, options: P, recipe: Recipe | None) -> None:
        """Write ``file``, which the studio publishes afterwards.

        Companions (such as an OBJ's material file) go beside it; where ``spec.companions`` says
        that there are any, the folder holds nothing else.
        """

    def read(self, file: Path) -> Asset:
        """Read a file that may come from anywhere.

        Raises:
            InputFileError: It is broken, too large, or not of this format.
        """
        raise NotImplementedError(f"{self.spec.id} files are only written")

    def read_recipe(self, file: Path) -> Recipe | None:
        """Read the recipe inside the file, or beside it; None where there is none.

        Raises:
            InputFileError: There is one and it cannot be read.
        """
        return read_sidecar(file)


def sidecar_of(file: Path) -> Path:
    """Where the recipe lies for a format that cannot hold it: ``tune.txt.recipe.json``."""
    return file.with_name(file.name + SIDECAR)


def write_sidecar(file: Path, recipe: Recipe) -> None:
    """Write a recipe beside a file."""
    sidecar_of(file).write_text(recipe.to_json() + "\n", encoding="utf-8")


def read_sidecar(file: Path) -> Recipe | None:
    """Read the recipe beside a file; None where there is none.

    Raises:
        InputFileError: It is there and cannot be read.
    """
    sidecar = sidecar_of(file)
    try:
        if not sidecar.is_file():
            return None
        with sidecar.open("rb") as stream:
            held = stream.read(_MAX_RECIPE + 1)
    except OSError as error:
        raise InputFileError(
            f"{sidecar} cannot be read: {error.strerror}", culprit=str(sidecar)
        ) from error
    if len(held) > _MAX_RECIPE:
        raise InputFileError(
            f"{sidecar} is larger than {_MAX_RECIPE // 2**20} MiB, expected a recipe",
            culprit=str(sidecar),
        )
    return read_recipe(held.decode("utf-8", errors="replace"), where=str(sidecar))
