"""The short-time Fourier transform at even steps, there and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import BINS, WINDOW, Samples, hann

HOP = 128
_OVERLAP = WINDOW // HOP
BEFORE = WINDOW - HOP  # how far the first window reaches back before the sound

Spectrum = NDArray[np.complex64]


class Transform:
    """Spectra of sounds of one length, and the sound that is nearest to given spectra.

    Its arrays are used again and again: to ask the system for fresh memory takes longer than a
    transform.

    Args:
        size: Samples in a sound.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.frames = -(-(size + BEFORE) // HOP)
        self.starts = np.arange(self.frames) * HOP - BEFORE
        self.span = (self.frames - 1) * HOP + WINDOW  # samples under all windows
        # numpy takes five times as long for the transform of float32 to complex64.
        self._double = np.empty((self.frames, WINDOW))
        self._found = np.empty((self.frames, BINS), np.complex128)
        self._pieces = np.empty((self.frames, WINDOW), np.float32)
        # Scaled so that 1 is a sine at full scale, as in `frames.spectra`.
        self._window = hann() * np.float32(4 / WINDOW)
        # Hann windows squared, an eighth of a window apart, add up to 3 everywhere.
        self._back = hann() * np.float32(WINDOW / 4 / 3)

    def forward(self, sound: Samples, out: Spectrum | None = None) -> Spectrum:
        """Spectra [frames, BINS] of a sound [size]; before and after it is silence."""
        padded = np.zeros(self.span, np.float32)
        padded[BEFORE : BEFORE + self.size] = sound
        return self.look(padded, out)

    def look(self, around: Samples, out: Spectrum | None = None) -> Spectrum:
        """Spectra [frames, BINS] of all that is under the windows: [span]."""
        windows = np.lib.stride_tricks.sliding_window_view(around, WINDOW)[::HOP]
        np.multiply(windows, self._window, out=self._double)
        np.fft.rfft(self._double, axis=1, out=self._found)
        out = np.empty((self.frames, BINS), np.complex64) if out is None else out
        out[:] = self._found
        return out

    def inverse(self, spectrum: Spectrum) -> Samples:
        """The sound [size] whose spectra are nearest (Griffin and Lim 1984, equation 6)."""
        np.fft.irfft(spectrum, WINDOW, axis=1, out=self._pieces)
        self._pieces *= self._back
        parts = self._pieces.reshape(self.frames, _OVERLAP, HOP)
        summed = np.zeros((self.frames + _OVERLAP - 1, HOP), np.float32)
        for part in range(_OVERLAP):
            summed[part : part + self.frames] += parts[:, part]
        return summed.reshape(-1)[BEFORE : BEFORE + self.size]
