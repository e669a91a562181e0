"""Sums of sine waves that die away, which is what almost every sound here is made of.

Source: Adrien, "The missing link: modal synthesis" (1991): a struck or plucked body rings in modes,
each of which is a sine wave with an exponential decay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256

Samples = NDArray[np.float32]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Partials:
    """Sine waves, one to a row of each array.

    Attributes:
        hertz: (k,) frequencies.
        decays: (k,) how fast each dies away, in 1/s; zero goes on for ever.
        left, right: (k,) amplitudes.
        phases: (k,) radians at the beginning.
    """

    hertz: Numbers
    decays: Numbers
    left: Numbers
    right: Numbers
    phases: Numbers

    def sum(self, frames: int, rate: int) -> Samples:
        """Add them up: (frames, 2) float32.

        A damped wave at sample ``256 a + b`` is the product of its value at ``256 a`` and of
        what it does in ``b`` samples more. All of them at once are one product of two matrices,
        which is some thirty times faster than to ask for each sine.
        """
        kept = self.hertz < 0.45 * rate  # above half the rate they would come back as others
        step = (-self.decays + 2j * np.pi * self.hertz)[kept] / rate
        rows = -(-frames // _BLOCK)
        coarse = np.exp(np.outer(np.arange(rows) * _BLOCK, step) + 1j * self.phases[kept])
        fine = np.exp(np.outer(step, np.arange(_BLOCK)))
        inner = np.concatenate([fine.real, -fine.imag]).astype(np.float32)
        made = np.empty((frames, 2), np.float32)
        for side, amplitudes in enumerate((self.left, self.right)):
            outer = coarse * amplitudes[kept]
            both = np.concatenate([outer.real, outer.imag], axis=1).astype(np.float32)
            made[:, side] = (both @ inner).ravel()[:frames]
        return made


def band_noise(
    frames: int, rate: int, low: float, high: float, rng: np.random.Generator
) -> Samples:
    """Noise of the band from ``low`` to ``high`` Hz: (frames, 2), with a deviation of 1.

    Its edges fall by an octave's breadth, so that it rings at neither.
    """
    size = quick_size(frames)
    spectrum = np.fft.rfft(rng.standard_normal((2, size)), axis=1)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(size, 1 / rate), 1e-3))
    inside = np.minimum(octaves - np.log2(low), np.log2(high) - octaves)
    spectrum *= 1 / (1 + np.exp(-6 * inside))
    spectrum[:, 0] = 0
    shaped = np.fft.irfft(spectrum, size, axis=1)[:, :frames]
    return np.asarray(shaped.T / max(float(shaped.std()), 1e-9), np.float32)


def quick_size(least: int) -> int:
    """A size that a Fourier transform is quick at: ``2**a``, or three quarters of it."""
    size = 1 << max(least - 1, 1).bit_length()
    return size * 3 // 4 if size * 3 // 4 >= least else size


def rise(frames: int, rate: int, seconds: float) -> Samples:
    """From silence to 1 along half a cosine: (frames, 1)."""
    up = np.minimum(np.arange(frames) / max(seconds * rate, 1), 1)
    return (0.5 - 0.5 * np.cos(np.pi * up)).astype(np.float32)[:, None]


def fall(frames: int, rate: int, seconds: float) -> Samples:
    """From 1 to exact silence, as a thousandth is reached after so many seconds: (frames, 1)."""
    curve = np.exp(-np.log(1000) / max(seconds * rate, 1) * np.arange(frames))
    last = min(frames, max(int(0.004 * rate), 1))
    curve[frames - last :] *= np.linspace(1, 0, last)
    return np.asarray(curve, np.float32)[:, None]
