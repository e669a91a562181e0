"""From what the decoder says to samples: tone and noise, with phases that fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import (
    FLOOR,
    LENGTH,
    WINDOW,
    Grid,
    Samples,
    frame_starts,
    hann,
    to_bins,
)
from studio_sound_vae.phase import first_guess, make_consistent
from studio_sound_vae.transform import HOP, Spectrum, Transform

_SILENT = 0.22  # level below which a sound has ended: -62 dB
_NOISE_SEED = 0
_CLARITY = 2.0  # what is more likely a tone than not becomes one
_STEADY = 5  # bins that are never noise: below 200 Hz noise would only shake the tones
ROUNDS = 6


@dataclass(frozen=True)
class Picture:
    """A sound as loudness and tonality over time and frequency.

    Attributes:
        levels: [frames, bands], 0 at -80 dB and 1 at full scale.
        tonality: [frames, bands] logits: which share of the power is tone.
        starts: [frames], where each frame's window begins, in samples; rising.
    """

    levels: Grid
    tonality: Grid
    starts: NDArray[np.float64]

    @property
    def size(self) -> int:
        """Samples until it has died away."""
        heard = np.flatnonzero(self.levels.max(axis=1) > _SILENT)
        last = int(heard[-1]) if len(heard) else 0
        end = self.starts[min(last + 1, len(self.starts) - 1)]
        return int(np.clip(end + HOP * 4, 512, LENGTH * 4))


def picture(levels: Grid, tonality: Grid) -> Picture:
    """A picture at the places where the network looks."""
    return Picture(levels, tonality, frame_starts().astype(np.float64))


def render(seen: Picture, size: int, sides: int = 1, rounds: int = ROUNDS) -> Samples:
    """Make the sound of a picture.

    The tone gets phases that carry on from frame to frame, the noise those of white noise; where
    there are two sides, each has noise of its own, and the tone is in the middle.

    Args:
        seen: The picture.
        size: Samples to make.
        sides: 1 or 2.
        rounds: Of making the phases consistent.

    Returns:
        [size, sides].
    """
    transform = Transform(size)
    tone, noise = parts(seen, transform.starts)
    steady = tone * first_guess(tone)
    early = transform.starts < 0
    fill = 1 / np.sqrt(_sounding(transform.starts[early]))[:, None]
    rng = np.random.default_rng(_NOISE_SEED)
    made = []
    for _ in range(sides):
        guess = steady + noise * _white(rng, transform)
        magnitudes = np.abs(guess)
        magnitudes[early] = np.hypot(tone, noise)[early]  # an attack is not left to chance
        guess[early] *= fill
        made.append(make_consistent(guess, magnitudes, transform, rounds))
    return np.stack(made, axis=1)


def _sounding(starts: NDArray[np.int64]) -> Grid:
    """Which share of the power of windows falls on what comes after sample 0.

    A window that reaches back before the attack is soft because it is half empty. Where its sound
    is to begin at once, it has to be as loud as if it were full; what is before 0 is cut off.
    """
    power = hann() ** 2
    left = np.cumsum(power[::-1])[::-1]
    return np.maximum(left[-starts] / left[0], 1e-3).astype(np.float32)


def _white(rng: np.random.Generator, transform: Transform) -> Spectrum:
    """Spectra of white noise whose power is 1 in every bin."""
    power = (4 / WINDOW) ** 2 * WINDOW * 3 / 8  # of Hann windows of white noise
    noise = rng.standard_normal(transform.span, np.float32)
    return transform.look(noise / np.float32(power**0.5))


def parts(seen: Picture, starts: NDArray[np.int64]) -> tuple[Grid, Grid]:
    """Magnitudes of tone and of noise at even steps: [frames, BINS] each."""
    levels = to_bins(_at(seen.levels, seen.starts, starts))
    tonality = to_bins(_at(seen.tonality, seen.starts, starts))
    magnitude = np.exp(-math.log(FLOOR) * (np.minimum(levels, 1.2) - 1))
    magnitude *= np.clip((levels - 0.05) * 10, 0, 1)  # the floor is no sound
    share = 1 / (1 + np.exp(-_CLARITY * tonality))
    share[:, :_STEADY] = np.maximum(share[:, :_STEADY], 0.95)
    tone, noise = magnitude * np.sqrt(share), magnitude * np.sqrt(1 - share)
    tone[:, 0] = noise[:, 0] = 0  # no DC
    return tone.astype(np.float32), noise.astype(np.float32)


def _at(grid: Grid, places: NDArray[np.float64], wanted: NDArray[np.int64]) -> Grid:
    """Rows of a grid, read linearly between their places."""
    after = np.clip(np.searchsorted(places, wanted), 1, len(places) - 1)
    share = (wanted - places[after - 1]) / (places[after] - places[after - 1])
    share = np.clip(share, 0, 1).astype(np.float32)[:, None]
    return grid[after - 1] * (1 - share) + grid[after] * share
