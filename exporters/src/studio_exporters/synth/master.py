"""The last step: as loud as asked for, and never beyond full scale.

Source: ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak audio level".
"""

from __future__ import annotations

import numpy as np

from studio_exporters.synth.partials import Numbers, Samples

_BLOCK = 0.4  # seconds
_SILENCE = -70.0  # LUFS
_CEILING = 10 ** (-1 / 20)  # 1 dB below full scale
_STEP = 64  # frames between two values of the limiter's gain
_AHEAD = 6  # steps it sees a peak before it comes, and holds on after
# BS.1770's two filters at 48 kHz, numerators and denominators; their curve holds for every rate.
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1, -1.69065929318241, 0.73248077421585))  # fmt: skip  # noqa: E501
_PASS = ((1.0, -2.0, 1.0), (1, -1.99004745483398, 0.99007225036621))
_MOST_GAIN = 10 ** (30 / 20)


def mastered(samples: Samples, loudness: float, rate: int) -> Samples:
    """Bring (frames, 2) to so many LUFS, in place, and round off what would be clipped."""
    measured = loudness_of(samples, rate)
    if measured > _SILENCE:
        samples *= np.float32(min(10 ** ((loudness - measured) / 20), _MOST_GAIN))
    _limit(samples)
    return samples


def loudness_of(samples: Samples, rate: int) -> float:
    """Integrated loudness in LUFS, of blocks side by side; -inf for silence."""
    size = int(_BLOCK * rate)
    weight = _weight(size, rate)
    powers = np.array(
        [_power(samples[at : at + size], weight, size) for at in range(0, len(samples), size)]
    )
    loud = powers[powers > _power_at(_SILENCE)]
    if not len(loud):
        return float("-inf")
    loud = loud[loud > loud.mean() / 10]  # those within 10 LU of the mean
    return float(-0.691 + 10 * np.log10(loud.mean()))


def _power(block: Samples, weight: Numbers, size: int) -> float:
    spectrum = np.abs(np.fft.rfft(block, size, axis=0)) ** 2
    return float((spectrum * weight[:, None]).sum() * 2 / size / max(len(block), size // 2))


def _power_at(loudness: float) -> float:
    return float(10 ** ((loudness + 0.691) / 10))


def _weight(size: int, rate: int) -> Numbers:
    turn = np.exp(-2j * np.pi * np.minimum(np.fft.rfftfreq(size, 1 / rate), 23_900) / 48_000)
    answer = np.ones_like(turn)
    for over, under in (_SHELF, _PASS):
        answer *= np.polyval(over[::-1], turn) / np.polyval(under[::-1], turn)
    return np.asarray(np.abs(answer) ** 2)


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
