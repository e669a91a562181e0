"""What a project tells about itself: frozen values, which any thread may keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from studio.recipe import Recipe, read_recipe


@dataclass(frozen=True)
class AssetRow:
    """One asset of a project.

    Attributes:
        id: Unique in the project, never used again.
        name: Of the file; unique in the project, removed assets included.
        file: Where it lies now, in ``assets/`` or, when removed, in ``trash/``.
        kind: As `studio.assets.KINDS` names it; ``"file"`` when nobody knows.
        sha256, bytes: Of the file, as it was when it was added.
        generator, seed: Of its recipe; ``""`` and None where there is none.
        recipe_json: Its recipe; see `recipe`.
        created: When it was added, UTC.
        seconds: What it took to make.
        favourite, rating: The person's own marks; a rating is 0 (none) to 5.
        removed: Whether it lies in the trash.
        inputs: Assets that went in, by id.
        latents: Assets whose latent points it was made from, by id.
        companions: Names of the files that belong to it, its recipe sidecar among them.
    """

    id: int
    name: str
    file: Path
    kind: str
    sha256: str
    bytes: int
    generator: str
    seed: int | None
    recipe_json: str | None
    created: datetime
    seconds: float
    favourite: bool = False
    rating: int = 0
    removed: bool = False
    inputs: tuple[int, ...] = ()
    latents: tuple[int, ...] = ()
    companions: tuple[str, ...] = ()

    @property
    def recipe(self) -> Recipe | None:
        """How it was made.

        Raises:
            InputFileError: A newer studio wrote it.
        """
        if self.recipe_json is None:
            return None
        return read_recipe(self.recipe_json, where=self.name)

    @property
    def parents(self) -> tuple[int, ...]:
        """Every asset it came from, by id."""
        return tuple(dict.fromkeys(self.inputs + self.latents))


@dataclass(frozen=True)
class Card:
    """One card on the canvas: an asset, or a frame with a title that holds none.

    Attributes:
        asset_id: What it shows; None for a frame.
        x, y, width, height: In canvas units, y downwards.
        z: Greater lies above.
        group: Cards with the same number move together; None for a card by itself.
        id: Given by the project; 0 before it has been placed.
    """

    asset_id: int | None
    x: float
    y: float
    width: float
    height: float
    z: int = 0
    title: str = ""
    group: int | None = None
    id: int = 0


@dataclass(frozen=True)
class Viewport:
    """What of the canvas the window shows: its centre in canvas units, and the zoom."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True)
class Info:
    """A project in short.

    Attributes:
        title: What the person calls it.
        created: UTC.
        studio: The version that made it.
        format: The version of its database's layout.
        assets, removed, bytes: Live assets, assets in the trash, and the live ones' size.
        kinds: How many live assets there are of each kind.
        cards, unfinished: Cards on the canvas; jobs that wait or run.
    """

    folder: Path
    title: str
    created: datetime
    studio: str
    format: int
    assets: int
    removed: int
    bytes: int
    kinds: dict[str, int]
    cards: int
    unfinished: int


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        path: The file, relative to the project.
        problem: What is wrong, and where it was repaired, what was done.
        repaired: Whether it is all right now.
    """

    path: str
    problem: str
    repaired: bool = False


@dataclass(frozen=True)
class Report:
    """What a check found.

    Attributes:
        assets: How many assets there are, removed ones included.
        bytes: How much was read and compared.
    """

    findings: tuple[Finding, ...] = ()
    assets: int = 0
    bytes: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, or nothing any more."""
        return all(finding.repaired for finding in self.findings)
