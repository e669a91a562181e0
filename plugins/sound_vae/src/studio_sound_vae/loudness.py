"""A sound is brought to a loudness.

The loudness meant here is the greatest *momentary* loudness: that of the loudest 400 ms. Integrated
loudness would be undefined for most one-shots, which are shorter than one block of its gate.
"""

from __future__ import annotations

import numpy as np

from studio.api import momentary_loudness, true_peak
from studio_sound_vae.frames import RATE, Samples

CEILING = 10 ** (-1 / 20)  # the highest true peak: -1 dB, as EBU R 128 has it


def normalised(sound: Samples, loudness: float) -> Samples:
    """A sound at a loudness in LUFS, or as near below it as its peaks allow.

    Gain alone: an attack is never squashed.
    """
    peak = true_peak(sound)
    if peak < 1e-9:
        return sound
    gain = min(10 ** ((loudness - momentary_loudness(sound, RATE)) / 20), CEILING / peak)
    return (sound * np.float32(gain)).astype(np.float32)
