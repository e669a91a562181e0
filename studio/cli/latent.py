"""Latent play on the command line: from one asset, toward another, along an axis, a little away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio.cli.options import Fraction, number_of
from studio.errors import InputFileError, ParamError, UsageError
from studio.jobs import LatentMix, LatentPoint
from studio.recipe import Recipe

if TYPE_CHECKING:
    from studio.generator import GeneratorSpec, LatentSpec
    from studio.registry import Registry

Points = tuple[tuple[LatentPoint, float], ...]


def latent_options(spec: LatentSpec) -> list[click.Option]:
    """The options of a generator with a latent space."""
    axes = ", ".join(f"{axis.name} {axis.low:g} to {axis.high:g}" for axis in spec.axes)
    options = [
        click.Option(
            ["--latent-from"], metavar="FILE", help="Start at this asset's point and parameters."
        ),
        click.Option(
            ["--toward"],
            metavar="FILE",
            help="Go from there to this asset; with --count in that many even steps.",
        ),
        click.Option(["--mix"], type=Fraction(), help="How far to go toward it: 0 to 1."),
        click.Option(
            ["--vary"], type=Fraction(), help="Go this far toward a point of chance: 0 to 1."
        ),
    ]
    if axes:
        options.append(
            click.Option(
                ["--move", "moves"],
                multiple=True,
                metavar="AXIS=VALUE",
                help=f"Move along an axis: {axes}.",
            )
        )
    return options


@dataclass(frozen=True)
class Play:
    """What the options ask for.

    Attributes:
        start, end: Points to start at and to go to.
        seed: The seed of the asset to start at; what else is left to chance stays as it was.
        params: Its parameters, for those that are not given.
        files: Files whose points only the generator can find.
        mix: How far to go; None in even steps.
        vary: How far to go toward a point of chance.
        moves: Axes and amounts.
    """

    start: LatentPoint | None = None
    end: LatentPoint | None = None
    seed: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    mix: float | None = None
    vary: float | None = None
    moves: tuple[tuple[str, float], ...] = ()

    def steps(self, seed: int, count: int) -> Iterator[tuple[int, int, LatentMix | None]]:
        """Yield seed, count and mix of each request that makes the ``count`` items."""
        start = self.start or LatentPoint(seed=seed)
        if self.end is not None:
            for index in range(count):
                t = self._t(index, count)
                points: Points = ((start, 1 - t), (self.end, t))
                yield seed, 1, LatentMix(points, self.moves)
        elif self.vary is not None:
            for item in range(seed, seed + count):
                chance = LatentPoint(seed=item)
                points = ((start, 1 - self.vary), (chance, self.vary))
                yield item, 1, LatentMix(points, self.moves)
        elif self.start is not None:
            yield seed, count, LatentMix(((start, 1.0),), self.moves)
        elif self.moves:
            for item in range(seed, seed + count):
                yield item, 1, LatentMix(((LatentPoint(seed=item), 1.0),), self.moves)
        else:
            yield seed, count, None

    def _t(self, index: int, count: int) -> float:
        if self.mix is not None:
            return self.mix
        return index / (count - 1) if count > 1 else 0.5


def play_of(
    registry: Registry, spec: GeneratorSpec, values: Mapping[str, Any], inputs: Sequence[Path]
) -> Play:
    """Read what the options ask for, and the recipes of the files they name.

    Raises:
        UsageError: They contradict each other, or name a file or an axis that does not fit.
    """
    begin, toward = values.get("latent_from"), values.get("toward")
    mix, vary = values.get("mix"), values.get("vary")
    _check_together(begin, toward, mix, vary)
    finder = _Finder(registry, spec, list(inputs))
    start, recipe = finder.point(begin)
    end, _ = finder.point(toward)
    return Play(
        start=start,
        end=end,
        seed=recipe.seed if recipe and vary is None else None,
        params=recipe.params if recipe else {},
        files=tuple(finder.files[len(inputs) :]),
        mix=mix,
        vary=vary,
        moves=tuple(_move(word) for word in values.get("moves") or ()),
    )


def _check_together(
    begin: str | None, toward: str | None, mix: float | None, vary: float | None
) -> None:
    if toward is not None and vary is not None:
        raise UsageError("--toward and --vary are two ways to go; give one of them")
    if mix is not None and toward is None:
        raise UsageError("--mix says how far to go --toward a FILE; name it")
    if vary is not None and begin is None:
        raise UsageError("--vary starts at an asset; name it with --latent-from FILE")


class _Finder:
    """Finds the points of files: from their recipes, or by leaving it to the generator."""

    def __init__(self, registry: Registry, spec: GeneratorSpec, files: list[Path]) -> None:
        self.files = files
        self._registry = registry
        self._spec = spec

    def point(self, file: str | None) -> tuple[LatentPoint | None, Recipe | None]:
        if file is None:
            return None, None
        from studio.cli.inspecting import find_recipe

        recipe = find_recipe(self._registry, Path(file))
        if recipe is not None and recipe.generator == self._spec.id:
            return LatentPoint.of(recipe), recipe
        if self._spec.latent is None or not self._spec.latent.encodes:
            made = f"was made by {recipe.generator}" if recipe else "holds no recipe"
            raise InputFileError(
                f"{file} {made}; expected a file made by {self._spec.id}", culprit=file
            )
        self.files.append(Path(file))
        return LatentPoint(input=len(self.files) - 1), None


def _move(word: str) -> tuple[str, float]:
    name, equals, value = word.partition("=")
    amount = number_of(value)
    if not equals or amount is None:
        raise ParamError(f"--move is {word!r}, expected AXIS=NUMBER", culprit="move")
    return name.strip(), amount
