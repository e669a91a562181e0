"""The pitch of a short sound, where it has one."""

from __future__ import annotations

import numpy as np

from studio_sound_vae.frames import RATE, Samples

_LOWEST, _HIGHEST = 30.0, 4000.0
CLEAR = 0.85  # of recordings: one period resembles the next so much
ROUGH = 0.6  # of what the model makes, whose tones are a little shaken


def find_pitch(samples: Samples, likeness: float = CLEAR) -> float | None:
    """Frequency in Hz of the stretch after the attack, None where nothing repeats.

    The normalised square difference function and its first high peak (McLeod and Wyvill 2005, "A
    Smarter Way to Find Pitch", sections 4 and 5).

    Args:
        samples: [n] at 44.1 kHz, the first at the attack.
        likeness: How much one period has to resemble the next: 1 is entirely.
    """
    stretch = samples[RATE // 50 : RATE // 50 + 4096].astype(np.float64)
    if len(stretch) < 512 or np.abs(stretch).max() < 1e-3:
        return None
    stretch = stretch - stretch.mean()
    size = len(stretch)
    padded = np.fft.rfft(stretch, 2 * size)
    correlation = np.fft.irfft(np.abs(padded) ** 2)[:size]
    squares = np.cumsum(np.concatenate([[0.0], stretch**2]))
    lags = np.arange(size)
    energy = squares[size - lags] + squares[size] - squares[lags]
    alike = 2 * correlation / np.maximum(energy, 1e-9)
    low, high = int(RATE / _HIGHEST), min(int(RATE / _LOWEST), size // 2)
    below = np.flatnonzero(alike[:high] < 0)
    if not len(below):
        return None
    inner = alike[:high]
    peaks = np.flatnonzero((inner[1:-1] > inner[:-2]) & (inner[1:-1] >= inner[2:])) + 1
    peaks = peaks[(peaks > below[0]) & (peaks >= low)]
    if not len(peaks) or inner[peaks].max() < likeness:
        return None
    first = int(peaks[inner[peaks] >= 0.93 * inner[peaks].max()][0])
    a, b, c = alike[first - 1 : first + 2]
    shift = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c else 0.0
    return float(RATE / (first + shift))


def note_of(hertz: float) -> float:
    """The MIDI note of a frequency, with its fraction."""
    return float(69 + 12 * np.log2(hertz / 440))
