"""Latents of many drawn sounds: what the prior and the sliders learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from studio_sound_vae.frames import see
from studio_sound_vae.space import MIDDLE
from studio_sound_vae.training.augment import Drawer, Seen
from studio_sound_vae.training.vae import Encoder

_BATCH = 32


@dataclass(frozen=True)
class Latents:
    """Latents of sounds.

    Attributes:
        mean, spread: [N, latent], of the encoder's Gaussians; spread is the log variance.
        told: [N, kinds + 2], class and pitch, as `space.Space.told` has them.
    """

    mean: Tensor
    spread: Tensor
    told: Tensor

    def drawn(self, noise: Tensor) -> Tensor:
        """A latent from each Gaussian: [N, latent]."""
        return self.mean + (0.5 * self.spread).exp() * noise

    def picked(self, rows: Tensor) -> Latents:
        """Some of them."""
        return Latents(self.mean[rows], self.spread[rows], self.told[rows])


def latents_of(encoder: Encoder, sounds: list[Seen], kinds: tuple[str, ...]) -> Latents:
    """The encoder's Gaussians of sounds."""
    means, spreads = [], []
    device = next(encoder.parameters()).device
    for start in range(0, len(sounds), _BATCH):
        batch = np.stack([sound.magnitudes for sound in sounds[start : start + _BATCH]])
        with torch.no_grad():
            mean, spread = encoder(torch.from_numpy(see(batch)).to(device))
        means.append(mean.float().cpu())
        spreads.append(spread.float().cpu())
    told = torch.from_numpy(np.stack([told_of(sound, kinds) for sound in sounds]))
    return Latents(torch.cat(means), torch.cat(spreads), told)


def told_of(sound: Seen, kinds: tuple[str, ...]) -> np.ndarray:
    """What the prior is told of a sound: [kinds + 2]."""
    told = np.zeros(len(kinds) + 2, np.float32)
    if sound.kind in kinds:
        told[kinds.index(sound.kind)] = 1
    if sound.pitch:
        told[-2:] = 1, np.log2(sound.pitch / 440) + (69 - MIDDLE) / 12
    return told


def draw_latents(
    encoder: Encoder, drawer: Drawer, kinds: tuple[str, ...], count: int, seed: int
) -> Latents:
    """The Gaussians of so many drawn sounds."""
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, count, 256):  # the sounds of all would take gigabytes
        sounds = [drawer.draw(rng) for _ in range(min(256, count - start))]
        parts.append(latents_of(encoder, sounds, kinds))
    columns = zip(*((part.mean, part.spread, part.told) for part in parts), strict=True)
    return Latents(*(torch.cat(column) for column in columns))
