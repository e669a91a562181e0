"""Train the sound VAE: `python -m studio_sound_vae.train DATA --out FOLDER`.

The autoencoder learns in FOLDER/vae, which gets `losses.csv`, sounds to listen to and a checkpoint;
what ships is written to FOLDER/export.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import dataclasses
import sys
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from studio.training.loop import LoopConfig, Training
from studio_sound_vae.training.augment import Drawer, Source, look, oversample
from studio_sound_vae.training.card import training_card
from studio_sound_vae.training.data import DataError, Recordings, load_recordings, split
from studio_sound_vae.training.export import Trained, export
from studio_sound_vae.training.latents import Latents, latents_of
from studio_sound_vae.training.listen import Listener
from studio_sound_vae.training.vae import VaeConfig
from studio_sound_vae.training.vae_learner import LOSSES, VaeLearner, VaeRecipe


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_sound_vae.train", description=__doc__)
    line.add_argument("data", type=Path, help="folder of WAV files, in a sub-folder for each class")
    line.add_argument("--out", type=Path, required=True, help="folder for everything written")
    line.add_argument("--steps", type=int, default=3000, help="steps of the autoencoder")
    line.add_argument("--batch", type=int, default=16, help="sounds to a step of the autoencoder")
    line.add_argument("--draws", type=int, default=1500, help="more sounds to draw near to")
    line.add_argument("--code", type=int, default=VaeConfig.code, help="numbers at each place")
    line.add_argument("--width", type=int, default=VaeConfig.width, help="width of the networks")
    line.add_argument("--nat", type=float, default=VaeRecipe.nat, help="what a nat of latent costs")
    line.add_argument("--every", type=int, default=1000, help="steps between sounds to listen to")
    line.add_argument("--seed", type=int, default=0)
    line.add_argument("--device", default="cpu", help="where the networks learn: cpu or cuda")
    line.add_argument(
        "--precision",
        choices=("bfloat16", "float32"),
        default="bfloat16",
        help="bfloat16 is about twice as fast on processors that know it",
    )
    return line


class Run:
    """A run's data, networks and folder."""

    def __init__(self, options: argparse.Namespace, recordings: Recordings) -> None:
        self.options, self.recordings = options, recordings
        train, held = split(recordings)
        self.held = [recordings.items[index] for index in held]
        self.sources = [
            Source(oversample(item.samples), item.kind, item.pitch)
            for item in (recordings.items[index] for index in train)
        ]

    def vae(self) -> tuple[VaeLearner, Training]:
        """The autoencoder's training, taken up from its checkpoint if there is one."""
        options = self.options
        torch.manual_seed(options.seed)
        recipe = VaeRecipe(nat=options.nat, bfloat16=options.precision == "bfloat16")
        learner = VaeLearner(
            VaeConfig(options.code, options.width),
            recipe,
            Drawer(self.sources),
            options.seed,
            options.device,
        )
        loop = LoopConfig(options.steps, options.batch, options.seed, look_every=options.every)
        folder: Path = options.out / "vae"
        folder.mkdir(parents=True, exist_ok=True)
        facts = {
            "seed": options.seed,
            "batch": options.batch,
            "data_sha256": self.recordings.sha256,
            "config": dataclasses.asdict(learner.config),
            "recipe": dataclasses.asdict(learner.recipe),
        }
        listener = Listener(learner, self.held, folder)
        training = Training(learner, folder, loop, facts, LOSSES, listener.listen)
        training.resume()
        return learner, training

    def latents(self, vae: VaeLearner) -> Latents:
        """Those of the recordings trained on, and of more sounds like them.

        What is made by formula is left out where nobody has recorded anything of its class.
        """
        train, _ = split(self.recordings)
        kinds = self.recordings.kinds
        items = [self.recordings.items[index] for index in train]
        whole = (look(item.samples, item.kind, item.pitch) for item in items)
        drawer = Drawer(self.sources, made=0.2, mixed=0.0, semitones=2.0)
        rng = np.random.default_rng([self.options.seed, 1])
        drawn = (drawer.draw(rng) for _ in range(self.options.draws))
        more = (sound for sound in drawn if sound.kind in kinds)
        return latents_of(vae.encoder, chain(whole, more), kinds)


def finish(run: Run, vae: VaeLearner, training: Training) -> None:
    """Write what ships, and its model card."""
    recordings, options = run.recordings, run.options
    train, _ = split(recordings)
    counts = [0] * len(recordings.kinds)
    for index in train:
        counts[recordings.kinds.index(recordings.items[index].kind)] += 1
    # Rare classes come up more often than they are common, and still less often than others.
    weights = [count**0.5 for count in counts]
    shares = tuple(weight / sum(weights) for weight in weights)
    trained = Trained(vae.encoder, vae.decoder, run.latents(vae), recordings.kinds, shares)
    folder = options.out / "export"
    export(trained, folder)
    card = training_card(options.data, recordings, training)
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when all steps are done, 2 where the data or the folder is no good, 130 when stopped by
        Ctrl-C or a termination signal; the same command goes on from there.
    """
    options = parser().parse_args(arguments)
    try:
        recordings = load_recordings(options.data)
        options.out.mkdir(parents=True, exist_ok=True)
        run = Run(options, recordings)
        vae, training = run.vae()
        if not training.finish():
            return 130
        finish(run, vae, training)
    except (DataError, OSError, ValueError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
