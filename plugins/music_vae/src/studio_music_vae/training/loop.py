"""The training loop: the log of losses, samples to listen to, and checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from studio.training.checkpoint import gather, scatter
from studio.training.losses import Losses
from studio.training.run import read_run, write_run
from studio.training.steps import Progress
from studio_music_vae.training.learner import Learner
from studio_music_vae.training.listening import write_midi

_COLUMNS = ("steps", "cpu_seconds", "error", "nats", "beta", "flow")


@dataclass(frozen=True)
class LoopConfig:
    """How long to train and how often to write, in steps."""

    steps: int
    log_every: int = 50
    save_every: int = 250
    listen_every: int = 1000


class Training:
    """A run in a folder, which it starts or goes on with."""

    def __init__(
        self,
        learner: Learner,
        rng: torch.Generator,
        out: Path,
        config: LoopConfig,
        facts: dict[str, Any],
    ) -> None:
        self.learner, self.rng = learner, rng
        self.out, self.config, self.facts = out, config, facts
        self.steps, self.cpu_seconds = 0, 0.0
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
        for name, value in self.learner.state.items():
            value.copy_(tensors.pop(f"state.{name}"))
        scatter(tensors, self.learner.networks, self.learner.optimisers)
        self.steps, self.cpu_seconds = facts["steps"], facts["cpu_seconds"]
        self._losses.cut(self.steps)
        return True

    @property
    def finished(self) -> bool:
        """Whether all steps are taken."""
        return self.steps >= self.config.steps

    def stop(self) -> None:
        """End `run` after the step it is at; may be called from a signal handler."""
        self._stop = True

    def run(self, tell: Callable[[str], None] = print) -> None:
        """Train until all steps are taken or `stop` is called, then write a checkpoint."""
        started = time.process_time() - self.cpu_seconds
        began_finished = self.finished
        while not (self.finished or self._stop):
            self._losses.add(self.learner.step(Progress(self.steps, self.config.steps)))
            self.steps += 1
            self.cpu_seconds = time.process_time() - started
            if self.steps % self.config.log_every == 0:
                tell(self._log())
            if self.steps % self.config.listen_every == 0:
                self.write_samples()
            if self.steps % self.config.save_every == 0:
                self.save()
        if self._losses.pending:
            tell(self._log())
        if not began_finished:
            self.save()
            if self.finished:
                self.write_samples()

    def save(self) -> None:
        """Write the checkpoint."""
        tensors = gather(self.learner.networks, self.learner.optimisers)
        tensors["rng"] = self.rng.get_state()
        tensors |= {f"state.{name}": value for name, value in self.learner.state.items()}
        done = {"steps": self.steps, "cpu_seconds": self.cpu_seconds}
        write_run(self.out, self.facts, tensors, done)

    def write_samples(self) -> None:
        """Write samples as MIDI files."""
        for name, score in self.learner.samples().items():
            write_midi(score, self.out / f"{name}-{self.steps:06d}.mid")

    def _log(self) -> str:
        return self._losses.write(steps=self.steps, cpu_seconds=round(self.cpu_seconds, 1))
