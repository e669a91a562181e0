"""A small room: what is played, and what comes back from its walls; and no standing pressure.

Source: Moorer, "About this reverberation business" (1979): the late response of a room is noise
that dies away, sooner the higher it is.
"""

from __future__ import annotations

import numpy as np

from studio_exporters.synth.partials import Samples, band_noise, quick_size

_SEED = 1979
_BANDS = ((160, 700, 1.3), (700, 2800, 1.1), (2800, 9000, 0.6))  # Hz from, to, seconds to -60 dB
_BLOCK = 1 << 16
_SLOW = 0.1  # seconds whose mean is taken out: 20 Hz and more stay as they are
_EARLY = ((0.011, 0.5, 0.2), (0.017, 0.2, 0.45), (0.023, 0.3, 0.1), (0.031, 0.1, 0.28))
TAIL = 1.3  # seconds it goes on


def add_room(samples: Samples, amount: float, rate: int) -> None:
    """Add so much of the room, 0 to 1, to samples of (frames, 2), in place and block by block.

    What stands still (DC) is taken out on the way.
    """
    if not len(samples):
        return
    answer = _response(rate) * np.float32(0.9 * amount)
    window = np.hanning(int(_SLOW * rate)).astype(np.float32)[:, None]
    answer[: len(window)] -= window / window.sum()
    size = quick_size(_BLOCK + len(answer))
    spectrum = np.fft.rfft(answer, size, axis=0)
    late = np.zeros((len(answer), 2), np.float32)  # of the blocks before, not added yet
    for start in range(0, len(samples), _BLOCK):
        block = samples[start : start + _BLOCK]
        heard = np.fft.irfft(np.fft.rfft(block, size, axis=0) * spectrum, size, axis=0)
        heard[: len(late)] += late
        block += heard[: len(block)].astype(np.float32)
        late = heard[len(block) : len(block) + len(answer)].astype(np.float32)


def _response(rate: int) -> Samples:
    """What the room answers to a click: (frames, 2), with an energy of 1."""
    rng = np.random.default_rng(_SEED)
    frames = int(TAIL * rate)
    now = np.arange(frames) / rate
    late = np.zeros((frames, 2), np.float32)
    for low, high, seconds in _BANDS:
        dies = np.exp(-np.log(1000) / seconds * now).astype(np.float32)[:, None]
        late += band_noise(frames, rate, low, high, rng) * dies
    begins = int(0.02 * rate)
    late[:begins] *= np.linspace(0, 1, begins, dtype=np.float32)[:, None] ** 2
    late *= np.linspace(1, 0, frames, dtype=np.float32)[:, None]
    late /= np.sqrt((late**2).sum() / 2)
    for seconds, left, right in _EARLY:
        late[int(seconds * rate)] += np.array([left, right], np.float32) * 0.3
    return late
