"""A training loop: steps, the log of losses, and checkpoints to go on from.

All chance of a step comes from the run's seed and the step's number, so a run that was stopped goes
on exactly as it would have gone. A trainer that counts otherwise has a loop of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from studio.training.checkpoint import gather, scatter
from studio.training.losses import Losses
from studio.training.run import read_run, stopped_by_signals, write_run
from studio.training.steps import Progress


class Learner(Protocol):
    """Networks that can take a training step."""

    networks: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Optimizer]

    def step(self, batch: int, rng: np.random.Generator, progress: Progress) -> dict[str, float]:
        """Take one step; gives its losses by name."""


@dataclass(frozen=True)
class LoopConfig:
    """How long to train and how often to write; everything in steps."""

    steps: int
    batch: int
    seed: int = 0
    log_every: int = 50
    look_every: int = 1000
    save_every: int = 250


class Training:
    """A run in a folder, which it starts or goes on with.

    Args:
        learner: What learns.
        out: Its folder.
        config: How long, and how often to write.
        facts: What the run was asked to do; another run's checkpoint is refused by it.
        columns: Names of what is logged: the learner's losses, and what `look` gives.
        look: Called now and then with the number of steps, to write samples and to measure what
            was held out; gives more figures for the log.
    """

    def __init__(
        self,
        learner: Learner,
        out: Path,
        config: LoopConfig,
        facts: dict[str, Any],
        columns: Sequence[str],
        look: Callable[[int], dict[str, float]] | None = None,
    ) -> None:
        self.learner, self.out, self.config, self.facts = learner, out, config, facts
        self._look = look
        self.done, self.cpu_seconds = 0, 0.0
        self._losses = Losses(out, ("steps", "cpu_seconds", *columns))
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
        scatter(tensors, self.learner.networks, self.learner.optimisers)
        self.done, self.cpu_seconds = facts["steps"], facts["cpu_seconds"]
        self._losses.cut(self.done)
        return True

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.done >= self.config.steps

    def stop(self) -> None:
        """End `run` after the step it is at; may be called from a signal handler."""
        self._stop = True

    def run(self, tell: Callable[[str], None] = print) -> None:
        """Train until all steps are done or `stop` is called, then write a checkpoint."""
        started = time.process_time() - self.cpu_seconds
        config = self.config
        while not (self.finished or self._stop):
            rng = np.random.default_rng([config.seed, self.done])
            progress = Progress(self.done, config.steps)
            self._losses.add(self.learner.step(config.batch, rng, progress))
            self.done += 1
            self.cpu_seconds = time.process_time() - started
            seen: dict[str, float] = {}
            if self._look and (self.done % config.look_every == 0 or self.finished):
                seen = self._look(self.done)
            if seen or self.done % config.log_every == 0 or self.finished:
                seconds = round(self.cpu_seconds, 1)
                tell(self._losses.write(steps=self.done, cpu_seconds=seconds, **seen))
            if self.done % config.save_every == 0:
                self.save()
        self.save()

    def finish(self, tell: Callable[[str], None] = print) -> bool:
        """Run, kindly stopped by signals; whether it came to its end, and if not, say so."""
        with stopped_by_signals(self.stop):
            self.run(tell)
        if not self.finished:
            tell(f"stopped after {self.done} steps; the same command goes on from here")
        return self.finished

    def save(self) -> None:
        """Write the checkpoint."""
        tensors = gather(self.learner.networks, self.learner.optimisers)
        done = {"steps": self.done, "cpu_seconds": self.cpu_seconds}
        write_run(self.out, self.facts, tensors, done)
