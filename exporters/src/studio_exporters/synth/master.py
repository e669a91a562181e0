"""The last step: as loud as asked for, and never beyond full scale."""

from __future__ import annotations

import numpy as np

from studio.api import integrated_loudness
from studio_exporters.synth.partials import Samples

_CEILING = 10 ** (-1 / 20)  # 1 dB below full scale
_STEP = 64  # frames between two values of the limiter's gain
_AHEAD = 6  # steps it sees a peak before it comes, and holds on after
_MOST_GAIN = 10 ** (30 / 20)


def mastered(samples: Samples, loudness: float, rate: int) -> Samples:
    """Bring (frames, 2) to so many LUFS, in place, and round off what would be clipped."""
    measured = integrated_loudness(samples, rate)
    if measured > float("-inf"):
        samples *= np.float32(min(10 ** ((loudness - measured) / 20), _MOST_GAIN))
    _limit(samples)
    return samples


def _limit(samples: Samples) -> None:
    """Turn down, smoothly and in time, what would pass the ceiling."""
    steps = -(-len(samples) // _STEP)
    if not steps:
        return
    edges = np.arange(steps) * _STEP
    peaks = np.maximum.reduceat(np.abs(samples).max(axis=1), edges)
    if peaks.max() <= _CEILING:
        return
    wanted = np.minimum(_CEILING / np.maximum(peaks, 1e-9), 1)
    around = np.lib.stride_tricks.sliding_window_view
    # The least of what is near, wider than the mean over it by the step that is drawn towards: so
    # the mean is low enough too.
    least = around(np.pad(wanted, 2 * _AHEAD + 1, mode="edge"), 2 * _AHEAD + 3).min(axis=1)
    gain = around(least, 2 * _AHEAD + 1).mean(axis=1)
    curve = np.interp(np.arange(len(samples)), edges + _STEP / 2, gain).astype(np.float32)
    samples *= curve[:, None]
    np.clip(samples, -0.999, 0.999, out=samples)
