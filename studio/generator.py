"""What a generator is: a `spec`, and a few verbs.

The smallest one makes an asset from its parameters:

    class Noise(Generator[NoiseParams]):
        spec = GeneratorSpec(id="noise", title="Noise", ..., output=Image, params=NoiseParams)

        def generate(self, params, ctx):
            yield Image(ctx.rng.integers(0, 256, (params.size, params.size, 3), "uint8"))

One with a latent space says how to draw a point of it and how to make an asset from a point;
`generate`, sliders, interpolation, neighbours and loops follow from these two.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, Protocol

from studio.assets import Asset
from studio.params import P, Params
from studio.recipe import Recipe
from studio.runtimes.base import Runtime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Weights:
    """A file with learned weights, inside the plugin's package.

    Attributes:
        file: Where it lies.
        sha256: Checked before the file is used.
        size: In bytes.
        licence: SPDX identifier of the weights.
        attribution: The line that must be shown with them, if any.
    """

    file: Path
    sha256: str
    size: int
    licence: str
    attribution: str = ""

    @classmethod
    def of_folder(
        cls, folder: Path, licence: str, attribution: str, prints: Mapping[str, tuple[int, str]]
    ) -> tuple[Weights, ...]:
        """Declare the files of one model, which lie together.

        Args:
            folder: Where they lie.
            licence: As above, of all of them.
            attribution: As above.
            prints: Of each file, by its name: the size in bytes and the sha256.
        """
        return tuple(
            cls(folder / name, sha256, size, licence, attribution)
            for name, (size, sha256) in prints.items()
        )


@dataclass(frozen=True)
class LatentAxis:
    """A direction of latent space with a name, which becomes a slider."""

    name: str
    label: str
    low: float = -3.0
    high: float = 3.0


@dataclass(frozen=True)
class LatentSpec:
    """A generator's latent space.

    Attributes:
        size: Numbers in one point.
        axes: Named directions, for sliders.
        path: How to go from one point to another: ``"linear"``, or ``"spherical"`` for a space
            that is a standard normal distribution (White 2016, "Sampling Generative Networks").
        encodes: Whether `encode` finds the point of an asset somebody brings.
    """

    size: int
    axes: tuple[LatentAxis, ...] = ()
    path: Literal["linear", "spherical"] = "linear"
    encodes: bool = False


# What a generator of text can do with one that is there, besides writing a new one. Whatever it
# does, it yields the whole text as far as it is written:
# - continue: the input as far as the parameter `start`, and on from there,
# - rewrite: the input, with other words from `start` to `end`,
# - alternatives: what stands from `start` to `end`, with `Text.choices` of what else could.
Edit = Literal["continue", "rewrite", "alternatives"]


@dataclass(frozen=True)
class GeneratorSpec:
    """What the studio knows of a generator without loading it.

    Attributes:
        id: Its name on the command line: lower case, digits and hyphens.
        title: Its name for people.
        summary: One line.
        version: Changes whenever the same seed would give something else.
        output: The asset type it makes.
        params: Its parameters.
        accepts: The asset types it takes as inputs.
        min_inputs, max_inputs: How many inputs a job may have.
        weights: Files it needs.
        latent: Its latent space, if it has one.
        edits: What it can do with a text that is there. It takes that as an input, and has the
            parameters ``task`` (``"write"`` or one of these), ``start`` and ``end``, which count
            characters.
        languages: BCP 47 tags of what it writes best; empty where it does not matter.
        card: The model card, a Markdown file.
        glyph: A Material Design icon name (``"mdi6.…"``), for lists and cards.
        keeps_partial: Each asset that `generate` yields is a whole one, such as a text so far. When
            the person cancels, the newest is kept, and its recipe says how many there were: so
            what is yielded may depend on what was asked for and on the seed, and never on time.
        batch: How many items of a job `generate_batch` makes at once, at most.
    """

    id: str
    title: str
    summary: str
    version: str
    output: type[Asset]
    params: type[Params] = Params
    accepts: tuple[type[Asset], ...] = ()
    min_inputs: int = 0
    max_inputs: int = 0
    weights: tuple[Weights, ...] = ()
    latent: LatentSpec | None = None
    edits: tuple[Edit, ...] = ()
    languages: tuple[str, ...] = ()
    card: Path | None = None
    glyph: str = ""
    keeps_partial: bool = False
    batch: int = 1


@dataclass(frozen=True)
class Input:
    """An asset somebody brings, the name of its file, and how it was made, if that is known."""

    asset: Asset
    name: str = ""
    recipe: Recipe | None = None


class RunContext(Protocol):
    """What a generator may ask of the studio while it works. Nothing else.

    Attributes:
        seed: The item's seed; two items of a job have different ones.
        rng: A numpy generator made from it. The only source of chance a generator may use.
        inputs: What the person brought, in order.
        device: ``"cpu"`` or ``"cuda"``.
    """

    seed: int
    rng: np.random.Generator
    inputs: tuple[Input, ...]
    device: str

    def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the item is, 0 to 1, and what is being done. Cheap; call it often."""

    def check_cancelled(self) -> None:
        """Leave here when the person cancelled.

        Raises:
            JobCancelledError: Let it pass.
        """


class Generator(ABC, Generic[P]):
    """Makes assets. One instance is loaded at a time and used from one thread only."""

    spec: ClassVar[GeneratorSpec]

    def load(self, runtime: Runtime) -> None:
        """Load the weights. Called once, before the first job."""

    @abstractmethod
    def generate(self, params: P, ctx: RunContext) -> Iterator[Asset]:
        """Make one item. Whatever it yields before the last asset are previews.

        Where ``spec.keeps_partial`` says so, they are what is kept when the person cancels.
        """

    def generate_batch(
        self, params: P, contexts: Sequence[RunContext]
    ) -> Iterator[tuple[int, Asset]]:
        """Make several items at once, where ``spec.batch`` says that this is quicker.

        Yields what `generate` yields, each with the place of its item in ``contexts``; items may
        take turns. Each must be the same as alone, because it is made again alone.
        """
        for place, ctx in enumerate(contexts):
            for asset in self.generate(params, ctx):
                yield place, asset

    def close(self) -> None:
        """Give memory back. Called once; `load` may follow on a new instance."""


class LatentGenerator(Generator[P]):
    """A generator with a latent space; its `spec.latent` says how large."""

    @abstractmethod
    def sample_latent(self, rng: np.random.Generator, params: P) -> NDArray[np.float32]:
        """Draw a point of the latent space: (size,) float32."""

    @abstractmethod
    def decode(self, latent: NDArray[np.float32], params: P, ctx: RunContext) -> Asset:
        """Make the asset at a point: (size,) float32 to one asset, the same every time."""

    def encode(self, asset: Asset, params: P) -> NDArray[np.float32]:
        """Find the point of an asset somebody brings, where `spec.latent.encodes` says so."""
        raise NotImplementedError(f"{self.spec.id} cannot find the latent of an asset")

    def directions(self) -> NDArray[np.float32]:
        """One unit of each slider in `spec.latent.axes`: (axes, size) float32."""
        import numpy as np

        assert self.spec.latent is not None
        return np.zeros((0, self.spec.latent.size), np.float32)

    def generate(self, params: P, ctx: RunContext) -> Iterator[Asset]:
        """Decode the point that the seed draws."""
        yield self.decode(self.sample_latent(ctx.rng, params), params, ctx)
