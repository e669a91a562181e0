"""Sheets that a training writes now and then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio_point_cloud.clouds import Cloud
from studio_point_cloud.training.autoencoder_learner import AutoencoderLearner, Trio
from studio_point_cloud.training.data import Shapes
from studio_point_cloud.training.drawing import drawn, facts_of, given_back, live_space
from studio_point_cloud.training.draws import Drawer
from studio_point_cloud.training.flow_learner import FlowLearner
from studio_point_cloud.training.gan_learner import GanLearner, drawn_by
from studio_point_cloud.training.sheets import sheet

Look = Callable[[int], dict[str, float]]
_DRAWN = 32  # shapes on a sheet
_POINTS = 8192  # of each


def real(drawer: Drawer, shape: int, count: int | None = None) -> Cloud:
    """The first points of a shape as it is."""
    samples = drawer.samples
    return Cloud(
        samples.points[shape, :count].astype(np.float32),
        samples.normals[shape, :count].astype(np.float32) / np.float32(127),
        samples.colours[shape, :count].astype(np.float32) / np.float32(255),
    )


def look_at_autoencoder(
    learner: AutoencoderLearner, drawer: Drawer, held: NDArray[np.int64], folder: Path
) -> Look:
    """Measure held-out shapes, and draw some of them with what becomes of them beside each."""
    some = np.random.default_rng(0).permutation(held)[: _DRAWN // 2]

    def look(steps: int) -> dict[str, float]:
        space = live_space(learner.average)
        clouds: list[Cloud | None] = []
        for each in some.tolist():
            cloud = real(drawer, each)
            clouds += [cloud, given_back(space, cloud, _POINTS)]
        sheet(clouds).save(folder / f"held-{steps:06}.png")
        return learner.check(held)

    return look


def look_at_flow(learner: FlowLearner, trio: Trio, shapes: Shapes, folder: Path) -> Look:
    """Draw shapes of the classes of held-out ones."""
    held = np.flatnonzero(shapes.held)
    some = np.random.default_rng(0).permutation(held)[:_DRAWN]
    standard = learner.standard
    facts = facts_of(shapes.labels, standard.mean.numpy(), standard.deviation.numpy())
    labels = [shapes.labels[kind] for kind in shapes.classes[some]]

    def look(steps: int) -> dict[str, float]:
        space = live_space(trio, learner.average, facts)
        clouds = drawn(space, labels, _POINTS, np.random.default_rng(0))
        sheet(clouds).save(folder / f"drawn-{steps:06}.png")
        return {}

    return look


def look_at_gan(learner: GanLearner, shapes: Shapes, folder: Path) -> Look:
    """Draw clouds of the classes of held-out shapes."""
    held = np.flatnonzero(shapes.held)
    some = np.random.default_rng(0).permutation(held)[:_DRAWN]

    def look(steps: int) -> dict[str, float]:
        made = drawn_by(learner.generator, shapes.classes[some], np.random.default_rng(0))
        clouds = [gan_cloud(each) for each in made]
        sheet(clouds).save(folder / f"drawn-{steps:06}.png")
        return {}

    return look


def gan_cloud(points: NDArray[np.float32]) -> Cloud:
    """A cloud of the GAN's [n, 6], which knows no normals: they are all upwards."""
    up = np.tile(np.array([0, 1, 0], np.float32), (len(points), 1))
    return Cloud(points[:, :3], up, points[:, 3:])
