"""The training loop: batches, the log of losses, sample sheets, and checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from studio.training.checkpoint import gather, scatter
from studio.training.losses import Losses
from studio.training.run import read_run, write_run
from studio_image_gan.training.data import Labelling, Pictures, premultiplied, split
from studio_image_gan.training.learner import Learner, Progress
from studio_image_gan.training.sheets import contact_sheet, straight

_COLUMNS = (
    *("images", "cpu_seconds", "discriminator", "generator", "margin", "slope", "augmented"),
    *("pixels", "features", "nats", "hinge", "flow"),
)
_EXTRA_WEIGHT = 0.25  # an extra picture (a skin tone, say) is drawn a quarter as often


@dataclass(frozen=True)
class LoopConfig:
    """How long to train and how often to write.

    Attributes:
        images: Pictures to show in all.
        log_every: Steps between rows in the log.
        sheet_every: Pictures between sample sheets.
        save_every: Pictures between checkpoints.
    """

    images: int
    log_every: int = 100
    sheet_every: int = 20_000
    save_every: int = 10_000


class Batches:
    """Random training pictures, mirrored where that does no harm."""

    def __init__(
        self,
        pictures: Pictures,
        labelling: Labelling,
        batch: int,
        rng: torch.Generator,
        see: Callable[[Tensor], Tensor] = lambda real: real,
    ) -> None:
        """Prepare all training pictures.

        Args:
            pictures: The data.
            labelling: The classes to tell.
            batch: Pictures to a batch.
            rng: The source of chance.
            see: What to make of premultiplied pictures [N, 4, H, W] once, before they are drawn.
        """
        train, _ = split(pictures)
        plain = torch.from_numpy(premultiplied(pictures.rgba[train]))
        self._real = torch.stack([see(plain), see(plain.flip(3))])  # [2, N, ...]
        self._labels = torch.from_numpy(labelling.labels[train])
        self._mirror = torch.from_numpy(pictures.mirror[train])
        self._weights = torch.where(torch.from_numpy(pictures.extra[train]), _EXTRA_WEIGHT, 1.0)
        self._classes = len(labelling.classes)
        self._batch, self._rng = batch, rng

    def draw(self) -> tuple[Tensor, Tensor]:
        """What was seen of random pictures, [N, ...], and one-hot classes [N, C]."""
        picks = torch.multinomial(self._weights, self._batch, replacement=True, generator=self._rng)
        mirrored = self._mirror[picks] & (torch.rand(self._batch, generator=self._rng) < 0.5)
        real = self._real[mirrored.long(), picks]
        onehot = torch.nn.functional.one_hot(self._labels[picks], self._classes).float()
        return real.contiguous(memory_format=torch.channels_last), onehot


class Training:
    """A run in a folder, which it starts or goes on with."""

    def __init__(
        self,
        learner: Learner,
        batches: Batches,
        rng: torch.Generator,
        out: Path,
        config: LoopConfig,
        facts: dict[str, Any],
    ) -> None:
        self.learner, self.batches, self.rng = learner, batches, rng
        self.out, self.config, self.facts = out, config, facts
        self.shown, self.steps, self.cpu_seconds = 0, 0, 0.0
        self._losses = Losses(out, _COLUMNS)
        self._stop = False

    def resume(self) -> bool:
        """Take up the folder's checkpoint, if there is one.

        Raises:
            ValueError: The checkpoint belongs to a run with other networks, data or seed.
        """
        kept = read_run(self.out, self.facts)
        if kept is None:
            return False
        tensors, facts = kept
        self.rng.set_state(tensors.pop("rng"))
        scatter(tensors, self.learner.networks, self.learner.optimisers)
        self.shown, self.steps = facts["shown"], facts["steps"]
        self.cpu_seconds = facts["cpu_seconds"]
        self._losses.cut(self.shown)
        return True

    @property
    def finished(self) -> bool:
        """Whether the budget of pictures is used."""
        return self.shown >= self.config.images

    def stop(self) -> None:
        """End `run` after the step it is at; may be called from a signal handler."""
        self._stop = True

    def run(self, tell: Callable[[str], None] = print) -> None:
        """Train until the budget is used or `stop` is called, then write a checkpoint."""
        started = time.process_time() - self.cpu_seconds
        while not (self.finished or self._stop):
            real, onehot = self.batches.draw()
            progress = Progress(self.shown, self.config.images, self.steps)
            self._losses.add(self.learner.step(real, onehot, progress))
            before, self.shown = self.shown, self.shown + len(real)
            self.steps += 1
            self.cpu_seconds = time.process_time() - started
            if self.steps % self.config.log_every == 0:
                tell(self._log())
            if _passed(before, self.shown, self.config.sheet_every):
                self.draw_sheet()
            if _passed(before, self.shown, self.config.save_every):
                self.save()
        if self._losses.pending:
            tell(self._log())
        self.save()
        if self.finished:
            self.draw_sheet()

    def save(self) -> None:
        """Write the checkpoint."""
        tensors = gather(self.learner.networks, self.learner.optimisers)
        tensors["rng"] = self.rng.get_state()
        done = {"shown": self.shown, "steps": self.steps, "cpu_seconds": self.cpu_seconds}
        write_run(self.out, self.facts, tensors, done)

    def draw_sheet(self) -> None:
        """Write a sheet of 96 samples in the order of their classes, the same noise every time."""
        classes = len(self.facts["classes"])
        onehot = torch.eye(classes)[torch.arange(96) * classes // 96]
        pictures = self.learner.sample(onehot, torch.Generator().manual_seed(0))
        sheet = contact_sheet(straight(pictures.numpy().astype(np.float32)), columns=12)
        sheet.save(self.out / f"samples-{self.shown:08d}.png")

    def _log(self) -> str:
        return self._losses.write(images=self.shown, cpu_seconds=round(self.cpu_seconds, 1))


def _passed(before: int, after: int, every: int) -> bool:
    return before // every != after // every
