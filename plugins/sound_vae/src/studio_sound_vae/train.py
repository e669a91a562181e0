"""Train the sound VAE: `python -m studio_sound_vae.train DATA --out FOLDER`.

First the autoencoder (FOLDER/vae), then the prior over its latents (FOLDER/prior), then what ships
(FOLDER/export). Each stage writes `losses.csv`, sounds to listen to, and a checkpoint.
"""

# ruff: noqa: T201 - a command line program talks

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from studio_sound_vae.training.augment import Drawer, Source, look, oversample
from studio_sound_vae.training.card import training_card
from studio_sound_vae.training.data import DataError, Recordings, load_recordings, split
from studio_sound_vae.training.export import Trained, export
from studio_sound_vae.training.latents import Latents, draw_latents, latents_of
from studio_sound_vae.training.listen import Listener
from studio_sound_vae.training.loop import CHECKPOINT, LoopConfig, Training
from studio_sound_vae.training.prior import PriorConfig
from studio_sound_vae.training.prior_learner import PriorLearner, PriorRecipe
from studio_sound_vae.training.vae import VaeConfig
from studio_sound_vae.training.vae_learner import VaeLearner, VaeRecipe


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m studio_sound_vae.train", description=__doc__)
    line.add_argument("data", type=Path, help="folder of WAV files, in a sub-folder for each class")
    line.add_argument("--out", type=Path, required=True, help="folder for everything written")
    line.add_argument("--steps", type=int, default=3000, help="steps of the autoencoder")
    line.add_argument("--batch", type=int, default=16, help="sounds to a step of the autoencoder")
    line.add_argument("--prior-steps", type=int, default=4000, help="steps of the prior")
    line.add_argument("--draws", type=int, default=12_000, help="sounds that the prior learns from")
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
        """The autoencoder's stage, taken up from its checkpoint if there is one."""
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
        loop = LoopConfig(options.steps, options.batch, options.seed, sound_every=options.every)
        folder = self._folder("vae")
        listener = Listener(learner, self.held, folder)
        return learner, self._training(learner, folder, loop, listener.listen)

    def prior(self, vae: VaeLearner) -> tuple[PriorLearner, Training, Latents]:
        """The prior's stage, and the latents it learns from."""
        options = self.options
        kinds = self.recordings.kinds
        drawer = Drawer(self.sources, made=0.25, mixed=0.0, semitones=2.0)
        drawn = draw_latents(vae.encoder, drawer, kinds, options.draws, options.seed + 1)
        held = latents_of(
            vae.encoder, [look(item.samples, item.kind, item.pitch) for item in self.held], kinds
        )
        torch.manual_seed(options.seed)
        config = PriorConfig(vae.config.latent, len(kinds) + 2)
        learner = PriorLearner(config, PriorRecipe(), drawn, held)
        loop = LoopConfig(
            options.prior_steps, 256, options.seed, log_every=200, sound_every=500, save_every=500
        )
        folder = self._folder("prior")
        checkpoint = (options.out / "vae" / CHECKPOINT).read_bytes()
        facts = {"draws": options.draws, "vae_sha256": hashlib.sha256(checkpoint).hexdigest()}
        training = self._training(learner, folder, loop, lambda _: learner.check(), facts)
        return learner, training, drawn

    def _folder(self, name: str) -> Path:
        folder: Path = self.options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _training(
        self,
        learner: Any,
        folder: Path,
        loop: LoopConfig,
        listen: Any,
        facts: dict[str, Any] | None = None,
    ) -> Training:
        told = {
            "stage": folder.name,
            "seed": self.options.seed,
            "batch": loop.batch,
            "data_sha256": self.recordings.sha256,
            "config": dataclasses.asdict(learner.config),
            "recipe": dataclasses.asdict(learner.recipe),
            **(facts or {}),
        }
        training = Training(learner, folder, loop, told, listen)
        training.resume()
        return training


def finish(
    run: Run, vae: VaeLearner, prior: PriorLearner, drawn: Latents, stages: list[Training]
) -> None:
    """Write what ships, and its model card."""
    recordings, options = run.recordings, run.options
    train, _ = split(recordings)
    counts = [0] * len(recordings.kinds)
    for index in train:
        counts[recordings.kinds.index(recordings.items[index].kind)] += 1
    # Rare classes come up more often than they are common, and still less often than others.
    weights = [count**0.5 for count in counts]
    shares = tuple(weight / sum(weights) for weight in weights)
    learned = Trained(
        *(vae.encoder, vae.decoder, prior.prior, prior.mean, prior.deviation),
        *(drawn, recordings.kinds, shares),
    )
    folder = options.out / "export"
    export(learned, folder)
    card = training_card(options.data, recordings, stages)
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
        vae, first = run.vae()
        if not _finished(first):
            return 130
        prior, second, drawn = run.prior(vae)
        if not _finished(second):
            return 130
        finish(run, vae, prior, drawn, [first, second])
    except (DataError, OSError, ValueError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _finished(training: Training) -> bool:
    """Run a stage; whether it came to its end."""
    with _signals(training):
        training.run()
    if not training.finished:
        print(f"stopped after {training.done} steps; the same command goes on from here")
    return training.finished


@contextmanager
def _signals(training: Training) -> Iterator[None]:
    """Let Ctrl-C and termination end the training after the step it is at."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: training.stop()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
