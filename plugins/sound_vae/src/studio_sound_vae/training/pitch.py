"""The pitch of a short sound, where it has one."""

from __future__ import annotations

import numpy as np

from studio_sound_vae.frames import RATE, Samples

_LOWEST, _HIGHEST = 30.0, 4000.0
_PERIODIC = 0.85  # a sound is pitched where one period resembles the next so much


def find_pitch(samples: Samples) -> float | None:
    """Frequency in Hz of the stretch after the attack, None where nothing repeats.

    The normalised square difference function and its first high peak (McLeod and Wyvill 2005, "A
    Smarter Way to Find Pitch", sections 4 and 5).

    Args:
        samples: [n] at 44.1 kHz, the first at the attack.
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
    likeness = 2 * correlation / np.maximum(energy, 1e-9)
    low, high = int(RATE / _HIGHEST), min(int(RATE / _LOWEST), size // 2)
    below = np.flatnonzero(likeness[:high] < 0)
    if not len(below):
        return None
    inner = likeness[:high]
    peaks = np.flatnonzero((inner[1:-1] > inner[:-2]) & (inner[1:-1] >= inner[2:])) + 1
    peaks = peaks[(peaks > below[0]) & (peaks >= low)]
    if not len(peaks) or inner[peaks].max() < _PERIODIC:
        return None
    first = int(peaks[inner[peaks] >= 0.93 * inner[peaks].max()][0])
    a, b, c = likeness[first - 1 : first + 2]
    shift = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c else 0.0
    return float(RATE / (first + shift))
