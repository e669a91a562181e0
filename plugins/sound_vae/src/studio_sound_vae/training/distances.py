"""How far one sound is from another."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from studio_sound_vae.frames import LENGTH, Grid, Samples

RESOLUTIONS = ((2048, 512), (1024, 256), (512, 128), (256, 64))  # window and step, in samples
_HEARD = 0.25  # a level 60 dB below full scale
_QUIET = 1e-3  # what is 60 dB below a sound's loudest bin is taken for silence


@cache
def _window(size: int) -> Samples:
    return np.hanning(size + 1)[:-1].astype(np.float32)


def magnitudes(sound: Samples, window: int, hop: int) -> Grid:
    """Magnitudes of even spectra: [frames, window / 2 + 1]."""
    padded = np.pad(sound, (window - hop, window))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    return np.abs(np.fft.rfft(pieces * _window(window), axis=1)).astype(np.float32)


def stft_distance(wanted: Samples, found: Samples) -> tuple[float, float]:
    """Spectral convergence and log magnitude distance in dB, over several resolutions.

    The multi-resolution STFT loss (Yamamoto, Song and Kim 2020, "Parallel WaveGAN", section 2.3),
    with two differences that make it fair for one-shots: the second sound is brought to the level
    that suits it best, and frames that are silent in both count nothing.
    """
    size = min(LENGTH, max(len(wanted), len(found)))
    a, b = (np.pad(each[:size], (0, size - len(each[:size]))) for each in (wanted, found))
    convergence, log = [], []
    for window, hop in RESOLUTIONS:
        x, y = magnitudes(a, window, hop), magnitudes(b, window, hop)
        y = y * (float((x * y).sum()) / max(1e-12, float((y * y).sum())))
        convergence.append(float(np.linalg.norm(x - y) / np.linalg.norm(x)))
        quiet = _QUIET * x.max()
        heard = np.maximum(x, y).max(axis=1) > quiet
        apart = 20 * np.abs(np.log10(x + quiet) - np.log10(y + quiet))
        log.append(float(apart[heard].mean()))
    return float(np.mean(convergence)), float(np.mean(log))


def level_distance(wanted: Grid, found: Grid) -> NDArray[np.float64]:
    """Mean difference in dB of levels averaged over 4x4 frames and bands, where one is heard.

    Two takes of the same noise differ in every bin, and not in their averages: this distance asks
    whether a sound has the right shape, whatever the grain. How loud it is as a whole counts
    nothing: first the levels that are heard in both are brought to the same mean.

    Args:
        wanted: [FRAMES, BANDS], 0 at -80 dB and 1 at full scale.
        found: [..., FRAMES, BANDS].
    """
    x, y = _averaged(wanted), _averaged(found)
    both = np.minimum(x, y) > _HEARD + 0.1
    offset = ((x - y) * both).sum(axis=(-2, -1)) / np.maximum(both.sum(axis=(-2, -1)), 1)
    y = y + offset[..., None, None]
    heard = np.maximum(x, y) > _HEARD
    apart = 80 * np.abs(np.maximum(x, _HEARD) - np.maximum(y, _HEARD))
    total: NDArray[np.float64] = (apart * heard).sum(axis=(-2, -1)) / heard.sum(axis=(-2, -1))
    return total


def _averaged(levels: Grid) -> Grid:
    *rest, frames, bands = levels.shape
    power = 10 ** (8 * (levels - 1))
    blocks = power.reshape(*rest, frames // 4, 4, bands // 4, 4).mean(axis=(-3, -1))
    return np.asarray(1 + np.log10(np.maximum(blocks, 1e-8)) / 8, np.float32)
