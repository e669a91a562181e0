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
from collections.abc import Iterator
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
from studio_point_cloud.training.measures import Distances, Set, boxed, measure
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
        return Set([boxed(_points(cloud, self.count)) for cloud in clouds])

    def clouds(self, kinds: NDArray[np.int64], count: int) -> list[Cloud | None]:
        """Shapes of classes from the flow."""
        labels = [self.shapes.labels[kind] for kind in kinds]
        return drawn(self.space, labels, count, self._chance(0))

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
    """Say how sets compare with what was held out."""
    among = held.within()
    print("set, classes: minimum matching distance x 1000, coverage %, 1-NN accuracy %")
    for name, made in sets.items():
        for line in _lines(evaluation, made.within(), made.to(held), among):
            print(f"{name}, {line}", flush=True)


def _lines(
    evaluation: Evaluation, made: Distances, between: Distances, among: Distances
) -> Iterator[str]:
    """What was measured, of all classes and of the largest."""
    kinds = evaluation.kinds
    parts = {"all": np.arange(len(kinds))}
    for kind, _ in Counter(kinds.tolist()).most_common(_LARGEST):
        parts[evaluation.shapes.labels[kind]] = np.flatnonzero(kinds == kind)
    for name, part in parts.items():
        cut = np.ix_(part, part)
        found = measure(made[cut], between[cut], among[cut])
        yield (
            f"{name} ({len(part)}): {1000 * found.matching:.2f}, {100 * found.coverage:.0f}, "
            f"{100 * found.accuracy:.0f}"
        )


if __name__ == "__main__":
    sys.exit(main())
