"""The training loop: steps, the log of losses, sheets to look at, and checkpoints to go on from.

All chance of a step comes from the run's seed and the step's number, so a run that was stopped goes
on exactly as it would have gone.
"""

from __future__ import annotations

import csv
import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from studio.training.checkpoint import gather, read_checkpoint, scatter, write_checkpoint

CHECKPOINT = "checkpoint.safetensors"
LOSSES = "losses.csv"


@dataclass(frozen=True)
class Progress:
    """Where training stands: steps done, and steps to do in all."""

    done: int
    total: int

    @property
    def share(self) -> float:
        """How much of the training is done, 0 to 1."""
        return self.done / self.total


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
        look: Called now and then with the number of steps, to draw shapes and to measure what
            was held out; gives more figures for the log.
    """

    def __init__(
        self,
        learner: Learner,
        out: Path,
        config: LoopConfig,
        facts: dict[str, Any],
        look: Callable[[int], dict[str, float]] | None = None,
    ) -> None:
        self.learner, self.out, self.config, self.facts = learner, out, config, facts
        self._look = look
        self.done, self.cpu_seconds = 0, 0.0
        self._stop = False
        self._sums: dict[str, list[float]] = defaultdict(list)

    def resume(self) -> bool:
        """Take up the folder's checkpoint, if there is one.

        Raises:
            ValueError: The checkpoint belongs to a run with other networks, data or seed.
        """
        path = self.out / CHECKPOINT
        if not path.exists():
            return False
        tensors, facts = read_checkpoint(path)
        if facts["run"] != json.loads(json.dumps(self.facts)):
            raise ValueError(f"{path} belongs to another run: {facts['run']} is not {self.facts}")
        scatter(tensors, self.learner.networks, self.learner.optimisers)
        self.done, self.cpu_seconds = facts["steps"], facts["cpu_seconds"]
        _cut_log(self.out / LOSSES, self.done)
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
            for name, value in self.learner.step(config.batch, rng, progress).items():
                self._sums[name].append(value)
            self.done += 1
            self.cpu_seconds = time.process_time() - started
            seen: dict[str, float] = {}
            if self._look and (self.done % config.look_every == 0 or self.finished):
                seen = self._look(self.done)
            if seen or self.done % config.log_every == 0 or self.finished:
                tell(self._log(seen))
            if self.done % config.save_every == 0:
                self.save()
        self.save()

    def save(self) -> None:
        """Write the checkpoint."""
        facts = {"run": self.facts, "steps": self.done, "cpu_seconds": self.cpu_seconds}
        tensors = gather(self.learner.networks, self.learner.optimisers)
        write_checkpoint(self.out / CHECKPOINT, tensors, facts)

    def _log(self, seen: dict[str, float]) -> str:
        row: dict[str, float] = {"steps": self.done, "cpu_seconds": round(self.cpu_seconds, 1)}
        for name, values in self._sums.items():
            row[name] = round(sum(values) / len(values), 5)
        row |= {name: round(value, 5) for name, value in seen.items()}
        self._sums.clear()
        path = self.out / LOSSES
        rows = [*_rows(path), {name: str(value) for name, value in row.items()}]
        _write_rows(path, rows)
        return ", ".join(f"{name} {value}" for name, value in row.items())


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    temporary = path.with_suffix(".partial")
    with temporary.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)


def _cut_log(path: Path, done: int) -> None:
    """Drop the rows that were logged after the checkpoint."""
    if path.exists():
        _write_rows(path, [row for row in _rows(path) if int(row["steps"]) <= done])
