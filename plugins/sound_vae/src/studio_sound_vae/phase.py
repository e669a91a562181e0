"""Phases for magnitudes: a first guess from the peaks, made consistent step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import BINS, WINDOW, Samples
from studio_sound_vae.transform import HOP, Spectrum, Transform

Magnitudes = NDArray[np.float32]
_MOMENTUM = 0.99
_TINY = np.float32(1e-12)


def first_guess(magnitudes: Magnitudes) -> NDArray[np.float32]:
    """Phases that let every peak go on as a sine: [frames, BINS].

    Each peak's frequency is read between the bins, its phase carried on from the frame before, and
    the bins about it follow it (Beauregard et al. 2015, "Single Pass Spectrogram Inversion").
    """
    log = np.log(magnitudes + _TINY)
    peaks = np.zeros(magnitudes.shape, bool)
    peaks[:, 1:-1] = (log[:, 1:-1] > log[:, :-2]) & (log[:, 1:-1] >= log[:, 2:])
    a, b, c = log[:, :-2], log[:, 1:-1], log[:, 2:]
    curve = a - 2 * b + c
    offset = np.where(np.abs(curve) > 1e-6, 0.5 * (a - c) / np.where(curve == 0, 1, curve), 0)
    place = np.arange(BINS, dtype=np.float32) + np.pad(np.clip(offset, -0.5, 0.5), ((0, 0), (1, 1)))
    advance = (2 * np.pi * HOP / WINDOW) * place
    owners = _owners(peaks)
    # Beside the peak of a windowed sine the phase turns by half a circle from bin to bin.
    turn = np.pi * ((np.arange(BINS) - owners) % 2)
    phases = np.empty(magnitudes.shape, np.float32)
    now = np.zeros(BINS)
    for frame in range(len(magnitudes)):
        owner = owners[frame]
        now = ((now + advance[frame])[owner] + turn[frame]) % (2 * np.pi)
        phases[frame] = now
    return phases


def _owners(peaks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each bin the nearest peak of its frame, itself where there is none: [frames, BINS]."""
    bins = np.arange(BINS)
    left = np.maximum.accumulate(np.where(peaks, bins, -BINS), axis=1)
    right = np.minimum.accumulate(np.where(peaks, bins, 3 * BINS)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(bins - left <= right - bins, left, right)
    return np.where((nearest < 0) | (nearest >= BINS), bins, nearest)


def make_consistent(
    guess: Spectrum, magnitudes: Magnitudes, transform: Transform, rounds: int
) -> Samples:
    """The sound whose spectra have magnitudes as given, as near as a few rounds come.

    The fast Griffin-Lim algorithm (Perraudin, Balazs and Sondergaard 2013, algorithm 2). Nothing
    sounds before the sound begins: the transform knows of silence there, which keeps attacks sharp.

    Args:
        guess: [frames, BINS], where to begin.
        magnitudes: [frames, BINS] to reach.
        transform: For the length of the sound.
        rounds: How often to go there and back; 0 takes the guess as it is.
    """
    sound = transform.inverse(guess)
    before: Spectrum | None = None
    for _ in range(rounds):
        consistent = transform.forward(sound)
        ahead = consistent if before is None else consistent + _MOMENTUM * (consistent - before)
        before = consistent
        sound = transform.inverse(ahead * (magnitudes / np.maximum(np.abs(ahead), _TINY)))
    return sound
