"""One training step of the autoencoder."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from studio.training.steps import Progress, channels_last, descend, follow, half_precision, set_rate
from studio_sound_vae.frames import see
from studio_sound_vae.training.augment import Drawer, Seen
from studio_sound_vae.training.likelihood import RiceLoss, tonality_loss
from studio_sound_vae.training.vae import Decoder, Encoder, VaeConfig

LOSSES = ("bins", "tonality", "nats", "held_bins", "held_tonality", "held_nats")
_ALL = slice(None)
_AGAIN = 24
_KEPT = 512


@dataclass(frozen=True)
class VaeRecipe:
    """How the autoencoder learns.

    Attributes:
        rate: Learning rate at its highest.
        tonality: What a nat of tonality costs.
        nat: What a nat of the latent costs.
        warm: Share of the training over which that cost grows from nothing.
        forget: Of the moving average of the weights, for each step.
        bfloat16: Whether products are taken in bfloat16.
    """

    rate: float = 8e-4
    tonality: float = 0.5
    nat: float = 2e-4
    warm: float = 0.1
    forget: float = 0.998
    bfloat16: bool = True


class VaeLearner:
    """Encoder and decoder, their averages, and the optimiser."""

    def __init__(
        self,
        config: VaeConfig,
        recipe: VaeRecipe,
        drawer: Drawer,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        self.config, self.recipe, self._drawer, self._seed = config, recipe, drawer, seed
        self._kept: dict[int, Seen] = {}
        self._device = torch.device(device)
        pair = nn.ModuleList([Encoder(config), Decoder(config)]).to(self._device)
        self._pair = channels_last(pair)
        self._average = copy.deepcopy(self._pair).requires_grad_(False).eval()
        self._loss = RiceLoss(self._device)
        optimiser = torch.optim.AdamW(
            self._pair.parameters(), recipe.rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.networks = {"pair": self._pair, "average": self._average}
        self.optimisers = {"pair": optimiser}

    @property
    def encoder(self) -> Encoder:
        """The averaged encoder."""
        encoder = self._average[0]
        assert isinstance(encoder, Encoder)
        return encoder

    @property
    def decoder(self) -> Decoder:
        """The averaged decoder."""
        decoder = self._average[1]
        assert isinstance(decoder, Decoder)
        return decoder

    def step(self, batch: int, rng: np.random.Generator, progress: Progress) -> dict[str, float]:
        """Learn from a batch of drawn sounds; gives the losses in nats."""
        sounds = self._sounds(batch, progress.done)
        noise = torch.from_numpy(rng.standard_normal((batch, self.config.latent), np.float32))
        # Every other frame: neighbours overlap and say nearly the same.
        frames = slice(int(rng.integers(2)), None, 2)
        bins, shares, nats = self.losses(sounds, noise, self._pair, frames)
        price = self.recipe.nat * min(1.0, progress.share / self.recipe.warm)
        set_rate(self.optimisers["pair"], self.recipe.rate * progress.pace())
        loss = bins + self.recipe.tonality * shares + price * nats
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss is {float(loss)} after {progress.done} steps")
        descend(loss, self.optimisers["pair"], clipped=self._pair.parameters())
        self._follow(progress)
        found = {"bins": bins, "tonality": shares, "nats": nats}
        return {name: float(value.detach()) for name, value in found.items()}

    def _sounds(self, batch: int, step: int) -> list[Seen]:
        """The sounds of a step: half of them new, half from `_AGAIN` steps before.

        To draw a sound costs a third of what it costs to learn from it, so each is used twice.
        Which they are follows from the step alone; what is no longer at hand is drawn again.
        """
        new, old = -(-batch // 2), batch // 2
        numbers = [step * new + k for k in range(new)]
        numbers += [(step - _AGAIN) * new + k for k in range(old)]
        return [self._sound(number) for number in numbers]

    def _sound(self, number: int) -> Seen:
        found = self._kept.get(number)
        if found is None:
            # Numbers below zero are those of the first steps, which have none before them.
            seed = [self._seed, abs(number), int(number < 0)]
            found = self._kept[number] = self._drawer.draw(np.random.default_rng(seed))
            if len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return found

    def _follow(self, progress: Progress) -> None:
        """Let the averages follow, with a short memory at first: the first weights are no good."""
        forget = min(self.recipe.forget, (1 + progress.done) / (10 + progress.done))
        follow(self._average, self._pair, 1 - forget)

    def losses(
        self, sounds: Sequence[Seen], noise: Tensor, pair: nn.ModuleList, frames: slice = _ALL
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Misfit of a bin, of a band's tonality, and the latent's divergence from the normal."""
        magnitudes = np.stack([sound.magnitudes for sound in sounds])
        tonal = np.stack([sound.tonality for sound in sounds])
        wanted, seen, tonal_ = (
            torch.from_numpy(each).to(self._device) for each in (magnitudes, see(magnitudes), tonal)
        )
        with half_precision(self._device.type, self.recipe.bfloat16):
            mean, spread = pair[0](seen)
            mean, spread = mean.float(), spread.float()
            levels, logits = pair[1](mean + (0.5 * spread).exp() * noise.to(self._device))
        heard, shares = seen[:, frames], tonal_[:, frames]
        bins = self._loss(wanted[:, frames], heard, shares, levels[:, frames].float())
        tonality = tonality_loss(heard, shares, logits[:, frames].float())
        nats = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(dim=1).mean()
        return bins, tonality, nats

    def check(self, sounds: Sequence[Seen]) -> dict[str, float]:
        """The losses of sounds not trained on, with the averaged weights."""
        with torch.no_grad():
            noise = torch.zeros(len(sounds), self.config.latent)
            bins, tonality, nats = self.losses(sounds, noise, self._average)
        found = {"held_bins": bins, "held_tonality": tonality, "held_nats": nats}
        return {name: float(value) for name, value in found.items()}
