"""The training loop: steps, the log of losses, samples, and checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.training.checkpoint import gather, scatter
from studio.training.losses import Losses
from studio.training.run import read_run, write_run
from studio.training.steps import half_precision
from studio_text_lm.training.curve import draw_curve
from studio_text_lm.training.lstm import Lstm
from studio_text_lm.training.network import Gpt
from studio_text_lm.training.optimiser import Recipe, optimisers, set_rates
from studio_text_lm.training.windows import Tokens, Windows

CURVE = "losses.png"
_COLUMNS = ("tokens", "seconds", "cpu_seconds", "rate", "train", "held")


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long to train, and how often to write.

    Attributes:
        tokens: Tokens to show in all; None where time is the measure.
        minutes: Minutes to train in all; None where tokens are the measure.
        log_every: Steps between rows in the log.
        look_every: Rows in the log between measurements of the held-out loss, with samples.
        save_every: Seconds between checkpoints.
    """

    tokens: int | None = None
    minutes: float | None = None
    log_every: int = 20
    look_every: int = 5
    save_every: float = 120.0


class Training:
    """A run in a folder, which it starts or goes on with."""

    def __init__(
        self,
        network: Gpt | Lstm,
        recipe: Recipe,
        windows: Windows,
        held: Tokens,
        out: Path,
        budget: Budget,
        facts: dict[str, Any],
        sample: Callable[[Gpt | Lstm], str],
        compiled: bool = False,
    ) -> None:
        """Get ready.

        Args:
            network: Maps tokens [batch, time] to logits.
            recipe: How to train it.
            windows: Where batches come from.
            held: Held-out windows [count, context + 1] to measure with on the way.
            out: The run's folder.
            budget: How long.
            facts: What the run is; a checkpoint of other facts is refused.
            sample: Writes some text, to look at on the way.
            compiled: Compile the steps, one program for each length of windows.
        """
        self.network, self.recipe, self.windows, self.held = network, recipe, windows, held
        self.device = next(network.parameters()).device
        self.out, self.budget, self.facts, self.sample = out, budget, facts, sample
        self.optimisers = optimisers(network, recipe)
        self.shown, self.steps, self.seconds, self.cpu_seconds = 0, 0, 0.0, 0.0
        self._step_loss = torch.compile(self.loss, dynamic=False) if compiled else self.loss
        self._stop = False
        self.mixed = 0.0
        self._losses = Losses(out, _COLUMNS)
        self._rows = 0

    def resume(self) -> bool:
        """Take up the folder's checkpoint, if there is one.

        Raises:
            ValueError: The checkpoint belongs to a run with another network, data or seed.
        """
        kept = read_run(self.out, self.facts)
        if kept is None:
            return False
        tensors, facts = kept
        scatter(tensors, *self._kept())
        self.windows.restore(facts["windows"])
        self.shown, self.steps, self._rows = facts["shown"], facts["steps"], facts["rows"]
        self.seconds, self.cpu_seconds = facts["seconds"], facts["cpu_seconds"]
        self.mixed = facts.get("mixed", 0.0)
        self._losses.cut(self.shown)
        return True

    @property
    def progress(self) -> float:
        """Share of the budget that is used, 0..1."""
        if self.budget.tokens is not None:
            return min(1.0, self.shown / self.budget.tokens)
        return min(1.0, self.seconds / (60 * (self.budget.minutes or 1)))

    @property
    def finished(self) -> bool:
        """Whether the budget is used."""
        return self.progress >= 1

    def stop(self) -> None:
        """End `run` after the step it is at; may be called from a signal handler."""
        self._stop = True

    def run(self, tell: Callable[[str], None] = print) -> None:
        """Train until the budget is used or `stop` is called, then write a checkpoint."""
        saved = time.monotonic()
        while not (self.finished or self._stop):
            wall, processor = time.monotonic(), time.process_time()
            self._losses.add({"train": self.step()})
            if self.steps % self.budget.log_every == 0:
                tell(self._log())
            self.seconds += time.monotonic() - wall
            self.cpu_seconds += time.process_time() - processor
            if time.monotonic() - saved > self.budget.save_every:
                self.save()
                saved = time.monotonic()
        self.save()  # first of all: what follows takes a while, and somebody may be in haste
        if self._losses.pending:
            tell(self._log(look=True))
            self.save()

    @torch.no_grad()
    def mix_in(self, before: nn.Module, share: float) -> None:
        """Move the weights back by a share of the way from those that the run began with, once.

        Between two models that one run leads to there is often a better one (Wortsman et al. 2022,
        "Robust fine-tuning of zero-shot models", section 3).

        Raises:
            ValueError: Another share has been mixed in before.
        """
        if self.mixed not in (0.0, share):
            raise ValueError(
                f"{self.out} has {self.mixed:g} of what it began from mixed in already, "
                f"not {share:g}; train into another folder"
            )
        if self.mixed:
            return
        old = before.state_dict()
        for name, weight in self.network.state_dict().items():
            weight.lerp_(old[name].to(weight), share)
        self.mixed = share
        self.save()

    def step(self) -> float:
        """One step of the optimisers; the mean loss in nats per token."""
        length = self._length()
        rows = max(1, self.recipe.batch // length)
        batch = self._tensor(self.windows.draw(rows, length))
        parts = torch.split(batch, max(1, self.recipe.micro // length))
        torch.manual_seed(self.steps)  # dropout; a run taken up again draws as it would have
        self.network.train()
        total = 0.0
        for part in parts:
            loss = self._step_loss(part) * (len(part) / rows)
            torch.autograd.backward(loss)
            total += loss.item()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        set_rates(self.optimisers, self.recipe, self.progress)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        self.shown += rows * length
        self.steps += 1
        return total

    def _tensor(self, tokens: Tokens) -> Tensor:
        return torch.from_numpy(tokens).long().to(self.device)

    def _length(self) -> int:
        context = self.network.config.context
        return context // 2 if self.progress < self.recipe.short else context

    def loss(self, windows: Tensor) -> Tensor:
        """Mean nats per token of windows [count, time + 1]."""
        with half_precision(self.device.type, self.recipe.bfloat16):
            logits = self.network(windows[:, :-1])
        return functional.cross_entropy(logits.flatten(0, 1).float(), windows[:, 1:].flatten())

    @torch.no_grad()
    def held_loss(self) -> float:
        """Mean nats per token of the held-out windows."""
        self.network.eval()
        parts = torch.split(self._tensor(self.held), 8)
        return sum(self.loss(part).item() * len(part) for part in parts) / len(self.held)

    def save(self) -> None:
        """Write the checkpoint."""
        done = {
            "windows": self.windows.state(),
            "shown": self.shown,
            "steps": self.steps,
            "rows": self._rows,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "mixed": self.mixed,
        }
        write_run(self.out, self.facts, gather(*self._kept()), done)

    def _kept(self) -> tuple[dict[str, nn.Module], dict[str, torch.optim.Optimizer]]:
        """What a checkpoint holds, by name: the network's own parts, and the optimisers."""
        numbered = {str(place): each for place, each in enumerate(self.optimisers)}
        return dict(self.network.named_children()), numbered

    def _log(self, look: bool = False) -> str:
        row = {
            "tokens": self.shown,
            "seconds": round(self.seconds, 1),
            "cpu_seconds": round(self.cpu_seconds, 1),
            "rate": self.optimisers[-1].param_groups[0]["lr"] / self.recipe.adam_rate,
        }
        self._rows += 1
        look = look or self._rows % self.budget.look_every == 0
        if look:
            row["held"] = self.held_loss()
            self._write_sample()
        words = self._losses.write(**row)
        if look:
            draw_curve(self._losses.rows(), self.out / CURVE)
        return words

    def _write_sample(self) -> None:
        folder = self.out / "samples"
        folder.mkdir(exist_ok=True)
        self.network.eval()
        text = self.sample(self.network)
        (folder / f"{self.shown:010d}.txt").write_text(text, encoding="utf-8")
