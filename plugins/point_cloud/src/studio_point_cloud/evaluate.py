"""Measure the point clouds: `python -m studio_point_cloud.evaluate DATA --samples FILE`.

As many shapes are drawn as were held out, of the same classes, and compared with those by their
Chamfer distances; so are as many shapes that were trained on, and a GAN's if one is given.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from studio.api import StudioError
from studio.testing import runtime
from studio.training.checkpoint import read_checkpoint, select
from studio_point_cloud.clouds import Cloud
from studio_point_cloud.space import Space
from studio_point_cloud.training.data import DataError, Shapes, load_shapes
from studio_point_cloud.training.distances import prepared
from studio_point_cloud.training.drawing import drawn, given_back
from studio_point_cloud.training.draws import Drawer
from studio_point_cloud.training.gan import GanConfig, Generator
from studio_point_cloud.training.gan_learner import drawn_by
from studio_point_cloud.training.looking import gan_cloud, real
from studio_point_cloud.training.measures import Distances, Measured, Set, boxed, measure
from studio_point_cloud.training.sheets import sheet

_OURS = Path(__file__).parent / "weights"
PARTS = ("drawn", "trained", "gan", "nearest", "autoencoder")
_LARGEST = 4  # classes measured by themselves
_SHOWN, _POINTS, _SIZE = 64, 32_768, 160  # shapes on the sheet, points of each, pixels
_SEEN = 4096  # points of a shape that the encoder is shown
_FEWER = 512  # points with which the nearest training shape is looked for


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m studio_point_cloud.evaluate", description=__doc__
    )
    line.add_argument("data", type=Path, help="the folder that was trained on")
    line.add_argument("--samples", type=Path, required=True, help="samples.npz of the run")
    line.add_argument("--weights", type=Path, default=_OURS, help="folder of the ONNX files")
    line.add_argument("--gan", type=Path, help="checkpoint of a GAN to compare with")
    line.add_argument("--points", type=int, default=2048, help="points of each cloud")
    line.add_argument("--steps", type=int, help="to draw with; by default as space.json says")
    line.add_argument("--guidance", type=float, help="to draw with; by default as space.json says")
    line.add_argument("--seed", type=int, default=0)
    line.add_argument(
        "--draws",
        type=int,
        default=8,
        help="of each of the largest classes, which are small; their figures are means",
    )
    line.add_argument("--sheet", type=Path, help="PNG to write drawn shapes to")
    line.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure")
    return line


class Evaluation:
    """The data, the networks, and what is drawn."""

    def __init__(self, options: argparse.Namespace, space: Space) -> None:
        self.options, self.space = options, space
        self.shapes: Shapes = load_shapes(options.data)
        self.drawer = Drawer(prepared(self.shapes, options.samples))
        self.held = np.flatnonzero(self.shapes.held)
        self.kinds = self.shapes.classes[self.held]
        self.count: int = options.points
        asked = {"steps": options.steps, "guidance": options.guidance}
        told = {name: value for name, value in asked.items() if value is not None}
        space.facts = dataclasses.replace(space.facts, **told)

    def real(self) -> Set:
        """The held-out shapes."""
        return Set([self._real(each) for each in self.held.tolist()])

    def trained_on(self) -> Set:
        """As many shapes that were trained on, of the same classes."""
        train = np.flatnonzero(~self.shapes.held)
        chosen = np.empty_like(self.held)
        for kind in np.unique(self.kinds):
            these = train[self.shapes.classes[train] == kind]
            asked = self.kinds == kind
            chosen[asked] = self._chance(1).choice(these, asked.sum(), replace=False)
        return Set([self._real(each) for each in chosen.tolist()])

    def drawn(self) -> Set:
        """As many shapes from the flow, of the same classes."""
        clouds = self.clouds(self.kinds, self.count)
        print(f"{sum(cloud is None for cloud in clouds)} of {len(clouds)} have no surface")
        return self._set(clouds)

    def clouds(self, kinds: NDArray[np.int64], count: int) -> list[Cloud | None]:
        """Shapes of classes from the flow."""
        return self._draw(kinds, count, self._chance(0))

    def once_more(self, kind: int, draw: int) -> Set:
        """As many shapes of one class as were held out, drawn for the first, second, … time."""
        kinds = self.kinds[self.kinds == kind]
        chance = np.random.default_rng([self.options.seed + draw, 0])
        return self._set(self._draw(kinds, self.count, chance))

    def sheet(self) -> Image.Image:
        """Shapes from the flow, of the kinds of held-out ones as precisely as those are known."""
        finer = self.shapes.finer[self.held]
        kinds = np.where(finer < 0, self.kinds, finer)
        some = np.random.default_rng(self.options.seed).permutation(kinds)[:_SHOWN]
        return sheet(self.clouds(some, _POINTS), size=_SIZE)

    def gan(self, file: Path) -> Set:
        """As many clouds from a GAN, of the same classes."""
        tensors, facts = read_checkpoint(file)
        generator = Generator(GanConfig(**facts["run"]["config"]))
        generator.load_state_dict(select(tensors, "network.generator."))
        made = drawn_by(generator, self.kinds, self._chance(2))
        return Set([boxed(gan_cloud(each[: self.count]).points) for each in made])

    def again(self) -> tuple[float, float]:
        """Median Chamfer distances of held-out shapes: to what the autoencoder makes of them, and
        to other points of themselves.
        """
        given = [real(self.drawer, each, _SEEN) for each in self.held.tolist()]
        made = [given_back(self.space, cloud, self.count) for cloud in given]
        samples = self.drawer.samples.points[self.held]
        truth, other = Set(samples[:, : self.count]), Set(samples[:, self.count : 2 * self.count])
        found = Set([_points(cloud, self.count) for cloud in made])
        return float(np.median(found.beside(truth))), float(np.median(other.beside(truth)))

    def nearest(self, made: Set) -> float:
        """Median Chamfer distance to the nearest shape trained on."""
        train = np.flatnonzero(~self.shapes.held)
        known = Set([self._real(each)[:_FEWER] for each in train.tolist()])
        fewer = Set([cloud[:_FEWER] for cloud in made.clouds])
        return float(np.median(fewer.to(known).min(axis=1)))

    def _draw(
        self, kinds: NDArray[np.int64], count: int, chance: np.random.Generator
    ) -> list[Cloud | None]:
        return drawn(self.space, [self.shapes.labels[kind] for kind in kinds], count, chance)

    def _set(self, clouds: Sequence[Cloud | None]) -> Set:
        return Set([boxed(_points(cloud, self.count)) for cloud in clouds])

    def _chance(self, part: int) -> np.random.Generator:
        """A source of chance for each part, so that any of them can be measured alone."""
        return np.random.default_rng([self.options.seed, part])

    def _real(self, shape: int) -> NDArray[np.float32]:
        return boxed(real(self.drawer, shape, self.count).points)


def _points(cloud: Cloud | None, count: int) -> NDArray[np.float32]:
    """Of a cloud [count, 3]; all in the middle where nothing was made."""
    return np.zeros((count, 3), np.float32) if cloud is None else cloud.points


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0, or 2 where the data or the files are no good."""
    options = parser().parse_args(arguments)
    try:
        networks = runtime()
        try:
            _tell(Evaluation(options, Space.read(options.weights, networks)))
        finally:
            networks.close()
    except (StudioError, DataError, OSError, KeyError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _tell(evaluation: Evaluation) -> None:
    options, held = evaluation.options, evaluation.real()
    makers = {"drawn": evaluation.drawn, "trained": evaluation.trained_on}
    if options.gan:
        makers["gan"] = lambda: evaluation.gan(options.gan)
    sets = {part: make() for part, make in makers.items() if part in options.parts}
    if sets:
        _compare(evaluation, sets, held)
    if "nearest" in options.parts:
        for part, made in {**sets, "held out": held}.items():
            if part != "trained":
                near = 1000 * evaluation.nearest(made)
                print(f"{part}: {near:.2f} to the nearest trained on", flush=True)
    if "autoencoder" in options.parts:
        again, apart = (1000 * each for each in evaluation.again())
        print(f"autoencoder: {again:.2f} from held-out shapes; their own points: {apart:.2f}")
    if options.sheet:
        evaluation.sheet().save(options.sheet)


def _compare(evaluation: Evaluation, sets: dict[str, Set], held: Set) -> None:
    """Say how sets compare with what was held out, all of it and the largest classes."""
    among, kinds = held.within(), evaluation.kinds
    print("set, classes: minimum matching distance x 1000, coverage %, 1-NN accuracy %")
    for name, made in sets.items():
        own, between = made.within(), made.to(held)
        _say(f"{name}, all", len(kinds), [measure(own, between, among)])
        for kind, count in Counter(kinds.tolist()).most_common(_LARGEST):
            part = np.flatnonzero(kinds == kind)
            cut = np.ix_(part, part)
            if name == "drawn" and evaluation.options.draws:
                found = _drawn_often(evaluation, kind, held, among[cut])
            else:
                found = [measure(own[cut], between[cut], among[cut])]
            _say(f"{name}, {evaluation.shapes.labels[kind]}", count, found)


def _drawn_often(evaluation: Evaluation, kind: int, held: Set, among: Distances) -> list[Measured]:
    """A class of which shapes are drawn several times, for one time says little of a dozen."""
    truth = Set([held.clouds[place] for place in np.flatnonzero(evaluation.kinds == kind)])
    draws = (evaluation.once_more(kind, 1 + draw) for draw in range(evaluation.options.draws))
    return [measure(made.within(), made.to(truth), among) for made in draws]


def _say(name: str, count: int, found: Sequence[Measured]) -> None:
    matching, coverage, accuracy = (
        float(np.mean([getattr(each, what) for each in found]))
        for what in ("matching", "coverage", "accuracy")
    )
    print(
        f"{name} ({count}): {1000 * matching:.1f}, {100 * coverage:.0f}, {100 * accuracy:.0f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
