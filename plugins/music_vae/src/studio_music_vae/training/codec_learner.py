"""Training of the autoencoder at a rate that is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from studio.api import Score
from studio.training.steps import Progress, descend, half_precision, set_rate
from studio_music_vae.grid import OFF
from studio_music_vae.training.baselines import FlatDecoder
from studio_music_vae.training.codec import (
    CodecConfig,
    Decoder,
    Encoder,
    groove_features,
    groove_loss,
    kl_divergence,
    melody_loss,
)
from studio_music_vae.training.data import Pieces
from studio_music_vae.training.learner import Average, optimiser_of
from studio_music_vae.training.listening import score_of
from studio_music_vae.training.phrases import Changes, Source


@dataclass(frozen=True, kw_only=True)
class CodecRecipe:
    """How the autoencoder is trained.

    Attributes:
        batch: Phrases in a step.
        nats: The rate of the latent, the divergence from the prior, that is aimed at; None for an
            autoencoder without a prior.
        rate: Greatest learning rate.
        changes: What is done to the phrases.
        bfloat16: Whether to multiply in half precision.
    """

    batch: int
    nats: float | None
    rate: float = 1e-3
    changes: Changes = field(default_factory=Changes)
    bfloat16: bool = True


class CodecLearner:
    """Encoder, decoder, and a controller of the rate.

    The weight of the divergence (beta, Higgins et al. 2017) follows the rate that is measured: more
    than is aimed at makes it grow, less makes it shrink (Shao et al. 2020, "ControlVAE").
    """

    def __init__(
        self,
        config: CodecConfig,
        recipe: CodecRecipe,
        pieces: Pieces,
        rng: torch.Generator,
        device: str = "cpu",
        networks: tuple[nn.Module, nn.Module] | None = None,
    ) -> None:
        self.config, self.recipe, self.device, self._rng = config, recipe, device, rng
        encoder, decoder = networks or (Encoder(config), Decoder(config))
        self.network = nn.ModuleDict({"encoder": encoder, "decoder": decoder}).to(device)
        self.average = Average(self.network)
        self.networks = {"codec": self.network, "average": self.average}
        self.optimisers = {"codec": optimiser_of(self.network, recipe.rate)}
        self.state = {"log_beta": torch.tensor(math.log(0.1))}
        self.source = Source(config.part, pieces, recipe.changes, rng)

    def draw(self) -> Tensor:
        """A batch as the encoder reads it: tokens [N, 32], or features [N, 32, 27]."""
        phrases = self.source.draw(self.recipe.batch)
        return (phrases if phrases.ndim == 2 else groove_features(phrases)).to(self.device)

    def step(self, progress: Progress) -> dict[str, float]:
        phrases = self.draw()
        with half_precision(self.device, self.recipe.bfloat16):
            mean, log_variance = self.network["encoder"](phrases)
            code = mean
            if self.recipe.nats is not None:
                noise = torch.randn(mean.shape, generator=self._rng).to(self.device)
                code = mean + noise * (log_variance / 2).exp()
            written = self._write(code, phrases)
        error = (melody_loss if self.config.part == "melody" else groove_loss)(written, phrases)
        divergence = kl_divergence(mean, log_variance)
        loss = error
        if self.recipe.nats is not None:
            loss = error + self.state["log_beta"].exp() * divergence.mean()
            self._control(divergence.detach(), phrases)
        set_rate(self.optimisers["codec"], self.recipe.rate * progress.pace())
        descend(loss, self.optimisers["codec"], clipped=self.network.parameters())
        self.average.follow(self.network, progress.done)
        return {
            "error": error.item(),
            "nats": divergence.mean().item(),
            "beta": self.state["log_beta"].exp().item(),
        }

    def _write(self, code: Tensor, phrases: Tensor) -> Tensor:
        decoder = self.network["decoder"]
        leans = isinstance(decoder, FlatDecoder)
        written: Tensor = decoder(code, phrases) if leans else decoder(code)
        return written

    def _control(self, divergence: Tensor, phrases: Tensor) -> None:
        """Lead the rate of phrases that are more than a note or two to where it should be."""
        assert self.recipe.nats is not None
        if phrases.ndim == 2:
            divergence = divergence[(phrases > OFF).sum(1) >= 4]
        off = (divergence.mean().item() / self.recipe.nats - 1.0) if len(divergence) else 0.0
        self.state["log_beta"] += 0.02 * max(-1.0, min(1.0, off))
        self.state["log_beta"].clamp_(math.log(1e-3), math.log(4.0))

    @torch.no_grad()
    def samples(self) -> dict[str, Score]:
        """Eight training phrases, and what the autoencoder makes of them."""
        every = self.source.phrases
        phrases = every[torch.linspace(0, len(every) - 1, 8).long()]
        groove = self.config.part == "groove"
        read = groove_features(phrases) if groove else phrases
        mean, _ = self.average.copy["encoder"](read.to(self.device))
        written = decoded(self.average.copy["decoder"](mean).cpu(), self.config.part)
        return {"given": score_of(phrases.numpy()), "given-back": score_of(written)}


def decoded(written: Tensor, part: str) -> np.ndarray:
    """What a decoder wrote as grids: [N, 32] uint8, or [N, 32, 9, 2] float32."""
    if part == "melody":
        return written.argmax(-1).to(torch.uint8).numpy()
    hit, velocity, offset = written.float().chunk(3, dim=-1)
    sounding = (hit > 0).float()
    loud = velocity.clamp(1 / 127, 1.0) * sounding
    return torch.stack([loud, (offset / 2).clamp(-0.5, 0.5) * sounding], dim=-1).numpy()
