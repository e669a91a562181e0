"""The short-time Fourier transform at even steps, there and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import WINDOW, Samples, hann, spectra

HOP = 128
_OVERLAP = WINDOW // HOP
BEFORE = WINDOW - HOP  # how far the first window reaches back before the sound

Spectrum = NDArray[np.complex64]


class Transform:
    """Spectra of sounds of one length, and the sound that is nearest to given spectra.

    Args:
        size: Samples in a sound.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.frames = -(-(size + BEFORE) // HOP)
        self.starts = np.arange(self.frames) * HOP - BEFORE
        self._window = hann()
        # Hann windows squared, an eighth of a window apart, add up to 3 everywhere.
        self._scale = np.float32(WINDOW / 4 / (3 * _OVERLAP / 8))

    def forward(self, sound: Samples) -> Spectrum:
        """Spectra [frames, BINS] of a sound [size]; before and after it is silence."""
        return spectra(sound, self.starts)

    def inverse(self, spectrum: Spectrum) -> Samples:
        """The sound [size] whose spectra are nearest (Griffin and Lim 1984, equation 6)."""
        pieces = np.fft.irfft(spectrum, WINDOW, axis=1).astype(np.float32, copy=False)
        pieces *= self._window
        parts = pieces.reshape(self.frames, _OVERLAP, HOP)
        summed = np.zeros((self.frames + _OVERLAP - 1, HOP), np.float32)
        for part in range(_OVERLAP):
            summed[part : part + self.frames] += parts[:, part]
        return (summed.reshape(-1)[BEFORE : BEFORE + self.size] * self._scale).copy()
