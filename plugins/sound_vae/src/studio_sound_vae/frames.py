"""Sounds as the network sees them: spectra at places that lie dense at the attack.

A sound begins at sample 0 and lasts up to two seconds. Its spectra are taken at `FRAMES` places:
every 128 samples at first, every 256 to a quarter of a second, then further and further apart,
because what happens late happens slowly. The network sees the spectra in `BANDS` bands, which are
single bins below 2 kHz and a third of a semitone wide above.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
LENGTH = 2 * RATE  # samples in the longest sound
WINDOW = 1024
BINS = WINDOW // 2 + 1
FRAMES = 128
BANDS = 160
_LAG = 384  # samples between the spectra that foretell each other's phases
_CHANCE, _CERTAIN = 0.35, 0.9  # agreement of the phases of noise, and of a tone
FLOOR = 1e-4  # -80 dB below a sine at full scale: silence

Samples = NDArray[np.float32]
Grid = NDArray[np.float32]
Kept = TypeVar("Kept", bound=np.generic)


def _kept(array: NDArray[Kept]) -> NDArray[Kept]:
    """An array that many share, so nobody may write to it."""
    array.flags.writeable = False
    return array


@cache
def hann() -> Samples:
    """The periodic Hann window, [WINDOW]."""
    return _kept(np.hanning(WINDOW + 1)[:-1].astype(np.float32))


@cache
def frame_starts() -> NDArray[np.int64]:
    """Where each frame's window begins, in samples: [FRAMES]; the first reach back before 0."""
    first = np.full(24, 128.0)
    second = np.full(40, 256.0)
    left = LENGTH - WINDOW // 2 + WINDOW - 128 - first.sum() - second.sum()
    late = FRAMES - len(first) - len(second)
    # Steps that grow evenly, and reach the end with the last.
    growing = 256.0 + np.arange(1, late) * 2 * (left / (late - 1) - 256.0) / late
    steps = np.concatenate([first, second, growing])
    starts = 128 - WINDOW + np.concatenate([[0.0], np.cumsum(steps)])
    return _kept(np.round(starts).astype(np.int64))


@cache
def band_centres() -> NDArray[np.float64]:
    """The middle of each band in bins, rising from 0 to the last bin: [BANDS].

    Single bins as long as a constant ratio would be narrower than one.
    """
    low, high = 1.0, 2.0
    for _ in range(60):  # the ratio with which the last band is the last bin
        ratio = (low + high) / 2
        if _centres(ratio)[-1] < BINS - 1:
            low = ratio
        else:
            high = ratio
    return _kept(np.minimum(_centres(high), BINS - 1))


def _centres(ratio: float) -> NDArray[np.float64]:
    centres = [0.0]
    while len(centres) < BANDS:
        centres.append(max(centres[-1] + 1.0, centres[-1] * ratio))
    return np.array(centres)


@cache
def gather_matrix() -> Grid:
    """Mean power of the bins about each band's middle, as a product: [BINS, BANDS]."""
    centres, bins = band_centres(), np.arange(BINS)[:, None]
    below = np.diff(centres, prepend=-1.0)
    above = np.diff(centres, append=BINS)
    rising = 1 - (centres - bins) / below
    falling = 1 - (bins - centres) / above
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    return _kept((triangles / triangles.sum(0)).astype(np.float32))


@cache
def spread_matrix() -> Grid:
    """Every bin between the two bands beside it, as a product: [BANDS, BINS]."""
    centres = band_centres()
    spread = np.stack([np.interp(np.arange(BINS), centres, row) for row in np.eye(BANDS)])
    return _kept(spread.astype(np.float32))


def to_bins(bands: Grid) -> Grid:
    """The same as a product with `spread_matrix`: [frames, BANDS] to [frames, BINS].

    Without one, because threads that share a product this small wait longer than they work, and
    might add in another order.
    """
    centres, bins = band_centres(), np.arange(BINS)
    above = np.clip(np.searchsorted(centres, bins), 1, BANDS - 1)
    share = (bins - centres[above - 1]) / (centres[above] - centres[above - 1])
    share = share.astype(np.float32)
    lower = bands[:, above - 1]
    return lower + (bands[:, above] - lower) * share


def spectra(sound: Samples, starts: NDArray[np.int64] | None = None) -> NDArray[np.complex64]:
    """Spectra of a sound: [frames, BINS]; 1 is a sine at full scale.

    Args:
        sound: [n] samples, the first at the attack.
        starts: Where the windows begin; by default `frame_starts()`.
    """
    starts = frame_starts() if starts is None else starts
    before, after = max(0, -int(starts.min())), int(starts.max()) + WINDOW - len(sound)
    padded = np.pad(sound.astype(np.float32), (before, max(0, after)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[starts + before]
    # In double precision, for which numpy takes a fifth of the time.
    found = np.fft.rfft(windows * (hann() * (4 / WINDOW)).astype(np.float64), axis=1)
    return found.astype(np.complex64)


def tonality(sound: Samples, now: NDArray[np.complex64] | None = None) -> Grid:
    """How tonal each band is: [FRAMES, BANDS] from 0, noise, to 1, a steady tone.

    Whether the phase is where two later spectra say that it was, which is so for a tone and by
    chance for noise (the unpredictability measure of ISO/IEC 11172-3, annex D.2, with phases only,
    looking forward, because nothing comes before an attack).

    Args:
        sound: [n] samples, the first at the attack.
        now: Its `spectra`, where they are known.
    """
    starts = frame_starts()
    now = spectra(sound, starts) if now is None else now
    near, far = (spectra(sound, starts + lag) for lag in (_LAG, 2 * _LAG))
    back = near.conj()
    likeness = now * back * back * far
    power = now.real**2 + now.imag**2
    agreement = likeness.real / np.maximum(np.abs(likeness), 1e-30)
    gather = gather_matrix()
    pooled = (power * agreement) @ gather / np.maximum(power @ gather, 1e-20)
    for axis in (0, 1):
        pooled = _smoothed(pooled, axis)
    return np.clip((pooled - _CHANCE) / (_CERTAIN - _CHANCE), 0, 1).astype(np.float32)


def _smoothed(grid: Grid, axis: int) -> Grid:
    around = np.pad(grid, [(1, 1) if each == axis else (0, 0) for each in (0, 1)], mode="edge")
    before, after = (np.roll(around, shift, axis) for shift in (1, -1))
    inner = (slice(1, -1), slice(None)) if axis == 0 else (slice(None), slice(1, -1))
    return ((before + 2 * around + after) / 4)[inner]


def see(magnitudes: Grid) -> Grid:
    """What the encoder is given: levels of bands, 0 at -80 dB and 1 at full scale.

    Args:
        magnitudes: [..., frames, BINS].

    Returns:
        [..., frames, BANDS].
    """
    power = magnitudes**2 @ gather_matrix()
    level = 0.5 * np.log(power + FLOOR**2) / -np.log(FLOOR) + 1
    return level.astype(np.float32)
