"""Phases for magnitudes: a first guess from the peaks, made consistent step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import BINS, WINDOW, Samples
from studio_sound_vae.transform import HOP, Spectrum, Transform

Magnitudes = NDArray[np.float32]
_MOMENTUM = np.float32(0.99)
_CIRCLE = 2 * np.pi
_TINY = np.float32(1e-12)


def first_guess(magnitudes: Magnitudes) -> Spectrum:
    """Phases that let every peak go on as a sine, as numbers of length 1: [frames, BINS].

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
    owners = _owners(peaks)
    # Beside the peak of a windowed sine the phase turns by half a circle from bin to bin.
    turns = np.float32(np.pi) * ((np.arange(BINS, dtype=np.int32) - owners) & 1)
    steps = np.take_along_axis(place, owners, axis=1) * np.float32(_CIRCLE * HOP / WINDOW) + turns
    phases = np.empty(magnitudes.shape)
    now = np.zeros(BINS)
    for owner, step, row in zip(owners, steps, phases, strict=True):
        now = now[owner]
        now += step
        row[:] = now
    phases -= _CIRCLE * np.floor(phases / _CIRCLE)  # small enough for single precision
    turned = np.empty(magnitudes.shape, np.complex64)
    small = phases.astype(np.float32)
    np.cos(small, out=turned.real)
    np.sin(small, out=turned.imag)
    return turned


def _owners(peaks: NDArray[np.bool_]) -> NDArray[np.int32]:
    """For each bin the nearest peak of its frame, itself where there is none: [frames, BINS]."""
    bins = np.arange(BINS, dtype=np.int32)
    left = np.maximum.accumulate(np.where(peaks, bins, np.int32(-BINS)), axis=1)
    right = np.where(peaks, bins, np.int32(3 * BINS))[:, ::-1]
    right = np.minimum.accumulate(right, axis=1)[:, ::-1]
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
    shape = magnitudes.shape
    now, ahead = np.empty(shape, np.complex64), np.empty(shape, np.complex64)
    gains = np.empty(shape, np.float32)
    for turn in range(rounds):
        transform.forward(sound, out=now)
        # `ahead` holds the spectra of the round before, and takes what lies beyond those of this.
        if turn:
            np.subtract(now, ahead, out=ahead)
            ahead *= _MOMENTUM
            ahead += now
        else:
            ahead[:] = now
        np.abs(ahead, out=gains)
        np.maximum(gains, _TINY, out=gains)
        np.divide(magnitudes, gains, out=gains)
        ahead *= gains
        sound = transform.inverse(ahead)
        now, ahead = ahead, now
    return sound
