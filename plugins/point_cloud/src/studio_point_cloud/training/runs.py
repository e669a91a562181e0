"""A run: its data, its stages, and what ships in the end."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from studio.training.loop import Learner, LoopConfig, Training
from studio_point_cloud.training import autoencoder_learner, flow_learner, gan_learner
from studio_point_cloud.training.autoencoder import AutoencoderConfig
from studio_point_cloud.training.autoencoder_learner import AutoencoderLearner, AutoencoderRecipe
from studio_point_cloud.training.data import Shapes
from studio_point_cloud.training.distances import prepared
from studio_point_cloud.training.draws import Drawer
from studio_point_cloud.training.export import Trained, export
from studio_point_cloud.training.flow import FlowConfig
from studio_point_cloud.training.flow_learner import FlowLearner, FlowRecipe
from studio_point_cloud.training.gan import GanConfig
from studio_point_cloud.training.gan_learner import GanLearner, GanRecipe
from studio_point_cloud.training.latents import kept, latents_of
from studio_point_cloud.training.looking import Look, look_at_autoencoder, look_at_flow, look_at_gan


class Run:
    """A run's data, networks and folder.

    Args:
        options: What the command line says.
        shapes: The data.
    """

    def __init__(self, options: argparse.Namespace, shapes: Shapes) -> None:
        self.options, self.shapes = options, shapes
        self.train, self.held = np.flatnonzero(~shapes.held), np.flatnonzero(shapes.held)
        self.half = options.precision == "bfloat16"
        file: Path = options.out / "samples.npz"
        self.drawer = Drawer(prepared(shapes, file, options.samples))

    def autoencoder(self) -> tuple[AutoencoderLearner, Training]:
        """The autoencoder's training, taken up from its checkpoint if there is one."""
        options = self.options
        torch.manual_seed(options.seed)
        recipe = AutoencoderRecipe(nat=options.nat, bfloat16=self.half)
        config = AutoencoderConfig(width=options.width)
        learner = AutoencoderLearner(config, recipe, self.drawer, self.train, options.device)
        folder = self._folder("autoencoder")
        look = look_at_autoencoder(learner, self.drawer, self.held, folder)
        loop = LoopConfig(options.steps, options.batch, options.seed, look_every=options.every)
        facts = {"config": dataclasses.asdict(config), "recipe": dataclasses.asdict(recipe)}
        losses = autoencoder_learner.LOSSES
        training = self._training(learner, folder, loop, facts, losses, look)
        if options.keep_encoder:
            learner.keep_encoder()
        return learner, training

    def flow(
        self, autoencoder: AutoencoderLearner, steps_before: int
    ) -> tuple[FlowLearner, Training]:
        """The flow's training, taken up from its checkpoint if there is one.

        Args:
            autoencoder: Whose tokens it learns to draw.
            steps_before: How many steps the autoencoder was trained for.
        """
        options, shapes, trio = self.options, self.shapes, autoencoder.average
        folder = self._folder("flow")
        whole = {
            "data_sha256": shapes.sha256,
            "seed": options.seed,
            "times": options.times,
            "steps": steps_before,
        }
        latents = kept(
            folder / "latents.safetensors",
            whole,
            lambda: latents_of(
                trio.encoder, self.drawer, self.train, options.times, options.seed, self.half
            ),
        )
        torch.manual_seed(options.seed)
        config = FlowConfig(len(shapes.labels), options.flow_width, options.flow_depth)
        recipe = FlowRecipe(bfloat16=self.half)
        learner = FlowLearner(config, recipe, latents, shapes.classes, shapes.finer, options.device)
        look = look_at_flow(learner, trio, shapes, folder)
        steps, batch = options.flow_steps, options.flow_batch
        loop = LoopConfig(steps, batch, options.seed, look_every=options.every)
        facts = {
            "times": options.times,
            "config": dataclasses.asdict(config),
            "recipe": dataclasses.asdict(recipe),
        }
        losses = flow_learner.LOSSES
        return learner, self._training(learner, folder, loop, facts, losses, look)

    def gan(self) -> tuple[GanLearner, Training]:
        """The GAN's training, taken up from its checkpoint if there is one."""
        options, shapes = self.options, self.shapes
        torch.manual_seed(options.seed)
        config = GanConfig(len(shapes.kinds))
        recipe = GanRecipe(bfloat16=self.half)
        learner = GanLearner(
            config, recipe, self.drawer, self.train, shapes.classes, options.device
        )
        folder = self._folder("gan")
        look = look_at_gan(learner, shapes, folder)
        loop = LoopConfig(options.gan_steps, 32, options.seed, look_every=options.every)
        facts = {"config": dataclasses.asdict(config), "recipe": dataclasses.asdict(recipe)}
        losses = gan_learner.LOSSES
        return learner, self._training(learner, folder, loop, facts, losses, look)

    def export(self, autoencoder: AutoencoderLearner, flow: FlowLearner) -> Path:
        """Write what ships; gives the folder."""
        trio, standard, options = autoencoder.average, flow.standard, self.options
        trained = Trained(
            trio.encoder,
            trio.decoder,
            trio.field,
            flow.average,
            self.shapes.labels,
            standard.mean,
            standard.deviation,
            options.draw_steps,
            options.guidance,
        )
        folder: Path = options.out / "export"
        export(trained, folder)
        return folder

    def _folder(self, name: str) -> Path:
        folder: Path = self.options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _training(
        self,
        learner: Learner,
        folder: Path,
        loop: LoopConfig,
        facts: dict[str, Any],
        losses: Sequence[str],
        look: Look,
    ) -> Training:
        whole = {
            "seed": loop.seed,
            "batch": loop.batch,
            "data_sha256": self.shapes.sha256,
            **facts,
        }
        training = Training(learner, folder, loop, whole, losses, look)
        training.resume()
        return training
