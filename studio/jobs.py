"""Jobs as frozen values: what is asked for, how it stands, and what came of it.

A `Request` says what to make. The engine turns it into a job and answers with `JobSnapshot`s and
`Item`s; both are values that any thread may keep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from studio.assets import Asset
from studio.recipe import Recipe

# Hidden folders, inside the folder an export goes to, in which files wait to be published. One that
# is an item's own goes with everything in it; items of one file each share their job's.
STAGING = ".staging-"
SHARED_STAGING = f"{STAGING}shared-"


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class LatentPoint:
    """A point of latent space: the one a seed draws, a vector, or that of an input file.

    Exactly one of `seed`, `values` (base64, see `recipe.encode_latent`) and `input` (index into
    the request's inputs) is given.
    """

    seed: int | None = None
    values: str | None = None
    input: int | None = None

    @classmethod
    def of(cls, recipe: Recipe) -> LatentPoint:
        """The point that an asset was made from."""
        if recipe.latent is not None:
            return cls(values=recipe.latent)
        return cls(seed=recipe.seed)


@dataclass(frozen=True)
class LatentMix:
    """Where to go in latent space: one point or several with weights, then along named axes.

    Sliders move one point along axes; interpolation mixes two points; a neighbour mixes a point
    with a little of a random one; a loop walks a circle of mixes.
    """

    points: tuple[tuple[LatentPoint, float], ...]
    moves: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Export:
    """How and where a job's assets become files.

    Attributes:
        exporter: Its id, such as ``"png"``.
        folder: An existing folder; files are staged in it, hidden, and published by whoever asked.
        names: File name of each item.
        options: The exporter's options.
    """

    exporter: str
    folder: Path
    names: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What to make.

    Attributes:
        generator: Its id; ``""`` writes the one input again with another exporter or other options.
        params: Names and values; what is left out has its default.
        seed: Of the first item; item ``i`` has ``seed + i``.
        count: How many items.
        inputs: Files the generator takes.
        latent: Decode this point instead of drawing one from the seed.
        export: Write files; without it the items carry the assets themselves.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        priority: Greater runs sooner.
        live: Jobs with the same live key replace each other in the queue: only the newest counts.
        stopped: Take the asset that is yielded as the n-th, as `Recipe.stopped` has it, to make
            again what was kept of a cancelled job.
    """

    generator: str
    params: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    count: int = 1
    inputs: tuple[Path, ...] = ()
    latent: LatentMix | None = None
    export: Export | None = None
    device: str = "auto"
    priority: int = 0
    live: str = ""
    stopped: int | None = None


@dataclass(frozen=True)
class Failure:
    """Why a job failed: a sentence, who caused it, and details for whoever wants them."""

    sentence: str
    culprit: str = ""
    details: str = ""
    kind: str = "JobFailedError"


@dataclass(frozen=True)
class JobSnapshot:
    """How a job stands at one moment.

    Attributes:
        id: Unique in the engine and, once it is kept there, in the project.
        fraction: 0 to 1 over all items.
        done: Items finished.
        device, runtime: What it really runs on, once that is known.
        notice: A sentence when the device is not the one to be expected.
        submitted, started, finished: Seconds since the epoch.
    """

    id: str
    request: Request
    state: JobState = JobState.QUEUED
    fraction: float = 0.0
    message: str = ""
    done: int = 0
    device: str = ""
    runtime: str = ""
    notice: str = ""
    failure: Failure | None = None
    submitted: float = 0.0
    started: float | None = None
    finished: float | None = None


@dataclass(frozen=True)
class Item:
    """One finished item of a job.

    Attributes:
        file: Where it is staged; None without export.
        sha256: Of that file.
        asset: The asset itself when nothing was exported.
        seconds: From asking the worker to having the item, export included.
    """

    job: str
    index: int
    seed: int
    recipe: Recipe
    seconds: float
    file: Path | None = None
    sha256: str = ""
    asset: Asset | None = None


@dataclass(frozen=True)
class Preview:
    """Something to look at while an item is being made."""

    job: str
    index: int
    asset: Asset
