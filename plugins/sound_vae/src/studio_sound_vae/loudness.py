"""Loudness and true peaks of short sounds, after ITU-R BS.1770-5.

The loudness meant here is the greatest *momentary* loudness: that of the loudest 400 ms. Integrated
loudness would be undefined for most one-shots, which are shorter than one block of its gate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import RATE, Samples

_BLOCK = round(0.4 * RATE)
_HOP = round(0.1 * RATE)
_OVERSAMPLED = 4
CEILING = 10 ** (-1 / 20)  # the highest true peak: -1 dB, as EBU R 128 has it


def momentary(sound: Samples) -> float:
    """The greatest loudness of any 400 ms, in LUFS; minus infinity for silence.

    A shorter sound is taken with the silence around it.

    Args:
        sound: [n, sides] at 44.1 kHz.
    """
    size = len(sound) + _BLOCK  # the filters ring into the silence after it
    whole = 1 << (size - 1).bit_length()
    heard = np.fft.irfft(
        np.fft.rfft(sound.astype(np.float64), whole, axis=0) * _weighting(whole)[:, None], axis=0
    )
    power = np.concatenate([[0.0], np.cumsum((heard[:size] ** 2).sum(axis=1))])
    starts = np.arange(0, max(1, len(sound) - _BLOCK + _HOP), _HOP)
    ends = np.minimum(starts + _BLOCK, size)
    loudest = float((power[ends] - power[starts]).max()) / _BLOCK
    return -0.691 + 10 * np.log10(loudest) if loudest > 1e-12 else -np.inf


def _weighting(size: int) -> NDArray[np.complex128]:
    """Response of the K weighting at the frequencies of a transform of a size.

    A shelf and a high-pass filter (BS.1770-5, annex 1, tables 1 and 2), whose coefficients for
    48 kHz stem from the analogue prototypes used here, at 44.1 kHz.
    """
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size))

    def response(b: tuple[float, ...], a: tuple[float, ...]) -> NDArray[np.complex128]:
        found: NDArray[np.complex128] = np.polyval(b[::-1], z) / np.polyval(a[::-1], z)
        return found

    k, q = np.tan(np.pi * 1681.974450955533 / RATE), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    shelf = response(
        (high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k),
        (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k),
    )
    k, q = np.tan(np.pi * 38.13547087602444 / RATE), 0.5003270373238773
    whole = 1 + k / q + k * k
    high_pass = response((1, -2, 1), (1, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole))
    return shelf * high_pass


def true_peak(sound: Samples) -> float:
    """The highest value between the samples too, read at four times the rate.

    Args:
        sound: [n, sides].
    """
    size = 1 << (len(sound) + 255).bit_length()
    fine = np.fft.irfft(
        np.fft.rfft(sound.astype(np.float64), size, axis=0), _OVERSAMPLED * size, axis=0
    )
    return max(float(np.abs(fine).max()) * _OVERSAMPLED, float(np.abs(sound).max()))


def normalised(sound: Samples, loudness: float) -> Samples:
    """A sound at a loudness in LUFS, or as near below it as its peaks allow.

    Gain alone: an attack is never squashed.
    """
    peak = true_peak(sound)
    if peak < 1e-9:
        return sound
    gain = min(10 ** ((loudness - momentary(sound)) / 20), CEILING / peak)
    return (sound * np.float32(gain)).astype(np.float32)
