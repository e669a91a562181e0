"""One training step of the prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from studio_sound_vae.training.latents import Latents
from studio_sound_vae.training.loop import Progress
from studio_sound_vae.training.prior import Prior, PriorConfig


@dataclass(frozen=True)
class PriorRecipe:
    """How the prior learns.

    Attributes:
        rate: Learning rate at its highest.
        decay: Of the weights.
        untold: How often the pitch is kept from it, so that it also draws without one.
    """

    rate: float = 5e-4
    decay: float = 0.05
    untold: float = 0.5


class PriorLearner:
    """The flow over standardised latents, and its optimiser."""

    def __init__(
        self, config: PriorConfig, recipe: PriorRecipe, seen: Latents, held: Latents
    ) -> None:
        self.config, self.recipe = config, recipe
        self.prior = Prior(config)
        self.mean = seen.mean.mean(dim=0)
        self.deviation = (seen.mean.var(dim=0) + seen.spread.exp().mean(dim=0)).sqrt()
        self._seen, self._held = seen, held
        optimiser = torch.optim.AdamW(
            self.prior.parameters(), recipe.rate, weight_decay=recipe.decay
        )
        self.networks: dict[str, nn.Module] = {"prior": self.prior}
        self.optimisers = {"prior": optimiser}

    def step(self, batch: int, rng: np.random.Generator, progress: Progress) -> dict[str, float]:
        """Learn from a batch of latents; gives their nats."""
        picked = self._seen.picked(torch.from_numpy(rng.integers(len(self._seen.mean), size=batch)))
        noise = torch.from_numpy(rng.standard_normal(picked.mean.shape, np.float32))
        known = torch.from_numpy(rng.random(batch) >= self.recipe.untold)
        told = picked.told.clone()
        told[:, -2:] *= known[:, None]
        for group in self.optimisers["prior"].param_groups:
            group["lr"] = self.recipe.rate * progress.pace()
        nats = self.prior.nats(self._standard(picked.drawn(noise)), told).mean()
        self.optimisers["prior"].zero_grad(set_to_none=True)
        nats.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.prior.parameters(), 5.0)
        self.optimisers["prior"].step()
        return {"nats": float(nats.detach())}

    def check(self) -> dict[str, float]:
        """The nats of sounds not trained on."""
        rng = torch.Generator().manual_seed(0)
        noise = torch.randn(self._held.mean.shape, generator=rng)
        with torch.no_grad():
            nats = self.prior.nats(self._standard(self._held.drawn(noise)), self._held.told)
        return {"held_nats": float(nats.mean())}

    def _standard(self, latents: Tensor) -> Tensor:
        return (latents - self.mean) / self.deviation
