"""Latents of many sounds: what is drawn near to, and what the sliders are measured on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from studio_sound_vae.frames import see
from studio_sound_vae.pitch import note_of
from studio_sound_vae.prior import Prior
from studio_sound_vae.training.augment import Seen
from studio_sound_vae.training.vae import Encoder

_BATCH = 32


@dataclass(frozen=True)
class Latents:
    """Latents of sounds.

    Attributes:
        mean, spread: [N, latent], of the encoder's Gaussians; spread is the log variance.
        kinds: [N], index of each class.
        notes: [N], MIDI notes, NaN where a sound has no pitch.
    """

    mean: Tensor
    spread: Tensor
    kinds: np.ndarray
    notes: np.ndarray

    @property
    def centre(self) -> Tensor:
        """[latent], the mean of all."""
        return self.mean.mean(dim=0)

    @property
    def deviation(self) -> Tensor:
        """[latent], of all, what the encoder is uncertain of included."""
        return (self.mean.var(dim=0) + self.spread.exp().mean(dim=0)).sqrt()

    def prior(self) -> Prior:
        """The density with a kernel about each of them, standardised."""
        latents = ((self.mean - self.centre) / self.deviation).numpy()
        grain = (self.spread.exp().mean(dim=0).sqrt() / self.deviation).numpy()
        return Prior(latents, self.kinds, self.notes, grain)


def latents_of(encoder: Encoder, sounds: Iterable[Seen], kinds: tuple[str, ...]) -> Latents:
    """The encoder's Gaussians of sounds; they are asked for in small batches."""
    device = next(encoder.parameters()).device
    left = iter(sounds)
    means, spreads, labels, notes = [], [], [], []
    while batch := list(islice(left, _BATCH)):
        levels = see(np.stack([sound.magnitudes for sound in batch]))
        with torch.no_grad():
            mean, spread = encoder(torch.from_numpy(levels).to(device))
        means.append(mean.float().cpu())
        spreads.append(spread.float().cpu())
        labels += [kinds.index(sound.kind) for sound in batch]
        notes += [note_of(sound.pitch) if sound.pitch else np.nan for sound in batch]
    return Latents(
        torch.cat(means), torch.cat(spreads), np.array(labels), np.array(notes, np.float32)
    )
