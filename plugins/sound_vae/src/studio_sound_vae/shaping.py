"""What parameters do to a sound: its picture before it is rendered, its samples after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio_sound_vae.frames import FLOOR, RATE, WINDOW, Samples, band_centres
from studio_sound_vae.synthesis import Picture

_ATTACK = 0.03 * RATE  # samples at the start that stretching leaves alone
_FADE_IN = 16
_FADE_OUT = 441


def stretched(seen: Picture, size: float) -> Picture:
    """A picture that lasts so many samples: longer or shorter, with the attack as it is."""
    now = float(seen.size)
    attack = min(_ATTACK, size / 3, now / 3)
    factor = (size - attack) / (now - attack)
    places = np.where(seen.starts < attack, seen.starts, attack + (seen.starts - attack) * factor)
    return replace(seen, starts=places)


def slowed(seen: Picture, factor: float) -> Picture:
    """A picture of the same at another speed."""
    return replace(seen, starts=seen.starts * factor)


def tilted(seen: Picture, decibels: float) -> Picture:
    """A picture louder by so much with each octave above 1 kHz, and softer below."""
    hertz = np.maximum(band_centres(), 0.5) * RATE / WINDOW
    gains = decibels * np.log2(hertz / 1000) / (-20 * np.log10(FLOOR))
    heard = np.clip(seen.levels / 0.2, 0, 1)  # silence stays silence
    levels = seen.levels + (heard * np.clip(gains, -0.5, 0.5)).astype(np.float32)
    # Not above full scale, so that nothing rises out of what the decoder knows of.
    return replace(seen, levels=levels - max(0.0, float(levels.max()) - 1))


def resampled(sound: Samples, size: int) -> Samples:
    """The same sound in another number of samples: [size, sides], band-limited."""
    margin = 256  # silence around it: the transform takes the end for what comes before the start
    whole = 1 << (len(sound) + 2 * margin - 1).bit_length()
    wanted = round(whole * size / len(sound))
    padded = np.pad(sound.astype(np.float64), ((margin, whole - len(sound) - margin), (0, 0)))
    spectrum = np.fft.rfft(padded, axis=0)
    bins = min(len(spectrum), wanted // 2 + 1)
    found = np.fft.irfft(spectrum[:bins], wanted, axis=0) * (wanted / whole)
    first = round(margin * size / len(sound))
    return found[first : first + size].astype(np.float32)


def ended(sound: Samples) -> Samples:
    """Without a click at either end, and without DC: the mean of each side is zero."""
    size = len(sound)
    rising, falling = min(_FADE_IN, size // 8), min(_FADE_OUT, size // 4)
    shape = np.ones((size, 1), np.float32)
    shape[:rising, 0] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rising) / rising)
    shape[size - falling :, 0] = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, falling + 1) / falling)
    faded = sound * shape
    # What is taken away has the shape of the fades, so that the ends stay at zero.
    return (faded - shape * (faded.mean(axis=0) / shape.mean())).astype(np.float32)


def widened(sides: Samples, width: float) -> Samples:
    """Two sides drawn nearer to each other: 0 is the same on both, 1 leaves them apart."""
    middle = sides.mean(axis=1, keepdims=True)
    return (middle + width * (sides - middle)).astype(np.float32)
