"""Sounds are brought to a loudness, as far as their peaks allow."""

from __future__ import annotations

import numpy as np
import pytest

from studio.api import momentary_loudness, true_peak
from studio_sound_vae.frames import RATE
from studio_sound_vae.loudness import CEILING, normalised

from .conftest import hiss, tone


@pytest.mark.parametrize("wanted", [-30.0, -20.0])
def test_a_sound_is_brought_to_its_loudness(wanted):
    for sound in (tone(300), hiss(), 0.01 * tone(2000)):
        found = momentary_loudness(normalised(sound[:, None], wanted), RATE)
        assert found == pytest.approx(wanted, abs=0.1)


def test_peaks_come_before_loudness_and_silence_stays_silence():
    click = hiss(0.02, 0.001)[:, None]
    assert true_peak(normalised(click, -6)) == pytest.approx(CEILING, rel=1e-3)
    assert (normalised(np.zeros((99, 2), np.float32), -20) == 0).all()
